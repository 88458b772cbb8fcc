//! Operations over a socket: their answers, their end, and nothing lost between.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::client::{Fake, LARGE};
use super::{BALANCE, LOAD, STATUS};
use crate::server::Server;

#[tokio::test]
async fn what_cannot_run_is_answered_with_one_error_message_and_its_id_is_free() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;
    for (query, variables, code) in [
        ("{ wallet {", json!({}), "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (LOAD, json!({"amount": {}}), "BAD_INPUT"),
        (STATUS, json!({"after": "x"}), "BAD_INPUT"),
    ] {
        client.subscribe("1", query, variables).await;
        let error = client.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{query}: {error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    client.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(client.hear().await["type"], "next");
}

#[tokio::test]
async fn queries_and_mutations_run_and_are_completed() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;

    client.subscribe("load", LOAD, json!({"amount": 250})).await;
    let loaded = json!({"data": {"loadWallet": {"message": "Money added to wallet"}}});
    assert_eq!(client.hear().await, json!({"id": "load", "type": "next", "payload": loaded}));
    assert_eq!(client.hear().await, json!({"id": "load", "type": "complete"}));
    client.subscribe("load", BALANCE, json!({})).await;

    assert_eq!(client.hear().await["payload"], json!({"data": {"wallet": {"balance": 250}}}));
    assert_eq!(client.hear().await, json!({"id": "load", "type": "complete"}));
}

#[tokio::test]
async fn a_failed_field_comes_with_next_and_then_the_operation_is_complete() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;

    client.subscribe("1", LOAD, json!({"amount": -1})).await;

    let next = client.hear().await;
    assert_eq!((&next["type"], &next["payload"]["data"]), (&json!("next"), &Value::Null));
    assert_eq!(next["payload"]["errors"][0]["extensions"]["field"], "amount");
    assert_eq!(client.hear().await, json!({"id": "1", "type": "complete"}));
}

#[tokio::test]
async fn a_subscriber_who_is_cut_comes_back_and_misses_nothing() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;
    client.subscribe("1", STATUS, json!({})).await;
    server.topics(2).await;
    server.app.status_of_order(&who, 7, 1).await;
    let first = client.hear().await["payload"]["data"]["orderStatusChanged"].take();
    assert_eq!((&first["seq"], &first["status"]), (&json!(1), &json!("PENDING")));

    drop(client);
    server.app.status_of_order(&who, 7, 2).await;
    let mut client = server.signed_in(&who).await;
    client.subscribe("1", STATUS, json!({"after": first["id"]})).await;

    assert_eq!(client.hear().await["payload"]["data"]["orderStatusChanged"]["seq"], 2);
    server.app.status_of_order(&who, 7, 3).await;
    assert_eq!(client.hear().await["payload"]["data"]["orderStatusChanged"]["seq"], 3);
}

#[tokio::test]
async fn what_the_client_completes_is_dropped_and_silent() {
    let fake = Arc::new(Fake::default());
    let counts = fake.0.clone();
    let server = Server::with(fake).await;
    let mut client = server.opened(json!({})).await;
    client.subscribe("1", "never", json!({})).await;
    client.subscribe("2", "never", json!({})).await;

    client.say(json!({"id": "1", "type": "complete"})).await;
    client.say(json!({"type": "ping"})).await;

    assert_eq!(client.hear().await, json!({"type": "pong"}));
    server.until(|| counts.dropped.load(Ordering::Relaxed) == 1).await;
    drop(client);
    server.until(|| counts.dropped.load(Ordering::Relaxed) == 2).await;
}

#[tokio::test]
async fn a_slow_client_gets_everything_that_was_made_for_it() {
    let server = Server::with(Arc::new(Fake::default())).await;
    let mut client = server.opened(json!({})).await;
    client.subscribe("1", "large", json!({})).await;

    for _ in 0..500 {
        assert_eq!(client.hear().await["payload"]["data"].as_str().unwrap().len(), LARGE);
    }
    client.say(json!({"id": "1", "type": "complete"})).await;
    client.say(json!({"type": "ping"})).await;

    while client.hear().await["type"] != "pong" {}
}
