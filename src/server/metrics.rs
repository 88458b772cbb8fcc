//! `/metrics`: what Prometheus reads. Open in development; otherwise for who knows `METRICS_TOKEN`, and for everybody
//! else not there.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::config::{Config, Environment};
use crate::server::{ServerState, nothing_here};

/// The text format of Prometheus.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// `GET /metrics`.
pub async fn get(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    if !may_read(&state.app.config, &headers) {
        return nothing_here().await;
    }
    state.app.take_stock(state.sockets.count());
    ([(header::CONTENT_TYPE, TEXT)], state.app.meters.render()).into_response()
}

fn may_read(config: &Config, headers: &HeaderMap) -> bool {
    let Some(token) = &config.metrics_token else { return config.environment == Environment::Development };
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    given.strip_prefix(b"Bearer ").is_some_and(|given| given.ct_eq(token.reveal().as_bytes()).into())
}
