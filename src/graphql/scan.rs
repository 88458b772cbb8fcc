//! A look at a document's text before it is parsed.
//!
//! The parser recurses without a limit on lists and objects: 3 kB of opening brackets end the process. One pass over the
//! bytes counts brackets and tokens. It must never take for text what the parser reads as brackets; so wherever the
//! two could disagree, at strings that do not end, the document is refused here.

/// The longest document: about four times the largest screen.
pub const MAX_TEXT: usize = 64 * 1024;
/// The deepest nest of brackets of any kind.
pub const MAX_NESTING: usize = 64;
/// The most tokens. The introspection query of GraphiQL has about 350.
pub const MAX_TOKENS: usize = 5_000;

/// Why a text is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unscannable {
    /// More than [`MAX_TEXT`] bytes.
    TooLong,
    /// Brackets in more than [`MAX_NESTING`] levels.
    TooDeep,
    /// More than [`MAX_TOKENS`] tokens.
    TooManyTokens,
    /// A string without its closing quotes.
    UnclosedString,
}

impl Unscannable {
    /// The sentence for the client.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Unscannable::TooLong => format!("The document is longer than {MAX_TEXT} bytes."),
            Unscannable::TooDeep => format!("The document nests brackets in more than {MAX_NESTING} levels."),
            Unscannable::TooManyTokens => format!("The document has more than {MAX_TOKENS} tokens."),
            Unscannable::UnclosedString => "The document holds a string that is not closed.".to_owned(),
        }
    }
}

/// Counts the tokens of a text that is safe to parse.
///
/// # Errors
/// The first limit that it breaks.
pub fn scan(text: &str) -> Result<usize, Unscannable> {
    if text.len() > MAX_TEXT {
        return Err(Unscannable::TooLong);
    }
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let begin = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => continue,
            b'#' => {
                at = end_of(bytes, at, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'(' | b'[' | b'{' => {
                nesting += 1;
                if nesting > MAX_NESTING {
                    return Err(Unscannable::TooDeep);
                }
            }
            b')' | b']' | b'}' => nesting = nesting.saturating_sub(1),
            b'"' if bytes[begin..].starts_with(b"\"\"\"") => at = end_of_block(bytes, begin + 3)?,
            b'"' => at = end_of_string(bytes, at)?,
            byte if is_word(byte) => at = end_of(bytes, at, is_word),
            _ => {}
        }
        tokens += 1;
        if tokens > MAX_TOKENS {
            return Err(Unscannable::TooManyTokens);
        }
    }
    Ok(tokens)
}

/// Letters, digits and everything outside ASCII, which the parser refuses outside of strings and comments.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn end_of(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| from + length)
}

fn end_of_string(bytes: &[u8], mut at: usize) -> Result<usize, Unscannable> {
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') if !matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 2,
            Some(b'\n' | b'\r' | b'\\') | None => return Err(Unscannable::UnclosedString),
            Some(_) => at += 1,
        }
    }
}

fn end_of_block(bytes: &[u8], mut at: usize) -> Result<usize, Unscannable> {
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"\"\"\"") {
            return Ok(at + 3);
        }
        at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
    }
    Err(Unscannable::UnclosedString)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_counted_outside_of_strings_and_comments() {
        for (text, tokens) in [
            ("", 0),
            (" \t\r\n,,# only a comment {{{", 0),
            ("{a}", 3),
            ("{ a(b: \"[[[[\") # {{{\r }", 8),
            ("query Q($a: [Int!]! = [1, -2]) { b }", 21),
            (r#"{a(b: """ [ \""" { " """)}"#, 8),
            (r#"{a(b: "\"[\\")}"#, 8),
        ] {
            assert_eq!(scan(text), Ok(tokens), "{text}");
        }
    }

    #[test]
    fn nests_that_would_end_the_process_are_refused() {
        for nest in ["[", "{a:", "{", "("] {
            assert_eq!(scan(&format!("{{a(b:{}", nest.repeat(1_350))), Err(Unscannable::TooDeep), "{nest}");
        }
        let deepest = format!("{}a{}", "{a".repeat(MAX_NESTING - 1) + "{", "}".repeat(MAX_NESTING));
        assert!(scan(&deepest).is_ok());
        assert_eq!(scan(&format!("{{a{deepest}}}")), Err(Unscannable::TooDeep));
    }

    #[test]
    fn brackets_cannot_hide_behind_a_string_or_a_comment() {
        let nest = "[".repeat(100);
        // Without its end, the parser reads a block string as an empty string and another one.
        assert_eq!(scan(&format!("{{a(b:[\"\"\"[\" {nest}")), Err(Unscannable::UnclosedString));
        assert_eq!(scan(&format!("{{a(b:\"\n{nest}\"")), Err(Unscannable::UnclosedString));
        assert_eq!(scan(&format!("{{a(b:\"\\\n{nest}\"")), Err(Unscannable::UnclosedString));
        assert_eq!(scan(&format!("{{a(b: #\r{nest}")), Err(Unscannable::TooDeep));
        assert_eq!(scan(&format!("{{a(b:\"\"{nest}")), Err(Unscannable::TooDeep));
        assert_eq!(scan(&format!("{{a(b:\"\"\"\"\"\"{nest}")), Err(Unscannable::TooDeep));
        assert_eq!(scan(&format!("{{a(b:\"\\\\\"{nest}")), Err(Unscannable::TooDeep));
    }

    #[test]
    fn long_texts_are_refused() {
        assert_eq!(scan(&" ".repeat(MAX_TEXT + 1)), Err(Unscannable::TooLong));
        assert_eq!(scan(&"a ".repeat(MAX_TOKENS)), Ok(MAX_TOKENS));
        assert_eq!(scan(&"a ".repeat(MAX_TOKENS + 1)), Err(Unscannable::TooManyTokens));
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_and_what_passes_is_safe_to_parse(
            parts in proptest::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", "(", ")", "a", "b:", "\"", "\"\"\"", "\\", "#", "\n", "\r", "é", "$x", "1", " ",
                    "{a(b:[", "...", "@d", "\\\"",
                ]),
                0..400,
            ),
        ) {
            let text = parts.concat();
            if scan(&text).is_ok() {
                let _ = parse_query(&text);
            }
        }

        #[test]
        fn what_the_parser_reads_has_as_many_levels_as_were_counted(levels in 1_usize..200, quoted in "[^\"\\\\\r\n]{0,20}") {
            let text = format!(
                "{{a(x:\"{quoted}\" #{quoted}\n b:{}1{})}}",
                "[".repeat(levels),
                "]".repeat(levels),
            );
            if levels + 2 <= MAX_NESTING {
                prop_assert!(scan(&text).is_ok());
                prop_assert!(parse_query(&text).is_ok());
            } else {
                prop_assert_eq!(scan(&text), Err(Unscannable::TooDeep));
            }
        }
    }
}
