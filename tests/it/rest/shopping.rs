//! Shops, cart and orders on the legacy paths.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};
use crate::rest::{Client, assert_fields, is_rfc_1123};

const SHOP: &str = "id int, shop_name str, shop_type str, description str?, is_open bool, delivers bool, \
     appointment_only bool, category_tags str?, logo_url str?, featured bool, verified bool, society str, city str, \
     rating number?";

fn names(body: &Value) -> Vec<&str> {
    body["shops"].as_array().unwrap().iter().map(|shop| shop["shop_name"].as_str().unwrap()).collect()
}

/// Three shops: an open grocery, a closed bakery, and one of another society.
async fn society(app: &TestApp) -> Person {
    let (fresh, _) = app.shop("Fresh Mart").await;
    let (bakery, _) = app.shop("Bread & Co").await;
    app.shop_in("Far Away", "Palm Residency").await;
    app.sql(&format!(
        "UPDATE shop SET category_tags = 'veg,fruit', rating = 4.5 WHERE id = {fresh};
         UPDATE shop SET shop_type = 'Bakery', is_open = false WHERE id = {bakery}"
    ))
    .await;
    app.item(fresh, "Rice", "60.50", 5).await;
    app.consumer("First").await
}

#[tokio::test]
async fn the_shop_list_is_filtered_by_status_type_and_every_tag() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = society(&app).await;
    let all = client.get(&who, "/consumer/shops").await.ok();
    assert_eq!(names(&all), ["Fresh Mart", "Bread & Co"]);
    assert_fields(&all["shops"][0], SHOP);
    assert_eq!(all["shops"][0]["category_tags"], "veg,fruit");
    assert_eq!((&all["shops"][1]["category_tags"], &all["shops"][1]["rating"]), (&Value::Null, &Value::Null));
    for (query, expected) in [
        ("status=open", vec!["Fresh Mart"]),
        ("status=closed", vec!["Bread & Co"]),
        ("status=whatever", vec!["Fresh Mart", "Bread & Co"]),
        ("status=", vec!["Fresh Mart", "Bread & Co"]),
        ("type=GROC", vec!["Fresh Mart"]),
        ("tag=veg&tag=FRUIT", vec!["Fresh Mart"]),
        ("tag=veg&tag=meat", vec![]),
        ("unknown=1", vec!["Fresh Mart", "Bread & Co"]),
    ] {
        for path in ["/consumer/shops", "/shops"] {
            let shops = client.get(&who, &format!("{path}?{query}")).await.ok();
            assert_eq!(names(&shops), expected, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn the_search_needs_a_condition_and_tells_which_one_is_wrong() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = society(&app).await;
    for (query, expected) in [
        ("q=fresh", vec!["Fresh Mart"]),
        ("q=bakery", vec!["Bread & Co"]),
        ("q=%25", vec![]),
        ("item=rice", vec!["Fresh Mart"]),
        ("item=&rating=4", vec!["Fresh Mart"]),
        ("min_price=60.5", vec!["Fresh Mart"]),
        ("max_price=60", vec![]),
        ("rating=4", vec!["Fresh Mart"]),
        ("available=true", vec!["Fresh Mart"]),
        ("available=false", vec!["Fresh Mart", "Bread & Co"]),
        ("q=&status=closed", vec!["Bread & Co"]),
    ] {
        let shops = client.get(&who, &format!("/consumer/shops/search?{query}")).await.ok();
        assert_eq!(names(&shops), expected, "{query}");
        assert_eq!(shops["next_cursor"], Value::Null, "{query}");
    }
    for (query, message) in [
        ("", "Missing search query 'q'"),
        ("q=", "Missing search query 'q'"),
        ("q=%20", "Missing search query 'q'"),
        ("limit=5", "Missing search query 'q'"),
        ("item=r", "item must have at least 2 characters"),
        ("min_price=x", "Invalid min_price"),
        ("min_price=-1", "Invalid min_price"),
        ("max_price=1.005", "Invalid max_price"),
        ("max_price=-1", "Invalid max_price"),
        ("min_price=5&max_price=4", "min_price cannot exceed max_price"),
        ("rating=6", "Invalid rating"),
        ("rating=x", "Invalid rating"),
        ("rating=NaN", "Invalid rating"),
        ("q=a&available=maybe", "Invalid available"),
        ("q=a&limit=101", "Invalid limit"),
        ("q=a&cursor=x", "Invalid cursor"),
    ] {
        let reply = client.get(&who, &format!("/consumer/shops/search?{query}")).await;
        assert_eq!(reply.refused(), (400, message), "{query}");
    }
    let first = client.get(&who, "/consumer/shops/search?available=false&limit=1").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client
        .get(&who, &format!("/consumer/shops/search?available=false&limit=1&cursor={cursor}"))
        .await
        .ok();
    assert_eq!((names(&first), names(&second)), (vec!["Fresh Mart"], vec!["Bread & Co"]));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_shops_items_are_served_under_all_three_paths() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60.50", 5).await;
    let hidden = app.item(shop, "Old", "1", 5).await;
    app.sql(&format!("UPDATE item SET is_available = false WHERE id = {hidden}")).await;
    for path in ["/shop/{}/items", "/consumer/shop/{}/items", "/items/shop/{}"] {
        let body = client.get(&who, &path.replace("{}", &shop.to_string())).await.ok();
        assert_fields(&body, "status str, shop object, items list");
        assert_fields(
            &body["shop"],
            "id int, shop_name str, shop_type str, description str?, is_open bool, delivers bool, logo_url str?, \
             rating number?",
        );
        assert_eq!(body["items"].as_array().unwrap().len(), 1);
        assert_fields(
            &body["items"][0],
            "id int, title str, brand str?, price number, mrp number?, discount number?, description str?, unit str?, \
             pack_size str?, category str?, tags str?, sku str?, expiry_date str?, image_url str?",
        );
        assert_eq!((&body["items"][0]["id"], &body["items"][0]["price"]), (&json!(rice.0), &json!(60.5)));
    }
    for path in ["/shop/999/items", "/shop/0/items", "/shop/99999999999999999999/items"] {
        assert_eq!(client.get(&who, path).await.refused(), (404, "Shop not found"), "{path}");
    }
    let other = client.get(&who, &format!("/shop/{shop}/items?shop_id=999")).await.ok();
    assert_eq!(other["shop"]["id"], json!(shop.0), "the path decides");
    for path in ["/shop/x/items", "/shop/-1/items", "/shop/+1/items", "/shop/1.5/items"] {
        let reply = client.get(&who, path).await;
        assert_eq!(reply.refused(), (404, "The requested URL was not found on the server."), "{path}");
    }
    app.sql("UPDATE shop SET is_open = false").await;
    let reply = client.get(&who, &format!("/shop/{shop}/items")).await;
    assert_eq!(reply.refused(), (403, "Shop is currently closed"));
}

#[tokio::test]
async fn a_cart_is_filled_changed_and_cleared() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60.50", 50).await;
    app.sql("UPDATE item SET mrp_paise = 7000, brand = 'Farm'").await;

    let empty = client.get(&who, "/consumer/cart/view").await.ok();
    assert_eq!(
        (&empty["cart"], &empty["total_price"], &empty["total_savings"]),
        (&json!([]), &json!(0), &json!(0))
    );
    let added = client.post(&who, "/consumer/cart/add", json!({"item_id": rice.0})).await.ok();
    assert_eq!(added, json!({"status": "success", "message": "Item added to cart"}));
    let updated =
        client.post(&who, "/consumer/cart/update", json!({"item_id": rice.0, "quantity": 3})).await.ok();
    assert_eq!(updated, json!({"status": "success", "message": "Cart quantity updated"}));

    let view = client.get(&who, "/cart/view").await.ok();
    assert_fields(
        &view,
        "status str, cart list, total_price number, total_savings number, coupon_code str?, discount number, \
         points_discount number, payable_amount number",
    );
    let line = &view["cart"][0];
    assert_fields(
        line,
        "id int, item_id int, item_name str, title str, name str, available bool, price number, mrp number?, \
         savings number, quantity int, unit str?, pack_size str?, subtotal number, shop_id int, shop_name str, \
         image_url str?, brand str?",
    );
    assert_eq!(
        (&line["item_name"], &line["title"], &line["name"]),
        (&json!("Rice"), &json!("Rice"), &json!("Rice"))
    );
    assert_eq!((&view["total_price"], &view["total_savings"]), (&json!(181.5), &json!(28.5)));

    let removed = client.post(&who, "/consumer/cart/remove", json!({"item_id": rice.0})).await.ok();
    assert_eq!(removed["message"], "Item removed");
    client.post(&who, "/cart/add", json!({"item_id": rice.0.to_string(), "quantity": 2})).await.ok();
    for body in ["null", "{}", ""] {
        let headers = [("authorization", who.token.as_str()), ("content-type", "application/json")];
        let cleared = client.send(Method::POST, "/consumer/cart/clear", &headers, body).await.ok();
        assert_eq!(cleared, json!({"status": "success", "message": "Cart cleared"}));
    }
    assert_eq!(app.number("SELECT count(*) FROM cart_item").await, 0);
}

#[tokio::test]
async fn faults_of_the_cart_are_worded_as_the_contract_words_them() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let (other, _) = app.shop("Corner Store").await;
    let rice = app.item(shop, "Rice", "60", 50).await.0;
    let salt = app.item(other, "Salt", "20", 50).await.0;
    client.post(&who, "/consumer/cart/add", json!({"item_id": rice, "quantity": 8})).await.ok();
    for (path, body, expected) in [
        ("add", json!({}), (404, "Item not available")),
        ("add", json!(null), (404, "Item not available")),
        ("add", json!({"item_id": "x"}), (404, "Item not available")),
        ("add", json!({"item_id": 999}), (404, "Item not available")),
        ("add", json!({"item_id": 999, "quantity": 0}), (404, "Item not available")),
        ("add", json!({"item_id": rice, "quantity": 0}), (400, "Quantity must be at least 1")),
        ("add", json!({"item_id": rice, "quantity": 11}), (400, "Cannot add more than 10 units per item")),
        ("add", json!({"item_id": rice, "quantity": "2"}), (400, "Invalid quantity")),
        ("add", json!({"item_id": rice, "quantity": 1.5}), (400, "Invalid quantity")),
        ("add", json!({"item_id": rice, "quantity": true}), (400, "Invalid quantity")),
        ("add", json!({"item_id": rice, "quantity": null}), (400, "Invalid quantity")),
        ("add", json!({"item_id": rice, "quantity": 3}), (400, "Max limit is 10 units")),
        ("add", json!({"item_id": salt}), (400, "Cart contains items from a different shop")),
        ("update", json!({}), (400, "Item ID and quantity required")),
        ("update", json!({"item_id": rice}), (400, "Item ID and quantity required")),
        ("update", json!({"item_id": rice, "quantity": null}), (400, "Item ID and quantity required")),
        ("update", json!({"item_id": rice, "quantity": 0}), (400, "Quantity must be between 1 and 10")),
        ("update", json!({"item_id": rice, "quantity": "2"}), (400, "Quantity must be between 1 and 10")),
        ("update", json!({"item_id": salt, "quantity": 2}), (404, "Item not found in cart")),
        ("remove", json!({}), (404, "Item not found")),
        ("remove", json!({"item_id": salt}), (404, "Item not found")),
    ] {
        let reply = client.post(&who, &format!("/consumer/cart/{path}"), body.clone()).await;
        assert_eq!(reply.refused(), expected, "{path} {body}");
    }
    assert_eq!(app.number("SELECT sum(quantity) FROM cart_item").await, 8);
}

#[tokio::test]
async fn an_order_is_placed_paid_from_the_wallet_and_told_in_the_history() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60.50", 50).await.0;
    client.post(&who, "/consumer/wallet/load", json!({"amount": 500})).await.ok();
    client.post(&who, "/consumer/cart/add", json!({"item_id": rice, "quantity": 2})).await.ok();

    let order = json!({"payment_mode": "wallet", "delivery_notes": "Ring twice", "address_id": null});
    let placed = client.post(&who, "/consumer/order/confirm", order).await.ok();
    assert_fields(
        &placed,
        "status str, message str, order_id int, total_amount number, final_amount number, discount number, \
         payment_status str",
    );
    assert_eq!(placed["message"], "Order placed successfully");
    assert_eq!((&placed["final_amount"], &placed["payment_status"]), (&json!(121), &json!("paid")));
    assert_eq!(client.get(&who, "/consumer/wallet").await.ok()["balance"], json!(379));
    let movement = &client.get(&who, "/consumer/wallet/history").await.ok()["transactions"][0];
    assert_eq!((&movement["type"], &movement["source"]), (&json!("debit"), &json!("order_confirm")));

    for path in ["/consumer/order/history", "/order/history"] {
        let history = client.get(&who, path).await.ok();
        assert_eq!(history["next_before"], Value::Null);
        let told = &history["orders"][0];
        assert_fields(
            told,
            "order_id int, shop_id int, shop_name str, shop_type str, payment_mode str, payment_status str, \
             status str, total_amount number, final_amount number, discount number, delivery_notes str?, \
             created_at str, updated_at str, rating int?, item_count int, items list",
        );
        assert_eq!(told["order_id"], placed["order_id"]);
        assert_eq!((&told["payment_mode"], &told["status"]), (&json!("wallet"), &json!("pending")));
        assert!(is_rfc_1123(&told["created_at"]) && is_rfc_1123(&told["updated_at"]), "{told}");
        assert_fields(
            &told["items"][0],
            "item_id int, name str, unit str?, quantity int, unit_price number, subtotal number",
        );
        assert_eq!(
            (&told["items"][0]["unit_price"], &told["items"][0]["subtotal"]),
            (&json!(60.5), &json!(121))
        );
    }
}

#[tokio::test]
async fn the_history_holds_every_order_unless_pages_are_asked_for() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "10", 500).await.0;
    let mut placed = Vec::new();
    for _ in 0..5 {
        client.post(&who, "/consumer/cart/add", json!({"item_id": rice})).await.ok();
        placed.push(client.post(&who, "/consumer/order/confirm", json!({})).await.ok()["order_id"].clone());
    }
    placed.reverse();
    let ids = |body: &Value| -> Vec<Value> {
        body["orders"].as_array().unwrap().iter().map(|order| order["order_id"].clone()).collect()
    };
    // Twenty is a page in GraphQL; the old clients know no pages, whatever the count of statements.
    let (history, statements) = app.statements(client.get(&who, "/consumer/order/history")).await;
    assert_eq!(ids(&history.ok()), placed);
    assert!(statements <= 4, "{statements} statements");
    let first = client.get(&who, "/consumer/order/history?limit=3").await.ok();
    assert_eq!((ids(&first), &first["next_before"]), (placed[..3].to_vec(), &placed[2]));
    let before = &first["next_before"];
    let second = client.get(&who, &format!("/consumer/order/history?limit=3&before={before}")).await.ok();
    assert_eq!((ids(&second), &second["next_before"]), (placed[3..].to_vec(), &Value::Null));
    for (query, message) in
        [("limit=101", "Invalid limit"), ("limit=0", "Invalid limit"), ("before=x", "Invalid before")]
    {
        let reply = client.get(&who, &format!("/consumer/order/history?{query}")).await;
        assert_eq!(reply.refused(), (400, message), "{query}");
    }
}

#[tokio::test]
async fn faults_of_placing_an_order_change_nothing() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60", 1).await;
    let confirm = async |body: Value| {
        let reply = client.post(&who, "/consumer/order/confirm", body).await;
        let (status, message) = reply.refused();
        (status, message.to_owned())
    };
    let refused = |message: &str| (400, message.to_owned());
    for mode in [json!("card"), json!("CASH"), json!(""), json!(5)] {
        assert_eq!(confirm(json!({"payment_mode": mode})).await, refused("Invalid payment mode"));
    }
    assert_eq!(confirm(json!({"payment_mode": null})).await, refused("Cart is empty"));
    assert_eq!(confirm(json!({})).await, refused("Cart is empty"));
    client.post(&who, "/consumer/cart/add", json!({"item_id": rice.0, "quantity": 2})).await.ok();
    assert_eq!(confirm(json!({})).await, refused("Not enough stock for item Rice"));
    app.sql("UPDATE item SET quantity_in_stock = 5").await;
    assert_eq!(confirm(json!({"payment_mode": "wallet"})).await, refused("Insufficient balance"));
    app.sql("UPDATE item SET is_available = false").await;
    assert_eq!(confirm(json!({})).await, refused("Item not available: Rice"));
    app.sql("UPDATE shop SET is_open = false").await;
    assert_eq!(confirm(json!({})).await, refused("Shop is currently closed"));
    let (status, message) = confirm(json!({"delivery_notes": "x".repeat(501)})).await;
    assert!(status == 400 && message.starts_with("delivery_notes "), "{message}");
    assert_eq!(app.number("SELECT count(*) FROM orders").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM cart_item").await, 1);
}

#[tokio::test]
async fn a_repeated_confirm_with_its_key_is_the_same_order() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    client.post(&who, "/consumer/cart/add", json!({"item_id": rice.0})).await.ok();
    let headers = [
        ("authorization", who.token.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "order-1"),
    ];
    let first = client.send(Method::POST, "/consumer/order/confirm", &headers, "{}").await.ok();
    let second = client.send(Method::POST, "/consumer/order/confirm", &headers, "{}").await.ok();
    assert_eq!(first, second);
    assert_eq!(app.number("SELECT count(*) FROM orders").await, 1);
}
