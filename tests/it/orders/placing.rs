//! Placing orders.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::orders::{ADD, CONFIRM, Story};

#[tokio::test]
async fn a_wallet_order_takes_money_and_stock_and_leaves_an_empty_cart() {
    let story = Story::begin(10).await;
    let placed = story.confirm(json!({"notes": " Ring twice "})).await.ok();
    assert_eq!(placed["confirmOrder"]["message"], "Order placed successfully");
    let order = &placed["confirmOrder"]["order"];
    let expected = json!({
        "id": order["id"], "status": "PENDING", "total": 150.75, "discount": 0, "final": 150.75,
        "paymentMode": "WALLET", "paymentStatus": "PAID", "deliveryNotes": "Ring twice", "itemCount": 1,
        "items": [{"name": "Rice", "unit": "pcs", "unitPrice": 50.25, "quantity": 3, "subtotal": 150.75}],
        "statusLog": [{"status": "PENDING"}], "shop": {"shopName": "Fresh Basket"},
    });
    assert_eq!(*order, expected);
    assert_eq!((story.balance().await, story.stock().await), (100_000 - 15_075, 7));
    assert_eq!(story.app.number("SELECT count(*) FROM cart_item").await, 0);
    assert_eq!(
        story.app.number("SELECT count(*) FROM order_action_log WHERE action = 'order_created'").await,
        1
    );
    let history = "{ wallet { transactions { nodes { kind source reference orderId } } } }";
    let history = story.app.graphql(&story.buyer, history, json!({})).await.ok();
    let reference = format!("Order #{}", order["id"].as_str().unwrap());
    assert_eq!(
        history["wallet"]["transactions"]["nodes"][0],
        json!({"kind": "DEBIT", "source": "ORDER_CONFIRM", "reference": reference, "orderId": order["id"]})
    );
}

#[tokio::test]
async fn a_cash_order_is_unpaid_until_it_is_delivered() {
    let story = Story::begin(10).await;
    let order = story.order(json!({"mode": "CASH"})).await;
    assert_eq!(story.balance().await, 100_000);
    let delivered = story.set(&order, "DELIVERED").await.ok();
    assert_eq!(delivered["setOrderStatus"]["message"], "Order marked as delivered");
    assert_eq!(delivered["setOrderStatus"]["order"], json!({"status": "DELIVERED", "paymentStatus": "PAID"}));
    assert_eq!(story.app.number("SELECT count(*) FROM vendor_wallet").await, 0);
}

#[tokio::test]
async fn a_wallet_order_without_enough_balance_changes_nothing() {
    let story = Story::begin(10).await;
    story.app.sql("UPDATE item SET price_paise = 9000000; DELETE FROM event").await;
    let answer = story.confirm(json!({})).await;
    assert_eq!(answer.refused(), ("INSUFFICIENT_BALANCE", "Insufficient balance"));
    assert_eq!((story.orders().await, story.balance().await, story.stock().await), (0, 100_000, 10));
    assert_eq!(story.app.number("SELECT quantity FROM cart_item").await, 3);
    assert_eq!(story.app.number("SELECT count(*) FROM event").await, 0);
}

#[tokio::test]
async fn what_cannot_be_ordered_any_more_is_refused_by_name() {
    let story = Story::begin(2).await;
    assert_eq!(story.confirm(json!({})).await.refused(), ("OUT_OF_STOCK", "Not enough stock for item Rice"));
    story.app.sql("UPDATE item SET is_available = FALSE, quantity_in_stock = 10").await;
    assert_eq!(story.confirm(json!({})).await.refused(), ("OUT_OF_STOCK", "Item not available: Rice"));
    story.app.sql("UPDATE item SET is_available = TRUE; UPDATE shop SET is_open = FALSE").await;
    assert_eq!(story.confirm(json!({})).await.refused(), ("CONFLICT", "Shop is currently closed"));
    story.app.sql("UPDATE shop SET is_open = TRUE, society = 'Elsewhere'").await;
    assert_eq!(
        story.confirm(json!({})).await.refused(),
        ("CONFLICT", "The shop does not serve your society")
    );
    let notes = story.confirm(json!({"notes": "x".repeat(501)})).await;
    assert_eq!((notes.refused().0, notes.field()), ("BAD_INPUT", "deliveryNotes"));
    story.app.sql("DELETE FROM cart_item").await;
    story.app.sql("UPDATE shop SET society = 'Green Meadows'").await;
    assert_eq!(story.confirm(json!({})).await.refused(), ("CONFLICT", "Cart is empty"));
    assert_eq!((story.orders().await, story.balance().await), (0, 100_000));
}

#[tokio::test]
async fn two_confirms_of_one_cart_at_once_place_one_order() {
    let story = Story::begin(100).await;
    for round in 1..=5 {
        let answers = join_all((0..4).map(|_| story.confirm(json!({})))).await;
        assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1, "{answers:?}");
        let refused = answers.iter().filter(|answer| !answer.errors.is_empty());
        refused.for_each(|answer| assert_eq!(answer.refused(), ("CONFLICT", "Cart is empty")));
        assert_eq!((story.orders().await, story.balance().await), (round, 100_000 - round * 15_075));
        story.fill(&story.buyer, 3).await;
    }
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn the_last_three_of_an_item_go_to_one_of_four_buyers() {
    let story = Story::begin(3).await;
    let mut buyers = vec![story.buyer.clone()];
    for name in ["Second", "Third", "Fourth"] {
        let buyer = story.app.consumer(name).await;
        story.load(&buyer, 1000).await;
        story.fill(&buyer, 3).await;
        buyers.push(buyer);
    }
    let confirms = buyers.iter().map(|buyer| story.app.graphql(buyer, CONFIRM, json!({})));
    let answers = join_all(confirms).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 1);
    assert_eq!((story.orders().await, story.stock().await), (1, 0));
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn carts_with_the_same_items_in_opposite_order_do_not_block_each_other() {
    let story = Story::begin(1000).await;
    let shop = story.app.number("SELECT id FROM shop").await;
    let other = story.app.item(society_gateway::values::ShopId(shop), "Salt", "20", 1000).await;
    story.app.graphql(&story.buyer, ADD, json!({"item": other})).await.ok();
    let second = story.app.consumer("Second").await;
    story.load(&second, 1000).await;
    for _ in 0..5 {
        story.app.graphql(&second, ADD, json!({"item": other})).await.ok();
        story.fill(&second, 1).await;
        let both =
            [&story.buyer, &second].map(|who| story.app.graphql(who, CONFIRM, json!({"mode": "CASH"})));
        join_all(both).await.into_iter().for_each(|answer| drop(answer.ok()));
        story.fill(&story.buyer, 1).await;
        story.app.graphql(&story.buyer, ADD, json!({"item": other})).await.ok();
    }
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn the_same_idempotency_key_places_one_order() {
    let story = Story::begin(100).await;
    let answers = join_all((0..4).map(|_| story.confirm(json!({"key": "order-1"})))).await;
    let orders: Vec<Value> =
        answers.into_iter().map(|answer| answer.ok()["confirmOrder"]["order"]["id"].clone()).collect();
    assert!(orders.iter().all(|order| *order == orders[0]));
    assert_eq!((story.orders().await, story.balance().await), (1, 100_000 - 15_075));
    let other = story.confirm(json!({"key": "order-1", "mode": "CASH"})).await;
    assert_eq!((other.refused().0, other.field()), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn orders_are_limited_per_person() {
    let story = Story::begin(100).await;
    for _ in 0..20 {
        story.confirm(json!({})).await;
    }
    let answer = story.confirm(json!({})).await;
    assert_eq!(answer.refused().0, "RATE_LIMITED");
}

#[tokio::test]
async fn a_client_that_leaves_in_mid_order_leaves_no_open_transaction() {
    let story = Story::begin(100).await;
    // Somebody holds the cart, so that the order has to wait; then its client goes away.
    let mut blocker = story.app.conn().await;
    diesel_async::SimpleAsyncConnection::batch_execute(&mut blocker, "BEGIN; SELECT * FROM cart FOR UPDATE")
        .await
        .unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    {
        let order = story.confirm(json!({}));
        tokio::pin!(order);
        while story.app.number(waiting).await == 0 {
            assert!(futures_util::poll!(order.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    diesel_async::SimpleAsyncConnection::batch_execute(&mut blocker, "ROLLBACK").await.unwrap();
    drop(blocker);

    // The order goes through without its client, and nothing stays open.
    while story.orders().await == 0 {
        tokio::task::yield_now().await;
    }
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(story.app.number(open).await, 0);
    assert_eq!((story.orders().await, story.balance().await), (1, 100_000 - 15_075));
}

#[tokio::test]
async fn an_act_on_an_order_answers_with_the_consumers_cart_and_wallet_and_with_none_for_the_shop() {
    let story = Story::begin(10).await;
    let place = "mutation { confirmOrder(input: {paymentMode: WALLET}) {
        order { id } cart { lines { id } totalQuantity } wallet { balance transactions(first: 1) { nodes { amount } } } } }";
    let placed = story.app.graphql(&story.buyer, place, json!({})).await.ok()["confirmOrder"].clone();
    assert_eq!(placed["cart"], json!({"lines": [], "totalQuantity": 0}));
    assert_eq!(placed["wallet"], json!({"balance": 849.25, "transactions": {"nodes": [{"amount": 150.75}]}}));

    let accept = "mutation($order: ID!) { setOrderStatus(orderId: $order, status: ACCEPTED) {
        cart { totalQuantity } wallet { balance } } }";
    let order = json!({"order": placed["order"]["id"]});
    let accepted = story.app.graphql(&story.vendor, accept, order).await.ok();
    assert_eq!(accepted["setOrderStatus"], json!({"cart": null, "wallet": null}));
}
