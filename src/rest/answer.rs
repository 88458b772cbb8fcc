//! The envelopes of the contract's section 1.3.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::error::{Code, Error};

/// One entry of a `Validation error`.
#[derive(Debug)]
pub struct Entry {
    /// The place: the body's key, and below it names and positions; empty for the body itself.
    pub loc: Vec<String>,
    /// What is expected. It never repeats what was sent: that may be a code or a number.
    pub msg: String,
    /// The contract's word for the kind of fault.
    pub kind: &'static str,
}

/// A failed request as the legacy clients read it.
#[derive(Debug)]
pub struct Refusal {
    status: u16,
    message: Cow<'static, str>,
    errors: Option<Vec<Entry>>,
    retry_after: Option<Duration>,
    code: Option<Code>,
}

/// What code an answer stands for: an extension of every refusal, for those who count and log.
#[derive(Clone, Copy, Debug)]
pub struct Told(pub &'static str);

impl Refusal {
    /// `{"status": "error", "message", "code"}` with this HTTP status.
    #[must_use]
    pub fn new(status: u16, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { status, message: message.into(), errors: None, retry_after: None, code: None }
    }

    /// The same, with the code that stands behind it.
    #[must_use]
    pub fn because(self, code: Code) -> Refusal {
        Refusal { code: Some(code), ..self }
    }

    /// The code that stands behind it, or else the one that its status says.
    fn told(&self) -> Told {
        Told(match (self.code, self.status) {
            (Some(code), _) => code.as_str(),
            (None, 401) => Code::Unauthenticated.as_str(),
            (None, 403) => Code::Forbidden.as_str(),
            (None, 404) => Code::NotFound.as_str(),
            (None, 405) => "METHOD_NOT_ALLOWED",
            (None, 429) => Code::RateLimited.as_str(),
            (None, 500..) => Code::Internal.as_str(),
            (None, _) => Code::BadInput.as_str(),
        })
    }

    /// What is no path of the table.
    #[must_use]
    pub fn unknown_path() -> Refusal {
        Refusal::new(404, "The requested URL was not found on the server.")
    }

    /// The `Validation error` form.
    #[must_use]
    pub fn invalid(errors: Vec<Entry>) -> Refusal {
        Refusal { errors: Some(errors), ..Refusal::new(400, "Validation error") }
    }
}

impl From<&Error> for Refusal {
    /// The status of the error's code. What is our fault is logged here, once, with its cause.
    fn from(error: &Error) -> Refusal {
        if let Code::Internal | Code::Busy = error.code() {
            let cause = error.cause().map(ToString::to_string);
            tracing::error!(code = error.code().as_str(), cause, "a REST request failed");
        }
        Refusal {
            retry_after: error.retry_after(),
            code: Some(error.code()),
            ..Refusal::new(error.code().http_status(), error.message().to_owned())
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::from(&error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let told = self.told();
        let mut body = Map::new();
        body.insert("status".to_owned(), json!("error"));
        body.insert("message".to_owned(), json!(self.message));
        body.insert("code".to_owned(), json!(self.status));
        if let Some(errors) = self.errors {
            let entry = |Entry { loc, msg, kind }| json!({"loc": loc, "msg": msg, "type": kind});
            body.insert("errors".to_owned(), errors.into_iter().map(entry).collect::<Value>());
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(told);
        if let Some(wait) = self.retry_after {
            // Rounded up: a client that comes back early is refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
