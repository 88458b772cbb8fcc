//! How connections begin and end: every close code.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::client::Fake;
use super::{BALANCE, LOAD, status};
use crate::server::Server;

#[tokio::test]
async fn a_client_that_offers_no_protocol_of_ours_is_told_so() {
    let server = Server::start().await;

    let mut client = server.connect_with(&[]).await;

    assert_eq!(client.closed().await, status(4406, "Subprotocol not acceptable"));
}

#[tokio::test]
async fn a_client_that_does_not_begin_in_time_is_closed() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.say(json!({"type": "ping"})).await;
    client.hear().await;

    server.app.clock.advance(TimeDelta::seconds(10));

    assert_eq!(client.closed().await, status(4408, "Connection initialisation timeout"));
}

#[tokio::test]
async fn a_second_beginning_and_an_operation_before_the_first_are_refused() {
    let server = Server::start().await;

    let mut client = server.opened(json!({})).await;
    client.say(json!({"type": "connection_init"})).await;
    assert_eq!(client.closed().await, status(4429, "Too many initialisation requests"));

    let mut client = server.connect().await;
    client.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(client.closed().await, status(4401, "Unauthorized"));
}

#[tokio::test]
async fn two_operations_of_one_id_are_refused_while_both_would_live() {
    let server = Server::with(Arc::new(Fake::default())).await;
    let mut client = server.opened(json!({})).await;

    for _ in 0..2 {
        client.subscribe("a", "never", json!({})).await;
    }

    assert_eq!(client.closed().await, status(4409, "Subscriber for a already exists"));
    let mut client = server.opened(json!({})).await;
    let long = "घ".repeat(80);
    for _ in 0..2 {
        client.subscribe(&long, "never", json!({})).await;
    }
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.len()), (4409, 123));
}

#[tokio::test]
async fn what_is_no_message_closes_the_connection_with_a_short_reason() {
    let server = Server::start().await;
    let not_utf8 = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    let unreadable: [(Message, &str); 6] = [
        (Message::text("x"), "Invalid message"),
        (Message::text(r#"{"type":"start"}"#), "Unknown message type"),
        (Message::text(r#"{"type":"subscribe","id":"1"}"#), "The operation is invalid"),
        (Message::binary(vec![1, 2, 3]), "Messages are text"),
        (Message::Frame(not_utf8), "The message is broken or longer than 256 KiB"),
        (
            Message::text(json!({"type": "ping", "payload": {"x": "x".repeat(256 * 1024)}}).to_string()),
            "The message is broken or longer than 256 KiB",
        ),
    ];
    for (message, reason) in unreadable {
        let mut client = server.opened(json!({})).await;
        client.send(message).await;
        assert_eq!(client.closed().await, status(4400, reason));
    }
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_also_before_the_beginning() {
    let server = Server::start().await;
    let mut client = server.connect().await;

    client.say(json!({"type": "ping", "payload": {"at": [1]}})).await;
    client.say(json!({"type": "ping"})).await;
    client.send(Message::Ping(vec![7].into())).await;

    assert_eq!(client.hear().await, json!({"type": "pong", "payload": {"at": [1]}}));
    assert_eq!(client.hear().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_after_a_minute_closed() {
    let server = Server::start().await;
    let mut client = server.opened(json!({})).await;

    server.app.clock.advance(TimeDelta::seconds(20));
    assert_eq!(client.hear().await, json!({"type": "ping"}));
    client.say(json!({"type": "pong"})).await;
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
    server.app.clock.advance(TimeDelta::seconds(59));
    assert_eq!(client.hear().await, json!({"type": "ping"}));
    server.app.clock.advance(TimeDelta::seconds(1));

    assert_eq!(client.closed().await, status(1001, "Going away"));
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_and_a_write_under_way_completes() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    server.app.graphql(&who, BALANCE, json!({})).await.ok();
    let mut client = server.signed_in(&who).await;
    let mut lock = server.app.conn().await;
    lock.batch_execute("BEGIN; SELECT FROM consumer_wallet FOR UPDATE").await.unwrap();
    client.subscribe("1", LOAD, json!({"amount": 40})).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while server.app.number(waiting).await == 0 {}

    server.stopping.cancel();
    assert_eq!(client.closed().await, status(1001, "Going away"));
    drop(client);
    server.sockets.closed().await;
    lock.batch_execute("COMMIT").await.unwrap();

    while server.app.number("SELECT balance_paise FROM consumer_wallet").await == 0 {}
    assert_eq!(server.app.number("SELECT balance_paise FROM consumer_wallet").await, 4_000);
}
