//! What one connection and one person can cost.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use serde_json::json;

use super::client::{Fake, LARGE};
use super::{STATUS, status};
use crate::harness::TestApp;
use crate::server::Server;
use crate::streams::{open, refused};

#[tokio::test]
async fn a_hundred_operations_live_on_a_connection_and_the_next_is_refused_alone() {
    let server = Server::with(Arc::new(Fake::default())).await;
    let mut client = server.opened(json!({})).await;
    for number in 0..=100 {
        client.subscribe(&number.to_string(), "never", json!({})).await;
    }

    let error = client.hear().await;

    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("100")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn a_client_that_stops_reading_costs_bounded_memory_and_is_left_after_a_minute() {
    let fake = Arc::new(Fake::default());
    let counts = fake.0.clone();
    let server = Server::with(fake).await;
    let mut client = server.opened(json!({})).await;
    for id in ["1", "2", "3"] {
        client.subscribe(id, "large", json!({})).await;
    }

    // Until nothing more is made for a while: the network's own buffers take some megabytes first.
    let answers = || counts.answers.load(Ordering::Relaxed);
    server.until(|| answers() > 0).await;
    let made = server.settled(|| answers() as u64).await as usize;
    assert!(made * LARGE < 64 * 1024 * 1024, "made {made} answers for a client that reads none");
    server.app.clock.advance(TimeDelta::seconds(60));

    server.until(|| counts.dropped.load(Ordering::Relaxed) == 3).await;
    server.until(|| server.sockets.count() == 0).await;
}

#[tokio::test]
async fn the_documents_of_a_connection_are_bounded_together_and_the_live_ones_stay() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;
    let large = format!("subscription {{ orderStatusChanged {{ {} }} }}", "seq ".repeat(4_900));
    for id in ["1", "2", "3"] {
        client.subscribe(id, &large, json!({})).await;
    }

    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("3")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    client.say(json!({"id": "1", "type": "complete"})).await;
    client.subscribe("3", &large, json!({})).await;
    server.topics(2).await;
    client.subscribe("4", "{ __typename }", json!({})).await;
    while client.hear().await != json!({"id": "4", "type": "complete"}) {}
    server.app.status_of_order(&who, 7, 1).await;

    let mut heard = [client.hear().await, client.hear().await].map(|next| next["id"].clone());
    heard.sort_by_key(|id| id.to_string());
    assert_eq!(heard, [json!("2"), json!("3")]);
}

#[tokio::test]
async fn a_person_holds_fifty_sockets_and_streams_and_others_and_strangers_are_not_counted() {
    let server = Server::start().await;
    let (who, somebody) = (server.app.consumer("First").await, server.app.consumer("Second").await);
    let mut sockets = Vec::new();
    for _ in 0..49 {
        sockets.push(server.signed_in(&who).await);
    }
    let stream = server.follow(&who, STATUS, json!({})).await;

    let mut refused_client = server.connect().await;
    refused_client.say(json!({"type": "connection_init", "payload": {"token": who.token}})).await;
    assert_eq!(refused_client.closed().await, status(4429, "Too many connections"));
    let mut legacy = server.connect_with(&[("sec-websocket-protocol", "graphql-ws")]).await;
    legacy.say(json!({"type": "connection_init", "payload": {"token": who.token}})).await;
    assert_eq!(legacy.hear().await["payload"]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(legacy.closed().await, status(4429, "Too many connections"));
    let (code, answer) = refused(server.post(who.clone(), STATUS, json!({}))).await;
    assert_eq!((code, &answer["errors"][0]["extensions"]["code"]), (429, &json!("RATE_LIMITED")));
    // What is over with its answer needs no room.
    open(server.post(who.clone(), "{ me { id } }", json!({}))).await.next().await;
    server.signed_in(&somebody).await;
    let mut strangers = Vec::new();
    for _ in 0..60 {
        strangers.push(server.opened(json!({})).await);
    }

    drop((sockets.pop(), stream));
    for _ in 0..2 {
        sockets.push(server.signed_in_when_there_is_room(&who).await);
    }
}

#[tokio::test]
async fn a_socket_is_closed_after_its_hours_however_lively_it_is() {
    let server = Server::on(TestApp::with(&[("CONNECTION_HOURS", "1")]).await).await;
    let mut client = server.opened(json!({})).await;

    let mut half_minutes = 0;
    let closed = loop {
        server.app.clock.advance(TimeDelta::seconds(30));
        half_minutes += 1;
        match client.hear_or_close().await {
            Ok(message) => assert_eq!(message, json!({"type": "ping"})),
            Err(close) => break close,
        }
        client.say(json!({"type": "ping"})).await;
        assert_eq!(client.hear().await, json!({"type": "pong"}));
    };

    assert_eq!(closed, status(1001, "Going away"));
    assert!((107..=120).contains(&half_minutes), "closed after {half_minutes} half minutes");
}
