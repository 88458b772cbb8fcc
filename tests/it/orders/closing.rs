//! Orders that are called off, by either side.

use serde_json::json;

use crate::orders::Story;

const CANCEL: &str = "cancelOrder(orderId: $order) { message refund order { status paymentStatus } }";

#[tokio::test]
async fn a_cancelled_wallet_order_gives_back_money_and_goods() {
    let story = Story::begin(10).await;
    for (who, source, by) in
        [(&story.buyer, "order_cancel", "customer"), (&story.vendor, "vendor_cancel", "shop")]
    {
        let order = story.order(json!({})).await;
        assert_eq!((story.balance().await, story.stock().await), (100_000 - 15_075, 7));

        let cancelled = story.act(who, &order, CANCEL).await.ok();
        assert_eq!(
            cancelled["cancelOrder"],
            json!({"message": "Order cancelled", "refund": 150.75,
                "order": {"status": "CANCELLED", "paymentStatus": "REFUNDED"}})
        );
        assert_eq!((story.balance().await, story.stock().await), (100_000, 10));
        let refunds =
            format!("SELECT count(*) FROM wallet_transaction WHERE source = '{source}' AND kind = 'refund'");
        assert_eq!(story.app.number(&refunds).await, 1);
        let seen = story.see(&story.buyer, &order, "messages { nodes { message isAutomatic } }").await;
        let text = format!("Order cancelled by the {by}.");
        assert_eq!(seen["messages"]["nodes"], json!([{"message": text, "isAutomatic": true}]));
        story.fill(&story.buyer, 3).await;
    }
    assert_eq!(story.told(&story.vendor).await, ["New order", "Order cancelled", "New order"]);
    assert_eq!(story.told(&story.buyer).await, ["Order cancelled"]);
}

#[tokio::test]
async fn a_cancelled_cash_order_gives_back_goods_only() {
    let story = Story::begin(10).await;
    let order = story.order(json!({"mode": "CASH"})).await;
    story.set(&order, "ACCEPTED").await.ok();
    let cancelled = story.act(&story.buyer, &order, CANCEL).await.ok();
    assert_eq!(cancelled["cancelOrder"]["refund"], json!(0));
    assert_eq!(cancelled["cancelOrder"]["order"]["paymentStatus"], "UNPAID");
    assert_eq!((story.balance().await, story.stock().await), (100_000, 10));
}

#[tokio::test]
async fn what_is_delivered_or_closed_cannot_be_cancelled() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    for who in [&story.buyer, &story.vendor] {
        assert_eq!(story.act(who, &order, CANCEL).await.refused(), ("CONFLICT", "Order already closed"));
    }
    assert_eq!((story.balance().await, story.shop_balance().await), (100_000 - 15_075, 15_075));
}

#[tokio::test]
async fn only_the_two_sides_of_an_order_can_cancel_it() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let neighbour = story.app.consumer("Neighbour").await;
    let (_, stranger) = story.app.shop("Daily Basket").await;
    let unknown = json!("999999");
    for (who, order, code) in [
        (&neighbour, &order, "FORBIDDEN"),
        (&neighbour, &unknown, "FORBIDDEN"),
        (&stranger, &order, "FORBIDDEN"),
        (&stranger, &unknown, "NOT_FOUND"),
    ] {
        let answer = story.act(who, order, CANCEL).await;
        assert_eq!((answer.refused().0, answer.field()), (code, "orderId"));
    }
    assert_eq!(story.see(&story.buyer, &order, "status").await["status"], "PENDING");
}

#[tokio::test]
async fn a_cancel_that_is_repeated_with_its_key_answers_the_same() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let call = "cancelOrder(orderId: $order, idempotencyKey: \"cancel-1\") { refund order { status } }";
    let first = story.act(&story.buyer, &order, call).await.ok();
    let second = story.act(&story.buyer, &order, call).await.ok();
    assert_eq!(first, second);
    assert_eq!(first["cancelOrder"], json!({"refund": 150.75, "order": {"status": "CANCELLED"}}));
    assert_eq!(story.balance().await, 100_000);
}

#[tokio::test]
async fn each_side_sees_what_it_may_do() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    let acts = async |who| story.see(who, &order, "acts").await["acts"].clone();
    assert_eq!(acts(&story.buyer).await, json!(["CANCEL"]));
    assert_eq!(acts(&story.vendor).await, json!(["ACCEPT", "REJECT", "DELIVER", "MODIFY", "CANCEL"]));
    story.set(&order, "DELIVERED").await.ok();
    assert_eq!(acts(&story.buyer).await, json!(["RATE", "REPORT_ISSUE", "REQUEST_RETURN"]));
    assert_eq!(acts(&story.vendor).await, json!(["INITIATE_RETURN"]));
}
