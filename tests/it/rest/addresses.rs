//! The address book on the legacy paths.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

#[tokio::test]
async fn the_address_book_is_kept() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    assert_eq!(client.get(&who, "/consumer/addresses").await.ok()["addresses"], json!([]));
    let address = json!({"house_number": "B-1204", "street": "Lake Road"});
    let added = client.post(&who, "/consumer/address/add", address).await.ok();
    assert_eq!(added["message"], "Address added");
    let fields = "id int, house_number str, street str, landmark str?, created_at str, updated_at str";
    assert_fields(&added["address"], fields);
    let id = added["address"]["id"].as_i64().unwrap();

    let path = format!("/consumer/address/{id}/edit");
    let edited = client.post(&who, &path, json!({"landmark": "Gate 2"})).await.ok();
    assert_eq!(
        (&edited["message"], &edited["address"]["landmark"]),
        (&json!("Address updated"), &json!("Gate 2"))
    );
    assert_eq!(edited["address"]["street"], "Lake Road");
    let cleared = client.post(&who, &path, json!({"landmark": null})).await.ok();
    assert_eq!(cleared["address"]["landmark"], Value::Null);
    let listed = client.get(&who, "/consumer/addresses").await.ok()["addresses"].clone();
    assert_eq!(listed, json!([cleared["address"]]));

    let path = format!("/consumer/address/{id}/delete");
    let deleted = client.post(&who, &path, Value::Null).await.ok();
    assert_eq!(deleted, json!({"status": "success", "message": "Address deleted"}));
    for verb in ["delete", "edit"] {
        for id in [id, 999_999] {
            let path = format!("/consumer/address/{id}/{verb}");
            let reply = client.post(&who, &path, json!({"street": "x"})).await;
            assert_eq!(reply.refused(), (404, "Address not found"));
        }
    }
}

#[tokio::test]
async fn faults_of_addresses_are_validation_errors() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for (body, place, kind) in [
        (json!({"street": "Lake Road"}), "house_number", "missing"),
        (json!({"house_number": "1"}), "street", "missing"),
        (json!({"house_number": 5, "street": "Lake Road"}), "house_number", "string_type"),
        (json!({"house_number": " ", "street": "Lake Road"}), "house_number", "string_pattern_mismatch"),
        (json!({"house_number": "1", "street": "x".repeat(121)}), "street", "string_pattern_mismatch"),
    ] {
        let reply = client.post(&who, "/consumer/address/add", body.clone()).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{body}");
    }
    for _ in 0..20 {
        let address = json!({"house_number": "1", "street": "Lake Road", "landmark": ""});
        client.post(&who, "/consumer/address/add", address).await.ok();
    }
    let full = client.post(&who, "/consumer/address/add", json!({"house_number": "1", "street": "x"})).await;
    assert_eq!(full.refused(), (400, "Address limit reached"));
}

#[tokio::test]
async fn an_order_goes_to_an_own_address() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let item = app.item(shop, "Rice", "50.25", 10).await;
    client.post(&who, "/consumer/cart/add", json!({"item_id": item.0})).await.ok();
    for id in [json!(999_999), json!("x"), json!(0)] {
        let reply = client.post(&who, "/consumer/order/confirm", json!({"address_id": id})).await;
        assert_eq!(reply.refused(), (404, "Address not found"), "{id}");
    }
    let address = json!({"house_number": "B-1204", "street": "Lake Road"});
    let id = client.post(&who, "/consumer/address/add", address).await.ok()["address"]["id"].clone();
    client.post(&who, "/consumer/order/confirm", json!({"address_id": id})).await.ok();
    let kept = "SELECT count(*) FROM orders WHERE delivery_address = 'B-1204, Lake Road'";
    assert_eq!(app.number(kept).await, 1);
}
