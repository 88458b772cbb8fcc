//! Documents that clients name instead of sending them: automatic persisted queries, as Apollo's clients do it.
//!
//! A client sends the SHA-256 of its document alone; told that nobody knows it, it sends the text along once. Another
//! node, or this one after a restart, asks for the text again, so nothing is lost by forgetting.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::graphql::RequestError;
use crate::graphql::report::BAD_REQUEST;

/// `extensions.code` of a document that is not known by its hash: the client sends it along.
pub const NOT_FOUND: &str = "PERSISTED_QUERY_NOT_FOUND";

/// The longest id of a document, in bytes: a SHA-256 has 64.
const LONGEST_ID: usize = 128;

/// The id of the document that a request names: `extensions.persistedQuery.sha256Hash`, or `documentId`.
///
/// # Errors
/// A sentence about what is no id.
pub fn id_of(
    extensions: &Map<String, Json>,
    document_id: Option<&Json>,
) -> Result<Option<String>, &'static str> {
    if let Some(given) = extensions.get("persistedQuery") {
        let hash = given.get("sha256Hash").and_then(Json::as_str).filter(|id| is_id(id));
        return match (given.get("version").and_then(Json::as_u64), hash) {
            (Some(1), Some(hash)) => Ok(Some(hash.to_owned())),
            _ => Err("extensions.persistedQuery has version 1 and a sha256Hash."),
        };
    }
    match document_id {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(id)) if is_id(id) => Ok(Some(id.strip_prefix("sha256:").unwrap_or(id).to_owned())),
        Some(_) => Err("documentId is a text of at most 128 characters."),
    }
}

fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether this is the SHA-256 of the text, in hexadecimal digits.
pub(super) fn is_hash_of(id: &str, text: &str) -> bool {
    let digest = Sha256::digest(text.as_bytes());
    id.len() == 2 * digest.len()
        && digest.iter().zip(id.as_bytes().chunks(2)).all(|(byte, digits)| {
            std::str::from_utf8(digits).is_ok_and(|digits| u8::from_str_radix(digits, 16) == Ok(*byte))
        })
}

/// The refusal of an id that nobody knows yet. Apollo's clients know it by its message.
pub(super) fn not_found() -> RequestError {
    RequestError::new(NOT_FOUND, "PersistedQueryNotFound")
}

/// The refusal of an id that belongs to another text.
pub(super) fn other_text() -> RequestError {
    RequestError::new(BAD_REQUEST, "The id of the document is not the SHA-256 of query.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HASH: &str = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";

    fn id(extensions: Json, document_id: Json) -> Result<Option<String>, &'static str> {
        let Json::Object(extensions) = extensions else { unreachable!("extensions are an object") };
        id_of(&extensions, Some(&document_id))
    }

    #[test]
    fn a_document_is_named_in_the_extensions_or_beside_them() {
        let hash = Ok(Some(HASH.to_owned()));
        assert_eq!(id(json!({"persistedQuery": {"version": 1, "sha256Hash": HASH}}), json!(null)), hash);
        assert_eq!(id(json!({}), json!(format!("sha256:{HASH}"))), hash);
        assert_eq!(id(json!({"tracing": true}), json!(null)), Ok(None));
        for wrong in
            [json!({}), json!({"version": 2, "sha256Hash": HASH}), json!({"version": 1, "sha256Hash": ""})]
        {
            assert!(id(json!({"persistedQuery": wrong}), json!(null)).is_err());
        }
        for wrong in [json!(7), json!(""), json!("a b"), json!("x".repeat(129))] {
            assert!(id(json!({}), wrong).is_err());
        }
    }

    #[test]
    fn a_hash_is_that_of_its_text_in_any_case_of_its_digits() {
        assert!(is_hash_of(HASH, "{__typename}"));
        assert!(is_hash_of(&HASH.to_uppercase(), "{__typename}"));
        for other in ["", "e", &HASH[1..], &format!("{HASH}0"), &HASH.replace('e', "+")] {
            assert!(!is_hash_of(other, "{__typename}"), "{other}");
        }
        assert!(!is_hash_of(HASH, "{ __typename }"));
    }
}
