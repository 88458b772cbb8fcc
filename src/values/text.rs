//! Text that people type: trimmed, and of a bounded length.

/// Text that must be there: trimmed, `1..=max` characters, no control characters but line breaks, which become `\n`.
///
/// # Errors
/// A sentence that says what is expected; the caller names the field.
pub fn required_text(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let length = text.chars().count();
    if length == 0 {
        return Err("must not be empty".to_owned());
    }
    if length > max {
        return Err(format!("has {length} characters; at most {max} are allowed"));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text)
}

/// Text that may be missing: blank becomes `None`, anything else follows [`required_text`].
///
/// # Errors
/// As [`required_text`].
pub fn optional_text(text: Option<&str>, max: usize) -> Result<Option<String>, String> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => required_text(text, max).map(Some),
    }
}

/// How much of a text its notice shows, in characters.
const EXCERPT: usize = 120;

/// The beginning of a text in one line, at most 120 characters and an ellipsis.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded_in_characters() {
        assert_eq!(required_text("  Sunrise  ", 7), Ok("Sunrise".to_owned()));
        assert_eq!(required_text("नमस्ते", 6), Ok("नमस्ते".to_owned()));
        assert!(required_text("  ", 7).is_err());
        assert!(required_text("Sunrises", 7).is_err());
        assert!(required_text("a\0b", 7).is_err());
        assert_eq!(required_text("a\r\nb\rc\n", 7), Ok("a\nb\nc".to_owned()));
    }

    #[test]
    fn blank_optional_text_is_nothing() {
        assert_eq!(optional_text(Some("  "), 7), Ok(None));
        assert_eq!(optional_text(None, 7), Ok(None));
        assert_eq!(optional_text(Some(" a "), 7), Ok(Some("a".to_owned())));
    }

    #[test]
    fn an_excerpt_is_the_beginning_in_one_line() {
        assert_eq!(excerpt("Two\nlines  here"), "Two lines here");
        let long = "घ".repeat(200);
        assert_eq!(excerpt(&long), format!("{}…", "घ".repeat(120)));
    }
}
