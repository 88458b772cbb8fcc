//! What the two sides write to each other.

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};
use crate::orders::Story;

const SEND: &str = "mutation($order: ID!, $text: String!, $key: String) {
    sendOrderMessage(orderId: $order, message: $text, idempotencyKey: $key) {
        message orderMessage { id message senderPhone sentBy isAutomatic } } }";
const READ: &str =
    "messages(first: 2, after: $after) { nodes { message sentBy } pageInfo { hasNextPage endCursor } }";
const HEAR: &str = "subscription($order: ID, $after: String) {
    orderMessageAdded(orderId: $order, after: $after) { id seq orderId message { message senderPhone } } }";

impl Story {
    async fn say(&self, who: &Person, order: &Value, text: &str) -> Value {
        let variables = json!({"order": order, "text": text});
        self.app.graphql(who, SEND, variables).await.ok()["sendOrderMessage"]["orderMessage"].clone()
    }
}

#[tokio::test]
async fn both_sides_write_and_read_the_same_chat() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let asked = story.say(&story.buyer, &order, "  Before six?\n").await;
    assert_eq!(
        asked,
        json!({"id": asked["id"], "message": "Before six?", "senderPhone": story.buyer.phone, "sentBy": "CONSUMER",
            "isAutomatic": false})
    );
    story.say(&story.vendor, &order, "Yes").await;
    story.say(&story.buyer, &order, "Good").await;

    let read = format!("query($order: ID!, $after: String) {{ order(id: $order) {{ {READ} }} }}");
    for who in [&story.buyer, &story.vendor] {
        let page = story.app.graphql(who, &read, json!({"order": order})).await.ok();
        let messages = &page["order"]["messages"];
        assert_eq!(
            messages["nodes"],
            json!([{"message": "Before six?", "sentBy": "CONSUMER"}, {"message": "Yes", "sentBy": "VENDOR"}])
        );
        let rest = json!({"order": order, "after": messages["pageInfo"]["endCursor"]});
        let page = story.app.graphql(who, &read, rest).await.ok();
        assert_eq!(page["order"]["messages"]["nodes"], json!([{"message": "Good", "sentBy": "CONSUMER"}]));
        assert_eq!(page["order"]["messages"]["pageInfo"]["hasNextPage"], json!(false));
    }
    assert_eq!(story.told(&story.buyer).await, ["New message"]);
    assert_eq!(story.told(&story.vendor).await, ["New order", "New message", "New message"]);
}

#[tokio::test]
async fn chats_of_a_whole_page_of_orders_take_constantly_many_statements() {
    let story = Story::begin(100).await;
    for _ in 0..3 {
        let order = story.order(json!({"mode": "CASH"})).await;
        story.say(&story.vendor, &order, "On its way").await;
        story.fill(&story.buyer, 3).await;
    }
    let list =
        "{ orders { nodes { messages { nodes { message sentBy senderPhone } } rating { rating } issues { id }
        returns { id } items { name } statusLog { status } shop { shopName } } } }";
    let (answer, statements) = story.app.statements(story.app.graphql(&story.buyer, list, json!({}))).await;
    assert_eq!(answer.ok()["orders"]["nodes"].as_array().unwrap().len(), 3);
    // Orders, then one for each relation, then the senders' phones and the orders behind the messages.
    assert_eq!(statements, 10);
}

#[tokio::test]
async fn blank_and_endless_messages_are_refused_and_strangers_write_nothing() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    for (text, message) in [
        ("", "Message required"),
        (" \n ", "Message required"),
        (&*"x".repeat(2_001), "message has 2001 characters; at most 2000 are allowed"),
    ] {
        let answer = story.app.graphql(&story.buyer, SEND, json!({"order": order, "text": text})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), "message"));
    }
    let neighbour = story.app.consumer("Neighbour").await;
    let (_, stranger) = story.app.shop("Daily Basket").await;
    for who in [&neighbour, &stranger] {
        let answer = story.app.graphql(who, SEND, json!({"order": order, "text": "Hello"})).await;
        assert_eq!(answer.refused(), ("FORBIDDEN", "Unauthorized"));
    }
    assert_eq!(story.app.number("SELECT count(*) FROM order_message").await, 0);
}

#[tokio::test]
async fn a_message_that_is_sent_again_with_its_key_stands_there_once() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let variables = json!({"order": order, "text": "Hello", "key": "m-1"});
    let sends = (0..4).map(|_| story.app.graphql(&story.buyer, SEND, variables.clone()));
    let answers = futures_util::future::join_all(sends).await;
    let ids: Vec<Value> = answers
        .into_iter()
        .map(|answer| answer.ok()["sendOrderMessage"]["orderMessage"]["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(story.app.number("SELECT count(*) FROM order_message").await, 1);
}

#[tokio::test]
async fn messages_are_limited_per_person() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let mut refused = None;
    // The limit refills while this goes on, though slower than it is used up.
    for _ in 0..2_000 {
        let answer = story.app.graphql(&story.buyer, SEND, json!({"order": order, "text": "Hello?"})).await;
        if !answer.errors.is_empty() {
            refused = Some(answer);
            break;
        }
    }
    assert_eq!(refused.expect("a limit").refused().0, "RATE_LIMITED");
    story.say(&story.vendor, &order, "Yes").await;
}

#[tokio::test]
async fn whatever_many_write_at_once_is_heard_in_the_order_in_which_it_was_numbered() {
    let story = Story::on(TestApp::with(&[("RATE_LIMITS", "off")]).await, 10).await;
    let order = story.order(json!({})).await;

    let talk = |nth: usize| {
        let (story, order) = (&story, &order);
        let who = if nth.is_multiple_of(2) { &story.buyer } else { &story.vendor };
        async move {
            for number in 0..50 {
                story.say(who, order, &format!("{nth}.{number}")).await;
            }
        }
    };
    join_all((0..8).map(talk)).await;

    assert_eq!(story.app.number("SELECT max(seq) FROM event WHERE order_id IS NOT NULL").await, 401);
    let steps = "SELECT seq - lag(seq) OVER (ORDER BY xid, id) AS step FROM event WHERE order_id IS NOT NULL";
    let wrong = format!("SELECT count(*) FROM ({steps}) AS steps WHERE step <> 1");
    assert_eq!(story.app.number(&wrong).await, 0);
}

#[tokio::test]
async fn both_sides_hear_every_message_once_and_in_order() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    // Known to be heard: whoever begins behind the first message hears it from the table.
    story.say(&story.buyer, &order, "zero").await;
    story.app.nothing_is_held_back().await;
    let first = story.app.number("SELECT xid FROM event WHERE kind = 'order_message_added'").await;
    let after = json!({"after": format!("{first}-1")});
    let mut streams = Vec::new();
    for who in [&story.buyer, &story.vendor] {
        streams.push(story.app.subscribe(who, HEAR, after.clone()).await);
    }
    for (number, text) in ["one", "two", "three"].into_iter().enumerate() {
        let who = if number % 2 == 0 { &story.vendor } else { &story.buyer };
        story.say(who, &order, text).await;
    }
    for stream in &mut streams {
        for (seq, text) in [(2, "zero"), (3, "one"), (4, "two"), (5, "three")] {
            let event = stream.next().await.unwrap().ok()["orderMessageAdded"].clone();
            assert_eq!(
                (&event["seq"], &event["orderId"], &event["message"]["message"]),
                (&json!(seq), &order, &json!(text))
            );
        }
    }
    let neighbour = story.app.consumer("Neighbour").await;
    let mut stream = story.app.subscribe(&neighbour, HEAR, json!({"order": order})).await;
    assert_eq!(stream.next().await.unwrap().refused(), ("NOT_FOUND", "Order not found"));
}

#[tokio::test]
async fn a_chat_opens_with_its_newest_messages_and_is_read_back_to_the_first() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    for number in 1..=5 {
        story.say(&story.buyer, &order, &format!("{number}")).await;
    }
    let read = "query($order: ID!, $last: Int, $before: String) { order(id: $order) {
        messages(last: $last, before: $before) {
            nodes { message } pageInfo { hasPreviousPage hasNextPage startCursor } } } }";
    let mut before = Value::Null;
    for (texts, has_previous, has_next) in
        [(&["4", "5"][..], true, false), (&["2", "3"][..], true, true), (&["1"][..], false, true)]
    {
        let variables = json!({"order": order, "last": 2, "before": before});
        let page = story.app.graphql(&story.vendor, read, variables).await.ok()["order"]["messages"].clone();
        let shown: Vec<&str> =
            page["nodes"].as_array().unwrap().iter().map(|node| node["message"].as_str().unwrap()).collect();
        assert_eq!(shown, texts);
        let info = &page["pageInfo"];
        assert_eq!(
            (&info["hasPreviousPage"], &info["hasNextPage"]),
            (&json!(has_previous), &json!(has_next))
        );
        before = info["startCursor"].clone();
    }

    for (arguments, field) in [
        ("last: 0", "last"),
        ("last: 101", "last"),
        ("last: 2, first: 2", "last"),
        ("before: \"Mg\", after: \"Mg\"", "last"),
        ("last: 2, before: \"yesterday\"", "before"),
    ] {
        let document = format!(
            "query($order: ID!) {{ order(id: $order) {{ messages({arguments}) {{ nodes {{ id }} }} }} }}"
        );
        let answer = story.app.graphql(&story.buyer, &document, json!({"order": order})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{arguments}");
    }
}
