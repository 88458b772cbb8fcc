//! What goes back to the shop.

use serde_json::{Value, json};

use crate::harness::{Answer, Person};
use crate::orders::Story;

const ACCEPT: &str = "acceptReturn(orderId: $order) { message order { status } }";
const COMPLETE: &str = "completeReturn(orderId: $order) { message refund order { status paymentStatus } }";

impl Story {
    /// Asks to give some of the item back, or as the vendor takes it back.
    async fn give_back(&self, who: &Person, order: &Value, verb: &str, quantity: i32) -> Answer {
        let call = format!(
            "{verb}(orderId: $order, items: [{{itemId: {}, quantity: {quantity}}}], reason: \"Stale\") {{ message returnIds order {{ status }} }}",
            self.item
        );
        self.act(who, order, &call).await
    }
}

#[tokio::test]
async fn a_return_is_asked_for_accepted_and_paid_for_by_the_shop() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    let asked = story.give_back(&story.buyer, &order, "requestReturn", 1).await.ok();
    assert_eq!(asked["requestReturn"]["message"], "Return request sent");
    assert_eq!(asked["requestReturn"]["order"]["status"], "DELIVERED");
    let early = story.act(&story.vendor, &order, COMPLETE).await;
    assert_eq!(early.refused(), ("CONFLICT", "Return not accepted yet"));

    let accepted = story.act(&story.vendor, &order, ACCEPT).await.ok();
    assert_eq!(
        accepted["acceptReturn"],
        json!({"message": "Return request accepted", "order": {"status": "RETURN_ACCEPTED"}})
    );
    let completed = story.act(&story.vendor, &order, COMPLETE).await.ok();
    assert_eq!(
        completed["completeReturn"],
        json!({"message": "Return marked as completed", "refund": 50.25,
            "order": {"status": "RETURN_COMPLETED", "paymentStatus": "PARTIALLY_REFUNDED"}})
    );
    assert_eq!(
        (story.balance().await, story.shop_balance().await, story.stock().await),
        (100_000 - 10_050, 10_050, 8)
    );
    let seen = story.see(&story.buyer, &order, "returns { quantity status initiatedBy reason }").await;
    assert_eq!(
        seen["returns"],
        json!([{"quantity": 1, "status": "COMPLETED", "initiatedBy": "CONSUMER", "reason": "Stale"}])
    );
    assert_eq!(story.told(&story.buyer).await, ["Order delivered", "Return accepted", "Return completed"]);
    for (who, call) in [
        (&story.vendor, COMPLETE),
        (&story.vendor, ACCEPT),
        (&story.buyer, "cancelOrder(orderId: $order) { message }"),
    ] {
        assert_eq!(story.act(who, &order, call).await.refused().0, "CONFLICT");
    }
    assert_eq!(story.balance().await, 100_000 - 10_050);
}

#[tokio::test]
async fn a_shop_takes_everything_back_of_its_own_accord() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    let taken = story.give_back(&story.vendor, &order, "initiateReturn", 3).await.ok();
    assert_eq!(taken["initiateReturn"]["message"], "Return initiated and accepted");
    let completed = story.act(&story.vendor, &order, COMPLETE).await.ok();
    assert_eq!(completed["completeReturn"]["refund"], json!(150.75));
    assert_eq!(completed["completeReturn"]["order"]["paymentStatus"], "REFUNDED");
    assert_eq!((story.balance().await, story.shop_balance().await, story.stock().await), (100_000, 0, 10));
}

#[tokio::test]
async fn quantities_of_returns_add_up_and_stay_within_the_order() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    story.give_back(&story.buyer, &order, "requestReturn", 2).await.ok();
    let more = story.give_back(&story.buyer, &order, "requestReturn", 2).await;
    assert_eq!(
        (more.refused(), more.field()),
        (("BAD_INPUT", "Return quantity exceeds ordered quantity"), "items")
    );
    let waits = story.give_back(&story.vendor, &order, "initiateReturn", 1).await;
    assert_eq!(waits.refused(), ("CONFLICT", "The customer has asked for a return: accept it instead"));
    story.give_back(&story.buyer, &order, "requestReturn", 1).await.ok();
    let nothing_left = story.give_back(&story.buyer, &order, "requestReturn", 1).await;
    assert_eq!(nothing_left.refused(), ("CONFLICT", "Return already requested"));
    assert_eq!(story.app.number("SELECT sum(quantity) FROM order_return").await, 3);
}

#[tokio::test]
async fn a_shop_without_the_money_cannot_complete_a_return_and_nothing_changes() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    story.give_back(&story.vendor, &order, "initiateReturn", 3).await.ok();
    story.app.sql("UPDATE vendor_wallet SET balance_paise = 100").await;
    let answer = story.act(&story.vendor, &order, COMPLETE).await;
    assert_eq!(answer.refused(), ("INSUFFICIENT_BALANCE", "Insufficient balance"));
    assert_eq!(
        (story.balance().await, story.shop_balance().await, story.stock().await),
        (100_000 - 15_075, 100, 7)
    );
    assert_eq!(story.see(&story.buyer, &order, "status").await["status"], "RETURN_ACCEPTED");
}

#[tokio::test]
async fn a_cash_order_is_paid_back_at_the_door() {
    let story = Story::begin(10).await;
    let order = story.order(json!({"mode": "CASH"})).await;
    story.set(&order, "DELIVERED").await.ok();
    story.give_back(&story.vendor, &order, "initiateReturn", 1).await.ok();
    let completed = story.act(&story.vendor, &order, COMPLETE).await.ok();
    assert_eq!(completed["completeReturn"]["refund"], json!(0));
    assert_eq!(completed["completeReturn"]["order"]["paymentStatus"], "PARTIALLY_REFUNDED");
    assert_eq!((story.balance().await, story.shop_balance().await, story.stock().await), (100_000, 0, 8));
}

#[tokio::test]
async fn only_delivered_orders_and_own_lines_go_back() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    for (who, verb) in [(&story.buyer, "requestReturn"), (&story.vendor, "initiateReturn")] {
        let early = story.give_back(who, &order, verb, 1).await;
        assert_eq!(early.refused(), ("CONFLICT", "Only delivered orders can be returned"));
    }
    story.set(&order, "DELIVERED").await.ok();
    let call = "requestReturn(orderId: $order, items: [{itemId: 999999}]) { message }";
    let answer = story.act(&story.buyer, &order, call).await;
    assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", "Item not in order"), "items"));
    let nothing = story.act(&story.vendor, &order, ACCEPT).await;
    assert_eq!(nothing.refused(), ("CONFLICT", "No pending return requests"));
    let neighbour = story.app.consumer("Neighbour").await;
    assert_eq!(
        story.give_back(&neighbour, &order, "requestReturn", 1).await.refused(),
        ("FORBIDDEN", "Unauthorized")
    );
}

#[tokio::test]
async fn a_return_is_offered_only_while_there_is_something_left_to_give_back() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    let acts = async || story.see(&story.buyer, &order, "acts").await["acts"].to_string();
    story.give_back(&story.buyer, &order, "requestReturn", 2).await.ok();
    assert!(acts().await.contains("REQUEST_RETURN"));
    story.give_back(&story.buyer, &order, "requestReturn", 1).await.ok();
    assert!(!acts().await.contains("REQUEST_RETURN"));
    let answer = story.give_back(&story.buyer, &order, "requestReturn", 1).await;
    assert!(!answer.errors.is_empty());
}
