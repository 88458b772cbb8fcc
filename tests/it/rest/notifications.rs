//! The notifications' paths.

use serde_json::{Value, json};

use crate::harness::{Person, TestApp};
use crate::rest::{Client, assert_fields};

const LIST: &str = "/consumer/notifications";
const MARK: &str = "/consumer/notifications/mark-read";

/// A consumer who was told of three loads.
async fn begin() -> (TestApp, Client, Person) {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for amount in 1..=3 {
        client.post(&who, "/consumer/wallet/load", json!({"amount": amount})).await.ok();
    }
    (app, client, who)
}

fn ids(list: &Value) -> Vec<i64> {
    list["notifications"].as_array().unwrap().iter().map(|told| told["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn notifications_are_listed_newest_first_with_the_keys_of_the_contract() {
    let (app, client, who) = begin().await;
    let list = client.get(&who, LIST).await.ok();
    assert_fields(&list, "status str, notifications list, unread_count int, next_before int?");
    assert_eq!((&list["unread_count"], &list["next_before"]), (&json!(3), &Value::Null));
    let told = &list["notifications"][0];
    assert_fields(told, "id int, type str, title str, body str, target object, read_at str?, created_at str");
    assert_eq!(told["body"], "₹3.00 was added to your wallet.");
    assert_eq!(
        (&told["type"], &told["target"]),
        (&json!("wallet"), &json!({"screen": "wallet", "id": null}))
    );
    let told = client.get(&who, LIST).await.ok()["notifications"][0]["created_at"].clone();
    assert!(told.as_str().unwrap().ends_with('Z'), "{told}");

    let twin = "{ notifications { nodes { id } } unreadNotificationCount }";
    let twin = app.graphql(&who, twin, json!({})).await.ok();
    let twins: Vec<_> = twin["notifications"]["nodes"].as_array().unwrap().iter().collect();
    let expected: Vec<_> = ids(&list).iter().map(|id| json!({"id": id.to_string()})).collect();
    assert_eq!((twins, &twin["unreadNotificationCount"]), (expected.iter().collect(), &json!(3)));
}

#[tokio::test]
async fn an_order_notification_leads_to_its_order() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Basket").await;
    let item = app.item(shop, "Rice", "50", 10).await;
    let buyer = app.consumer("Buyer").await;
    client.post(&buyer, "/consumer/cart/add", json!({"item_id": item.0, "quantity": 1})).await.ok();
    let order = client.post(&buyer, "/consumer/order/confirm", json!({})).await.ok()["order_id"].clone();
    client.post(&vendor, &format!("/vendor/orders/{order}/status"), json!({"status": "accepted"})).await.ok();
    let told = client.get(&buyer, LIST).await.ok()["notifications"][0].clone();
    assert_eq!((&told["type"], &told["title"]), (&json!("order"), &json!("Order accepted")));
    assert_eq!(told["target"], json!({"screen": "order", "id": order}));
}

#[tokio::test]
async fn the_list_is_read_in_pages_and_may_leave_out_what_is_read() {
    let (_, client, who) = begin().await;
    let all = ids(&client.get(&who, LIST).await.ok());
    let first = client.get(&who, &format!("{LIST}?limit=2")).await.ok();
    assert_eq!((ids(&first), &first["next_before"]), (all[..2].to_vec(), &json!(all[1])));
    let second = client.get(&who, &format!("{LIST}?limit=2&before={}", all[1])).await.ok();
    assert_eq!((ids(&second), &second["next_before"]), (all[2..].to_vec(), &Value::Null));

    client.post(&who, MARK, json!({"id": all[0]})).await.ok();
    let unread = client.get(&who, &format!("{LIST}?unread=true")).await.ok();
    assert_eq!((ids(&unread), &unread["unread_count"]), (all[1..].to_vec(), &json!(2)));
    assert_eq!(ids(&client.get(&who, &format!("{LIST}?unread=false")).await.ok()), all);

    for (query, message) in [
        ("limit=0", "Invalid limit"),
        ("limit=101", "Invalid limit"),
        ("limit=x", "Invalid limit"),
        ("before=x", "Invalid before"),
        ("unread=x", "Invalid unread"),
    ] {
        let reply = client.get(&who, &format!("{LIST}?{query}")).await;
        assert_eq!(reply.refused(), (400, message), "{query}");
    }
}

#[tokio::test]
async fn notifications_are_marked_by_ids_by_one_id_or_all_at_once() {
    let (_, client, who) = begin().await;
    let all = ids(&client.get(&who, LIST).await.ok());
    for (body, updated, unread) in [
        (json!({"ids": [all[0], 999_999]}), 1, 2),
        (json!({"ids": [all[0]]}), 0, 2),
        (json!({"id": all[1]}), 1, 1),
        (json!({"all": true}), 1, 0),
    ] {
        let marked = client.post(&who, MARK, body.clone()).await.ok();
        let expected = json!({
            "status": "success", "message": "Notifications marked as read", "updated": updated, "unread_count": unread,
        });
        assert_eq!(marked, expected, "{body}");
    }
}

#[tokio::test]
async fn nothing_to_mark_and_what_are_no_ids_are_refused_and_change_nothing() {
    let (app, client, who) = begin().await;
    for body in [json!({}), json!(null), json!({"ids": []}), json!({"ids": null}), json!({"all": false})] {
        let reply = client.post(&who, MARK, body.clone()).await;
        assert_eq!(reply.refused(), (400, "Notification ids required"), "{body}");
    }
    for (body, message) in [
        (json!({"ids": ["x"]}), "Invalid ids"),
        (json!({"ids": [-1]}), "Invalid ids"),
        (json!({"id": 1.5}), "Invalid ids"),
        (json!({"all": "yes"}), "Invalid all"),
    ] {
        assert_eq!(client.post(&who, MARK, body.clone()).await.refused(), (400, message), "{body}");
    }
    assert_eq!(app.number("SELECT count(*) FROM notification WHERE read_at IS NOT NULL").await, 0);
    let vendor = app.vendor("Seller").await;
    assert_eq!(client.get(&vendor, LIST).await.refused(), (403, "Forbidden"));
}
