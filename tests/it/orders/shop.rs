//! What the shop answers: accepted, rejected, delivered.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::Person;
use crate::orders::{SET, Story};

#[tokio::test]
async fn a_rejected_wallet_order_gives_back_money_and_stock_once() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let answers = join_all((0..4).map(|_| story.set(&order, "REJECTED"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1);
    assert_eq!((story.balance().await, story.stock().await), (100_000, 10));
    let status = "{ orders { nodes { status paymentStatus statusLog { status } } } }";
    let orders = story.app.graphql(&story.buyer, status, json!({})).await.ok();
    let expected = json!({"status": "REJECTED", "paymentStatus": "REFUNDED", "statusLog": [{"status": "PENDING"}, {"status": "REJECTED"}]});
    assert_eq!(orders["orders"]["nodes"][0], expected);
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn a_delivered_wallet_order_pays_the_shop_once() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    story.set(&order, "ACCEPTED").await.ok();
    let answers = join_all((0..4).map(|_| story.set(&order, "DELIVERED"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1);
    assert_eq!(story.app.number("SELECT balance_paise FROM vendor_wallet").await, 15_075);
    assert_eq!(story.app.number("SELECT count(*) FROM vendor_wallet_transaction").await, 1);
    assert_eq!(story.set(&order, "REJECTED").await.refused().0, "CONFLICT");
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn only_the_shops_own_vendor_moves_an_order() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let (_, stranger) = story.app.shop("Daily Basket").await;
    let set = |who: Person, order: Value| {
        let app = &story.app;
        async move { app.graphql(&who, SET, json!({"order": order, "status": "ACCEPTED"})).await }
    };
    assert_eq!(set(stranger.clone(), order.clone()).await.refused(), ("FORBIDDEN", "Unauthorized"));
    assert_eq!(set(story.buyer.clone(), order.clone()).await.refused(), ("FORBIDDEN", "Forbidden"));
    assert_eq!(set(story.vendor.clone(), json!("999999")).await.refused(), ("NOT_FOUND", "Order not found"));

    let see = "query($id: ID!) { order(id: $id) { id customerPhone } }";
    let seen = story.app.graphql(&story.vendor, see, json!({"id": order})).await.ok();
    assert_eq!(seen["order"]["customerPhone"], json!(story.buyer.phone));
    for stranger in [stranger, story.app.consumer("Neighbour").await] {
        let answer = story.app.graphql(&stranger, see, json!({"id": order})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Order not found"));
    }
    story.set(&order, "REJECTED").await.ok();
    let seen = story.app.graphql(&story.vendor, see, json!({"id": order})).await.ok();
    assert!(seen["order"]["customerPhone"].as_str().unwrap().contains('*'));
}

#[tokio::test]
async fn one_document_with_two_acts_sees_each_acts_own_outcome() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let log = "order { status statusLog { status } }";
    let call = format!(
        "a: setOrderStatus(orderId: $order, status: ACCEPTED) {{ {log} }}
         b: setOrderStatus(orderId: $order, status: DELIVERED) {{ {log} }}"
    );
    let both = story.act(&story.vendor, &order, &call).await.ok();
    let statuses = |name: &str| both[name]["order"]["statusLog"].as_array().unwrap().len();
    assert_eq!((statuses("a"), statuses("b")), (2, 3));
    let call = "reportOrderIssue(orderId: $order, issueType: \"late\") { order { rating { rating } } }
        rateOrder(orderId: $order, rating: 5) { rating { rating } order { rating { rating } } }";
    let said = story.act(&story.buyer, &order, call).await.ok();
    assert_eq!(said["reportOrderIssue"]["order"]["rating"], Value::Null);
    assert_eq!(said["rateOrder"]["order"]["rating"]["rating"], json!(5));
}

#[tokio::test]
async fn a_shop_sees_whole_phones_only_while_it_may_have_to_call() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    let phone = async || story.see(&story.vendor, &order, "customerPhone").await["customerPhone"].clone();
    assert_eq!(phone().await, json!(story.buyer.phone));
    story.app.sql("UPDATE orders SET updated_at = updated_at - INTERVAL '8 days'").await;
    assert!(phone().await.as_str().unwrap().contains('*'));
    let own = story.see(&story.buyer, &order, "customerPhone").await;
    assert_eq!(own["customerPhone"], json!(story.buyer.phone));
}
