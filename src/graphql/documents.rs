//! Documents that were parsed and found valid, kept by their text: parsing is a quarter of a small request.
//!
//! They are validated anew each time (about 10 µs), since the validation looks at variables, too.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::graphql::{RequestError, limits, scan};

/// All documents that are kept under their texts, or under their hashes, by estimate.
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
    /// Its selections, with every fragment spread out.
    pub selections: u64,
}

impl Document {
    /// Reads a document as far as that can be done without the schema: its text is scanned before it is parsed, and its
    /// size is measured before anything spreads its fragments out.
    ///
    /// # Errors
    /// `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`
    pub fn read(text: &str) -> Result<Document, RequestError> {
        let tokens = scan::scan(text)?;
        let parsed = parse_query(text)?;
        let selections = limits::check(&parsed)?;
        Ok(Document { parsed, tokens, selections })
    }

    /// A copy with the named operation alone and the fragments that it leads to: the engine counts the cost of all
    /// operations together, and an explorer sends all of a tab.
    #[must_use]
    pub fn with_only(&self, operation: Option<&str>) -> ExecutableDocument {
        let DocumentOperations::Multiple(operations) = &self.parsed.operations else {
            return self.parsed.clone();
        };
        let named = operation.and_then(|name| operations.get_key_value(name));
        let (Some((name, operation)), 2..) = (named, operations.len()) else { return self.parsed.clone() };
        let mut fragments = HashMap::new();
        self.collect(&operation.node.selection_set.node, &mut fragments);
        let operations = HashMap::from([(name.clone(), operation.clone())]);
        ExecutableDocument { operations: DocumentOperations::Multiple(operations), fragments }
    }

    /// Copies the fragments that a selection set leads to. They are in no circle, which the limits have seen to.
    fn collect(&self, set: &SelectionSet, fragments: &mut HashMap<Name, Positioned<FragmentDefinition>>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.collect(&field.node.selection_set.node, fragments),
                Selection::InlineFragment(inline) => self.collect(&inline.node.selection_set.node, fragments),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let Some(fragment) = self.parsed.fragments.get(name)
                        && fragments.insert(name.clone(), fragment.clone()).is_none()
                    {
                        self.collect(&fragment.node.selection_set.node, fragments);
                    }
                }
            }
        }
    }
}

/// The one field of a selection set, also through fragments; none when there are several selections.
///
/// The fragments are in no circle, which the limits have seen to.
#[must_use]
pub fn only_field<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet) -> Option<&'a Name> {
    let [selection] = set.items.as_slice() else { return None };
    match &selection.node {
        Selection::Field(field) => Some(&field.node.name.node),
        Selection::InlineFragment(inline) => only_field(document, &inline.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node)?;
            only_field(document, &fragment.node.selection_set.node)
        }
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Arc<Document>> for ByBytes {
    fn weight(&self, key: &String, document: &Arc<Document>) -> u64 {
        let bytes = key.len() as u64 + document.tokens as u64 * BYTES_PER_TOKEN;
        bytes.max(MIN_BYTES)
    }
}

/// The documents that were asked for lately, by their texts and by the hashes that clients sent with them.
pub struct Documents {
    by_text: Cache<String, Arc<Document>, ByBytes>,
    by_hash: Cache<String, Arc<Document>, ByBytes>,
}

impl Default for Documents {
    fn default() -> Self {
        let cache = || Cache::with_weighter(1_000, MAX_BYTES, ByBytes);
        Documents { by_text: cache(), by_hash: cache() }
    }
}

impl Documents {
    /// The document of this text, if it is kept.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Arc<Document>> {
        self.by_text.get(text)
    }

    /// The document of this hash, if it is kept.
    #[must_use]
    pub fn named(&self, hash: &str) -> Option<Arc<Document>> {
        self.by_hash.get(hash)
    }

    /// Keeps a document that was found valid.
    pub fn keep(&self, text: String, document: Arc<Document>) {
        self.by_text.insert(text, document);
    }

    /// Keeps a document that was found valid under its hash as well.
    pub fn name(&self, hash: String, document: Arc<Document>) {
        self.by_hash.insert(hash, document);
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.by_text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, tokens: usize) -> Arc<Document> {
        Arc::new(Document { parsed: parse_query(text).unwrap(), tokens, selections: 1 })
    }

    #[test]
    fn documents_are_found_by_their_text() {
        let documents = Documents::default();
        documents.keep("{a}".to_owned(), document("{a}", 3));
        assert!(documents.get("{a}").is_some());
        assert!(documents.get("{b}").is_none());
    }

    #[test]
    fn an_operation_takes_along_the_fragments_it_leads_to_and_no_others() {
        let text =
            "query A { ...F } query B { a } fragment F on Q { b { ... { ...G } } } fragment G on Q { c }
            fragment H on Q { d }";
        let document = document(text, 40);
        let names = |part: &ExecutableDocument| {
            let mut names: Vec<_> = part.operations.iter().filter_map(|(name, _)| name.cloned()).collect();
            names.extend(part.fragments.keys().cloned());
            names.sort();
            names.iter().map(Name::to_string).collect::<String>()
        };
        assert_eq!(names(&document.with_only(Some("A"))), "AFG");
        assert_eq!(names(&document.with_only(Some("B"))), "B");
    }

    #[test]
    fn an_operation_with_one_field_is_known_by_it_also_through_fragments() {
        for (text, field) in [
            ("{ a }", Some("a")),
            ("query Q { b: a { c d } }", Some("a")),
            ("{ ...F } fragment F on Query { ... { a } }", Some("a")),
            ("{ a b }", None),
            ("{ ...F a } fragment F on Query { a }", None),
            ("{ ...F }", None),
        ] {
            let parsed = parse_query(text).unwrap();
            let set = &parsed.operations.iter().next().unwrap().1.node.selection_set.node;
            assert_eq!(only_field(&parsed, set).map(Name::as_str), field, "{text}");
        }
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
        assert!(documents.by_text.weight() <= documents.by_text.capacity());
    }
}
