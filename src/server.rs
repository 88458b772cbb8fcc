//! The axum router: what is served where, and what every response carries.

mod ask;
mod deprecation;
pub mod docs;
mod etag;
mod explorer;
mod graphql;
mod media;
mod media_type;
mod metrics;
pub mod request_id;
mod rest_edge;
pub mod scope;
mod seats;
mod stream;
mod tally;
mod trace;
mod webhooks;
pub mod websocket;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

pub use request_id::RequestId;
pub use websocket::Sockets;

use crate::app::App;
use crate::config::{Config, Origins};
use crate::error::{Code, INTERNAL_MESSAGE};
use crate::graphql::{Gateway, Trusted};
use crate::rest;
use crate::server::deprecation::Announcement;

/// How long a browser may remember what a preflight allowed.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(600);
/// How long the database may take to say that it is there.
const READY_WAIT: Duration = Duration::from_secs(2);

/// What the handlers reach.
#[derive(Clone)]
pub struct ServerState {
    /// Everything with a lifetime.
    pub app: Arc<App>,
    /// The way to the schema.
    pub gateway: Arc<Gateway>,
    /// Cancelled when the server stops: open sockets close.
    pub stopping: CancellationToken,
    /// The open sockets.
    pub sockets: Sockets,
}

impl FromRef<ServerState> for Sockets {
    fn from_ref(state: &ServerState) -> Sockets {
        state.sockets.clone()
    }
}

impl ServerState {
    /// The state of a server that runs until `stopping` is cancelled.
    ///
    /// # Errors
    /// A list of trusted documents that cannot be used. A schema that cannot be read is a fault in the build.
    pub async fn new(
        app: Arc<App>,
        stopping: CancellationToken,
    ) -> std::result::Result<ServerState, Box<dyn std::error::Error + Send + Sync>> {
        let trusted = match &app.config.trusted_documents {
            Some(path) => Some(Trusted::read(path).await?),
            None => None,
        };
        if let Some(trusted) = &trusted {
            tracing::info!("{} documents are trusted; no others run on GraphQL", trusted.count());
        }
        let gateway = Gateway::new(trusted)?;
        let sockets = Sockets::new(app.clone(), gateway.clone(), stopping.clone());
        Ok(ServerState { app, gateway, stopping, sockets })
    }
}

/// Everything that is served.
///
/// Beside `/api/v1`, the REST paths are at the root where the oldest clients need them; none of them has the name of
/// anything else that is there.
///
/// # Errors
/// A REST path that does not fit the schema: a fault in the build.
pub async fn router(state: ServerState) -> std::result::Result<Router, rest::Unfit> {
    let config = state.app.config.clone();
    let paths = rest::Paths::read().await?;
    let edge = middleware::from_fn_with_state(state.app.clone(), rest_edge::edge);
    let announcement = Announcement::of(&config);
    let announce = middleware::map_response(move |response: Response| {
        let told = announcement.told(response);
        async { told }
    });
    let at_root = match config.rest_at_root {
        true => paths.router().layer(edge.clone()).layer(announce.clone()),
        false => Router::new(),
    };
    let under_prefix = paths
        .router()
        .fallback(rest::unknown_path)
        .layer(edge)
        .route("/openapi.json", get(docs::description))
        .route("/docs", get(docs::page))
        .route("/docs/{name}", get(docs::file))
        .layer(announce);
    let explorer = if config.explorer { explorer::router() } else { Router::new() };
    let router = Router::new()
        .merge(explorer)
        .nest("/api/v1", under_prefix)
        .merge(at_root)
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/graphql/stream", get(stream::get).post(stream::post))
        .route("/graphql/ws", get(websocket::upgrade))
        .route("/media/{*path}", get(media::get))
        .route("/webhooks/razorpay", post(webhooks::razorpay))
        .route("/health", get(alive))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::get))
        .fallback(nothing_here)
        .method_not_allowed_fallback(async || plain(405, "The method is not allowed for the requested URL."))
        .with_state(state);
    Ok(dressed(router, &config))
}

/// Gives every answer, whoever makes it, what all of them carry (contract §1.7).
///
/// Requests are named first, so that preflights, panics and unknown paths carry their name, too.
pub fn dressed(router: Router, config: &Config) -> Router {
    let router = router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(cors(&config.allowed_origins, Announcement::of(config).names()))
        .layer(middleware::map_response(secured));
    let is_traced = config.otlp_endpoint.is_some();
    let router = if is_traced { router.layer(middleware::from_fn(trace::follow)) } else { router };
    router.layer(middleware::from_fn(request_id::name_request))
}

async fn nothing_here() -> Response {
    plain(404, "There is nothing at this address.")
}

/// The process runs.
async fn alive() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// The database answers, so that requests can be sent here.
async fn ready(State(state): State<ServerState>) -> Response {
    if state.stopping.is_cancelled() {
        return plain(503, "The gateway is stopping.");
    }
    let ask = async { state.app.read().await.ok()?.batch_execute("SELECT 1").await.ok() };
    match tokio::time::timeout(READY_WAIT, ask).await {
        Ok(Some(())) => Json(json!({"status": "ok"})).into_response(),
        Ok(None) | Err(_) => plain(503, "The database does not answer."),
    }
}

/// A refusal outside of GraphQL, in the envelope of the REST face (contract §1.3).
fn plain(status: u16, message: &str) -> Response {
    let body = json!({"status": "error", "message": message, "code": status});
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The panic hook has logged it.
    plain(Code::Internal.http_status(), INTERNAL_MESSAGE)
}

/// What a browser must know of every response (contract §1.7). A page that is meant to be framed says so itself.
async fn secured(mut response: Response) -> Response {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Any page may call, without credentials; or those of the listed origins, with them. A preflight never needs a token: it is
/// answered before anything else looks at the request.
fn cors(origins: &Origins, announced: impl Iterator<Item = HeaderName>) -> CorsLayer {
    let (origin, credentials) = match origins {
        Origins::Any => (AllowOrigin::any(), false),
        Origins::Only(listed) => {
            let listed = listed.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
            (AllowOrigin::list(listed), true)
        }
    };
    let methods = [
        Method::DELETE,
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
        Method::POST,
        Method::PUT,
    ];
    let exposed = [request_id::X_REQUEST_ID, trace::TRACEPARENT].into_iter();
    CorsLayer::new()
        .allow_origin(origin)
        .allow_credentials(credentials)
        .allow_methods(methods)
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed.chain(announced).collect::<Vec<_>>())
        .max_age(PREFLIGHT_KEPT)
}
