//! Following orders.

use futures_util::StreamExt;
use serde_json::json;

use crate::orders::{FOLLOW, Story};

#[tokio::test]
async fn both_sides_hear_every_status_once_and_in_order() {
    let story = Story::begin(10).await;
    let mut consumer = story.app.subscribe(&story.buyer, FOLLOW, json!({})).await;
    let mut shop = story.app.subscribe(&story.vendor, FOLLOW, json!({})).await;
    // A subscription listens from its first poll on.
    assert!(
        futures_util::poll!(consumer.next()).is_pending() && futures_util::poll!(shop.next()).is_pending()
    );
    while story.app.app.hub.topics() < 3 {
        let _ = (futures_util::poll!(consumer.next()), futures_util::poll!(shop.next()));
        tokio::task::yield_now().await;
    }
    let order = story.order(json!({})).await;
    story.set(&order, "ACCEPTED").await.ok();
    story.set(&order, "DELIVERED").await.ok();
    let mut cursors = Vec::new();
    for stream in [&mut consumer, &mut shop] {
        for (seq, status) in [(1, "PENDING"), (2, "ACCEPTED"), (3, "DELIVERED")] {
            let event = stream.next().await.unwrap().ok()["orderStatusChanged"].clone();
            assert_eq!((&event["status"], &event["seq"]), (&json!(status), &json!(seq)));
            assert_eq!(event["order"]["id"], order);
            cursors.push(event["id"].clone());
        }
    }

    // Who comes back with the first cursor hears the other two, then what is new.
    let resume = json!({"order": order, "after": cursors[0]});
    let mut resumed = story.app.subscribe(&story.buyer, FOLLOW, resume).await;
    for status in ["ACCEPTED", "DELIVERED"] {
        assert_eq!(resumed.next().await.unwrap().ok()["orderStatusChanged"]["status"], status);
    }
}

#[tokio::test]
async fn nobody_else_hears_of_an_order() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let neighbour = story.app.consumer("Neighbour").await;
    let mut stream = story.app.subscribe(&neighbour, FOLLOW, json!({"order": order})).await;
    assert_eq!(stream.next().await.unwrap().refused(), ("NOT_FOUND", "Order not found"));
    let mut stream = story.app.subscribe(&story.buyer, FOLLOW, json!({"after": "yesterday"})).await;
    let answer = stream.next().await.unwrap();
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "after"));
}

#[tokio::test]
async fn what_happens_after_the_cursor_of_now_was_read_is_heard_however_late_one_subscribes() {
    let story = Story::begin(10).await;
    let now = "{ eventCursor orders { nodes { id } } }";
    let seen = story.app.graphql(&story.buyer, now, json!({})).await.ok();
    let order = story.order(json!({"mode": "CASH"})).await;
    let mut stream = story.app.subscribe(&story.buyer, FOLLOW, json!({"after": seen["eventCursor"]})).await;
    let heard = stream.next().await.unwrap().ok()["orderStatusChanged"].clone();
    assert_eq!((&heard["order"]["id"], &heard["status"]), (&order, &json!("PENDING")));

    // Read after an event was heard, it lies behind it.
    let seen = story.app.graphql(&story.buyer, now, json!({})).await.ok();
    story.set(&order, "ACCEPTED").await.ok();
    let mut stream = story.app.subscribe(&story.vendor, FOLLOW, json!({"after": seen["eventCursor"]})).await;
    assert_eq!(stream.next().await.unwrap().ok()["orderStatusChanged"]["status"], "ACCEPTED");

    let stranger = story.app.graphql(None, "{ eventCursor }", json!({})).await;
    assert_eq!(stranger.refused().0, "UNAUTHENTICATED");
}
