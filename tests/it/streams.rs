//! GraphQL over server-sent events: what clients and browsers rely on, over a real connection.

mod reader;

use chrono::TimeDelta;
use serde_json::json;
use society_gateway::app::Role;

use crate::server::Server;
pub use reader::{open, refused};

const BALANCE: &str = "{ wallet { balance } }";
const LOAD: &str = "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }";
const SEQ: &str = "subscription($after: String) { orderStatusChanged(after: $after) { seq } }";

#[tokio::test]
async fn a_subscriber_hears_each_event_with_its_cursor_whether_it_asks_for_it_or_not() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut plain = server.follow(&who, SEQ, json!({})).await;
    let with_id = "subscription { orderStatusChanged { id seq status } }";
    let mut asking = open(server.get(who.clone(), with_id)).await;
    server.topics(2).await;

    for seq in [1, 2] {
        server.app.status_of_order(&who, 7, seq).await;
        let (id, answer) = plain.next().await;
        assert_eq!(answer, json!({"data": {"orderStatusChanged": {"seq": seq}}}));
        let asked = json!({"id": id, "seq": seq, "status": "PENDING"});
        assert_eq!(asking.next().await, (id, json!({"data": {"orderStatusChanged": asked}})));
    }
}

#[tokio::test]
async fn a_subscriber_who_is_cut_comes_back_with_the_last_id_and_misses_nothing() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&who, SEQ, json!({})).await;
    server.topics(2).await;
    for seq in 1..=3 {
        server.app.status_of_order(&who, 7, seq).await;
    }
    let mut ids = Vec::new();
    for _ in 1..=3 {
        ids.push(stream.next().await.0);
    }
    drop(stream);
    server.app.status_of_order(&who, 7, 4).await;

    for (last, after, expected) in [
        (Some(0), None, 2),
        (Some(2), None, 4),
        // Of what the page says and what the browser says, the newer counts.
        (Some(1), Some(0), 3),
        (Some(0), Some(2), 4),
        (None, Some(1), 3),
    ] {
        let after = after.map(|place: usize| ids[place].clone());
        let mut request = server.post(who.clone(), SEQ, json!({"after": after}));
        if let Some(last) = last {
            request = request.header("last-event-id", &ids[last]);
        }
        let mut stream = open(request).await;
        for seq in expected..=4 {
            assert_eq!(stream.next().await.1["data"]["orderStatusChanged"]["seq"], seq, "{last:?} {after:?}");
        }
    }
    let mut back = open(server.get(who.clone(), SEQ).header("last-event-id", &ids[2])).await;
    assert_eq!(back.next().await.1["data"]["orderStatusChanged"]["seq"], 4);
    server.app.status_of_order(&who, 7, 5).await;
    assert_eq!(back.next().await.1["data"]["orderStatusChanged"]["seq"], 5);
}

#[tokio::test]
async fn a_subscriber_who_is_cut_before_the_first_event_knows_where_to_go_on() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let newest = server.an_event(&who).await;

    let mut stream = server.follow(&who, SEQ, json!({})).await;
    assert_eq!(stream.hear().await, Some(format!("id: {newest}")));
    drop(stream);
    server.app.status_of_order(&who, 7, 2).await;

    let mut back = open(server.post(who.clone(), SEQ, json!({})).header("last-event-id", &newest)).await;
    assert_eq!(back.next().await.1["data"]["orderStatusChanged"]["seq"], 2);
}

#[tokio::test]
async fn a_last_event_id_that_no_event_had_is_refused_and_an_empty_one_is_none() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    for (id, message) in
        [("x", "Last-Event-ID is the id of no event."), ("0--1", "Last-Event-ID is the id of no event.")]
    {
        let (status, answer) = refused(server.get(who.clone(), SEQ).header("last-event-id", id)).await;
        assert_eq!((status, answer["errors"][0]["message"].as_str()), (400, Some(message)), "{id}");
    }
    let ahead = server.get(who.clone(), SEQ).header("last-event-id", "9000000000000000000-1");
    assert_eq!(open(ahead).await.refusal().await, "BAD_INPUT");
    open(server.get(who.clone(), SEQ).header("last-event-id", "")).await;
    server.topics(2).await;
}

#[tokio::test]
async fn every_subscription_tells_its_cursor_and_resumes_behind_it() {
    let server = Server::start().await;
    let (who, (shop, vendor)) = (server.app.consumer("First").await, server.app.shop("Fresh Basket").await);
    let item = server.app.item(shop, "Rice", "50.25", 10).await;
    let add = "mutation($item: ID!) { addToCart(itemId: $item) { message } }";
    server.app.graphql(&who, add, json!({"item": item})).await.ok();
    let begin = server.an_event(&who).await;
    let confirm = "mutation { confirmOrder(input: {paymentMode: CASH}) { order { id } } }";
    let order =
        server.app.graphql(&who, confirm, json!({})).await.ok()["confirmOrder"]["order"]["id"].clone();
    let send = "mutation($order: ID!, $text: String!) {
        sendOrderMessage(orderId: $order, message: $text) { message } }";
    for text in ["one", "two"] {
        server.app.graphql(&vendor, send, json!({"order": order, "text": text})).await.ok();
    }
    let status = "mutation($order: ID!) { setOrderStatus(orderId: $order, status: ACCEPTED) { message } }";
    server.app.graphql(&vendor, status, json!({"order": order})).await.ok();

    for field in ["orderStatusChanged", "orderMessageAdded", "notificationAdded"] {
        let query = format!("subscription($after: String) {{ {field}(after: $after) {{ id }} }}");
        let mut stream = server.follow(&who, &query, json!({"after": begin})).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let (id, answer) = stream.next().await;
            assert_eq!(answer["data"][field]["id"], id);
            ids.push(id);
        }
        let mut back = open(server.get(who.clone(), &query).header("last-event-id", &ids[0])).await;
        assert_eq!(back.next().await.0, ids[1], "{field}");
    }
}

#[tokio::test]
async fn queries_and_mutations_run_and_are_completed() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;

    let mut load = open(server.post(who.clone(), LOAD, json!({"amount": 250}))).await;
    let loaded = json!({"data": {"loadWallet": {"message": "Money added to wallet"}}});
    assert_eq!(load.next().await, (String::new(), loaded));
    load.completed().await;
    for request in [server.post(who.clone(), BALANCE, json!({})), server.get(who.clone(), BALANCE)] {
        let mut balance = open(request).await;
        assert_eq!(balance.next().await.1, json!({"data": {"wallet": {"balance": 250}}}));
        balance.completed().await;
    }
}

#[tokio::test]
async fn get_reads_and_never_changes() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;

    let load = "mutation { loadWallet(amount: 250) { message } }";
    let (status, answer) = refused(server.get(who.clone(), load)).await;

    assert_eq!((status, answer["errors"][0]["message"].as_str()), (405, Some("A mutation needs POST.")));
    assert_eq!(server.app.number("SELECT count(*) FROM wallet_transaction").await, 0);
}

#[tokio::test]
async fn an_operation_that_is_refused_is_told_in_the_stream_as_the_protocol_says() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let expired = server.app.for_seconds(&who, 0);
    for (who, query, variables, code) in [
        (Some(&who), "{ wallet {", json!({}), "GRAPHQL_PARSE_FAILED"),
        (Some(&who), "{ nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (Some(&who), "subscription { nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (Some(&who), LOAD, json!({"amount": {}}), "BAD_INPUT"),
        (Some(&who), SEQ, json!({"after": "x"}), "BAD_INPUT"),
        (Some(&who), "subscription { orderStatusChanged(orderId: 7) { seq } }", json!({}), "NOT_FOUND"),
        (Some(&expired), SEQ, json!({}), "TOKEN_EXPIRED"),
        (None, SEQ, json!({}), "UNAUTHENTICATED"),
    ] {
        let mut stream = open(server.post(who.cloned(), query, variables)).await;
        assert_eq!(stream.refusal().await, code, "{query}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_as_http_does() {
    let server = Server::start().await;
    let post = || server.post(None, BALANCE, json!({}));
    for (request, status) in [
        (post().body("{"), 400),
        (post().body("[]"), 400),
        (post().body("{}"), 400),
        (post().body("x".repeat(300_000)), 413),
        (server.get(None, BALANCE).header("idempotency-key", ""), 400),
    ] {
        assert_eq!(refused(request).await.0, status);
    }
    let address = format!("http://{}/graphql/stream", server.address);
    let plain = || reqwest::Client::new().post(&address);
    // What a page of another origin can send unasked.
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let body = json!({"query": LOAD, "variables": {"amount": 1}}).to_string();
        assert_eq!(refused(plain().header("content-type", kind).body(body)).await.0, 415);
    }
    let json = plain().header("content-type", "application/json").header("accept", "application/json");
    assert_eq!(refused(json.body(r#"{"query":"{ __typename }"}"#)).await.0, 406);
    assert_eq!(reqwest::Client::new().put(&address).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn nothing_on_the_way_may_keep_or_gather_events() {
    let server = Server::start().await;
    let stream = open(server.get(None, "{ __typename }")).await;
    let headers = stream.response.headers();
    for (name, value) in
        [("cache-control", "no-store"), ("x-accel-buffering", "no"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(headers[name], value);
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_by_comments() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&who, SEQ, json!({})).await;
    stream.begun().await;

    for _ in 0..2 {
        server.app.clock.advance(TimeDelta::seconds(15));
        assert_eq!(stream.hear().await.as_deref(), Some(":"));
    }
    server.app.status_of_order(&who, 7, 1).await;
    assert_eq!(stream.next().await.1["data"]["orderStatusChanged"]["seq"], 1);
}

#[tokio::test]
async fn signing_out_ends_the_streams_of_that_session_and_of_no_other() {
    let server = Server::start().await;
    let (who, somebody) = (server.app.consumer("First").await, server.app.consumer("Second").await);
    let mut leaving = server.follow(&who, SEQ, json!({})).await;
    let mut staying = server.follow(&somebody, SEQ, json!({})).await;
    server.topics(3).await;

    server.app.graphql(&who, "mutation { logout { message } }", json!({})).await.ok();

    assert_eq!(leaving.refusal().await, "UNAUTHENTICATED");
    server.app.status_of_order(&somebody, 7, 1).await;
    assert_eq!(staying.next().await.1["data"]["orderStatusChanged"]["seq"], 1);
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&server.app.for_seconds(&who, 30), SEQ, json!({})).await;
    server.topics(2).await;

    server.app.clock.advance(TimeDelta::seconds(14));
    server.app.status_of_order(&who, 7, 1).await;
    assert_eq!(stream.next().await.1["data"]["orderStatusChanged"]["seq"], 1);
    server.app.clock.advance(TimeDelta::seconds(16));

    assert_eq!(stream.refusal().await, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_role_that_is_taken_away_cuts_the_stream_and_who_comes_back_is_told() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&who, SEQ, json!({})).await;
    stream.begun().await;

    server
        .app
        .sql(&format!(
            "UPDATE user_profile SET role = '{}' WHERE id = {1};
             INSERT INTO event (kind, user_id, value, created_at) VALUES ('sessions_ended', {1}, 'changed', now())",
            Role::Vendor.as_str(),
            who.user_id
        ))
        .await;

    stream.ended().await;
    assert_eq!(server.follow(&who, SEQ, json!({})).await.refusal().await, "NOT_FOUND");
}

#[tokio::test]
async fn a_server_that_stops_cuts_its_streams_so_that_they_come_back_elsewhere() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&who, SEQ, json!({})).await;
    stream.begun().await;

    server.stopping.cancel();

    stream.ended().await;
}

#[tokio::test]
async fn a_stream_is_cut_after_its_hours_to_come_back_on_another_node() {
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let mut stream = server.follow(&who, SEQ, json!({})).await;
    stream.begun().await;

    server.app.clock.advance(TimeDelta::hours(21));
    assert_eq!(stream.hear().await.as_deref(), Some(":"));
    server.app.clock.advance(TimeDelta::hours(3));

    stream.ended().await;
}

#[tokio::test]
async fn a_reader_that_stalls_costs_bounded_memory_and_gets_everything_when_it_goes_on() {
    const EVENTS: i64 = 10_000;
    let server = Server::start().await;
    let who = server.app.consumer("First").await;
    let begin = server.an_event(&who).await;
    server
        .app
        .sql(&format!(
            "INSERT INTO event (kind, order_id, seq, user_id, value, created_at)
             SELECT 'order_status_changed', 8, n, {}, 'pending', now() FROM generate_series(1, {EVENTS}) AS n",
            who.user_id
        ))
        .await;
    let reads = || server.app.app.pool().statements().count();

    // About 4 kB an event, 40 MB in all: more than the network's own buffers take.
    let name = "x".repeat(1_000);
    let query = format!(
        "subscription($after: String) {{ orderStatusChanged(after: $after) {{ seq a{name}: at b{name}: at c{name}: at
         d{name}: at }} }}"
    );
    let before = reads();
    let mut stream = server.follow(&who, &query, json!({"after": begin})).await;
    server.until(|| reads() >= before + 3).await;
    let stalled = server.settled(reads).await - before;

    // A batch of 200 takes three statements, all of them take 150.
    assert!(stalled < 100, "{stalled} statements for a reader that takes nothing");
    for seq in 1..=EVENTS {
        assert_eq!(stream.next().await.1["data"]["orderStatusChanged"]["seq"], seq);
    }
    assert!(reads() - before > 130);
}
