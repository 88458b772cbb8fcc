//! The wallet's legacy paths.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

#[tokio::test]
async fn the_wallet_is_loaded_debited_refunded_and_told_in_numbers() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;

    assert_eq!(client.get(&who, "/consumer/wallet").await.ok(), json!({"status": "success", "balance": 0}));
    let loaded = client.post(&who, "/consumer/wallet/load", json!({"amount": "500.50"})).await.ok();
    assert_eq!(loaded, json!({"status": "success", "balance": 500.5}));
    let debit = json!({"amount": 100, "reference": "gate pass", "unknown": {"key": 1}});
    let debited = client.post(&who, "/consumer/wallet/debit", debit).await.ok();
    assert_eq!(debited, json!({"status": "success", "balance": 400.5}));
    let refund = json!({"amount": 40, "reference": "gate pass"});
    let refunded = client.post(&who, "/consumer/wallet/refund", refund).await.ok();
    assert_eq!(refunded, json!({"status": "success", "balance": 440.5}));
    assert_eq!(client.get(&who, "/consumer/wallet").await.ok()["balance"], json!(440.5));

    let history = client.get(&who, "/consumer/wallet/history").await.ok();
    assert_eq!(history["next_before"], Value::Null);
    let told: Vec<_> = history["transactions"].as_array().unwrap().iter().collect();
    let kinds: Vec<_> = told.iter().map(|transaction| transaction["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["refund", "debit", "recharge"]);
    assert_fields(
        told[2],
        "id int, user_phone str, amount number, type str, reference str, status str, source str, created_at str",
    );
    assert_eq!(told[2]["user_phone"], json!(who.phone));
    assert_eq!(told[2]["status"], "success");
    assert_eq!(told[2]["source"], "api");
    assert_eq!(told[2]["reference"], "manual-load");
    let created_at = told[2]["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z') && created_at.contains('T'), "{created_at}");
}

#[tokio::test]
async fn the_history_is_read_in_pages_by_the_id_of_the_last_entry() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for amount in 1..=3 {
        client.post(&who, "/consumer/wallet/load", json!({"amount": amount})).await.ok();
    }
    let first = client.get(&who, "/consumer/wallet/history?limit=2").await.ok();
    let amounts = |page: &Value| -> Vec<Value> {
        page["transactions"].as_array().unwrap().iter().map(|entry| entry["amount"].clone()).collect()
    };
    assert_eq!(amounts(&first), [3, 2]);
    assert_eq!(first["next_before"], first["transactions"][1]["id"]);
    let before = first["next_before"].as_i64().unwrap();
    let second = client.get(&who, &format!("/consumer/wallet/history?limit=2&before={before}")).await.ok();
    assert_eq!((amounts(&second), &second["next_before"]), (vec![json!(1)], &Value::Null));

    for (query, message) in [
        ("limit=0", "Invalid limit"),
        ("limit=201", "Invalid limit"),
        ("limit=x", "Invalid limit"),
        ("before=x", "Invalid before"),
    ] {
        let reply = client.get(&who, &format!("/consumer/wallet/history?{query}")).await;
        assert_eq!(reply.refused(), (400, message), "{query}");
    }
}

#[tokio::test]
async fn what_is_no_amount_is_an_invalid_amount_and_moves_nothing() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for path in ["/consumer/wallet/load", "/consumer/wallet/debit", "/consumer/wallet/refund"] {
        for body in [
            json!({}),
            json!(null),
            json!({"amount": null}),
            json!({"amount": 0}),
            json!({"amount": -5}),
            json!({"amount": "abc"}),
            json!({"amount": "NaN"}),
            json!({"amount": "Infinity"}),
            json!({"amount": 1.005}),
            json!({"amount": 1e12}),
            json!({"amount": true}),
            json!({"amount": [5]}),
        ] {
            let reply = client.post(&who, path, body.clone()).await;
            assert_eq!(reply.refused(), (400, "Invalid amount"), "{path} {body}");
        }
    }
    let reply = client.post(&who, "/consumer/wallet/debit", json!({"amount": 5})).await;
    assert_eq!(reply.refused(), (400, "Insufficient balance"));
    let reply = client.post(&who, "/consumer/wallet/refund", json!({"amount": 5})).await;
    assert_eq!(reply.refused(), (403, "Refund not allowed"));
    let reply = client.post(&who, "/consumer/wallet/load", json!({"amount": 5, "reference": 7})).await;
    assert_eq!(reply.refused(), (400, "Invalid reference"));
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 0);
}

#[tokio::test]
async fn a_vendor_has_no_wallet_of_a_consumer() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.vendor("Seller").await;
    assert_eq!(client.get(&vendor, "/consumer/wallet").await.refused(), (403, "Forbidden"));
}
