//! Orders: one story that all of them begin with, a module per part.

mod changing;
mod closing;
mod live;
mod placing;
mod races;
mod rating;
mod reading;
mod returns;
mod shop;
mod talking;

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
        Story::on(TestApp::start().await, stock).await
    }

    async fn on(app: TestApp, stock: i32) -> Story {
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

    /// Runs one mutation on an order; `call` is what stands between the braces, with `$order` in it.
    async fn act(&self, who: &Person, order: &Value, call: &str) -> Answer {
        let document = format!("mutation($order: ID!) {{ {call} }}");
        self.app.graphql(who, &document, json!({"order": order})).await
    }

    /// The same mutation many times at once; how many worked, and how the others were refused.
    async fn at_once(&self, who: &Person, order: &Value, call: &str, times: usize) -> (usize, Vec<String>) {
        let answers = join_all((0..times).map(|_| self.act(who, order, call))).await;
        let refused: Vec<String> = answers
            .iter()
            .filter(|answer| !answer.errors.is_empty())
            .map(|answer| answer.refused().1.to_owned())
            .collect();
        (times - refused.len(), refused)
    }

    /// Places a wallet order (three of the item) and has it delivered.
    async fn delivered(&self) -> Value {
        let order = self.order(json!({})).await;
        self.set(&order, "DELIVERED").await.ok();
        order
    }

    /// What one side sees of an order; `fields` is the selection.
    async fn see(&self, who: &Person, order: &Value, fields: &str) -> Value {
        let document = format!("query($order: ID!) {{ order(id: $order) {{ {fields} }} }}");
        self.app.graphql(who, &document, json!({"order": order})).await.ok()["order"].clone()
    }

    /// Titles of what a person was told about orders, oldest first.
    async fn told(&self, who: &Person) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Title {
            #[diesel(sql_type = diesel::sql_types::Text)]
            title: String,
        }
        let query = format!(
            "SELECT title FROM notification WHERE kind = 'order' AND user_id = {} ORDER BY id",
            who.user_id
        );
        let mut conn = self.app.conn().await;
        let titles = diesel_async::RunQueryDsl::load::<Title>(diesel::sql_query(query), &mut conn).await;
        titles.unwrap().into_iter().map(|row| row.title).collect()
    }

    /// What the shop's wallet holds, in paise.
    async fn shop_balance(&self) -> i64 {
        self.app.number("SELECT COALESCE((SELECT balance_paise FROM vendor_wallet), 0)").await
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
