//! From failures to what the client reads: `extensions.code` and what helps to act, never a cause of ours.

use async_graphql::parser::Error as ParseError;
use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError, Value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::error::{Code, Error, INTERNAL_MESSAGE, in_full};
use crate::graphql::limits::OverLimit;
use crate::graphql::scan::Unscannable;
use crate::graphql::variables::Misfit;

/// The document is no GraphQL.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The document does not fit the schema or its limits.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The request around the document cannot be read.
pub const BAD_REQUEST: &str = "BAD_REQUEST";

/// The longest message: a parse error echoes the line it is about.
const MESSAGE_SHOWN: usize = 400;
/// A document with many mistakes is corrected a few at a time.
const REFUSALS_TOLD: usize = 20;

/// Why an operation was not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// `extensions.code`
    pub code: &'static str,
    /// A sentence for the client.
    pub message: String,
    /// Where in the document.
    pub locations: Vec<Pos>,
    /// The variable at fault and the place below it, such as `input.items.0.quantity`.
    pub field: Option<String>,
}

impl RequestError {
    /// A refusal without a place.
    pub fn new(code: &'static str, message: impl Into<String>) -> RequestError {
        RequestError { code, message: cut(message.into()), locations: Vec::new(), field: None }
    }
}

impl From<Unscannable> for RequestError {
    fn from(unscannable: Unscannable) -> Self {
        RequestError::new(PARSE_FAILED, unscannable.message())
    }
}

impl From<ParseError> for RequestError {
    fn from(error: ParseError) -> Self {
        let locations: Vec<_> = error.positions().collect();
        let message = match &error {
            // The parser draws the line with an arrow below it; what it expected comes last.
            ParseError::Syntax { message, start, .. } => {
                let expected =
                    message.rsplit_once("= ").map_or("unexpected text", |(_, expected)| expected.trim());
                format!("Syntax error at line {}, column {}: {expected}", start.line, start.column)
            }
            other => other.to_string(),
        };
        RequestError { locations, ..RequestError::new(PARSE_FAILED, message) }
    }
}

impl From<OverLimit> for RequestError {
    fn from(over: OverLimit) -> Self {
        RequestError {
            locations: over.at.into_iter().filter(|at| at.line > 0).collect(),
            ..RequestError::new(VALIDATION_FAILED, over.message)
        }
    }
}

impl From<Misfit> for RequestError {
    fn from(misfit: Misfit) -> Self {
        let mut field = misfit.variable;
        for step in &misfit.path {
            field.push('.');
            field.push_str(step);
        }
        RequestError { field: Some(field), ..RequestError::new(Code::BadInput.as_str(), misfit.message) }
    }
}

impl From<&Error> for RequestError {
    fn from(error: &Error) -> Self {
        let field = error.field().map(str::to_owned);
        RequestError { field, ..RequestError::new(error.code().as_str(), error.message()) }
    }
}

impl From<RequestError> for ServerError {
    fn from(refusal: RequestError) -> Self {
        let mut error = ServerError::new(refusal.message, None);
        error.locations = refusal.locations;
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", refusal.code);
        if let Some(field) = refusal.field {
            extensions.set("field", field);
        }
        error.extensions = Some(extensions);
        error
    }
}

impl Serialize for RequestError {
    /// As a GraphQL error.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ServerError::from(self.clone()).serialize(serializer)
    }
}

/// What an operation came to: serialised, a GraphQL response.
#[derive(Debug, Default)]
pub struct Answer {
    /// `None` when the operation was not run; null when an error reached the root.
    pub data: Option<Value>,
    /// What failed, ready to be shown.
    pub errors: Vec<ServerError>,
}

impl Answer {
    /// The answer to a request whose operation was not run.
    #[must_use]
    pub fn refused(refusals: Vec<RequestError>) -> Answer {
        Answer {
            data: None,
            errors: refusals.into_iter().take(REFUSALS_TOLD).map(ServerError::from).collect(),
        }
    }

    /// Whether the operation was not run: the response then has no `data` entry.
    #[must_use]
    pub fn is_request_error(&self) -> bool {
        self.data.is_none()
    }

    /// The answer of the engine, with its errors made ready to be shown. Logs causes.
    #[must_use]
    pub fn of(response: Response) -> Answer {
        let Response { data, mut errors, .. } = response;
        // The engine gives every error of a resolver its path; what it refuses before running has none.
        let refused = data == Value::Null
            && !errors.is_empty()
            && errors.iter().all(|error| error.path.is_empty() && error.source.is_none());
        if refused {
            errors.truncate(REFUSALS_TOLD);
        }
        let mut logged = Vec::new();
        for error in &mut errors {
            show(error, refused, &mut logged);
        }
        Answer { data: (!refused).then_some(data), errors }
    }

    /// The answer after a resolver panicked, which the panic hook has logged.
    #[must_use]
    pub fn of_panic() -> Answer {
        let refusal = RequestError::new(Code::Internal.as_str(), INTERNAL_MESSAGE);
        Answer { data: Some(Value::Null), errors: vec![refusal.into()] }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.errors.is_empty() {
            map.serialize_entry("errors", &self.errors)?;
        }
        if let Some(data) = &self.data {
            map.serialize_entry("data", data)?;
        }
        map.end()
    }
}

/// Makes one error of the engine ready to be shown. `logged` holds the causes that this answer has already logged: one
/// failed read can answer many keys.
fn show(error: &mut ServerError, refused: bool, logged: &mut Vec<*const ()>) {
    let mut extensions = ErrorExtensionValues::default();
    match (error.source::<Error>(), &error.source) {
        (Some(ours), _) => {
            log(ours, &error.path, logged);
            extend(&mut extensions, ours);
            let message = ours.message().to_owned();
            error.message = message;
        }
        (None, Some(_)) => {
            tracing::error!(cause = error.message, path = %path(&error.path), "a resolver failed");
            extensions.set("code", Code::Internal.as_str());
            INTERNAL_MESSAGE.clone_into(&mut error.message);
        }
        (None, None) => {
            let code = if refused { VALIDATION_FAILED } else { Code::BadInput.as_str() };
            extensions.set("code", code);
            error.message = cut(std::mem::take(&mut error.message));
        }
    }
    error.extensions = Some(extensions);
}

fn extend(extensions: &mut ErrorExtensionValues, error: &Error) {
    extensions.set("code", error.code().as_str());
    if let Some(field) = error.field() {
        extensions.set("field", field);
    }
    if let Some((needed, balance)) = error.funds() {
        extensions.set("needed", Value::Number(needed.to_number()));
        extensions.set("balance", Value::Number(balance.to_number()));
    }
    if let Some(wait) = error.retry_after() {
        let started = u64::from(wait.subsec_nanos() > 0);
        extensions.set("retryAfter", wait.as_secs() + started);
    }
}

/// Logs what stands behind an error of ours; what a client did wrong stands behind nothing.
fn log(error: &Error, at: &[async_graphql::PathSegment], logged: &mut Vec<*const ()>) {
    let Some(cause) = error.cause() else { return };
    let identity = std::ptr::from_ref(cause).cast::<()>();
    if logged.contains(&identity) {
        return;
    }
    logged.push(identity);
    let (cause, path) = (in_full(cause), path(at));
    if error.code() == Code::Internal {
        tracing::error!(cause, path, "a resolver failed");
    } else {
        tracing::warn!(cause, path, code = error.code().as_str(), "a resolver gave up");
    }
}

fn path(segments: &[async_graphql::PathSegment]) -> String {
    let steps = segments.iter().map(|segment| match segment {
        async_graphql::PathSegment::Field(name) => name.clone(),
        async_graphql::PathSegment::Index(place) => place.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_SHOWN) {
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Paise;
    use async_graphql::PathSegment;
    use async_graphql::parser::parse_query;
    use serde_json::json;
    use std::time::Duration;

    fn shown(error: Error) -> serde_json::Value {
        let mut failed: ServerError =
            async_graphql::Error::new_with_source(error).into_server_error(Pos::default());
        failed.path = vec![PathSegment::Field("wallet".to_owned())];
        let mut answer = serde_json::to_value(Answer::of(Response::from_errors(vec![failed]))).unwrap();
        assert_eq!(answer["data"], json!(null));
        answer["errors"][0].as_object_mut().unwrap().remove("locations");
        answer["errors"][0].take()
    }

    #[test]
    fn an_error_of_ours_carries_its_code_and_what_helps_to_act() {
        assert_eq!(
            shown(Error::insufficient_balance(Paise(10_550), Paise(7_500))),
            json!({"message": "Insufficient balance", "path": ["wallet"],
                "extensions": {"code": "INSUFFICIENT_BALANCE", "needed": 105.5, "balance": 75}})
        );
        assert_eq!(
            shown(Error::bad_input("amount", "amount is above zero"))["extensions"],
            json!({"code": "BAD_INPUT", "field": "amount"})
        );
        assert_eq!(
            shown(Error::rate_limited(Duration::from_millis(1_001)))["extensions"],
            json!({"code": "RATE_LIMITED", "retryAfter": 2})
        );
    }

    #[test]
    fn a_cause_of_ours_never_reaches_the_client() {
        let ours = shown(Error::internal("relation \"secret\" does not exist"));
        assert_eq!(ours["message"], INTERNAL_MESSAGE);
        assert_eq!(ours["extensions"], json!({"code": "INTERNAL"}));

        let foreign = async_graphql::Error::new_with_source("connection to 10.0.0.1 failed");
        let mut foreign = foreign.into_server_error(Pos::default());
        foreign.path = vec![PathSegment::Field("wallet".to_owned())];
        let answer = serde_json::to_string(&Answer::of(Response::from_errors(vec![foreign]))).unwrap();
        assert!(answer.contains(INTERNAL_MESSAGE) && !answer.contains("10.0.0.1"), "{answer}");

        let answer = serde_json::to_string(&Answer::of_panic()).unwrap();
        assert!(answer.contains("\"data\":null") && answer.contains(INTERNAL_MESSAGE), "{answer}");
    }

    #[test]
    fn what_was_not_run_has_no_data_entry() {
        let refusal =
            ServerError::new("Unknown field \"x\" on type \"Query\".", Some(Pos { line: 1, column: 3 }));
        assert_eq!(
            serde_json::to_value(Answer::of(Response::from_errors(vec![refusal]))).unwrap(),
            json!({"errors": [{
                "message": "Unknown field \"x\" on type \"Query\".",
                "locations": [{"line": 1, "column": 3}],
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }]})
        );
    }

    #[test]
    fn a_parse_error_says_where_and_does_not_echo_the_document() {
        let text = format!("{{ a(b: {}) ", "\"x\" ".repeat(10_000));
        let refusal = RequestError::from(parse_query(&text).unwrap_err());
        assert_eq!(refusal.code, PARSE_FAILED);
        assert!(refusal.message.starts_with("Syntax error at line 1, column "), "{}", refusal.message);
        assert!(refusal.message.contains("expected") && refusal.message.len() < 500, "{}", refusal.message);
        assert!(!refusal.message.contains("\"x\""), "{}", refusal.message);
    }
}
