//! The span of an HTTP request, which goes on the caller's trace and answers with its own place in it. Only there when
//! traces are collected.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::server::RequestId;
use crate::spans::TARGET;

/// The header of W3C Trace Context, both ways.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Runs a request in its span.
pub async fn follow(request: Request, next: Next) -> Response {
    let span = span_of(&request);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let mut place = Place(None);
    TraceContextPropagator::new().inject_context(&span.context(), &mut place);
    if let Some(value) = place.0.and_then(|value| HeaderValue::from_str(&value).ok()) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    response
}

/// The span: the path is that of the route, since a path of a client can say anything.
fn span_of(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>();
    let method = request.method();
    let span = tracing::trace_span!(
        target: TARGET,
        "http",
        otel.name = format!("{method} {}", route.unwrap_or("unknown")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.route = route,
        http.response.status_code = Empty,
        request.id = id.map(|id| id.0.as_str()),
    );
    let caller = TraceContextPropagator::new().extract(&Caller(request.headers()));
    // Fails only for a span that nobody collects.
    let _ = span.set_parent(caller);
    span
}

/// What the caller says of its trace.
struct Caller<'a>(&'a HeaderMap);

impl Extractor for Caller<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// What is answered. The state of other vendors' tracers is theirs and stays unsaid.
struct Place(Option<String>);

impl Injector for Place {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT.as_str() {
            self.0 = Some(value);
        }
    }
}
