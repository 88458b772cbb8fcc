//! Documents that were parsed and found valid, kept by their text: parsing is a quarter of a small request.
//!
//! They are validated anew each time (about 10 µs), since the validation looks at variables, too.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// All kept documents together, by estimate.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The least that a document is taken to weigh: so at most 8,192 are kept.
const MIN_BYTES: u64 = 4 * 1024;
/// What a parsed token takes: a field with its name, place and empty lists, rounded up.
const BYTES_PER_TOKEN: u64 = 300;

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    /// As the engine takes it.
    pub parsed: ExecutableDocument,
    /// How many tokens it was read from.
    pub tokens: usize,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Arc<Document>> for ByBytes {
    fn weight(&self, text: &String, document: &Arc<Document>) -> u64 {
        let bytes = text.len() as u64 + document.tokens as u64 * BYTES_PER_TOKEN;
        bytes.max(MIN_BYTES)
    }
}

/// The documents that were asked for lately.
pub struct Documents(Cache<String, Arc<Document>, ByBytes>);

impl Default for Documents {
    fn default() -> Self {
        Documents(Cache::with_weighter(1_000, MAX_BYTES, ByBytes))
    }
}

impl Documents {
    /// The document of this text, if it is kept.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        self.0.get(text)
    }

    /// Keeps a document that was found valid.
    pub fn keep(&self, text: String, document: Arc<Document>) {
        self.0.insert(text, document);
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn document(text: &str, tokens: usize) -> Arc<Document> {
        Arc::new(Document { parsed: parse_query(text).unwrap(), tokens })
    }

    #[test]
    fn documents_are_found_by_their_text() {
        let documents = Documents::default();
        documents.keep("{a}".to_owned(), document("{a}", 3));
        assert!(documents.get("{a}").is_some());
        assert!(documents.get("{b}").is_none());
    }

    #[test]
    fn however_many_come_only_so_many_are_kept() {
        let documents = Documents::default();
        let (small, large) = (document("{a}", 3), document("{a}", 4_000));
        for n in 0..20_000 {
            documents.keep(format!("{{a{n}}}"), small.clone());
        }
        assert!((1_000..=8_192).contains(&documents.count()), "{}", documents.count());
        for n in 0..100 {
            documents.keep(format!("{{b{n} {}}}", "c".repeat(60_000)), large.clone());
        }
        assert!(documents.0.weight() <= documents.0.capacity());
    }
}
