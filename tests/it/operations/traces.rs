//! Traces of the real binary, as a collector receives them over OTLP/HTTP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use tokio::net::TcpListener;

use super::people;
use super::process::Process;
use crate::harness::TestApp;

/// A collector, with the spans that it was sent.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    services: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let collector = self.clone();
        let receive = async move |body: Bytes| {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            for resource in request.resource_spans {
                let attributes = resource.resource.unwrap().attributes;
                let name = attributes.into_iter().find(|attribute| attribute.key == "service.name").unwrap();
                collector.services.lock().unwrap().push(text(name.value.and_then(|value| value.value)));
                let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                collector.spans.lock().unwrap().extend(spans);
            }
            StatusCode::OK
        };
        let router = Router::new().route("/v1/traces", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }
}

fn text(value: Option<Any>) -> String {
    match value {
        Some(Any::StringValue(text)) => text,
        Some(Any::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn attributes(span: &Span) -> HashMap<String, String> {
    let attributes = span.attributes.iter();
    attributes.map(|of| (of.key.clone(), text(of.value.clone().and_then(|value| value.value)))).collect()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[tokio::test]
async fn a_request_is_traced_from_its_caller_down_to_its_statements_without_their_values() {
    let app = TestApp::start().await;
    let (buyer, item, _) = people(&app).await;
    let collector = Collector::default();
    let endpoint = format!("http://{}", collector.listen().await);
    // So seldom that only the end of the process delivers.
    let settings =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "600000")];
    let process = Process::start(&app, &settings).await;

    let client = reqwest::Client::new();
    let add = "mutation Add($item: ID!) { addToCart(itemId: $item, quantity: 3) { message } }";
    let answer = client
        .post(process.url("/graphql"))
        .bearer_auth(&buyer.token)
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .header("origin", "https://app.example.org")
        .json(&json!({"query": add, "variables": {"item": item}}))
        .send()
        .await
        .unwrap();
    let traceparent = answer.headers()["traceparent"].to_str().unwrap().to_owned();
    let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
    assert!(answer.text().await.unwrap().contains("\"message\""));
    let rest = client.get(process.url("/api/v1/consumer/cart/view")).header("authorization", &buyer.token);
    assert_eq!(rest.send().await.unwrap().status(), 200);
    process.terminate().await;
    assert!(process.ended().await.success);

    assert_eq!(collector.services.lock().unwrap()[0], "society-gateway");
    let spans = collector.spans.lock().unwrap().clone();
    let traced: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let named =
        |name: &str| *traced.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}"));
    let http = named("POST /graphql");
    assert_eq!(hex(&http.parent_span_id), CALLER);
    assert_eq!(traceparent, format!("00-{TRACE}-{}-01", hex(&http.span_id)));
    assert!(exposed.contains("traceparent"), "{exposed}");
    assert_eq!(attributes(http)["http.response.status_code"], "200");
    let operation = named("addToCart");
    assert_eq!(operation.parent_span_id, http.span_id);
    assert_eq!(attributes(operation)["graphql.operation.name"], "Add");
    for name in ["BEGIN", "INSERT cart_item", "COMMIT"] {
        let statement = named(name);
        assert_eq!(statement.parent_span_id, operation.span_id, "{name}");
        assert!(statement.start_time_unix_nano >= operation.start_time_unix_nano);
        assert!(statement.end_time_unix_nano <= operation.end_time_unix_nano);
        assert_eq!(attributes(statement)["db.system.name"], "postgresql");
    }
    let rest = spans.iter().find(|span| span.name == "GET /api/v1/consumer/cart/view").unwrap();
    let below = spans.iter().find(|span| span.name == "cart" && span.parent_span_id == rest.span_id);
    assert!(below.is_some());
    assert!(spans.iter().all(|span| span.trace_id == rest.trace_id || hex(&span.trace_id) == TRACE));
    for span in &spans {
        let shown = format!("{:?}", attributes(span));
        assert!(!shown.contains("binds"), "{shown}");
        for secret in [&buyer.phone[3..], &buyer.token] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_collector_that_is_gone_or_never_answers_holds_nothing_up() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        closed.local_addr().unwrap()
    };
    for collector in [mute.local_addr().unwrap(), gone] {
        let endpoint = format!("http://{collector}");
        let settings = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
        ];
        let process = Process::start(&app, &settings).await;
        let client = reqwest::Client::new();
        let begin = Instant::now();
        for _ in 0..200 {
            let ask = client.post(process.url("/graphql")).bearer_auth(&buyer.token);
            let answer = ask.json(&json!({"query": "{ wallet { balance } }"})).send().await.unwrap();
            assert_eq!(answer.text().await.unwrap(), "{\"data\":{\"wallet\":{\"balance\":0}}}");
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        process.terminate().await;
        assert!(process.ended().await.success);
    }
}

#[tokio::test]
async fn without_a_collector_nothing_is_said_of_traces() {
    let app = TestApp::start().await;
    let process = Process::start(&app, &[]).await;

    let ask = reqwest::Client::new().get(process.url("/healthz"));
    let answer = ask.header("traceparent", format!("00-{TRACE}-{CALLER}-01")).send().await.unwrap();

    assert!(!answer.headers().contains_key("traceparent"));
    process.terminate().await;
    assert!(process.ended().await.success);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
