//! Both sides at once, for real: one winner each, and no paisa lost or made.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::harness::{Answer, Person};
use crate::orders::Story;

const CANCEL: &str = "cancelOrder(orderId: $order) { refund }";
const DELIVER: &str = "setOrderStatus(orderId: $order, status: DELIVERED) { message }";
const AGREE: &str = "confirmModifiedOrder(orderId: $order) { message }";
const COMPLETE: &str = "completeReturn(orderId: $order) { refund }";
const RATE: &str = "rateOrder(orderId: $order, rating: 5) { message }";
/// Every race is run so many times.
const ROUNDS: usize = 6;

impl Story {
    fn modification(&self, quantity: i32) -> String {
        format!(
            "modifyOrder(orderId: $order, modifications: [{{itemId: {}, quantity: {quantity}}}]) {{ message }}",
            self.item
        )
    }

    fn request(&self, quantity: i32) -> String {
        format!(
            "requestReturn(orderId: $order, items: [{{itemId: {}, quantity: {quantity}}}]) {{ message }}",
            self.item
        )
    }

    /// Both at once; whether each worked.
    async fn against(&self, order: &Value, one: (&Person, &str), other: (&Person, &str)) -> (bool, bool) {
        let (one, other) = join(self.act(one.0, order, one.1), self.act(other.0, order, other.1)).await;
        let worked = |answer: &Answer| {
            let lost = !answer.errors.is_empty();
            assert!(!lost || answer.refused().0 == "CONFLICT", "{answer:?}");
            !lost
        };
        (worked(&one), worked(&other))
    }

    /// What was debited was given back, paid to the shop, or is still held; and the goods are where they should be.
    async fn books_balance(&self, stock: i64) {
        let money = "SELECT COALESCE(SUM(CASE WHEN kind = 'debit' THEN amount_paise ELSE -amount_paise END)
                FILTER (WHERE order_id IS NOT NULL), 0) FROM wallet_transaction";
        let held = self.app.number("SELECT COALESCE(SUM(held_paise), 0)::BIGINT FROM orders").await;
        assert_eq!(self.app.number(money).await, self.shop_balance().await + held);
        let in_orders =
            "SELECT COALESCE(SUM(quantity), 0) FROM order_item JOIN orders ON orders.id = order_id
            WHERE status NOT IN ('cancelled', 'rejected')";
        let returned = "SELECT COALESCE(SUM(quantity), 0) FROM order_return WHERE status = 'completed'";
        let out = self.app.number(in_orders).await - self.app.number(returned).await;
        assert_eq!(self.stock().await, stock - out);
        let moved = format!("SELECT SUM(change) FROM stock_movement WHERE item_id = {}", self.item);
        assert_eq!(self.stock().await, self.app.number(&moved).await);
        let gaps = "SELECT count(*) FROM orders WHERE event_seq <>
            (SELECT count(*) FROM event WHERE event.order_id = orders.id AND seq BETWEEN 1 AND event_seq)";
        assert_eq!(self.app.number(gaps).await, 0);
        self.app.audit_is_clean().await;
    }
}

#[tokio::test]
async fn parallel_cancels_refund_once() {
    let story = Story::begin(1000).await;
    for _ in 0..ROUNDS {
        let order = story.order(json!({})).await;
        let people = [&story.buyer, &story.vendor, &story.buyer, &story.vendor];
        let answers = join_all(people.map(|who| story.act(who, &order, CANCEL))).await;
        assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1, "{answers:?}");
        assert_eq!(story.balance().await, 100_000);
        story.books_balance(1000).await;
        story.fill(&story.buyer, 3).await;
    }
}

#[tokio::test]
async fn cancel_against_deliver_has_one_winner() {
    let story = Story::begin(1000).await;
    for _ in 0..ROUNDS {
        let order = story.order(json!({})).await;
        let (cancelled, delivered) =
            story.against(&order, (&story.buyer, CANCEL), (&story.vendor, DELIVER)).await;
        assert_ne!(cancelled, delivered);
        story.books_balance(1000).await;
        story.fill(&story.buyer, 3).await;
    }
}

#[tokio::test]
async fn delivered_twice_pays_once() {
    let story = Story::begin(1000).await;
    let order = story.order(json!({})).await;
    let (worked, refused) = story.at_once(&story.vendor, &order, DELIVER, 6).await;
    assert_eq!(worked, 1, "{refused:?}");
    assert_eq!(story.shop_balance().await, 15_075);
    story.books_balance(1000).await;
}

#[tokio::test]
async fn modify_against_cancel_ends_cancelled_with_everything_given_back() {
    let story = Story::begin(1000).await;
    for round in 0..ROUNDS {
        let order = story.order(json!({})).await;
        let modify = story.modification(if round % 2 == 0 { 1 } else { 7 });
        let (cancelled, _) = story.against(&order, (&story.buyer, CANCEL), (&story.vendor, &modify)).await;
        // A changed order may still be cancelled, so the cancel works before and after.
        assert!(cancelled);
        assert_eq!((story.balance().await, story.stock().await), (100_000, 1000));
        story.books_balance(1000).await;
        story.fill(&story.buyer, 3).await;
    }
}

#[tokio::test]
async fn confirm_modified_against_cancel_leaves_the_books_whole() {
    let story = Story::begin(1000).await;
    for round in 0..ROUNDS {
        let order = story.order(json!({})).await;
        let modify = story.modification(if round % 2 == 0 { 1 } else { 7 });
        story.act(&story.vendor, &order, &modify).await.ok();
        let (agreed, cancelled) = story.against(&order, (&story.buyer, AGREE), (&story.vendor, CANCEL)).await;
        // A confirmed order may still be cancelled.
        assert!(cancelled);
        let confirmed = format!(
            "SELECT count(*) FROM order_status_log WHERE order_id = {} AND status = 'confirmed'",
            order.as_str().unwrap()
        );
        assert_eq!(story.app.number(&confirmed).await, i64::from(agreed));
        assert_eq!((story.balance().await, story.stock().await), (100_000, 1000));
        story.books_balance(1000).await;
        story.fill(&story.buyer, 3).await;
    }
}

#[tokio::test]
async fn what_is_asked_back_twice_is_asked_back_once_and_paid_once() {
    let story = Story::begin(1000).await;
    let order = story.delivered().await;
    let (worked, refused) = story.at_once(&story.buyer, &order, &story.request(2), 4).await;
    assert_eq!(worked, 1, "{refused:?}");
    let accept = "acceptReturn(orderId: $order) { message }";
    assert_eq!(story.at_once(&story.vendor, &order, accept, 4).await.0, 1);
    assert_eq!(story.at_once(&story.vendor, &order, COMPLETE, 4).await.0, 1);
    assert_eq!((story.balance().await, story.shop_balance().await), (100_000 - 5_025, 5_025));
    story.books_balance(1000).await;
}

#[tokio::test]
async fn rated_twice_counts_once() {
    let story = Story::begin(1000).await;
    let order = story.delivered().await;
    let (worked, refused) = story.at_once(&story.buyer, &order, RATE, 6).await;
    assert_eq!(worked, 1, "{refused:?}");
    assert_eq!(story.app.number("SELECT rating_count FROM shop").await, 1);
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn many_orders_of_one_shop_are_delivered_returned_and_cancelled_at_once() {
    let story = Story::begin(1000).await;
    let mut orders = Vec::new();
    for _ in 0..6 {
        orders.push(story.order(json!({})).await);
        story.fill(&story.buyer, 3).await;
    }
    let acts = orders.iter().enumerate().map(|(place, order)| {
        let story = &story;
        async move {
            if place % 2 == 0 {
                story.act(&story.buyer, order, CANCEL).await.ok();
                return;
            }
            story.act(&story.vendor, order, DELIVER).await.ok();
            story.act(&story.buyer, order, &story.request(1)).await.ok();
            story.act(&story.vendor, order, "acceptReturn(orderId: $order) { message }").await.ok();
            story.act(&story.vendor, order, COMPLETE).await.ok();
            story.act(&story.vendor, order, COMPLETE).await.refused();
        }
    });
    join_all(acts).await;
    assert_eq!(story.balance().await, 100_000 - 3 * 10_050);
    assert_eq!(story.shop_balance().await, 3 * 10_050);
    story.books_balance(1000).await;
}
