//! Entity tags: what a client says of what it has already.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// The tag of a content: another one, another tag.
pub fn tag_of(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    quoted(&digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The tag of what its name identifies: the same name never has another content.
pub fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Whether the client has what has this tag.
pub fn has(headers: &HeaderMap, tag: &str) -> bool {
    let asked = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    asked
        .flat_map(|tags| tags.split(','))
        .any(|known| matches!(known.trim(), "*") || known.trim().trim_start_matches("W/") == tag)
}
