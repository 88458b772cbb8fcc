//! Selling on the legacy paths.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields, is_rfc_1123};

#[tokio::test]
async fn a_vendor_onboards_opens_a_shop_and_keeps_it() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.vendor("Seller").await;
    assert_eq!(client.get(&vendor, "/vendor/shop/my").await.refused(), (404, "Shop not found"));
    let shop = json!({"shop_name": "Fresh Mart", "shop_type": "Grocery", "category_tags": "veg, fruit", "verified": true});
    let early = client.post(&vendor, "/vendor/shop", shop.clone()).await;
    assert_eq!(early.refused(), (400, "Vendor profile not found. Please complete vendor onboarding first."));

    let business = json!({"business_type": "Retail", "business_name": "Fresh", "address": "1 Main Road"});
    let created = client.post(&vendor, "/vendor/profile", business.clone()).await.ok();
    assert_eq!(created, json!({"status": "success", "message": "Vendor profile created"}));
    let again = client.post(&vendor, "/vendor/profile", business).await;
    assert_eq!(again.refused(), (400, "Vendor profile already exists"));

    let created = client.post(&vendor, "/vendor/create-shop", shop.clone()).await.ok();
    assert_eq!(created, json!({"status": "success", "message": "Shop created"}));
    assert_eq!(
        client.post(&vendor, "/vendor/shop", shop).await.refused(),
        (400, "Shop already exists for this vendor")
    );

    let mine = client.get(&vendor, "/shop/my").await.ok();
    assert_fields(
        &mine["data"],
        "id int, shop_name str, shop_type str, society str, phone str?, description str?, delivers bool, \
         appointment_only bool, is_open bool, logo_url str?, category_tags str?, verified bool, featured bool",
    );
    assert_eq!((&mine["data"]["phone"], &mine["data"]["verified"]), (&json!(vendor.phone), &json!(false)));
    assert_eq!(mine["data"]["category_tags"], "veg,fruit");

    // What is absent stays, what is null goes.
    let edit = json!({"description": "Fresh every day", "featured": true});
    assert_eq!(client.post(&vendor, "/vendor/shop/edit", edit).await.ok()["message"], "Shop updated");
    client
        .post(&vendor, "/shop/edit", json!({"category_tags": null, "shop_name": "Fresher Mart"}))
        .await
        .ok();
    let mine = client.get(&vendor, "/vendor/shop/my").await.ok()["data"].clone();
    assert_eq!(
        (&mine["shop_name"], &mine["description"]),
        (&json!("Fresher Mart"), &json!("Fresh every day"))
    );
    assert_eq!((&mine["category_tags"], &mine["featured"]), (&Value::Null, &json!(false)));

    let closed = client.post(&vendor, "/vendor/shop/toggle-status", json!({"is_open": false})).await.ok();
    assert_eq!(closed["message"], "Shop marked as closed");
    let opened = client.post(&vendor, "/vendor/shop/toggle_status", json!({"is_open": true})).await.ok();
    assert_eq!(opened["message"], "Shop marked as opened");
    for body in [json!({}), json!({"is_open": "true"}), json!({"is_open": null}), json!({"is_open": 1})] {
        let reply = client.post(&vendor, "/vendor/shop/toggle-status", body.clone()).await;
        assert_eq!(reply.refused(), (400, "Invalid is_open value"), "{body}");
    }
}

#[tokio::test]
async fn faults_of_a_vendors_onboarding_are_worded_as_the_contract_words_them() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.vendor("Seller").await;
    let reply = client.post(&vendor, "/vendor/profile", json!({"business_type": 5, "address": "x"})).await;
    let faults: Vec<_> = reply.faults().into_iter().map(|(place, kind)| format!("{place} {kind}")).collect();
    assert_eq!(faults, ["business_type string_type", "business_name missing"]);
    let blank = json!({"business_type": "", "business_name": "Fresh", "address": "x"});
    assert_eq!(
        client.post(&vendor, "/vendor/profile", blank).await.refused(),
        (400, "Missing required vendor details")
    );
    for body in [
        json!({}),
        json!({"shop_name": "x"}),
        json!({"shop_name": null, "shop_type": "x"}),
        json!({"shop_name": " ", "shop_type": "x"}),
    ] {
        let reply = client.post(&vendor, "/vendor/shop", body.clone()).await;
        assert_eq!(reply.refused(), (400, "Missing required fields"), "{body}");
    }
    let toggle = client.post(&vendor, "/vendor/shop/toggle-status", json!({"is_open": true})).await;
    assert_eq!(toggle.refused(), (404, "Shop not found"));
    let edit = client.post(&vendor, "/vendor/shop/edit", json!({"shop_name": "x"})).await;
    assert_eq!(edit.refused(), (404, "Shop not found"));
    let consumer = app.consumer("First").await;
    assert_eq!(client.get(&consumer, "/vendor/shop/my").await.refused(), (403, "Forbidden"));
}

#[tokio::test]
async fn items_are_added_changed_hidden_and_listed() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = app.shop("Fresh Mart").await;
    let item = json!({"title": "Rice", "price": 60.5, "mrp": "70", "tags": "grain,white", "expiry_date": "2027-01-31"});
    let added = client.post(&vendor, "/vendor/item/add", item).await.ok();
    assert_fields(&added, "status str, message str, item_id int");
    assert_eq!(added["message"], "Item added");
    let id = added["item_id"].as_i64().unwrap();

    let listed = client.get(&vendor, "/vendor/item/my").await.ok()["data"][0].clone();
    assert_fields(
        &listed,
        "id int, title str, brand str?, description str?, price number, mrp number?, discount number?, \
         quantity_in_stock int, unit str?, pack_size str?, category str?, tags str?, sku str?, expiry_date str?, \
         image_url str?, is_available bool, is_active bool",
    );
    assert_eq!((&listed["quantity_in_stock"], &listed["unit"]), (&json!(100), &json!("pcs")));
    assert_eq!((&listed["tags"], &listed["expiry_date"]), (&json!("grain,white"), &json!("2027-01-31")));

    // The vendor app sends the whole item back, numbers from text fields as text.
    let mut whole = listed.clone();
    whole["price"] = json!("65.00");
    whole["quantity_in_stock"] = json!("7");
    whole["id"] = json!(999);
    assert_eq!(
        client.post(&vendor, &format!("/item/update/{id}"), whole).await.ok()["message"],
        "Item updated"
    );
    let changed = client.get(&vendor, "/item/my").await.ok()["data"][0].clone();
    let mut expected = listed;
    expected["price"] = json!(65);
    expected["quantity_in_stock"] = json!(7);
    assert_eq!(changed, expected);

    let toggled = client.post(&vendor, &format!("/vendor/item/{id}/toggle"), json!(null)).await.ok();
    assert_eq!(toggled, json!({"status": "success", "message": "Item availability updated"}));
    assert_eq!(client.get(&vendor, "/item/my").await.ok()["data"][0]["is_available"], json!(false));
}

#[tokio::test]
async fn faults_of_items_are_validation_errors_and_others_items_are_not_found() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let (_, stranger) = app.shop("Corner Store").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    for (body, place, kind) in [
        (json!({"price": 5}), "title", "missing"),
        (json!({"title": "Rice"}), "price", "missing"),
        (json!({"title": "Rice", "price": "cheap"}), "price", "value_error"),
        (json!({"title": "Rice", "price": -5}), "price", "value_error"),
        (json!({"title": "Rice", "price": 5, "mrp": 4}), "mrp", "value_error"),
        (json!({"title": "Rice", "price": 5, "quantity_in_stock": -1}), "quantity_in_stock", "value_error"),
        (json!({"title": "Rice", "price": 5, "quantity_in_stock": "many"}), "quantity_in_stock", "int_type"),
        (json!({"title": "Rice", "price": 5, "expiry_date": "soon"}), "expiry_date", "value_error"),
    ] {
        let reply = client.post(&vendor, "/vendor/item/add", body.clone()).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{body}");
    }
    for path in [format!("/vendor/item/{rice}/toggle"), format!("/vendor/item/update/{rice}")] {
        let reply = client.post(&stranger, &path, json!({"title": "Mine"})).await;
        assert_eq!(reply.refused(), (404, "Item not found or unauthorized"), "{path}");
    }
    let shopless = app.vendor("Newcomer").await;
    let reply = client.post(&shopless, &format!("/vendor/item/{rice}/toggle"), json!({})).await;
    assert_eq!(reply.refused(), (404, "Item not found or unauthorized"));
    let reply = client.post(&shopless, "/vendor/item/add", json!({"title": "Rice", "price": 5})).await;
    assert_eq!(reply.refused(), (404, "Shop not found"));
    assert_eq!(client.get(&shopless, "/vendor/item/my").await.refused(), (404, "Shop not found"));
    assert_eq!(client.get(&shopless, "/vendor/orders").await.refused(), (404, "Shop not found"));
    assert_eq!(app.number("SELECT count(*) FROM item WHERE title = 'Rice' AND is_available").await, 1);
}

#[tokio::test]
async fn a_vendor_sees_orders_and_moves_them_on() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let consumer = app.consumer("First").await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let (_, stranger) = app.shop("Corner Store").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    client.post(&consumer, "/consumer/cart/add", json!({"item_id": rice.0})).await.ok();
    let order =
        client.post(&consumer, "/consumer/order/confirm", json!({})).await.ok()["order_id"].as_i64().unwrap();

    for path in ["/vendor/orders", "/order/vendor"] {
        let told = client.get(&vendor, path).await.ok()["orders"][0].clone();
        assert_fields(
            &told,
            "order_id int, customer str, payment_mode str, payment_status str, status str, total_amount number, \
             final_amount number, delivery_notes str?, created_at str, items list",
        );
        assert_eq!((&told["customer"], &told["status"]), (&json!(consumer.phone), &json!("pending")));
        assert!(is_rfc_1123(&told["created_at"]), "{told}");
        assert_fields(
            &told["items"][0],
            "item_id int, name str, quantity int, unit_price number, subtotal number",
        );
    }
    let path = format!("/vendor/orders/{order}/status");
    for body in [json!({}), json!({"status": "eaten"}), json!({"status": "pending"}), json!({"status": null})]
    {
        assert_eq!(
            client.post(&vendor, &path, body.clone()).await.refused(),
            (400, "Invalid status"),
            "{body}"
        );
    }
    let accept = json!({"status": "accepted"});
    assert_eq!(client.post(&stranger, &path, accept.clone()).await.refused(), (403, "Unauthorized"));
    let unknown = client.post(&vendor, "/vendor/orders/999/status", accept.clone()).await;
    assert_eq!(unknown.refused(), (404, "Order not found"));
    let accepted = client.post(&vendor, &path, accept.clone()).await.ok();
    assert_eq!(accepted, json!({"status": "success", "message": "Order marked as accepted"}));
    assert_eq!(client.post(&vendor, &path, accept).await.refused().0, 400);
    let aliased = format!("/order/vendor/status/{order}");
    let delivered = client.post(&vendor, &aliased, json!({"status": "delivered"})).await.ok();
    assert_eq!(delivered["message"], "Order marked as delivered");
    let told = client.get(&consumer, "/consumer/order/history").await.ok()["orders"][0]["status"].clone();
    assert_eq!(told, "delivered");
}
