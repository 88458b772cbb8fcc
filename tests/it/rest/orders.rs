//! Orders after they are placed, on the legacy paths of both sides.

use serde_json::{Value, json};
use society_gateway::values::ItemId;

use crate::harness::{Person, TestApp};
use crate::rest::{Client, assert_fields, is_rfc_1123};

/// A consumer with money, a shop, and an item that costs 50.25.
struct Story {
    app: TestApp,
    client: Client,
    buyer: Person,
    vendor: Person,
    item: ItemId,
}

impl Story {
    async fn begin() -> Story {
        let app = TestApp::start().await;
        let client = Client::of(&app).await;
        let (shop, vendor) = app.shop("Fresh Mart").await;
        let item = app.item(shop, "Rice", "50.25", 100).await;
        let buyer = app.consumer("Buyer").await;
        client.post(&buyer, "/consumer/wallet/load", json!({"amount": 1000})).await.ok();
        Story { app, client, buyer, vendor, item }
    }

    /// Places a wallet order of three.
    async fn order(&self) -> i64 {
        let add = json!({"item_id": self.item.0, "quantity": 3});
        self.client.post(&self.buyer, "/consumer/cart/add", add).await.ok();
        let confirm = json!({"payment_mode": "wallet"});
        let placed = self.client.post(&self.buyer, "/consumer/order/confirm", confirm).await.ok();
        placed["order_id"].as_i64().unwrap()
    }

    async fn delivered(&self) -> i64 {
        let order = self.order().await;
        let path = format!("/vendor/orders/{order}/status");
        self.client.post(&self.vendor, &path, json!({"status": "delivered"})).await.ok();
        order
    }

    async fn consumer(&self, order: i64, verb: &str, body: Value) -> crate::rest::Reply {
        self.client.post(&self.buyer, &format!("/consumer/orders/{order}/{verb}"), body).await
    }

    async fn shop(&self, order: i64, verb: &str, body: Value) -> crate::rest::Reply {
        self.client.post(&self.vendor, &format!("/vendor/orders/{order}/{verb}"), body).await
    }

    async fn balance(&self) -> Value {
        self.client.get(&self.buyer, "/consumer/wallet").await.ok()["balance"].clone()
    }

    fn items(&self, quantity: i64) -> Value {
        json!([{"item_id": self.item.0, "quantity": quantity}])
    }
}

#[tokio::test]
async fn orders_are_cancelled_by_either_side() {
    let story = Story::begin().await;
    for body in [json!({}), Value::Null] {
        let order = story.order().await;
        let cancelled = story.consumer(order, "cancel", body.clone()).await.ok();
        assert_eq!(cancelled, json!({"status": "success", "message": "Order cancelled", "refund": 150.75}));
        let again = story.consumer(order, "cancel", body).await;
        assert_eq!(again.refused(), (400, "Order already closed"));
    }
    let order = story.order().await;
    let cancelled =
        story.client.post(&story.vendor, &format!("/order/vendor/cancel/{order}"), json!({})).await.ok();
    assert_eq!(cancelled["refund"], json!(150.75));
    assert_eq!(story.balance().await, json!(1000));

    let order = story.order().await;
    let neighbour = story.app.consumer("Neighbour").await;
    for id in [order, 999_999] {
        let path = format!("/consumer/orders/{id}/cancel");
        assert_eq!(story.client.post(&neighbour, &path, json!({})).await.refused(), (403, "Unauthorized"));
    }
    let (_, stranger) = story.app.shop("Corner Store").await;
    let path = |id| format!("/vendor/orders/{id}/cancel");
    assert_eq!(story.client.post(&stranger, &path(order), json!({})).await.refused(), (403, "Unauthorized"));
    assert_eq!(
        story.client.post(&stranger, &path(999_999), json!({})).await.refused(),
        (404, "Order not found")
    );
}

#[tokio::test]
async fn an_order_is_modified_and_the_change_confirmed() {
    let story = Story::begin().await;
    let order = story.order().await;
    let early = story.consumer(order, "confirm-modified", Value::Null).await;
    assert_eq!(early.refused(), (400, "Order not in modifiable state"));
    let modified = story.shop(order, "modify", json!({"modifications": story.items(1)})).await.ok();
    assert_eq!(modified, json!({"status": "success", "message": "Order modified", "new_total": 50.25}));
    let told = story.client.get(&story.buyer, "/consumer/order/history").await.ok()["orders"][0].clone();
    assert_eq!(
        (&told["status"], &told["total_amount"], &told["final_amount"]),
        (&json!("awaiting_consumer_confirmation"), &json!(150.75), &json!(50.25))
    );
    let path = format!("/order/consumer/confirm-modified/{order}");
    let confirmed = story.client.post(&story.buyer, &path, json!({})).await.ok();
    assert_eq!(
        confirmed,
        json!({"status": "success", "message": "Modified order confirmed", "refund": 100.5})
    );
    assert_eq!(story.balance().await, json!(949.75));

    story.shop(order, "status", json!({"status": "delivered"})).await.ok();
    let closed = story.shop(order, "modify", json!({"modifications": story.items(2)})).await;
    assert_eq!(closed.refused(), (400, "Cannot modify a closed order"));
    assert_eq!(
        story.shop(999_999, "modify", json!({"modifications": story.items(2)})).await.refused(),
        (403, "Unauthorized")
    );
}

#[tokio::test]
async fn modifications_that_are_none_are_refused() {
    let story = Story::begin().await;
    let order = story.order().await;
    for (body, message) in [
        (json!({}), "modifications is required"),
        (json!({"modifications": []}), "Nothing is modified"),
        (json!({"modifications": story.items(500)}), "Quantity of Rice must be between 0 and 10"),
        (json!({"modifications": story.items(-1)}), "Quantity of Rice must be between 0 and 10"),
        (json!({"modifications": [{"item_id": 999_999, "quantity": 1}]}), "Item not in order"),
        (json!({"modifications": [{"item_id": "x", "quantity": 1}]}), "Invalid modifications"),
        (json!({"modifications": [{"item_id": 1, "quantity": "two"}]}), "Invalid modifications"),
        (json!({"modifications": story.items(0)}), "Nothing would be left of the order; cancel it instead"),
    ] {
        assert_eq!(story.shop(order, "modify", body.clone()).await.refused(), (400, message), "{body}");
    }
}

#[tokio::test]
async fn both_sides_chat() {
    let story = Story::begin().await;
    let order = story.order().await;
    let sent = story.consumer(order, "message", json!({"message": " Before six? "})).await.ok();
    assert_eq!(sent, json!({"status": "success", "message": "Message sent"}));
    let path = format!("/order/vendor/message/send/{order}");
    story.client.post(&story.vendor, &path, json!({"message": "Yes"})).await.ok();
    for (who, path) in [
        (&story.buyer, format!("/consumer/orders/{order}/messages")),
        (&story.buyer, format!("/order/consumer/messages/{order}")),
        (&story.vendor, format!("/vendor/orders/{order}/messages")),
        (&story.vendor, format!("/order/vendor/messages/{order}")),
    ] {
        let messages = story.client.get(who, &path).await.ok()["messages"].clone();
        assert_fields(&messages[0], "id int, order_id int, sender_phone str, message str, timestamp str");
        assert!(is_rfc_1123(&messages[0]["timestamp"]), "{messages}");
        let told =
            |place: usize| (messages[place]["message"].clone(), messages[place]["sender_phone"].clone());
        assert_eq!(told(0), (json!("Before six?"), json!(story.buyer.phone)));
        assert_eq!(told(1), (json!("Yes"), json!(story.vendor.phone)));
        let rest = format!("{path}?after={}&limit=5", messages[0]["id"]);
        assert_eq!(story.client.get(who, &rest).await.ok()["messages"], json!([messages[1]]));
        let wrong = story.client.get(who, &format!("{path}?after=x")).await;
        assert_eq!(wrong.refused(), (400, "Invalid after"));
    }
    for body in [json!({}), json!({"message": null}), json!({"message": "  "})] {
        assert_eq!(
            story.consumer(order, "message", body.clone()).await.refused(),
            (400, "Message required"),
            "{body}"
        );
    }
    let neighbour = story.app.consumer("Neighbour").await;
    let (_, stranger) = story.app.shop("Corner Store").await;
    for id in [order, 999_999] {
        for (who, side) in [(&neighbour, "consumer"), (&stranger, "vendor")] {
            let path = format!("/{side}/orders/{id}/messages");
            assert_eq!(story.client.get(who, &path).await.refused(), (403, "Unauthorized"));
            let path = format!("/{side}/orders/{id}/message");
            let sent = story.client.post(who, &path, json!({"message": "Hello"})).await;
            assert_eq!(sent.refused(), (403, "Unauthorized"));
        }
    }
}

#[tokio::test]
async fn a_delivered_order_is_rated() {
    let story = Story::begin().await;
    let order = story.order().await;
    let early = story.consumer(order, "rate", json!({"rating": 5})).await;
    assert_eq!(early.refused(), (400, "Order not yet delivered"));
    story.shop(order, "status", json!({"status": "delivered"})).await.ok();
    for rating in [json!(0), json!(6), json!(4.9), json!("good"), json!(null), json!(true)] {
        let body = json!({"rating": rating});
        assert_eq!(
            story.consumer(order, "rate", body).await.refused(),
            (400, "Rating must be between 1 and 5"),
            "{rating}"
        );
    }
    let rated = story.consumer(order, "rate", json!({"rating": "5", "review": null})).await.ok();
    assert_eq!(rated["message"], "Thank you for rating!");
    assert_fields(&rated["rating"], "order_id int, rating int, review str, created_at str");
    assert_eq!((&rated["rating"]["rating"], &rated["rating"]["review"]), (&json!(5), &json!("")));
    assert!(is_rfc_1123(&rated["rating"]["created_at"]), "{rated}");
    let again = story.consumer(order, "rate", json!({"rating": 5})).await;
    assert_eq!(again.refused(), (400, "Rating already submitted"));
    let unknown = story.consumer(999_999, "rate", json!({"rating": 5})).await;
    assert_eq!(unknown.refused(), (403, "Unauthorized or order not found"));
    let told = story.client.get(&story.buyer, "/consumer/order/history").await.ok()["orders"][0].clone();
    assert_eq!(told["rating"], json!(5));
}

#[tokio::test]
async fn an_issue_is_raised_and_the_shop_lists_it() {
    let story = Story::begin().await;
    let early = story.order().await;
    let issue = json!({"issue_type": "damaged_item", "description": "Torn"});
    let refused = story.consumer(early, "issue", issue.clone()).await;
    assert_eq!(refused.refused(), (400, "Issue can only be raised for delivered orders"));
    let order = story.delivered().await;
    for body in [json!({}), json!({"issue_type": null}), json!({"issue_type": " "})] {
        assert_eq!(
            story.consumer(order, "issue", body.clone()).await.refused(),
            (400, "Issue type required"),
            "{body}"
        );
    }
    let raised = story.consumer(order, "issue", issue).await.ok();
    assert_fields(&raised, "status str, message str, issue_id int");
    assert_eq!(raised["message"], "Issue raised");
    for path in ["/vendor/orders/issues".to_owned(), format!("/order/vendor/issues?order_id={order}")] {
        let listed = story.client.get(&story.vendor, &path).await.ok()["issues"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        assert_fields(
            &listed[0],
            "id int, order_id int, user_phone str, issue_type str, description str, status str, created_at str, updated_at str",
        );
        assert_eq!(
            (&listed[0]["status"], &listed[0]["user_phone"]),
            (&json!("raised"), &json!(story.buyer.phone))
        );
        assert!(is_rfc_1123(&listed[0]["created_at"]) && is_rfc_1123(&listed[0]["updated_at"]), "{listed}");
    }
    let foreign = story.client.get(&story.vendor, "/vendor/orders/issues?order_id=999999").await;
    assert_eq!(foreign.refused(), (403, "Unauthorized"));
}

#[tokio::test]
async fn goods_go_back() {
    let story = Story::begin().await;
    let early = story.order().await;
    let back = json!({"items": story.items(1), "reason": "Stale"});
    let refused = story.consumer(early, "return/raise", back.clone()).await;
    assert_eq!(refused.refused(), (400, "Only delivered orders can be returned"));
    let order = story.delivered().await;
    for (body, message) in [
        (json!({}), "No items to return"),
        (json!({"items": []}), "No items to return"),
        (json!({"token": "t", "body": {"items": []}}), "No items to return"),
        (
            json!({"token": "t", "body": {"items": story.items(4)}}),
            "Return quantity exceeds ordered quantity",
        ),
        (json!({"items": [{"item_id": 999_999}]}), "Item not in order"),
        (json!({"items": story.items(4)}), "Return quantity exceeds ordered quantity"),
        (json!({"items": story.items(0)}), "Return quantity must be at least 1"),
    ] {
        let reply = story.consumer(order, "return/raise", body.clone()).await;
        assert_eq!(reply.refused(), (400, message), "{body}");
    }
    let nothing = story.shop(order, "return/accept", json!({})).await;
    assert_eq!(nothing.refused(), (400, "No pending return requests"));

    // The unmodified app sends null for an item that it does not know; with one line there is no doubt.
    let raised = story
        .consumer(order, "return/raise", json!({"items": [{"item_id": null, "quantity": 1}]}))
        .await
        .ok();
    assert_fields(&raised, "status str, message str, return_ids list");
    assert_eq!(raised["message"], "Return request sent");
    assert!(raised["return_ids"][0].is_i64(), "{raised}");
    story.consumer(order, "return/raise", json!({"items": story.items(2)})).await.ok();
    let again = story.consumer(order, "return/raise", back).await;
    assert_eq!(again.refused(), (400, "Return already requested"));

    let early = story.shop(order, "return/complete", json!({})).await;
    assert_eq!(early.refused(), (400, "Return not accepted yet"));
    let accepted = story.shop(order, "return/accept", Value::Null).await.ok();
    assert_eq!(accepted, json!({"status": "success", "message": "Return request accepted"}));
    let path = format!("/order/return/complete/{order}");
    let completed = story.client.post(&story.vendor, &path, json!({})).await.ok();
    assert_eq!(completed, json!({"status": "success", "message": "Return marked as completed"}));
    assert_eq!(story.balance().await, json!(849.25));
}

#[tokio::test]
async fn a_shop_initiates_a_return() {
    let story = Story::begin().await;
    let order = story.delivered().await;
    let body = json!({"items": story.items(3), "reason": "Recalled"});
    let missing = story.shop(order, "return/initiate", json!({})).await;
    assert_eq!(missing.refused(), (400, "No items to return"));
    let initiated = story.shop(order, "return/initiate", body.clone()).await.ok();
    assert_eq!(initiated, json!({"status": "success", "message": "Return initiated and accepted"}));
    let again = story.shop(order, "return/initiate", body).await;
    assert_eq!(again.refused(), (400, "Only delivered orders can be returned"));
    story.app.sql("UPDATE vendor_wallet SET balance_paise = 0").await;
    let short = story.shop(order, "return/complete", json!({})).await;
    assert_eq!(short.refused(), (400, "Insufficient balance"));
    for verb in ["return/accept", "return/complete"] {
        assert_eq!(story.shop(999_999, verb, json!({})).await.refused(), (403, "Unauthorized"));
    }
}

#[tokio::test]
async fn a_return_without_anything_accepted_cannot_be_completed() {
    let story = Story::begin().await;
    let order = story.delivered().await;
    story.shop(order, "return/initiate", json!({"items": story.items(1)})).await.ok();
    story.app.sql("UPDATE order_return SET status = 'rejected'").await;
    let reply = story.shop(order, "return/complete", json!({})).await;
    assert_eq!(reply.refused(), (400, "No accepted returns found"));
}
