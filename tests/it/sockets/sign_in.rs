//! Who speaks over a socket, and what ends that.

use chrono::TimeDelta;
use serde_json::json;
use society_gateway::app::Role;

use super::{BALANCE, STATUS, status};
use crate::harness::Person;
use crate::server::Server;

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
    let expired = server.app.for_seconds(&who, 0).token;
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
async fn signing_out_everywhere_else_closes_the_other_sockets_on_every_node() {
    let server = Server::start().await;
    let node = Server::on(server.app.beside(&[]).await).await;
    let who = server.app.consumer("First").await;
    let elsewhere = Person { token: server.app.sign_in(who.user_id).await, ..who.clone() };
    let somebody = server.app.consumer("Second").await;
    let mut leaving = [server.signed_in(&elsewhere).await, node.signed_in(&elsewhere).await];
    let mut staying =
        [server.signed_in(&who).await, node.signed_in(&who).await, node.signed_in(&somebody).await];

    server.app.graphql(&who, "mutation { logoutOthers { message } }", json!({})).await.ok();

    for client in &mut leaving {
        assert_eq!(client.closed().await, status(4403, "Forbidden"));
    }
    for client in &mut staying {
        client.subscribe("1", BALANCE, json!({})).await;
        assert_eq!(client.hear().await["type"], "next");
    }
}

#[tokio::test]
async fn a_device_that_is_signed_out_from_another_one_loses_its_socket_only() {
    let server = Server::start().await;
    let node = Server::on(server.app.beside(&[]).await).await;
    let who = server.app.consumer("First").await;
    let lost = Person { token: server.app.sign_in(who.user_id).await, ..who.clone() };
    let mut leaving = node.signed_in(&lost).await;
    let mut staying = node.signed_in(&who).await;
    let revoke = "mutation($id: ID!) { revokeSession(id: $id) { message } }";

    let id = server.app.claims(&lost).sid;
    server.app.graphql(&who, revoke, json!({"id": id.to_string()})).await.ok();

    assert_eq!(leaving.closed().await, status(4403, "Forbidden"));
    staying.subscribe("1", BALANCE, json!({})).await;
    assert_eq!(staying.hear().await["type"], "next");
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
    let mut client = server.signed_in(&server.app.for_seconds(&who, 30)).await;

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
