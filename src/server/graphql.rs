//! GraphQL over HTTP, as its specification says: `POST` for everything but subscriptions, `GET` for queries.
//!
//! A request that cannot be read is 400; one whose operation is refused is 400 or, for clients that accept only
//! `application/json`, 200; everything that ran is 200. A `POST` needs `application/json`, which no page of another
//! origin can send unasked, or is a form with files ([`ask::form`]). A `GET` needs no such header: it only reads, and no credential travels by itself, since
//! tokens are sent in `Authorization` and CORS allows no credentials.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::{Error, in_full};
use crate::graphql::report::BAD_REQUEST;
use crate::graphql::{Answer, Ask, Prepared, RequestError, persisted};
use crate::meters::Door;
use crate::request::{Face, Scope};
use crate::server::ServerState;
use crate::server::ask::{self, Refusal};
use crate::server::media_type::{self, Media};
use crate::server::scope::{Peer, scope};
use crate::server::tally::Tally;

/// `GET /graphql`: queries only.
pub async fn get(
    State(state): State<ServerState>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let exchange = Exchange::new(state, peer, headers, Door::Graphql, &[OperationType::Query]);
    exchange.answer(ask::of_parameters(query.as_deref().unwrap_or_default())).await
}

/// `POST /graphql`: queries and mutations.
pub async fn post(State(state): State<ServerState>, peer: Peer, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let served = &[OperationType::Query, OperationType::Mutation];
    let exchange = Exchange::new(state, peer, parts.headers, Door::Graphql, served);
    if ask::form::is_form(&exchange.headers) {
        return exchange.answer_form(body).await;
    }
    let ask = ask::of_body(&exchange.headers, body).await;
    exchange.answer(ask).await
}

/// What is sent back, before it takes the form that the client accepts.
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Decided where the reply was made; else by what became of the operation.
    pub(super) status: Option<StatusCode>,
}

impl Reply {
    fn ran(answer: Answer) -> Reply {
        Reply { answer, status: None }
    }
}

impl Reply {
    /// Of an operation that may not run. A document that is not known by its hash is asked for with 200: there are clients
    /// that read no answer with another status.
    fn refused(refusals: Vec<RequestError>) -> Reply {
        let is_asked_for = refusals.iter().any(|refusal| refusal.code == persisted::NOT_FOUND);
        Reply { answer: Answer::refused(refusals), status: is_asked_for.then_some(StatusCode::OK) }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let answer = Answer::refused(vec![RequestError::new(BAD_REQUEST, refusal.message)]);
        Reply { answer, status: Some(refusal.status) }
    }
}

/// One request on its way.
pub(super) struct Exchange {
    pub(super) state: ServerState,
    pub(super) headers: HeaderMap,
    peer: Peer,
    /// What the method and the address serve.
    served: &'static [OperationType],
    media: Option<Media>,
    pub(super) tally: Tally,
}

impl Exchange {
    pub(super) fn new(
        state: ServerState,
        peer: Peer,
        headers: HeaderMap,
        door: Door,
        served: &'static [OperationType],
    ) -> Exchange {
        let media = media_type::accepted(&headers);
        let tally = Tally::new(&state.app, door);
        Exchange { state, headers, peer, served, media, tally }
    }

    async fn answer(mut self, ask: Result<Ask, Refusal>) -> Response {
        let reply = self.run(ask).await.unwrap_or_else(|refused| refused);
        self.finish(reply)
    }

    async fn run(&mut self, ask: Result<Ask, Refusal>) -> Result<Reply, Reply> {
        let ask = ask?;
        self.check_media()?;
        let (prepared, scope) = self.admit(ask).await?;
        Ok(Reply::ran(self.state.gateway.execute(prepared, Arc::new(scope)).await))
    }

    async fn answer_form(mut self, body: Body) -> Response {
        let reply = self.run_form(body).await.unwrap_or_else(|refused| refused);
        self.finish(reply)
    }

    /// Files are read only for somebody who is signed in, and only so many at once: who asks is found out first.
    async fn run_form(&mut self, body: Body) -> Result<Reply, Reply> {
        self.check_media()?;
        ask::form::check_preflight(&self.headers)?;
        let scope = self.scope().await?;
        let who = scope.viewer().map_err(|error| unscoped(&error))?.user_id;
        let app = scope.app.clone();
        let _place = app.upload_place(who).await.map_err(|error| unscoped(&error))?;
        let (ask, files) = ask::form::read(&self.headers, body).await?;
        // Nobody else reads the body of this request.
        let _ = scope.files.set(files);
        let prepared = self.prepare(ask)?;
        Ok(Reply::ran(self.state.gateway.execute(prepared, Arc::new(scope)).await))
    }

    fn check_media(&self) -> Result<(), Reply> {
        if self.media.is_some() {
            return Ok(());
        }
        Err(Reply::from(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            "The answer is application/graphql-response+json or application/json; accept one of them.",
        )))
    }

    /// What may run, and in whose name.
    ///
    /// # Errors
    /// The reply to what may not. It has no status where it is the operation that is refused.
    pub(super) async fn admit(&mut self, ask: Ask) -> Result<(Prepared, Scope), Reply> {
        let prepared = self.prepare(ask)?;
        Ok((prepared, self.scope().await?))
    }

    fn prepare(&mut self, ask: Ask) -> Result<Prepared, Reply> {
        let prepared = match self.state.gateway.prepare(ask) {
            Ok(prepared) => prepared,
            Err(refusals) => return Err(Reply::refused(refusals)),
        };
        self.tally.of(&prepared);
        if !self.served.contains(&prepared.operation_type()) {
            return Err(Reply::from(not_served(prepared.operation_type())));
        }
        Ok(prepared)
    }

    async fn scope(&mut self) -> Result<Scope, Reply> {
        let scope = scope(&self.state.app, &self.headers, self.peer.0, Face::Graphql).await;
        let scope = scope.map_err(|error| unscoped(&error))?;
        self.tally.by(&scope.authentication);
        Ok(scope)
    }

    /// The response, and the request's one line in the log.
    pub(super) fn finish(self, reply: Reply) -> Response {
        let media = self.media.unwrap_or(Media::Json);
        let status = reply.status.unwrap_or(match media {
            Media::GraphqlResponse if reply.answer.is_request_error() => StatusCode::BAD_REQUEST,
            Media::GraphqlResponse | Media::Json => StatusCode::OK,
        });
        self.tally.end(Some(status), &reply.answer);
        let mut response = respond(status, media, &reply.answer);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// The refusal of an operation that the method or the address does not serve.
fn not_served(operation: OperationType) -> Refusal {
    match operation {
        OperationType::Subscription => Refusal::bad_request(
            "Subscriptions run over WebSocket at /graphql/ws or server-sent events at /graphql/stream.",
        ),
        OperationType::Query | OperationType::Mutation => {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "A mutation needs POST.")
        }
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

/// The reply when a request cannot begin.
fn unscoped(error: &Error) -> Reply {
    if let Some(cause) = error.cause() {
        tracing::error!(cause = in_full(cause), "a request cannot begin");
    }
    let status =
        StatusCode::from_u16(error.code().http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply { answer: Answer::refused(vec![RequestError::from(error)]), status: Some(status) }
}
