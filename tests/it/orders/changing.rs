//! Orders that the shop changes, and the consumer's answer.

use serde_json::{Value, json};

use crate::harness::Answer;
use crate::orders::Story;

const AGREE: &str =
    "confirmModifiedOrder(orderId: $order) { message refund order { status total final paymentStatus } }";

impl Story {
    /// Changes the quantity of the item that every story begins with.
    async fn modify(&self, order: &Value, quantity: i32) -> Answer {
        let call = format!(
            "modifyOrder(orderId: $order, modifications: [{{itemId: {}, quantity: {quantity}}}]) {{
                message order {{ status total final paymentStatus items {{ quantity orderedQuantity }} }} }}",
            self.item
        );
        self.act(&self.vendor, order, &call).await
    }
}

#[tokio::test]
async fn fewer_than_ordered_goes_back_to_the_stock_at_once_and_to_the_wallet_on_agreement() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let modified = story.modify(&order, 1).await.ok();
    assert_eq!(
        modified["modifyOrder"],
        json!({"message": "Order modified", "order": {
            "status": "AWAITING_CONSUMER_CONFIRMATION", "total": 150.75, "final": 50.25, "paymentStatus": "PAID",
            "items": [{"quantity": 1, "orderedQuantity": 3}]}})
    );
    assert_eq!((story.balance().await, story.stock().await), (100_000 - 15_075, 9));

    let agreed = story.act(&story.buyer, &order, AGREE).await.ok();
    assert_eq!(
        agreed["confirmModifiedOrder"],
        json!({"message": "Modified order confirmed", "refund": 100.5,
            "order": {"status": "CONFIRMED", "total": 50.25, "final": 50.25, "paymentStatus": "PAID"}})
    );
    assert_eq!((story.balance().await, story.stock().await), (100_000 - 5_025, 9));

    story.set(&order, "DELIVERED").await.ok();
    assert_eq!(story.shop_balance().await, 5_025);
    assert_eq!(story.told(&story.buyer).await, ["Order changed", "Order delivered"]);
    assert_eq!(story.told(&story.vendor).await, ["New order", "Changes confirmed"]);
    let seen = story.see(&story.buyer, &order, "messages { nodes { message } }").await;
    assert_eq!(
        seen["messages"]["nodes"],
        json!([
            {"message": "The shop changed the order: Rice 3 → 1. It costs ₹50.25 now and awaits the customer's confirmation."},
            {"message": "The customer confirmed the changes. Please proceed."},
        ])
    );
}

#[tokio::test]
async fn more_than_ordered_needs_stock_the_consumers_word_and_the_consumers_money() {
    let story = Story::begin(5).await;
    let order = story.order(json!({})).await;
    let answer = story.modify(&order, 6).await;
    assert_eq!(answer.refused(), ("OUT_OF_STOCK", "Not enough stock for item Rice"));
    assert_eq!((story.stock().await, story.balance().await), (2, 100_000 - 15_075));
    story.modify(&order, 5).await.ok();
    assert_eq!((story.stock().await, story.balance().await), (0, 100_000 - 15_075));

    story
        .app
        .graphql(&story.buyer, "mutation { debitWallet(amount: 800) { message } }", json!({}))
        .await
        .ok();
    let answer = story.act(&story.buyer, &order, AGREE).await;
    assert_eq!(answer.refused(), ("INSUFFICIENT_BALANCE", "Insufficient balance"));
    assert_eq!(answer.errors[0]["extensions"]["needed"], json!(100.5));
    assert_eq!(story.see(&story.buyer, &order, "status").await["status"], "AWAITING_CONSUMER_CONFIRMATION");

    story.load(&story.buyer, 800).await;
    let agreed = story.act(&story.buyer, &order, AGREE).await.ok();
    assert_eq!(agreed["confirmModifiedOrder"]["refund"], json!(0));
    assert_eq!(story.balance().await, 100_000 - 25_125);
    story.set(&order, "DELIVERED").await.ok();
    assert_eq!(story.shop_balance().await, 25_125);
}

#[tokio::test]
async fn a_changed_order_that_is_cancelled_gives_back_what_was_paid_and_what_was_taken() {
    for quantity in [1, 5] {
        let story = Story::begin(10).await;
        let order = story.order(json!({})).await;
        story.modify(&order, quantity).await.ok();
        let cancelled = story.act(&story.buyer, &order, "cancelOrder(orderId: $order) { refund }").await.ok();
        assert_eq!(cancelled["cancelOrder"]["refund"], json!(150.75));
        assert_eq!((story.balance().await, story.stock().await), (100_000, 10));
    }
}

#[tokio::test]
async fn a_changed_order_is_not_delivered_without_the_consumers_word() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    story.modify(&order, 1).await.ok();
    assert_eq!(story.set(&order, "DELIVERED").await.refused().0, "CONFLICT");
    assert_eq!(story.modify(&order, 2).await.refused().0, "CONFLICT");
    assert_eq!((story.shop_balance().await, story.balance().await), (0, 100_000 - 15_075));
    story.act(&story.buyer, &order, AGREE).await.ok();
    let again = story.act(&story.buyer, &order, AGREE).await;
    assert_eq!(again.refused(), ("CONFLICT", "Order not in modifiable state"));
}

#[tokio::test]
async fn changes_that_make_no_sense_change_nothing() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    for (quantity, message) in [
        (-1, "Quantity of Rice must be between 0 and 10"),
        (500, "Quantity of Rice must be between 0 and 10"),
        (3, "Nothing is modified"),
        (0, "Nothing would be left of the order; cancel it instead"),
    ] {
        let answer = story.modify(&order, quantity).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), "modifications"));
    }
    let expected = json!({"status": "PENDING", "final": 150.75, "items": [{"quantity": 3}]});
    assert_eq!(story.see(&story.buyer, &order, "status final items { quantity }").await, expected);
    assert_eq!(story.stock().await, 7);
}

#[tokio::test]
async fn a_line_that_is_taken_out_is_gone_and_the_message_names_it() {
    let story = Story::begin(10).await;
    let shop = story.app.number("SELECT id FROM shop").await;
    let salt = story.app.item(society_gateway::values::ShopId(shop), "Salt", "20", 5).await;
    let add = "mutation($item: ID!) { addToCart(itemId: $item) { message } }";
    story.app.graphql(&story.buyer, add, json!({"item": salt})).await.ok();
    let order = story.order(json!({})).await;
    story.modify(&order, 0).await.ok();
    let seen = story
        .see(&story.vendor, &order, "final itemCount items { name } messages { nodes { message } }")
        .await;
    assert_eq!(
        (&seen["final"], &seen["itemCount"], &seen["items"]),
        (&json!(20), &json!(1), &json!([{"name": "Salt"}]))
    );
    assert!(seen["messages"]["nodes"][0]["message"].as_str().unwrap().contains("Rice taken out"), "{seen}");
    assert_eq!(story.stock().await, 10);
}

#[tokio::test]
async fn an_order_of_a_hundred_long_names_can_be_changed_and_returned() {
    let story = Story::begin(10).await;
    let shop = society_gateway::values::ShopId(story.app.number("SELECT id FROM shop").await);
    let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 2) { message } }";
    let mut changes = Vec::new();
    for number in 0..99 {
        let title = format!("{number:03} {}", "x".repeat(96));
        let item = story.app.item(shop, &title, "1", 10).await;
        story.app.graphql(&story.buyer, add, json!({"item": item})).await.ok();
        changes.push(json!({"itemId": item, "quantity": 1}));
    }
    let order = story.order(json!({})).await;
    let modify = "mutation($order: ID!, $changes: [OrderModificationInput!]!) {
        modifyOrder(orderId: $order, modifications: $changes) { order { final } } }";
    let variables = json!({"order": order, "changes": changes});
    let modified = story.app.graphql(&story.vendor, modify, variables).await.ok();
    assert_eq!(modified["modifyOrder"]["order"]["final"], json!(249.75));
    let seen = story.see(&story.buyer, &order, "messages { nodes { message } }").await;
    assert!(
        seen["messages"]["nodes"][0]["message"].as_str().unwrap().contains(" and 89 more. It costs"),
        "{seen}"
    );

    story.act(&story.buyer, &order, AGREE).await.ok();
    story.set(&order, "DELIVERED").await.ok();
    let give_back = "mutation($order: ID!, $changes: [ReturnItemInput!]!) {
        requestReturn(orderId: $order, items: $changes) { returnIds } }";
    let variables = json!({"order": order, "changes": changes});
    let asked = story.app.graphql(&story.buyer, give_back, variables).await.ok();
    assert_eq!(asked["requestReturn"]["returnIds"].as_array().unwrap().len(), 99);
}

#[tokio::test]
async fn a_coupon_of_some_percent_takes_off_as_many_percent_of_what_is_left() {
    let story = Story::begin(10).await;
    let offer = "mutation { createOffer(input: {code: \"HALF\", title: \"Half\", discountType: PERCENT, discountValue: 50}) { message } }";
    story.app.graphql(&story.vendor, offer, json!({})).await.ok();
    story
        .app
        .graphql(&story.buyer, "mutation { applyCoupon(code: \"HALF\") { message } }", json!({}))
        .await
        .ok();
    // Three of 50.25, half price.
    let order = story.order(json!({})).await;
    assert_eq!(story.balance().await, 100_000 - 7_537);
    let changed = story.modify(&order, 1).await.ok()["modifyOrder"]["order"].clone();
    assert_eq!(changed["final"], 25.12);
    story.act(&story.buyer, &order, "confirmModifiedOrder(orderId: $order) { message }").await.ok();
    let seen = story.see(&story.buyer, &order, "total discount final").await;
    assert_eq!(seen, json!({"total": 50.25, "discount": 25.13, "final": 25.12}));
    assert_eq!(story.balance().await, 100_000 - 2_512);
}
