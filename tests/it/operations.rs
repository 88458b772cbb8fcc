//! What an operator sees and relies on: metrics, logs, traces, an orderly end.

mod logs;
pub mod metrics;
mod process;
mod progress;
mod shutdown;
mod traces;

use serde_json::{Value, json};
use society_gateway::values::ItemId;

use crate::harness::{Person, TestApp};

/// A wallet with money, a cart, an order that is delivered, a refusal: on both faces.
pub async fn story(app: &TestApp, buyer: &Person, item: ItemId, vendor: &Person) {
    let item_id = json!({"item": item});
    let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 2) { message } }";
    app.graphql(buyer, "mutation Load { loadWallet(amount: 500) { message } }", json!({})).await.ok();
    app.graphql(buyer, add, item_id).await.ok();
    let confirmed = app.rest(buyer, "POST", "/order/confirm", Some(json!({"payment_mode": "wallet"}))).await;
    assert_eq!(confirmed.0, 200, "{}", confirmed.1);
    let order = confirmed.1["order_id"].clone();
    let deliver = "mutation($order: ID!) { setOrderStatus(orderId: $order, status: DELIVERED) { message } }";
    app.graphql(vendor, deliver, json!({"order": order})).await.ok();
    app.graphql(buyer, "mutation { askAssistant(query: \"How can I pay?\") { answer } }", json!({}))
        .await
        .ok();
    let (status, _) = app.rest(buyer, "POST", "/consumer/wallet/debit", Some(json!({"amount": 9_000}))).await;
    assert_eq!(status, 400);
    app.graphql(None, "{ wallet { balance } }", json!({})).await.refused();
}

/// A shop with an item, its vendor, and somebody who buys it.
pub async fn people(app: &TestApp) -> (Person, ItemId, Person) {
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let item = app.item(shop, "Toor dal", "50.25", 100).await;
    (app.consumer("Buyer").await, item, vendor)
}

/// The values at which a text of lines of JSON has a key.
fn each<'a>(lines: &'a [Value], key: &str) -> Vec<&'a Value> {
    lines.iter().map(|line| &line[key]).filter(|value| !value.is_null()).collect()
}
