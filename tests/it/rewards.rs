//! Reward points: earned by deliveries, used for orders, taken back with what is taken back.

use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::values::ItemId;

use crate::harness::{Answer, Person, TestApp};

const REWARDS: &str = "{ rewards { points lifetimePoints pointValue tier { name nextTier progress }
    ledger { nodes { kind points pointsAfter reference } } } }";
const REDEEM: &str = "mutation($points: Int!) { redeemPoints(points: $points) {
    message pointsLeft cart { points pointsDiscount discount payable } } }";
const CONFIRM: &str = "mutation { confirmOrder(input: {paymentMode: WALLET}) { order {
    id discount final pointsRedeemed pointsDiscount } } }";

/// A consumer who has earned 100 points with an order over 1,000, and has two of an item that costs 100 in the cart.
struct Story {
    app: TestApp,
    buyer: Person,
    vendor: Person,
    item: ItemId,
}

impl Story {
    async fn begin() -> Story {
        let app = TestApp::start().await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        let item = app.item(shop, "Rice", "100", 1000).await;
        let buyer = app.consumer("Buyer").await;
        let story = Story { app, buyer, vendor, item };
        let load = "mutation { loadWallet(amount: 5000) { message } }";
        story.app.graphql(&story.buyer, load, json!({})).await.ok();
        story.fill(10).await;
        let order = story.order().await;
        story.deliver(&order).await;
        story.fill(2).await;
        story
    }

    async fn fill(&self, quantity: i32) {
        let add = "mutation($item: ID!, $quantity: Int!) { addToCart(itemId: $item, quantity: $quantity) { message } }";
        self.app.graphql(&self.buyer, add, json!({"item": self.item, "quantity": quantity})).await.ok();
    }

    async fn order(&self) -> Value {
        self.app.graphql(&self.buyer, CONFIRM, json!({})).await.ok()["confirmOrder"]["order"]["id"].clone()
    }

    async fn deliver(&self, order: &Value) {
        self.act(&self.vendor, order, "setOrderStatus(orderId: $order, status: DELIVERED) { message }")
            .await
            .ok();
    }

    async fn act(&self, who: &Person, order: &Value, call: &str) -> Answer {
        let document = format!("mutation($order: ID!) {{ {call} }}");
        self.app.graphql(who, &document, json!({"order": order})).await
    }

    async fn deliver_after_agreement(&self, order: &Value) {
        self.act(&self.buyer, order, "confirmModifiedOrder(orderId: $order) { message }").await.ok();
        self.deliver(order).await;
    }

    async fn redeem(&self, points: i64) -> Answer {
        self.app.graphql(&self.buyer, REDEEM, json!({"points": points})).await
    }

    async fn points(&self) -> i64 {
        self.app.number("SELECT points FROM reward_account").await
    }
}

#[tokio::test]
async fn a_delivered_order_earns_points_once() {
    let story = Story::begin().await;
    let (answer, statements) =
        story.app.statements(story.app.graphql(&story.buyer, REWARDS, json!({}))).await;
    assert_eq!(
        answer.ok()["rewards"],
        json!({"points": 100, "lifetimePoints": 100, "pointValue": 0.25,
            "tier": {"name": "Bronze", "nextTier": "Silver", "progress": 0.2},
            "ledger": {"nodes": [{"kind": "CREDIT", "points": 100, "pointsAfter": 100, "reference": "Order #1 delivered"}]}})
    );
    assert_eq!(statements, 2);
    let newcomer = story.app.consumer("Newcomer").await;
    let none = story.app.graphql(&newcomer, REWARDS, json!({})).await.ok();
    assert_eq!((&none["rewards"]["points"], &none["rewards"]["ledger"]["nodes"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn points_pay_for_a_part_of_the_order_and_leave_with_it() {
    let story = Story::begin().await;
    let redeemed = story.redeem(40).await.ok();
    assert_eq!(
        redeemed["redeemPoints"],
        json!({"message": "Points redeemed", "pointsLeft": 60,
            "cart": {"points": 40, "pointsDiscount": 10, "discount": 10, "payable": 190}})
    );
    assert_eq!(story.points().await, 100);
    let placed =
        story.app.graphql(&story.buyer, CONFIRM, json!({})).await.ok()["confirmOrder"]["order"].clone();
    assert_eq!(
        placed,
        json!({"id": placed["id"], "discount": 10, "final": 190, "pointsRedeemed": 40, "pointsDiscount": 10})
    );
    assert_eq!((story.points().await, story.app.number("SELECT points FROM cart").await), (60, 0));

    let cancelled =
        story.act(&story.buyer, &placed["id"], "cancelOrder(orderId: $order) { refund }").await.ok();
    assert_eq!(cancelled["cancelOrder"]["refund"], json!(190));
    assert_eq!(story.points().await, 100);
    let ledger =
        story.app.graphql(&story.buyer, REWARDS, json!({})).await.ok()["rewards"]["ledger"]["nodes"].clone();
    let kinds: Vec<_> =
        ledger.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["REVERSAL", "DEBIT", "CREDIT"]);
}

#[tokio::test]
async fn what_is_returned_earned_nothing() {
    let story = Story::begin().await;
    let back = "requestReturn(orderId: $order, items: [{itemId: 1, quantity: 4}]) { message }";
    let order = json!("1");
    story.act(&story.buyer, &order, back).await.ok();
    story.act(&story.vendor, &order, "acceptReturn(orderId: $order) { message }").await.ok();
    story.act(&story.vendor, &order, "completeReturn(orderId: $order) { message }").await.ok();
    assert_eq!(story.points().await, 60);
    assert_eq!(story.app.number("SELECT lifetime_points FROM reward_account").await, 100);
}

#[tokio::test]
async fn points_that_are_spent_are_not_taken_back_below_zero() {
    let story = Story::begin().await;
    story.redeem(90).await.ok();
    story.order().await;
    let order = json!("1");
    let back = "initiateReturn(orderId: $order, items: [{itemId: 1, quantity: 10}]) { message }";
    story.act(&story.vendor, &order, back).await.ok();
    story.act(&story.vendor, &order, "completeReturn(orderId: $order) { message }").await.ok();
    assert_eq!(story.points().await, 0);
}

#[tokio::test]
async fn points_that_cannot_be_used_are_refused() {
    let story = Story::begin().await;
    for (points, refused) in [
        (0, ("BAD_INPUT", "Invalid amount")),
        (-5, ("BAD_INPUT", "Invalid amount")),
        (101, ("INSUFFICIENT_POINTS", "Insufficient points")),
    ] {
        assert_eq!(story.redeem(points).await.refused(), refused, "{points}");
    }
    story.app.sql("UPDATE reward_account SET points = 5000").await;
    assert_eq!(story.redeem(801).await.refused(), ("CONFLICT", "Redemption exceeds order total"));
    let all = story.redeem(800).await.ok();
    assert_eq!(all["redeemPoints"]["cart"]["payable"], json!(0));
    let fewer = "mutation($item: ID!) { updateCartItem(itemId: $item, quantity: 1) { cart { points pointsDiscount payable } } }";
    let cart = story.app.graphql(&story.buyer, fewer, json!({"item": story.item})).await.ok();
    assert_eq!(cart["updateCartItem"]["cart"], json!({"points": 400, "pointsDiscount": 100, "payable": 0}));
    let order = story.order().await;
    assert_eq!(story.points().await, 4_600);
    story.deliver(&order).await;
    let removed =
        story.app.graphql(&story.buyer, "mutation { removePoints { message } }", json!({})).await.ok();
    assert_eq!(removed["removePoints"]["message"], "Points removed");
    assert_eq!(story.redeem(1).await.refused(), ("CONFLICT", "Cart is empty"));
}

#[tokio::test]
async fn orders_at_once_never_use_the_same_points_twice() {
    let story = Story::begin().await;
    story.redeem(100).await.ok();
    let answers = join_all((0..4).map(|_| story.app.graphql(&story.buyer, CONFIRM, json!({})))).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1);
    assert_eq!(story.points().await, 0);
    assert_eq!(story.app.number("SELECT sum(points) FROM reward_ledger").await, 0);
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn what_points_paid_for_comes_back_as_points() {
    let story = Story::begin().await;
    story.redeem(80).await.ok();
    let order = story.order().await;
    let fewer = "modifyOrder(orderId: $order, modifications: [{itemId: 1, quantity: 1}]) { order { final } }";
    let modified = story.act(&story.vendor, &order, fewer).await.ok();
    assert_eq!(modified["modifyOrder"]["order"]["final"], json!(80));
    story.deliver_after_agreement(&order).await;
    // Of 100 first 80 were used; the delivery of 80 rupees earned 8.
    assert_eq!(story.points().await, 28);

    let back = "initiateReturn(orderId: $order, items: [{itemId: 1, quantity: 1}]) { message }";
    story.act(&story.vendor, &order, back).await.ok();
    story.act(&story.vendor, &order, "completeReturn(orderId: $order) { refund }").await.ok();
    assert_eq!(story.points().await, 100);
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn points_that_a_smaller_order_does_not_need_come_back_at_once() {
    let story = Story::begin().await;
    story.app.sql("UPDATE reward_account SET points = 800, lifetime_points = 800; UPDATE reward_ledger SET points = 800, points_after = 800").await;
    story.redeem(800).await.ok();
    let order = story.order().await;
    assert_eq!(story.points().await, 0);
    let fewer = "modifyOrder(orderId: $order, modifications: [{itemId: 1, quantity: 1}]) { order { final } }";
    assert_eq!(story.act(&story.vendor, &order, fewer).await.ok()["modifyOrder"]["order"]["final"], json!(0));
    let agree =
        "confirmModifiedOrder(orderId: $order) { order { pointsRedeemed pointsDiscount discount final } }";
    let agreed = story.act(&story.buyer, &order, agree).await.ok();
    assert_eq!(
        agreed["confirmModifiedOrder"]["order"],
        json!({"pointsRedeemed": 400, "pointsDiscount": 100, "discount": 100, "final": 0})
    );
    assert_eq!(story.points().await, 400);
    story.act(&story.buyer, &order, "cancelOrder(orderId: $order) { refund }").await.ok();
    assert_eq!(story.points().await, 800);
}
