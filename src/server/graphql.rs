//! GraphQL over HTTP, as its specification says: `POST` for everything but subscriptions, `GET` for queries.
//!
//! A request that cannot be read is 400; one whose operation is refused is 400 or, for clients that accept only
//! `application/json`, 200; everything that ran is 200. A `POST` needs `application/json`, which no page of another
//! origin can send unasked. A `GET` needs no such header: it only reads, and no credential travels by itself, since
//! tokens are sent in `Authorization` and CORS allows no credentials.

use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::graphql::report::BAD_REQUEST;
use crate::graphql::{Answer, Ask, Prepared, RequestError};
use crate::request::{Authentication, Face};
use crate::server::ServerState;
use crate::server::media_type::{self, Media};
use crate::server::scope::{Peer, scope};
use crate::values::UserId;

/// The longest body: the longest document, and variables three times as long.
const MAX_BODY: usize = 256 * 1024;
/// How long a client may take to send it.
const BODY_WAIT: Duration = Duration::from_secs(30);
/// So much of an operation's name is logged: clients choose it.
const NAME_SHOWN: usize = 100;

/// `GET /graphql`: queries only.
pub async fn get(
    State(state): State<ServerState>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let mut exchange = Exchange::new(state, peer, headers, OperationType::Query);
    let reply = match parameters(query.as_deref().unwrap_or_default()) {
        Ok(ask) => exchange.run(ask).await,
        Err(reply) => reply,
    };
    exchange.finish(reply)
}

/// `POST /graphql`: queries and mutations.
pub async fn post(State(state): State<ServerState>, peer: Peer, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut exchange = Exchange::new(state, peer, parts.headers, OperationType::Mutation);
    let reply = match read(&exchange.headers, body).await.and_then(|body| ask(&body)) {
        Ok(ask) => exchange.run(ask).await,
        Err(reply) => reply,
    };
    exchange.finish(reply)
}

/// What is sent back, before it takes the form that the client accepts.
struct Reply {
    answer: Answer,
    /// Decided where the reply was made; else by what became of the operation.
    status: Option<StatusCode>,
}

fn refuse(status: StatusCode, message: impl Into<String>) -> Reply {
    let answer = Answer::refused(vec![RequestError::new(BAD_REQUEST, message)]);
    Reply { answer, status: Some(status) }
}

fn bad_request(message: impl Into<String>) -> Reply {
    refuse(StatusCode::BAD_REQUEST, message)
}

/// One request on its way, with what its log line will say.
struct Exchange {
    state: ServerState,
    peer: Peer,
    headers: HeaderMap,
    /// The most that the method may do.
    most: OperationType,
    media: Option<Media>,
    begin: Instant,
    operation: Option<String>,
    viewer: Option<UserId>,
}

impl Exchange {
    fn new(state: ServerState, peer: Peer, headers: HeaderMap, most: OperationType) -> Exchange {
        let media = media_type::accepted(&headers);
        Exchange { state, peer, headers, most, media, begin: Instant::now(), operation: None, viewer: None }
    }

    async fn run(&mut self, ask: Ask) -> Reply {
        if self.media.is_none() {
            return refuse(
                StatusCode::NOT_ACCEPTABLE,
                "The answer is application/graphql-response+json or application/json; accept one of them.",
            );
        }
        let prepared = match self.state.gateway.prepare(ask) {
            Ok(prepared) => prepared,
            Err(refusals) => return Reply { answer: Answer::refused(refusals), status: None },
        };
        self.operation = Some(prepared.operation_name().unwrap_or("").to_owned());
        if let Some(reply) = self.refuse_method(&prepared) {
            return reply;
        }
        let scope = match scope(&self.state.app, &self.headers, self.peer.0, Face::Graphql).await {
            Ok(scope) => std::sync::Arc::new(scope),
            Err(error) => return unscoped(&error),
        };
        if let Authentication::Viewer { viewer, .. } = &scope.authentication {
            self.viewer = Some(viewer.user_id);
        }
        Reply { answer: self.state.gateway.execute(prepared, scope).await, status: None }
    }

    fn refuse_method(&self, prepared: &Prepared) -> Option<Reply> {
        match (prepared.operation_type(), self.most) {
            (OperationType::Subscription, _) => Some(bad_request(
                "Subscriptions run over WebSocket at /graphql/ws or server-sent events at /graphql/stream.",
            )),
            (OperationType::Mutation, OperationType::Query) => {
                Some(refuse(StatusCode::METHOD_NOT_ALLOWED, "A mutation needs POST."))
            }
            _ => None,
        }
    }

    /// The response, and the request's one line in the log.
    fn finish(self, reply: Reply) -> Response {
        let media = self.media.unwrap_or(Media::Json);
        let status = reply.status.unwrap_or(match media {
            Media::GraphqlResponse if reply.answer.is_request_error() => StatusCode::BAD_REQUEST,
            Media::GraphqlResponse | Media::Json => StatusCode::OK,
        });
        tracing::info!(
            operation =
                self.operation.as_deref().map(|name| name.chars().take(NAME_SHOWN).collect::<String>()),
            viewer.id = self.viewer.map(|viewer| viewer.0),
            status = status.as_u16(),
            errors = reply.answer.errors.len(),
            duration_ms = self.begin.elapsed().as_micros() as f64 / 1_000.0,
            "graphql request"
        );
        let mut response = respond(status, media, &reply.answer);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

fn respond(status: StatusCode, media: Media, answer: &Answer) -> Response {
    match serde_json::to_vec(answer) {
        // An answer is one person's, at one moment: no cache on the way may give it to another.
        Ok(body) => {
            let no_store = HeaderValue::from_static("no-store");
            let headers = [(header::CONTENT_TYPE, media.content_type()), (header::CACHE_CONTROL, no_store)];
            (status, headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(cause = %error, "an answer cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The reply when the request's scope cannot be made.
fn unscoped(error: &Error) -> Reply {
    if let Some(cause) = error.cause() {
        tracing::error!(cause = crate::graphql::report::chain(cause), "the request's person cannot be read");
    }
    let status =
        StatusCode::from_u16(error.code().http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { answer: Answer::refused(vec![RequestError::from(error)]), status: Some(status) }
}

/// The body of a `POST`, when it is JSON of a bounded size.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Reply> {
    if !media_type::is_json(headers) {
        return Err(refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body is JSON in UTF-8; send it with content-type: application/json.",
        ));
    }
    let too_large =
        || refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("The body has more than {MAX_BODY} bytes."));
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
            Err(if over { too_large() } else { bad_request("The body broke off.") })
        }
        Err(_) => Err(refuse(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
    }
}

/// The request in a JSON body.
fn ask(body: &[u8]) -> Result<Ask, Reply> {
    let body: Json = serde_json::from_slice(body)
        .map_err(|error| bad_request(format!("The body is no JSON: {error}.")))?;
    match body {
        Json::Object(body) => request_of(body),
        Json::Array(_) => Err(bad_request(
            "Batches are not served; send one operation per request, or several fields in one document.",
        )),
        _ => Err(bad_request("The body is a JSON object with a query.")),
    }
}

fn request_of(mut body: Map<String, Json>) -> Result<Ask, Reply> {
    let query = match body.remove("query") {
        Some(Json::String(query)) => query,
        Some(_) => return Err(bad_request("query is a string.")),
        None => return Err(bad_request("query is missing.")),
    };
    let operation_name = match body.remove("operationName") {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(bad_request("operationName is a string.")),
    };
    let variables = object("variables", body.remove("variables"))?;
    object("extensions", body.remove("extensions"))?;
    Ok(Ask { query, operation_name, variables })
}

fn object(name: &str, given: Option<Json>) -> Result<Map<String, Json>, Reply> {
    match given {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(object)) => Ok(object),
        Some(_) => Err(bad_request(format!("{name} is a JSON object."))),
    }
}

/// The request in the parameters of a `GET`.
fn parameters(query: &str) -> Result<Ask, Reply> {
    let mut body = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" => Json::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => continue,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|error| bad_request(format!("{name} is no JSON: {error}.")))?,
            _ => continue,
        };
        body.insert(name.into_owned(), value);
    }
    request_of(body)
}
