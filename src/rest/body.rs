//! Reading a request's body: how large, of which type, and what an absent one means.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use crate::request::{Form, Scope, Unread, Upload};
use crate::rest::answer::{Entry, Refusal};

/// The largest body that is read. The longest documented one, an item with its description, has a few kilobytes.
pub const LARGEST: usize = 256 * 1024;

/// What a path does with its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRule {
    /// It has none, or what comes is of no interest: clients send nothing, `{}` and `null` alike.
    Ignored,
    /// A JSON object; absent or `null` is an empty one.
    Optional,
    /// A JSON object must come; what is wrong is told in the `Validation error` form.
    Validated,
    /// A form with files; anything else is an empty one.
    Form,
    /// What [`BodyRule::Validated`] takes, or a form with the same keys and files.
    Either,
}

/// How long a body may take to arrive.
const WAIT: Duration = Duration::from_secs(30);
/// How long a file may take.
const FILE_WAIT: Duration = Duration::from_secs(60);

impl BodyRule {
    /// What holds for a request with these headers.
    #[must_use]
    pub fn of(self, headers: &HeaderMap) -> BodyRule {
        match self {
            BodyRule::Either if essence(headers) == "multipart/form-data" => BodyRule::Form,
            BodyRule::Either => BodyRule::Validated,
            rule => rule,
        }
    }

    /// The body's keys.
    ///
    /// # Errors
    /// 400 for what is no JSON object, 413, 415.
    pub async fn read(self, request: Request) -> Result<Map<String, Value>, Refusal> {
        let is_json = is_json(request.headers());
        let bytes = tokio::time::timeout(WAIT, Bytes::from_request(request, &())).await;
        let bytes = bytes.map_err(|_| Refusal::new(408, "The request body did not arrive in time."))?;
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(413, "The request body is too large."),
            _ => Refusal::new(400, "The request body could not be read."),
        })?;
        if matches!(self, BodyRule::Ignored | BodyRule::Form)
            || (self == BodyRule::Optional && bytes.is_empty())
        {
            return Ok(Map::new());
        }
        if !bytes.is_empty() && !is_json {
            return Err(Refusal::new(415, "The request body must have the content type application/json."));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(keys)) => Ok(keys),
            Ok(Value::Null) if self == BodyRule::Optional => Ok(Map::new()),
            Ok(_) => Err(self.refuse("The request body must be a JSON object.")),
            Err(_) => Err(self.refuse("The request body is not valid JSON.")),
        }
    }

    fn refuse(self, message: &'static str) -> Refusal {
        match self {
            BodyRule::Validated => {
                Refusal::invalid(vec![Entry { loc: Vec::new(), msg: message.to_owned(), kind: "type_error" }])
            }
            BodyRule::Ignored | BodyRule::Optional | BodyRule::Form | BodyRule::Either => {
                Refusal::new(400, message)
            }
        }
    }
}

/// What a body says, by key.
pub type Keys = Map<String, Value>;

/// The keys of a form's texts, and those of its files. The files wait in the scope; a key's value says which it is.
///
/// # Errors
/// 400 for a form that breaks off, 408, 413.
pub async fn read_form(request: Request, scope: &Scope) -> Result<(Keys, Keys), Refusal> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("").to_owned();
    let form = Form::read(&content_type, request.into_body().into_data_stream());
    let form = tokio::time::timeout(FILE_WAIT, form).await;
    let form = match form.map_err(|_| Refusal::new(408, "The request body did not arrive in time."))? {
        Ok(form) => form,
        Err(Unread::NoForm) => Form::default(),
        Err(Unread::TooLarge) => return Err(Refusal::new(413, "The request body is too large.")),
        Err(Unread::Broken) => return Err(Refusal::new(400, "The request body could not be read.")),
    };
    let files = form.names.into_iter().enumerate().map(|(place, name)| (name, Upload::variable(place)));
    let texts = form.texts.into_iter().map(|(name, text)| (name, Value::String(text)));
    let keys = (texts.collect(), files.collect());
    // Nobody else reads the body of this request.
    let _ = scope.files.set(form.files);
    Ok(keys)
}

/// The content type without its parameters.
fn essence(headers: &HeaderMap) -> String {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    declared.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = essence(headers);
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
