//! Contract 6, what breaks a real client, line by line. Most lines are told where their paths are:
//!
//! | line | |
//! |---|---|
//! | 2, 6 to 12 | the story in `contract` compares every key and type |
//! | 3, 4, 17 | `everywhere` |
//! | 5 | `rest::shopping::a_shops_items_are_served_under_all_three_paths` |
//! | 1, 13 to 16 | here |

use axum::http::Method;
use chrono::DateTime;
use serde_json::{Value, json};

use crate::contract::world::CODE;
use crate::harness::TestApp;
use crate::rest::Client;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn line_1_a_phone_is_the_same_person_however_it_is_written() {
    let app = TestApp::with(&[("DEV_OTP", CODE), ("RATE_LIMITS", "off")]).await;
    let client = Client::of(&app).await;
    for phone in ["+919876543210", "9876543210", "+91-9876543210", " 98765 43210 ", "+91 98765-43210"] {
        for (path, body) in
            [("/send-otp", json!({"phone": phone})), ("/verify-otp", json!({"phone": phone, "otp": CODE}))]
        {
            client.send(Method::POST, path, &[JSON], body.to_string()).await.ok();
        }
    }
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE phone = '+919876543210'").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM user_profile").await, 1);
}

#[tokio::test]
async fn line_13_every_failure_is_told_as_json() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let token = ("authorization", who.token.as_str());
    let large = json!({"amount": 1, "reference": "x".repeat(300_000)}).to_string();
    for (method, path, headers, body, status) in [
        (Method::GET, "/nothing", vec![], "", 404),
        (Method::PUT, "/consumer/wallet", vec![token], "", 405),
        (Method::POST, "/consumer/wallet/load", vec![token, JSON], large.as_str(), 413),
        (Method::POST, "/consumer/wallet/load", vec![token, ("content-type", "text/xml")], "<a/>", 415),
    ] {
        let reply = client.send(method, path, &headers, body.to_owned()).await;
        assert_eq!(reply.refused().0, status, "{path}");
        assert_eq!(reply.headers["content-type"], "application/json", "{path}");
    }
    let mut last = client.send(Method::POST, "/send-otp", &[JSON], r#"{"phone": "9876543210"}"#).await;
    for _ in 0..3 {
        last = client.send(Method::POST, "/send-otp", &[JSON], r#"{"phone": "9876543210"}"#).await;
    }
    assert_eq!(last.refused(), (429, "Rate limit exceeded. Please try again later."));
    assert!(last.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    app.sql("ALTER TABLE consumer_wallet RENAME TO gone").await;
    let reply = client.get(&who, "/consumer/wallet").await;
    assert_eq!(reply.refused(), (500, "An unexpected error occurred. Please try again later."));
}

#[tokio::test]
async fn lines_14_and_15_old_orders_stay_visible_and_an_item_without_a_number_is_never_guessed() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let (rice, dal) = (app.item(shop, "Rice", "60", 500).await, app.item(shop, "Dal", "100", 500).await);
    let who = app.consumer("First").await;
    let mut orders = Vec::new();
    for items in [vec![rice], vec![rice, dal]] {
        for item in items {
            client.post(&who, "/consumer/cart/add", json!({"item_id": item.0})).await.ok();
        }
        let placed = client.post(&who, "/consumer/order/confirm", json!({})).await.ok();
        orders.push(placed["order_id"].as_i64().unwrap());
        let path = format!("/vendor/orders/{}/status", placed["order_id"]);
        client.post(&vendor, &path, json!({"status": "delivered"})).await.ok();
    }
    let nameless = json!({"items": [{"item_id": null}], "reason": "torn"});
    let path = |order: i64| format!("/consumer/orders/{order}/return/raise");
    client.post(&who, &path(orders[0]), nameless.clone()).await.ok();
    assert_eq!(client.post(&who, &path(orders[1]), nameless).await.refused(), (400, "Item not in order"));

    app.sql(&format!(
        "INSERT INTO orders (user_id, shop_id, payment_mode, payment_status, status, total_paise, final_paise, created_at, updated_at)
         SELECT user_id, shop_id, payment_mode, payment_status, status, total_paise, final_paise, created_at, updated_at
         FROM orders, generate_series(1, 250) WHERE id = {}",
        orders[0]
    ))
    .await;
    let (reply, statements) = app.statements(client.get(&who, "/consumer/order/history")).await;
    assert_eq!(reply.ok()["orders"].as_array().unwrap().len(), 252);
    assert_eq!(statements, 4, "the orders, their items, shops and ratings");
}

#[tokio::test]
async fn line_16_times_can_be_read_and_a_phone_is_the_same_text_everywhere() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60", 500).await;
    let who = app.consumer("First").await;
    client.post(&who, "/consumer/onboarding", json!({})).await.ok();
    client.post(&who, "/consumer/wallet/load", json!({"amount": 500})).await.ok();
    client.post(&who, "/consumer/cart/add", json!({"item_id": rice.0})).await.ok();
    let placed = client.post(&who, "/consumer/order/confirm", json!({"payment_mode": "wallet"})).await.ok();
    let order = placed["order_id"].as_i64().unwrap();
    client.post(&who, &format!("/consumer/orders/{order}/message"), json!({"message": "Hello"})).await.ok();

    let mut told = Vec::new();
    for (person, path) in [
        (&who, "/consumer/profile/me".to_owned()),
        (&who, "/consumer/order/history".to_owned()),
        (&who, format!("/consumer/orders/{order}/messages")),
        (&who, "/consumer/wallet/history".to_owned()),
        (&vendor, "/vendor/orders".to_owned()),
    ] {
        texts(&client.get(person, &path).await.ok(), &mut told);
    }
    let mut seen = [0, 0];
    for (key, text) in &told {
        match key.as_str() {
            "phone" | "sender_phone" | "user_phone" | "customer" => {
                seen[0] += 1;
                assert_eq!(text, &who.phone, "{key}");
            }
            "created_at" | "updated_at" | "timestamp" => {
                seen[1] += 1;
                let is_read =
                    DateTime::parse_from_rfc3339(text).is_ok() || DateTime::parse_from_rfc2822(text).is_ok();
                assert!(is_read, "{key}: {text}");
            }
            _ => {}
        }
    }
    assert_eq!(seen, [5, 6], "{told:?}");
}

/// Every text with its key.
fn texts(value: &Value, told: &mut Vec<(String, String)>) {
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, told)),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(text) => told.push((key.clone(), text.to_owned())),
                    None => texts(value, told),
                }
            }
        }
        _ => {}
    }
}
