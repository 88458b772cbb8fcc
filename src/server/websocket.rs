//! GraphQL over WebSocket at `/graphql/ws`: the protocol graphql-transport-ws, with all of its close codes, and the older
//! graphql-ws.
//!
//! One task per connection, on axum's own WebSocket. What a message means is decided in `protocol`, which knows no
//! socket; what is sent waits in `wire`, which is bounded. Queries and mutations work here as well as subscriptions.

mod connection;
mod message;
mod operations;
mod protocol;
mod pulse;
mod wire;

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use crate::app::App;
use crate::config::Origins;
use crate::graphql::{Answer, Ask, Gateway, Prepared, RequestError};
use crate::meters::Door;
use crate::request::{Face, Scope};
use crate::server::RequestId;
use crate::server::scope::{Peer, scope};
use crate::server::seats::Seats;
use crate::server::tally::Tally;
use crate::server::websocket::message::Dialect;
use crate::server::websocket::protocol::Close;
use crate::server::websocket::wire::Wire;

/// The longest message of a client: as long as a body over HTTP.
const MAX_MESSAGE: usize = 256 * 1024;
/// What a connection reads at once, and keeps for it while it idles: few messages are longer.
const READ_BUFFER: usize = 4 * 1024;

/// What runs an operation that was prepared, in the scope it is given.
pub type Run = Box<dyn FnOnce(Arc<Scope>) -> BoxStream<'static, Answer> + Send>;

/// An operation that may run.
pub struct Ready {
    /// The size of its document, which it holds while it is live.
    pub tokens: usize,
    /// What runs it.
    pub run: Run,
}

/// What operations are taken to. The product's is [`Gateway`].
pub trait Prepare: Send + Sync {
    /// Reads what a client asks for up to the point where it could run.
    ///
    /// # Errors
    /// Why it may not run.
    fn prepare(self: Arc<Self>, ask: Ask) -> Result<Ready, Vec<RequestError>>;
}

impl Prepare for Gateway {
    fn prepare(self: Arc<Self>, ask: Ask) -> Result<Ready, Vec<RequestError>> {
        let prepared = Gateway::prepare(&self, ask)?;
        let tokens = prepared.tokens();
        let run: Run = match prepared.operation_type() {
            OperationType::Subscription => Box::new(move |scope| {
                let tally = tally(&prepared, &scope);
                // The connection's task is in the span of the request that opened it.
                tally.live(Span::current(), self.subscribe(prepared, scope).boxed()).boxed()
            }),
            OperationType::Query | OperationType::Mutation => Box::new(move |scope| {
                let tally = tally(&prepared, &scope);
                let run = async move {
                    let answer = self.execute(prepared, scope).await;
                    tally.end(None, &answer);
                    answer
                };
                stream::once(run).boxed()
            }),
        };
        Ok(Ready { tokens, run })
    }
}

/// The count of an operation that begins on a socket.
fn tally(prepared: &Prepared, scope: &Scope) -> Tally {
    let mut tally = Tally::new(&scope.app, Door::Socket);
    tally.of(prepared);
    tally.by(&scope.authentication);
    tally
}

/// All sockets of this process.
#[derive(Clone)]
pub struct Sockets {
    app: Arc<App>,
    operations: Arc<dyn Prepare>,
    stopping: CancellationToken,
    open: TaskTracker,
    seats: Seats,
}

impl Sockets {
    /// None open yet. All are closed with 1001 when `stopping` is cancelled.
    #[must_use]
    pub fn new(app: Arc<App>, operations: Arc<dyn Prepare>, stopping: CancellationToken) -> Sockets {
        Sockets { app, operations, stopping, open: TaskTracker::new(), seats: Seats::default() }
    }

    /// The seats that signed-in sockets take.
    #[must_use]
    pub(super) fn seats(&self) -> &Seats {
        &self.seats
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Waits until all are gone: once the server stops, that takes a few seconds at most.
    pub async fn closed(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

/// `GET /graphql/ws`: opens a socket. A client that offers no protocol of ours learns so from close code 4406.
pub async fn upgrade(
    State(sockets): State<Sockets>,
    peer: Peer,
    id: RequestId,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !may_connect(&sockets.app.config.allowed_origins, &headers) {
        return (StatusCode::FORBIDDEN, "This origin may not connect.").into_response();
    }
    let scope = match scope(&sockets.app, &headers, peer.0, Face::Graphql).await {
        Ok(scope) => scope,
        Err(error) => {
            let status = StatusCode::from_u16(error.code().http_status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, error.message().to_owned()).into_response();
        }
    };
    let upgrade = upgrade
        .protocols(Dialect::ALL.map(Dialect::name))
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(READ_BUFFER)
        // Every message is sent at once: nothing gathers in the socket while it idles.
        .write_buffer_size(0);
    let selected = upgrade.selected_protocol().cloned();
    let dialect =
        Dialect::ALL.into_iter().find(|dialect| selected.as_ref().is_some_and(|name| name == dialect.name()));
    let open = sockets.open.token();
    upgrade.on_upgrade(move |socket| {
        let serve = async move {
            // Counted until the client is gone.
            let _open = open;
            match dialect {
                Some(dialect) => connection::serve(sockets, socket, dialect, scope).await,
                None => Wire::new(socket).close(Some(Close::SUBPROTOCOL)).await,
            }
        };
        serve.instrument(id.span())
    })
}

/// Browsers let every page open a socket to everywhere; so the origins that CORS names are looked at here. The
/// gateway's own pages and clients that are no browser may always connect.
fn may_connect(allowed: &Origins, headers: &HeaderMap) -> bool {
    let Origins::Only(listed) = allowed else { return true };
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host);
    own || listed.iter().any(|listed| listed == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_pages_own_pages_and_programs_may_connect() {
        let connects = |allowed: &Origins, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "gateway.example.org".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            may_connect(allowed, &headers)
        };
        let listed = Origins::Only(vec!["https://app.example.org".to_owned()]);
        for origin in [None, Some("https://app.example.org"), Some("https://gateway.example.org")] {
            assert!(connects(&listed, origin), "{origin:?}");
        }
        for origin in ["https://evil.example.org", "http://app.example.org", "null", "gateway.example.org"] {
            assert!(!connects(&listed, Some(origin)), "{origin}");
            assert!(connects(&Origins::Any, Some(origin)), "{origin}");
        }
    }
}
