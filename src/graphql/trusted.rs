//! The documents of the operator's list, beside which none runs: what the builds of their clients use, and nothing that a
//! stranger thinks up.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::graphql::documents::Document;
use crate::graphql::{Checker, RequestError};

/// `extensions.code` of a document that is not in the list.
pub const NOT_TRUSTED: &str = "DOCUMENT_NOT_TRUSTED";

/// So many misfits are told at once.
const MISFITS_TOLD: usize = 10;

/// What a client's build writes: GraphQL Code Generator and Relay one object of texts by their ids, Apollo a manifest.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Manifest { operations: Vec<Entry> },
    Texts(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    body: String,
}

/// Why a list cannot be used. The gateway does not start.
#[derive(Debug)]
pub struct Untrusted(String);

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TRUSTED_DOCUMENTS: {}", self.0)
    }
}

impl std::error::Error for Untrusted {}

/// The documents that may run.
pub struct Trusted {
    by_id: HashMap<String, Arc<Document>>,
    by_text: HashMap<String, Arc<Document>>,
}

impl Trusted {
    /// Reads a list from its file.
    ///
    /// # Errors
    /// When it is no list, or holds a document that does not fit the schema or its limits: the first of them.
    pub async fn read(path: &Path) -> Result<Trusted, Untrusted> {
        let shown = path.display();
        let text = std::fs::read(path).map_err(|error| Untrusted(format!("{shown}: {error}")))?;
        let list: List = serde_json::from_slice(&text).map_err(|_| {
            let expected = "an object of documents by their ids, or Apollo's persisted query manifest";
            Untrusted(format!("{shown} is not {expected}"))
        })?;
        let entries: Vec<Entry> = match list {
            List::Manifest { operations } => operations,
            List::Texts(texts) => texts.into_iter().map(|(id, body)| Entry { id, body }).collect(),
        };
        Trusted::of(entries).await.map_err(|problems| Untrusted(format!("{shown}: {}", problems.join("; "))))
    }

    async fn of(entries: Vec<Entry>) -> Result<Trusted, Vec<String>> {
        let checker = Checker::new().map_err(|error| vec![error.to_string()])?;
        let mut trusted = Trusted { by_id: HashMap::new(), by_text: HashMap::new() };
        let mut problems = Vec::new();
        for Entry { id, body } in entries {
            match read(&body, &checker).await {
                Ok(document) => {
                    trusted.by_id.insert(id, document.clone());
                    trusted.by_text.insert(body, document);
                }
                Err(problem) => problems.push(format!("{id}: {problem}")),
            }
        }
        problems.sort_unstable();
        problems.truncate(MISFITS_TOLD);
        if problems.is_empty() { Ok(trusted) } else { Err(problems) }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// The document that a request names, or sends.
    ///
    /// # Errors
    /// `DOCUMENT_NOT_TRUSTED`
    pub(super) fn find(&self, id: Option<&str>, text: &str) -> Result<Arc<Document>, RequestError> {
        let found = match id {
            Some(id) => self.by_id.get(id).or_else(|| self.by_text.get(text)),
            None => self.by_text.get(text),
        };
        found
            .cloned()
            .ok_or_else(|| RequestError::new(NOT_TRUSTED, "Only the documents of the apps run here."))
    }
}

async fn read(text: &str, checker: &Checker) -> Result<Arc<Document>, String> {
    let document = Document::read(text).map_err(|refusal| refusal.message)?;
    let problems = checker.validate(&document.parsed).await;
    if problems.is_empty() { Ok(Arc::new(document)) } else { Err(problems.join(", ")) }
}
