//! Placing orders, the history, the shop's answer, and following it live.

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::values::ItemId;

use crate::harness::{Answer, Person, TestApp};

const ADD: &str =
    "mutation($item: ID!, $quantity: Int! = 1) { addToCart(itemId: $item, quantity: $quantity) { message } }";
const CONFIRM: &str = "mutation($mode: PaymentMode! = WALLET, $notes: String, $key: String) {
    confirmOrder(input: {paymentMode: $mode, deliveryNotes: $notes}, idempotencyKey: $key) {
        message order { id status total discount final paymentMode paymentStatus deliveryNotes itemCount
            items { name unit unitPrice quantity subtotal } statusLog { status } shop { shopName } } } }";
const SET: &str = "mutation($order: ID!, $status: NewOrderStatus!) {
    setOrderStatus(orderId: $order, status: $status) { message order { status paymentStatus } } }";
const FOLLOW: &str = "subscription($order: ID, $after: String) {
    orderStatusChanged(orderId: $order, after: $after) { id status seq order { id status statusLog { status } } } }";

/// A consumer with money and a cart: three of an item that costs 50.25, of which the shop has `stock`.
struct Story {
    app: TestApp,
    buyer: Person,
    vendor: Person,
    item: ItemId,
}

impl Story {
    async fn begin(stock: i32) -> Story {
        let app = TestApp::start().await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        let item = app.item(shop, "Rice", "50.25", stock).await;
        let buyer = app.consumer("Buyer").await;
        let story = Story { app, buyer, vendor, item };
        story.load(&story.buyer, 1000).await;
        story.fill(&story.buyer, 3).await;
        story
    }

    async fn load(&self, who: &Person, rupees: i64) {
        let load = "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }";
        self.app.graphql(who, load, json!({"amount": rupees})).await.ok();
    }

    async fn fill(&self, who: &Person, quantity: i32) {
        self.app.graphql(who, ADD, json!({"item": self.item, "quantity": quantity})).await.ok();
    }

    async fn confirm(&self, variables: Value) -> Answer {
        self.app.graphql(&self.buyer, CONFIRM, variables).await
    }

    /// Places the order; its id.
    async fn order(&self, variables: Value) -> Value {
        self.confirm(variables).await.ok()["confirmOrder"]["order"]["id"].clone()
    }

    async fn set(&self, order: &Value, status: &str) -> Answer {
        self.app.graphql(&self.vendor, SET, json!({"order": order, "status": status})).await
    }

    async fn balance(&self) -> i64 {
        self.app
            .number(&format!(
                "SELECT balance_paise FROM consumer_wallet WHERE user_id = {}",
                self.buyer.user_id
            ))
            .await
    }

    async fn stock(&self) -> i64 {
        self.app.number(&format!("SELECT quantity_in_stock FROM item WHERE id = {}", self.item)).await
    }

    async fn orders(&self) -> i64 {
        self.app.number("SELECT count(*) FROM orders").await
    }
}

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
async fn a_history_of_any_length_takes_three_statements_and_pages_without_gaps() {
    let story = Story::begin(1000).await;
    let history = "query($first: Int, $after: String) { orders(first: $first, after: $after) {
        nodes { id shop { shopName } items { name } } pageInfo { hasNextPage endCursor } } }";
    for placed in 1..=7 {
        story.fill(&story.buyer, 1).await;
        story.order(json!({"mode": "CASH"})).await;
        let read = story.app.graphql(&story.buyer, history, json!({}));
        let (answer, statements) = story.app.statements(read).await;
        assert_eq!(answer.ok()["orders"]["nodes"].as_array().unwrap().len(), placed);
        assert_eq!(statements, 3);
    }
    let (mut after, mut seen) = (json!(null), Vec::new());
    loop {
        let page = story.app.graphql(&story.buyer, history, json!({"first": 3, "after": after})).await.ok();
        let ids = page["orders"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|order| order["id"].as_str().unwrap().to_owned());
        seen.extend(ids.map(|id| id.parse::<i64>().unwrap()));
        after = page["orders"]["pageInfo"]["endCursor"].clone();
        if page["orders"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert!(seen.len() == 7 && seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    let filtered = "{ orders(filter: {status: [DELIVERED]}) { nodes { id } } }";
    assert_eq!(story.app.graphql(&story.buyer, filtered, json!({})).await.ok()["orders"]["nodes"], json!([]));
}

#[tokio::test]
async fn pages_that_are_none_are_refused_and_named() {
    let story = Story::begin(10).await;
    let page = "query($first: Int, $after: String) { orders(first: $first, after: $after) { nodes { id } } }";
    for (variables, field) in [
        (json!({"first": 0}), "first"),
        (json!({"first": 101}), "first"),
        (json!({"first": -1}), "first"),
        (json!({"after": "x"}), "after"),
    ] {
        let answer = story.app.graphql(&story.buyer, page, variables.clone()).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{variables}");
    }
}

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
