//! The older protocol, graphql-ws: the same conversation in its own words.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::Fake;
use super::{BALANCE, LOAD, STATUS, status};
use crate::server::Server;

#[tokio::test]
async fn an_older_client_signs_in_asks_changes_and_says_goodbye() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.legacy(json!({"Authorization": format!("Bearer {}", who.token)})).await;

    client.start("1", LOAD, json!({"amount": 250})).await;
    let loaded = json!({"data": {"loadWallet": {"message": "Money added to wallet"}}});
    assert_eq!(client.hear().await, json!({"id": "1", "type": "data", "payload": loaded}));
    assert_eq!(client.hear().await, json!({"id": "1", "type": "complete"}));
    client.start("1", BALANCE, json!({})).await;
    assert_eq!(client.hear().await["payload"], json!({"data": {"wallet": {"balance": 250}}}));
    assert_eq!(client.hear().await, json!({"id": "1", "type": "complete"}));
    client.say(json!({"type": "connection_terminate"})).await;

    assert_eq!(client.closed().await, status(1000, "Normal closure"));
}

#[tokio::test]
async fn an_older_subscriber_who_is_cut_comes_back_and_misses_nothing() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.legacy(json!({"token": who.token})).await;
    client.start("1", STATUS, json!({})).await;
    server.topics(2).await;
    server.app.status_of_order(&who, 7, 1).await;
    let first = client.hear().await["payload"]["data"]["orderStatusChanged"].take();
    assert_eq!((&first["seq"], &first["status"]), (&json!(1), &json!("PENDING")));

    drop(client);
    server.app.status_of_order(&who, 7, 2).await;
    let mut client = server.legacy(json!({"token": who.token})).await;
    client.start("1", STATUS, json!({"after": first["id"]})).await;

    assert_eq!(client.hear().await["payload"]["data"]["orderStatusChanged"]["seq"], 2);
}

#[tokio::test]
async fn what_cannot_run_is_told_an_older_client_as_one_error_that_holds_them_all() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.legacy(json!({"token": who.token})).await;
    for (query, variables, code, count) in [
        ("{ wallet {", json!({}), "GRAPHQL_PARSE_FAILED", 1),
        ("{ nothing none }", json!({}), "GRAPHQL_VALIDATION_FAILED", 2),
        (LOAD, json!({"amount": {}}), "BAD_INPUT", 1),
        (STATUS, json!({"after": "x"}), "BAD_INPUT", 1),
    ] {
        client.start("1", query, variables).await;
        let error = client.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{query}: {error}");
        let errors = error["payload"]["errors"].as_array().unwrap();
        assert_eq!((errors.len(), &errors[0]["extensions"]["code"]), (count, &json!(code)), "{query}");
        assert_eq!(error["payload"]["message"], errors[0]["message"]);
    }
}

#[tokio::test]
async fn an_older_client_with_a_bad_token_is_told_why_before_the_close() {
    let server = Server::start().await;
    let expired = server.app.for_seconds(&server.app.consumer("First").await, 0);
    for (token, code) in [("x", "UNAUTHENTICATED"), (expired.token.as_str(), "TOKEN_EXPIRED")] {
        let mut client = server.connect_with(&[("sec-websocket-protocol", "graphql-ws")]).await;
        client.say(json!({"type": "connection_init", "payload": {"token": token}})).await;

        let error = client.hear().await;
        assert_eq!((&error["type"], error.get("id")), (&json!("connection_error"), None));
        assert_eq!(error["payload"]["extensions"]["code"], code);
        assert!(error["payload"]["message"].is_string());
        assert_eq!(client.closed().await, status(4403, "Forbidden"));
    }
}

#[tokio::test]
async fn what_an_older_client_stops_is_dropped_and_silent() {
    let fake = Arc::new(Fake::default());
    let counts = fake.0.clone();
    let server = Server::with(fake).await;
    let mut client = server.legacy(Value::Null).await;
    client.start("1", "never", json!({})).await;

    client.say(json!({"id": "1", "type": "stop"})).await;
    server.until(|| counts.dropped.load(Ordering::Relaxed) == 1).await;
    client.start("1", "unknown", json!({})).await;

    assert_eq!(client.hear().await["type"], "error");
}

#[tokio::test]
async fn an_older_client_is_kept_alive_and_believed_as_long_as_its_socket_answers() {
    let server = Server::start().await;
    let mut client = server.legacy(json!({})).await;

    for round in 0..5 {
        server.app.clock.advance(TimeDelta::seconds(20));
        assert_eq!(client.hear().await, json!({"type": "ka"}));
        assert_eq!(client.frame().await, Message::Ping(Bytes::new()));
        // It says nothing itself; its library answers the ping. The answer to one of its own tells that all was heard.
        client.send(Message::Ping(vec![round].into())).await;
        assert_eq!(client.frame().await, Message::Pong(vec![round].into()));
    }
}

#[tokio::test]
async fn each_protocol_keeps_to_its_own_words() {
    let server = Server::start().await;
    for message in
        [json!({"type": "ping"}), json!({"id": "1", "type": "subscribe", "payload": {"query": "{a}"}})]
    {
        let mut client = server.legacy(json!({})).await;
        client.say(message).await;
        assert_eq!(client.closed().await, status(4400, "Unknown message type"));
    }
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let mut client = server.connect_with(&both).await;
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
}
