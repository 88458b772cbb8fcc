//! What holds on every legacy path: tokens, the order of the checks, bodies, paths and methods.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::json;

use crate::harness::TestApp;
use crate::rest::Client;

#[tokio::test]
async fn an_idempotency_key_makes_repeating_safe() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for _ in 0..2 {
        let headers = [
            ("authorization", who.token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "once"),
        ];
        let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, r#"{"amount": 5}"#).await;
        assert_eq!(reply.ok()["balance"], json!(5));
    }
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 1);
}

#[tokio::test]
async fn the_token_may_be_bare_or_bearer_and_its_faults_are_told_apart() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for value in [who.token.clone(), format!("Bearer {}", who.token), format!("bearer {}", who.token)] {
        client.send(Method::GET, "/consumer/wallet", &[("authorization", &value)], Body::empty()).await.ok();
    }
    let with = async |value: &str| {
        let reply =
            client.send(Method::GET, "/consumer/wallet", &[("authorization", value)], Body::empty()).await;
        let (status, message) = reply.refused();
        (status, message.to_owned())
    };
    assert_eq!(with("Bearer nonsense").await, (401, "invalid token".to_owned()));
    let reply = client.send(Method::GET, "/consumer/wallet", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (401, "Auth header missing"));
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(with(&who.token).await, (401, "token expired".to_owned()));
}

#[tokio::test]
async fn a_role_chosen_after_the_token_was_issued_counts() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let newcomer = app.person("Nobody yet", None, "Green Meadows").await;
    app.sql(
        "UPDATE user_profile SET role = 'consumer', name = 'N', city = 'Pune', society = 'Green Meadows', \
         basic_onboarding_done = true",
    )
    .await;
    client.get(&newcomer, "/consumer/wallet").await.ok();
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_told_apart() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let json_type = ("content-type", "application/json");
    for (content_type, body, expected) in [
        (json_type, "{", 400),
        (json_type, "[1]", 400),
        (json_type, "\"amount\"", 400),
        (("content-type", "application/json; charset=utf-8"), "{\"amount\": 5}", 200),
        (("content-type", "text/plain"), "{\"amount\": 5}", 415),
        (("content-type", "application/x-www-form-urlencoded"), "amount=5", 415),
        (("accept", "*/*"), "{\"amount\": 5}", 415),
        // An empty body is an empty object: the amount is missing.
        (("accept", "*/*"), "", 400),
    ] {
        let headers = [("authorization", who.token.as_str()), content_type];
        let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, body).await;
        assert_eq!(reply.status, expected, "{content_type:?} {body} {reply:?}");
        if expected != 200 {
            reply.refused();
        }
    }
    let headers = [("authorization", who.token.as_str()), json_type];
    let large = format!("{{\"amount\": 5, \"reference\": \"{}\"}}", "x".repeat(300_000));
    let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, large).await;
    assert_eq!(reply.refused(), (413, "The request body is too large."));
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_answer_in_the_envelope() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for path in ["", "/", "/nothing", "/consumer/wallet/", "/consumer//wallet"] {
        assert_eq!(client.get(&who, path).await.refused().0, 404, "{path}");
    }
    let reply = client.send(Method::DELETE, "/consumer/wallet", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (405, "The method is not allowed for the requested URL."));
    assert_eq!(reply.headers[header::ALLOW], "GET,HEAD");
    assert_eq!(client.get(&who, "/consumer/wallet/load").await.refused().0, 405);
    for (path, is_there) in [("/consumer/wallet", true), ("/nothing", false)] {
        let reply = client.get(&who, path).await;
        assert!(reply.headers.contains_key("x-request-id"), "{path}");
        assert_eq!(reply.status == 200, is_there, "{path}");
    }
}

#[tokio::test]
async fn what_is_our_fault_shows_one_sentence() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    app.sql("ALTER TABLE consumer_wallet RENAME TO gone").await;
    let reply = client.get(&who, "/consumer/wallet").await;
    assert_eq!(reply.refused(), (500, "An unexpected error occurred. Please try again later."));
}
