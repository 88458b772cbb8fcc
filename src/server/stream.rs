//! GraphQL over server-sent events at `/graphql/stream`: the protocol graphql-sse with a connection per operation.
//!
//! A `next` for each answer, then `complete`. The `id` of a `next` is its event's cursor; who comes back with it in
//! `Last-Event-ID`, as an `EventSource` does by itself, goes on behind it. A stream that ends without `complete` was cut:
//! come back. Nothing is made ahead: the operation is asked for more only when the client took what it has.

use std::convert::Infallible;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, Stream, StreamExt};
use rand::RngExt;
use tokio_util::sync::CancellationToken;

use crate::events::EventCursor;
use crate::graphql::{Answer, Ask, RequestError};
use crate::meters::Door;
use crate::request::{Authentication, Place, Scope};
use crate::server::ask::{self, Refusal};
use crate::server::graphql::{Exchange, Reply};
use crate::server::media_type;
use crate::server::scope::Peer;
use crate::server::seats::{Seat, Seats, last_moment};
use crate::server::{RequestId, ServerState};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How often something is sent while nothing happens. Proxies cut what is idle for a minute, some after 30 s.
const KEEP_ALIVE: TimeDelta = TimeDelta::seconds(15);
/// How many milliseconds an `EventSource` waits before it comes back: not all of them at once.
const RETRY_MS: std::ops::Range<u64> = 500..5_000;

/// `GET /graphql/stream`: queries and subscriptions.
pub async fn get(
    State(state): State<ServerState>,
    peer: Peer,
    id: RequestId,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let served = &[OperationType::Query, OperationType::Subscription];
    let exchange = Exchange::new(state, peer, headers, Door::Stream, served);
    answer(exchange, &id, ask::of_parameters(query.as_deref().unwrap_or_default())).await
}

/// `POST /graphql/stream`: every operation.
pub async fn post(State(state): State<ServerState>, peer: Peer, id: RequestId, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let served = &[OperationType::Query, OperationType::Mutation, OperationType::Subscription];
    let exchange = Exchange::new(state, peer, parts.headers, Door::Stream, served);
    let ask = ask::of_body(&exchange.headers, body).await;
    answer(exchange, &id, ask).await
}

/// A request that cannot be read is refused as HTTP does; an operation that is refused, by its one `next`, as the
/// protocol says: an `EventSource` tells its page nothing of a response that is not 200.
async fn answer(mut exchange: Exchange, id: &RequestId, ask: Result<Ask, Refusal>) -> Response {
    let begun = match begin(&mut exchange, ask).await {
        Ok(begun) => begun,
        Err(Reply { answer, status: None }) => {
            exchange.tally.end(Some(StatusCode::OK), &answer);
            let next = next(&answer, None);
            return respond(stream::iter(
                [Some(opening()), next, Some(COMPLETE.to_owned())].into_iter().flatten(),
            ));
        }
        Err(reply) => return exchange.finish(reply),
    };
    let Begun { scope, seat, came_of_it } = begun;
    let answers = match came_of_it {
        CameOfIt::Answer(answer) => {
            exchange.tally.end(Some(StatusCode::OK), &answer);
            stream::iter([answer]).boxed()
        }
        CameOfIt::Subscription(answers) => exchange.tally.live(id.span(), answers).boxed(),
    };
    respond(Streaming::new(scope, answers, exchange.state.stopping, seat).events())
}

/// An operation that was started.
struct Begun {
    scope: Arc<Scope>,
    seat: Option<Seat>,
    came_of_it: CameOfIt,
}

enum CameOfIt {
    /// A query or a mutation has run.
    Answer(Answer),
    /// A subscription answers from now on.
    Subscription(BoxStream<'static, Answer>),
}

async fn begin(exchange: &mut Exchange, ask: Result<Ask, Refusal>) -> Result<Begun, Reply> {
    let ask = ask?;
    if !media_type::accepts_events(&exchange.headers) {
        let message = "The answer is text/event-stream; accept it.";
        return Err(Reply::from(Refusal::new(StatusCode::NOT_ACCEPTABLE, message)));
    }
    let seen = last_event_id(&exchange.headers)?;
    let (prepared, scope) = exchange.admit(ask).await?;
    let scope = Arc::new(Scope { place: Place::behind(seen), ..scope });
    let ServerState { gateway, sockets, .. } = &exchange.state;
    let (seat, came_of_it) = match prepared.operation_type() {
        OperationType::Subscription => {
            let seat = seat(sockets.seats(), &scope.authentication)?;
            (seat, CameOfIt::Subscription(gateway.subscribe(prepared, scope.clone()).boxed()))
        }
        OperationType::Query | OperationType::Mutation => {
            let answer = gateway.execute(prepared, scope.clone()).await;
            (None, CameOfIt::Answer(answer))
        }
    };
    Ok(Begun { scope, seat, came_of_it })
}

fn seat(seats: &Seats, authentication: &Authentication) -> Result<Option<Seat>, Reply> {
    let Authentication::Viewer { viewer, .. } = authentication else { return Ok(None) };
    match seats.take(viewer.user_id) {
        Ok(seat) => Ok(Some(seat)),
        Err(error) => {
            let answer = Answer::refused(vec![RequestError::from(&error)]);
            Err(Reply { answer, status: Some(StatusCode::TOO_MANY_REQUESTS) })
        }
    }
}

/// The last event that the client saw. A client that sends one relies on it: a bad one must not count as none.
fn last_event_id(headers: &HeaderMap) -> Result<Option<EventCursor>, Refusal> {
    let Some(given) = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or("?").trim()) else {
        return Ok(None);
    };
    if given.is_empty() {
        return Ok(None);
    }
    let cursor = given.parse().map_err(|_| Refusal::bad_request("Last-Event-ID is the id of no event."))?;
    Ok(Some(cursor))
}

fn respond(events: impl Stream<Item = String> + Send + 'static) -> Response {
    // What is kept or gathered on the way arrives too late, or at somebody else.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(events.map(Ok::<_, Infallible>))).into_response()
}

/// The end of an operation. An `EventSource` does not hear an event without data.
const COMPLETE: &str = "event: complete\ndata: \n\n";
/// Says nothing.
const COMMENT: &str = ":\n\n";

/// Said at once: some clients wait for the first bytes before they call the stream open.
fn opening() -> String {
    format!("retry: {}\n{COMMENT}", rand::rng().random_range(RETRY_MS))
}

/// An answer as an event; JSON has no line breaks of its own.
fn next(answer: &Answer, id: Option<EventCursor>) -> Option<String> {
    let json = match serde_json::to_string(answer) {
        Ok(json) => json,
        Err(error) => {
            tracing::error!(cause = %error, "an answer cannot be written as JSON");
            return None;
        }
    };
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Some(format!("event: next\n{id}data: {json}\n\n"))
}

/// An operation whose answers go out as events.
struct Streaming {
    scope: Arc<Scope>,
    answers: BoxStream<'static, Answer>,
    stopping: CancellationToken,
    /// Ready when the sign-in of this request is over.
    sign_in_ended: BoxFuture<'static, ()>,
    /// When something is sent even if nothing happens.
    comment_at: DateTime<Utc>,
    /// When it has lasted long enough.
    ends_at: DateTime<Utc>,
    stage: Stage,
    /// A subscription's.
    _seat: Option<Seat>,
}

enum Stage {
    Opening,
    Answering,
    Completing,
    Over,
}

impl Streaming {
    fn new(
        scope: Arc<Scope>,
        answers: BoxStream<'static, Answer>,
        stopping: CancellationToken,
        seat: Option<Seat>,
    ) -> Streaming {
        let (app, authentication) = (scope.app.clone(), scope.authentication.clone());
        Streaming {
            answers,
            stopping,
            sign_in_ended: async move { authentication.ended(&app).await }.boxed(),
            comment_at: scope.app.clock.now() + KEEP_ALIVE,
            ends_at: last_moment(&scope.app),
            stage: Stage::Opening,
            _seat: seat,
            scope,
        }
    }

    fn events(self) -> impl Stream<Item = String> + Send + 'static {
        stream::unfold(self, |mut streaming| async move {
            let event = streaming.event().await?;
            streaming.comment_at = streaming.scope.app.clock.now() + KEEP_ALIVE;
            Some((event, streaming))
        })
    }

    /// What is sent next; nothing when the stream is over.
    async fn event(&mut self) -> Option<String> {
        match self.stage {
            Stage::Opening => {
                self.stage = Stage::Answering;
                Some(opening())
            }
            Stage::Answering => self.happening().await,
            Stage::Completing => {
                self.stage = Stage::Over;
                Some(COMPLETE.to_owned())
            }
            Stage::Over => None,
        }
    }

    /// Waits for the next thing to happen. Ends come first: what waits behind them is not for this client any more.
    async fn happening(&mut self) -> Option<String> {
        let clock = &self.scope.app.clock;
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => None,
            () = clock.sleep_until(self.ends_at) => None,
            () = &mut self.sign_in_ended => self.last_words().await,
            answer = self.answers.next() => match answer {
                Some(answer) => next(&answer, self.scope.place.take()),
                None => {
                    self.stage = Stage::Over;
                    Some(COMPLETE.to_owned())
                }
            },
            // Who is cut before the first event comes back to this place.
            () = self.scope.place.begun() => Some(match self.scope.place.take() {
                Some(cursor) => format!("id: {cursor}\n\n"),
                None => COMMENT.to_owned(),
            }),
            () = clock.sleep_until(self.comment_at) => Some(COMMENT.to_owned()),
        }
    }

    /// Tells whoever must sign in again. Who need not, since it is their role that changed, comes back as they are.
    async fn last_words(&mut self) -> Option<String> {
        let Scope { app, authentication, .. } = &*self.scope;
        match authentication.present(app).await {
            Ok(Authentication::Refused(error)) => {
                self.stage = Stage::Completing;
                next(&Answer::refused(vec![RequestError::from(&error)]), None)
            }
            Ok(Authentication::Viewer { .. } | Authentication::Anonymous) | Err(_) => None,
        }
    }
}
