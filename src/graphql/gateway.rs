//! The way of an operation from its text to its answer, the same for every transport: prepare, then execute or
//! subscribe.
//!
//! Nothing runs before the text was scanned, the document measured, and the variables brought to their types.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Executor, Name, Positioned, Request, Value, Variables};
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Value as Json;
use tracing::{Instrument, Span};

use crate::error::Error;
use crate::graphql::documents::{self, Document, Documents};
use crate::graphql::report::{Answer, RequestError, VALIDATION_FAILED};
use crate::graphql::{Schema, Trusted, Types, absent, builder, persisted, scan, variables};
use crate::request::Scope;
use crate::spans::TARGET;

/// Fields within fields: GraphiQL's introspection has 15. Other documents are held to less by [`limits`].
const MAX_DEPTH: usize = 16;
/// The engine's count of fields, lists counted by their page sizes: about 10 ms of work at most.
const MAX_COMPLEXITY: usize = 20_000;
/// Selection sets within selection sets, as in [`limits`].
const MAX_RECURSION: usize = 32;
/// Directives on one field.
const MAX_DIRECTIVES: usize = 5;

/// What a client asks for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The document; empty where it is only named.
    pub query: String,
    /// Its id: its SHA-256, or what the list of trusted documents calls it.
    pub document_id: Option<String>,
    /// Which of its operations; needed where there are several.
    pub operation_name: Option<String>,
    /// The variables, as they came.
    pub variables: serde_json::Map<String, Json>,
}

/// An operation that may run.
#[derive(Debug)]
pub struct Prepared {
    document: Arc<Document>,
    /// Of a document that is not yet known to be valid.
    unknown: Option<Unknown>,
    operation_name: Option<String>,
    operation_type: OperationType,
    root_field: Option<Name>,
    variables: Variables,
}

/// What a document is kept by once it was found valid.
#[derive(Debug)]
struct Unknown {
    text: String,
    hash: Option<String>,
}

impl Prepared {
    /// The name of the operation, if it has one.
    #[must_use]
    pub fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// The size of the document, which a live operation holds.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.document.tokens
    }

    /// The one field at its root, if it is one. Whether the schema has it is not known before the operation has run.
    #[must_use]
    pub fn root_field(&self) -> Option<&Name> {
        self.root_field.as_ref()
    }

    /// What the document costs: its selections, with every fragment spread out.
    #[must_use]
    pub fn selections(&self) -> u64 {
        self.document.selections
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn operation_type(&self) -> OperationType {
        self.operation_type
    }

    /// What the engine runs. The document is cloned (about 1 µs): it drops the skipped fields from its copy.
    fn request(&mut self, scope: Arc<Scope>) -> Request {
        let mut document = self.document.with_only(self.operation_name.as_deref());
        absent::take_out(&mut document, self.operation_name.as_deref(), &self.variables);
        let mut request = Request::new("").variables(std::mem::take(&mut self.variables)).data(scope);
        request.operation_name = self.operation_name.take();
        request.set_parsed_query(document);
        request
    }
}

/// The schema with its limits, and the documents it has seen.
pub struct Gateway<E = Schema> {
    schema: E,
    types: Types,
    documents: Documents,
    trusted: Option<Trusted>,
}

impl Gateway {
    /// A gateway to the product's schema, for trusted documents alone where there is a list of them.
    ///
    /// # Errors
    /// `INTERNAL` when the schema's own text cannot be read: a fault in the build.
    pub fn new(trusted: Option<Trusted>) -> crate::error::Result<Arc<Gateway>> {
        let schema = builder()
            .limit_depth(MAX_DEPTH)
            .limit_complexity(MAX_COMPLEXITY)
            .limit_recursive_depth(MAX_RECURSION)
            .limit_directives(MAX_DIRECTIVES)
            .finish();
        let types = Types::read(&schema.sdl()).map_err(Error::internal)?;
        Ok(Gateway::over(schema, types, trusted))
    }
}

impl<E: Executor> Gateway<E> {
    fn over(schema: E, types: Types, trusted: Option<Trusted>) -> Arc<Gateway<E>> {
        Arc::new(Gateway { schema, types, documents: Documents::default(), trusted })
    }

    /// The schema's types.
    #[must_use]
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// Reads a request up to the point where the operation could run. Validation is left to the engine, which does it
    /// when it runs the operation, still before anything of it.
    ///
    /// # Errors
    /// Why it may not run: `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`, `BAD_INPUT` for variables;
    /// `PERSISTED_QUERY_NOT_FOUND`, `DOCUMENT_NOT_TRUSTED`.
    pub fn prepare(&self, ask: Ask) -> Result<Prepared, Vec<RequestError>> {
        let found = self.document(ask.query, ask.document_id);
        let (document, unknown) = found.map_err(|refusal| vec![refusal])?;
        let (name, operation) =
            pick(&document.parsed, ask.operation_name.as_deref()).map_err(|refusal| vec![refusal])?;
        let variables = variables::coerce(&self.types, &operation.variable_definitions, ask.variables)
            .map_err(|misfits| misfits.into_iter().map(RequestError::from).collect::<Vec<_>>())?;
        let (operation_name, operation_type) = (name.map(|name| name.to_string()), operation.ty);
        let root_field = documents::only_field(&document.parsed, &operation.selection_set.node).cloned();
        Ok(Prepared { document, unknown, operation_name, operation_type, root_field, variables })
    }

    /// The parsed document; with what it is kept by, unless it is known to be valid.
    fn document(
        &self,
        text: String,
        id: Option<String>,
    ) -> Result<(Arc<Document>, Option<Unknown>), RequestError> {
        if let Some(trusted) = &self.trusted {
            return Ok((trusted.find(id.as_deref(), &text)?, None));
        }
        if let Some(id) = &id {
            if text.is_empty() {
                return Ok((self.documents.named(id).ok_or_else(persisted::not_found)?, None));
            }
            if !persisted::is_hash_of(id, &text) {
                return Err(persisted::other_text());
            }
        }
        if text.len() <= scan::MAX_TEXT
            && let Some(document) = self.documents.get(&text)
        {
            if let Some(hash) = id {
                self.documents.name(hash, document.clone());
            }
            return Ok((document, None));
        }
        Ok((Arc::new(Document::read(&text)?), Some(Unknown { text, hash: id })))
    }

    /// Runs a query or a mutation. A panic in a resolver is answered with `INTERNAL`.
    pub async fn execute(&self, mut prepared: Prepared, scope: Arc<Scope>) -> Answer {
        let app = scope.app.clone();
        let _turn = app.turn().await;
        let span = span_of(&prepared);
        let request = prepared.request(scope);
        let run = self.schema.execute(request).instrument(span);
        let response = match AssertUnwindSafe(run).catch_unwind().await {
            Ok(response) => response,
            // The panic hook has logged it.
            Err(_) => return Answer::of_panic(),
        };
        let answer = Answer::of(response);
        if let Some(Unknown { text, hash }) = prepared.unknown
            && !answer.is_request_error()
        {
            if let Some(hash) = hash {
                self.documents.name(hash, prepared.document.clone());
            }
            self.documents.keep(text, prepared.document);
        }
        answer
    }

    /// Runs a subscription: an answer per event. When it cannot begin, its only answer is a request error.
    pub fn subscribe(
        &self,
        mut prepared: Prepared,
        scope: Arc<Scope>,
    ) -> impl Stream<Item = Answer> + Send + 'static + use<E> {
        let responses = self.schema.execute_stream(prepared.request(scope), None);
        AssertUnwindSafe(responses).catch_unwind().enumerate().map(|(place, response)| {
            let mut answer = match response {
                Ok(response) => Answer::of(response),
                Err(_) => Answer::of_panic(),
            };
            if place == 0 && answer.data == Some(Value::Null) && !answer.errors.is_empty() {
                answer.data = None;
            }
            answer
        })
    }
}

/// The span of an operation. Clients choose its name, so what it runs comes first.
fn span_of(prepared: &Prepared) -> Span {
    tracing::trace_span!(
        target: TARGET,
        "operation",
        otel.name = prepared.root_field.as_ref().map_or("several", Name::as_str),
        graphql.operation.name = prepared.operation_name,
        graphql.operation.type = %prepared.operation_type,
    )
}

/// The operation that is meant.
fn pick<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), RequestError> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(wanted) => operations
            .find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted))
            .ok_or_else(|| format!("Unknown operation named \"{wanted}\".")),
        None if operations.len() == 1 => operations.next().ok_or_else(String::new),
        None => Err("The document has several operations; name the one to run in operationName.".to_owned()),
    };
    match found {
        Ok((name, Positioned { node, .. })) => Ok((name, node)),
        Err(message) => Err(RequestError::new(VALIDATION_FAILED, message)),
    }
}

#[cfg(test)]
mod tests;
