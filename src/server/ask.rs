//! From an HTTP request to what it asks for: the same for `/graphql` and `/graphql/stream`.

pub mod form;

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value as Json};

use crate::graphql::{Ask, persisted};
use crate::server::media_type;

/// The longest body: the longest document, and variables three times as long.
const MAX_BODY: usize = 256 * 1024;
/// How long a client may take to send it.
const BODY_WAIT: Duration = Duration::from_secs(30);

/// Why a request cannot be read.
#[derive(Debug)]
pub struct Refusal {
    /// What HTTP says of it.
    pub status: StatusCode,
    /// A sentence for the client.
    pub message: String,
}

impl Refusal {
    /// A refusal with this status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into() }
    }

    /// A request that says what it should not.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }
}

/// What the parameters of a `GET` ask for.
///
/// # Errors
/// 400 when they are no request.
pub fn of_parameters(query: &str) -> Result<Ask, Refusal> {
    let mut body = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" | "documentId" => Json::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => continue,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| Refusal::bad_request(format!("{name} is no JSON: {error}.")))?,
            _ => continue,
        };
        body.insert(name.into_owned(), value);
    }
    request_of(body)
}

/// What the body of a `POST` asks for.
///
/// # Errors
/// 415 for what is no JSON, 413 and 408 for too much or too slow a body, 400 when it is no request.
pub async fn of_body(headers: &HeaderMap, body: Body) -> Result<Ask, Refusal> {
    of_json(&read(headers, body).await?)
}

/// What a JSON text asks for.
fn of_json(text: &[u8]) -> Result<Ask, Refusal> {
    let body: Json = serde_json::from_slice(text)
        .map_err(|error| Refusal::bad_request(format!("The body is no JSON: {error}.")))?;
    match body {
        Json::Object(body) => request_of(body),
        Json::Array(_) => Err(Refusal::bad_request(
            "Batches are not served; send one operation per request, or several fields in one document.",
        )),
        _ => Err(Refusal::bad_request("The body is a JSON object with a query.")),
    }
}

/// The body of a `POST`, when it is JSON of a bounded size.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    if !media_type::is_json(headers) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body is JSON in UTF-8; send it with content-type: application/json.",
        ));
    }
    let too_large =
        || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {MAX_BODY} bytes."));
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_WAIT, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(error)) => {
            let cause = std::error::Error::source(&error);
            let over = cause.is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
            Err(if over { too_large() } else { Refusal::bad_request("The body broke off.") })
        }
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
    }
}

fn request_of(mut body: Map<String, Json>) -> Result<Ask, Refusal> {
    let extensions = object("extensions", body.remove("extensions"))?;
    let document_id = persisted::id_of(&extensions, body.get("documentId")).map_err(Refusal::bad_request)?;
    let query = match body.remove("query") {
        Some(Json::String(query)) => query,
        None | Some(Json::Null) if document_id.is_some() => String::new(),
        Some(_) => return Err(Refusal::bad_request("query is a string.")),
        None => return Err(Refusal::bad_request("query is missing.")),
    };
    let operation_name = match body.remove("operationName") {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(Refusal::bad_request("operationName is a string.")),
    };
    let variables = object("variables", body.remove("variables"))?;
    Ok(Ask { query, document_id, operation_name, variables })
}

fn object(name: &str, given: Option<Json>) -> Result<Map<String, Json>, Refusal> {
    match given {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(object)) => Ok(object),
        Some(_) => Err(Refusal::bad_request(format!("{name} is a JSON object."))),
    }
}
