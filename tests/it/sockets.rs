//! GraphQL over WebSocket: every message and every close code, over a real socket.

mod client;
mod legacy;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};
use society_gateway::app::Role;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::harness::Person;
use crate::server::Server;
use client::{Fake, LARGE};

const BALANCE: &str = "{ wallet { balance } }";
const LOAD: &str = "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }";
const STATUS: &str = "subscription($after: String) { orderStatusChanged(after: $after) { id seq status } }";

fn status(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn a_client_that_offers_no_protocol_of_ours_is_told_so() {
    let server = Server::start().await;

    let mut client = server.connect_with(&[]).await;

    assert_eq!(client.closed().await, status(4406, "Subprotocol not acceptable"));
}

#[tokio::test]
async fn a_token_is_taken_from_wherever_clients_put_it() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let (bare, bearer) = (who.token.clone(), format!("Bearer {}", who.token));

    for payload in [
        json!({"Authorization": bearer}),
        json!({"authorization": bare}),
        json!({"token": bare}),
        json!({"authToken": bearer}),
    ] {
        let mut client = server.opened(payload).await;
        client.subscribe("1", BALANCE, json!({})).await;
        assert_eq!(client.hear().await["payload"], json!({"data": {"wallet": {"balance": 0}}}));
    }
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("authorization", bearer.as_str())];
    let mut client = server.connect_with(&headers).await;
    client.say(json!({"type": "connection_init"})).await;
    client.hear().await;
    client.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(client.hear().await["payload"], json!({"data": {"wallet": {"balance": 0}}}));
}

#[tokio::test]
async fn a_bad_token_closes_the_connection_and_no_token_lets_nobody_in() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut claims = server.app.claims(&who);
    claims.exp = server.app.clock.now().timestamp();
    let expired = server.app.app.keys.sign(&claims).unwrap();
    for token in ["x", expired.as_str(), &who.token[1..]] {
        let mut client = server.connect().await;
        client.say(json!({"type": "connection_init", "payload": {"token": token}})).await;
        assert_eq!(client.closed().await, status(4403, "Forbidden"), "{token}");
    }

    let mut client = server.opened(json!({})).await;
    client.subscribe("1", BALANCE, json!({})).await;

    let next = client.hear().await;
    assert_eq!(next["type"], "next");
    assert_eq!(next["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(client.hear().await, json!({"id": "1", "type": "complete"}));
    client.subscribe("1", STATUS, json!({})).await;
    let error = client.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
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
    let (mut seen, mut quiet) = (0, 0);
    while quiet < 2_000 {
        tokio::task::yield_now().await;
        quiet = if answers() == seen { quiet + 1 } else { 0 };
        seen = answers();
        assert!(seen * LARGE < 64 * 1024 * 1024, "made {seen} answers for a client that reads none");
    }
    server.app.clock.advance(TimeDelta::seconds(60));

    server.until(|| counts.dropped.load(Ordering::Relaxed) == 3).await;
    server.until(|| server.sockets.count() == 0).await;
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

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_and_of_no_other() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let elsewhere = Person { token: server.app.sign_in(who.user_id).await, ..who.clone() };
    let somebody = server.app.consumer("Second").await;
    let mut leaving = server.signed_in(&who).await;
    let mut staying = [server.signed_in(&elsewhere).await, server.signed_in(&somebody).await];
    leaving.subscribe("1", STATUS, json!({})).await;
    server.topics(2).await;

    server.app.graphql(&who, "mutation { logout { message } }", json!({})).await.ok();

    assert_eq!(leaving.closed().await, status(4403, "Forbidden"));
    for client in &mut staying {
        client.subscribe("1", BALANCE, json!({})).await;
        assert_eq!(client.hear().await["type"], "next");
    }
}

#[tokio::test]
async fn a_session_that_another_node_ended_closes_its_sockets() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut client = server.signed_in(&who).await;

    server
        .app
        .sql(&format!(
            "UPDATE user_session SET revoked_at = now(), revoked_reason = 'revoked';
             INSERT INTO event (kind, user_id, value, created_at) VALUES ('sessions_ended', {}, 'all', now())",
            who.user_id
        ))
        .await;

    assert_eq!(client.closed().await, status(4403, "Forbidden"));
}

#[tokio::test]
async fn a_socket_ends_with_the_token_that_opened_it() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut claims = server.app.claims(&who);
    claims.exp = server.app.clock.now().timestamp() + 30;
    let token = server.app.app.keys.sign(&claims).unwrap();
    let mut client = server.opened(json!({"token": token})).await;

    server.app.clock.advance(TimeDelta::seconds(15));
    client.say(json!({"type": "ping"})).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
    server.app.clock.advance(TimeDelta::seconds(15));

    let last = loop {
        match client.hear_or_close().await {
            Ok(message) => assert_eq!(message, json!({"type": "ping"})),
            Err(close) => break close,
        }
    };
    assert_eq!(last, status(4403, "Forbidden"));
}

#[tokio::test]
async fn a_role_that_is_gained_is_used_at_once_and_one_that_is_taken_away_closes_the_socket() {
    let server = Server::start().await;
    let who = server.app.person("New", None, "Green Meadows").await;
    let mut client = server.signed_in(&who).await;
    client.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(client.hear().await["payload"]["errors"][0]["extensions"]["code"], "ONBOARDING_REQUIRED");
    client.hear().await;
    let become_a = |role: Role| {
        format!(
            "UPDATE user_profile SET name = 'New', city = 'Pune', society = 'Green Meadows', role = '{}';
             INSERT INTO event (kind, user_id, value, created_at) VALUES ('sessions_ended', {}, 'all', now())",
            role.as_str(),
            who.user_id
        )
    };
    let mut changes = server.app.app.sessions.changes();

    server.app.sql(&become_a(Role::Consumer)).await;
    changes.recv().await.unwrap();
    client.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(client.hear().await["payload"], json!({"data": {"wallet": {"balance": 0}}}));
    client.hear().await;
    let mut later = server.signed_in(&who).await;
    server.app.sql(&become_a(Role::Vendor)).await;

    assert_eq!(later.closed().await, status(4403, "Forbidden"));
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
