//! Contract 1.7: what every answer carries, whatever became of the request.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request};
use axum::routing::get;
use serde_json::{Value, json};
use society_gateway::config::Config;
use society_gateway::server;
use tower::ServiceExt;

use crate::harness::TestApp;
use crate::rest::{Client, Reply};

const JSON: (&str, &str) = ("content-type", "application/json");
const NAME: (&str, &str) = ("x-request-id", "caf\u{e9} 7");
const ORIGIN: (&str, &str) = ("origin", "https://app.example.org");

/// The client's name for the request without what is not printable, and what browsers must know.
fn assert_dressed(headers: &HeaderMap, of: &str) {
    for (name, value) in [
        ("x-request-id", "caf 7"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "x-request-id,traceparent"),
    ] {
        let told: Vec<_> = headers.get_all(name).iter().collect();
        assert_eq!(told, [value], "{of}: {name}");
    }
}

fn assert_told(reply: &Reply, status: u16, of: &str) {
    assert_eq!((reply.status, &reply.body["code"]), (status, &json!(status)), "{of}");
    assert_eq!(reply.headers["content-type"], "application/json", "{of}");
    assert_dressed(&reply.headers, of);
}

#[tokio::test]
async fn every_kind_of_answer_carries_them() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("Buyer").await;
    let token = ("authorization", who.token.as_str());
    let large = json!({"amount": 1, "reference": "x".repeat(300_000)}).to_string();
    for (method, path, mine, body, status) in [
        (Method::POST, "/consumer/wallet/load", vec![token, JSON], "{", 400),
        (Method::POST, "/consumer/wallet/load", vec![token, JSON], "null", 400),
        (Method::GET, "/consumer/wallet", vec![], "", 401),
        (Method::GET, "/vendor/wallet", vec![token], "", 403),
        (Method::GET, "/nothing", vec![token], "", 404),
        (Method::GET, "/consumer/wallet/", vec![token], "", 404),
        (Method::DELETE, "/consumer/wallet", vec![token], "", 405),
        (Method::POST, "/consumer/wallet/load", vec![token, JSON], large.as_str(), 413),
        (Method::POST, "/consumer/wallet/load", vec![token, ("content-type", "text/xml")], "<a/>", 415),
    ] {
        let headers: Vec<_> = mine.into_iter().chain([NAME, ORIGIN]).collect();
        let reply = client.send(method, path, &headers, body.to_owned()).await;
        assert_told(&reply, status, path);
        assert_eq!(reply.headers.contains_key("allow"), status == 405, "{path}");
    }
    let good = client.send(Method::GET, "/consumer/wallet", &[token, NAME, ORIGIN], "").await;
    assert_dressed(&good.headers, "a success");
    good.ok();

    let ask = async || {
        client.send(Method::POST, "/send-otp", &[JSON, NAME, ORIGIN], r#"{"phone": "9876543210"}"#).await
    };
    for _ in 0..3 {
        ask().await.ok();
    }
    let limited = ask().await;
    assert_told(&limited, 429, "too many");
    assert!(limited.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);

    app.sql("ALTER TABLE consumer_wallet RENAME TO gone").await;
    let ours = client.send(Method::GET, "/consumer/wallet", &[token, NAME, ORIGIN], "").await;
    assert_told(&ours, 500, "our fault");
}

#[tokio::test]
async fn a_panic_is_told_in_the_envelope_and_dressed_as_well() {
    let router = Router::new().route("/", get(async || -> &'static str { panic!("on purpose") }));
    let router = server::dressed(router, &Config::read(&|_| None).unwrap());
    let (name, value) = NAME;
    let request =
        Request::get("/").header(name, value).header(ORIGIN.0, ORIGIN.1).body(Body::empty()).unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body: Value = serde_json::from_slice(&axum::body::to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    let message = "An unexpected error occurred. Please try again later.";
    assert_eq!(body, json!({"status": "error", "message": message, "code": 500}));
    assert_told(&Reply { status: parts.status.as_u16(), headers: parts.headers, body }, 500, "a panic");
}

#[tokio::test]
async fn listed_origins_may_send_credentials_and_others_are_not_named() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", "https://app.example.org")]).await;
    let client = Client::of(&app).await;
    let preflight = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization, content-type"),
        ];
        client.send(Method::OPTIONS, "/consumer/cart/add", &headers, "").await
    };
    let listed = preflight("https://app.example.org").await;
    assert!(matches!(listed.status, 200 | 204));
    assert_eq!(listed.headers["access-control-allow-origin"], "https://app.example.org");
    assert_eq!(listed.headers["access-control-allow-credentials"], "true");
    assert_eq!(listed.headers["access-control-allow-headers"], "authorization, content-type");
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] {
        let allowed = listed.headers["access-control-allow-methods"].to_str().unwrap();
        assert!(allowed.split(',').any(|allowed| allowed == method), "{method}");
    }
    let vary: Vec<_> = listed.headers.get_all("vary").iter().map(|vary| vary.to_str().unwrap()).collect();
    assert!(vary.join(",").contains("origin"), "{vary:?}");
    let other = preflight("https://evil.example.org").await;
    assert!(!other.headers.contains_key("access-control-allow-origin"));
}
