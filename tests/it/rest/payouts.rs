//! The shop's wallet on the legacy paths.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};
use crate::vendor::wallet::{earn, earner};

#[tokio::test]
async fn the_wallet_is_told_debited_and_withdrawn_in_numbers() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = earner(&app, 500).await;
    assert_eq!(
        client.get(&vendor, "/vendor/wallet").await.ok(),
        json!({"status": "success", "balance": 500})
    );
    let debit = json!({"amount": "100.50", "reference": "packaging"});
    let debited = client.post(&vendor, "/vendor/wallet/debit", debit).await.ok();
    assert_eq!(debited, json!({"status": "success", "balance": 399.5}));
    let withdrawn = client.post(&vendor, "/vendor/wallet/withdraw", json!({"amount": 99.5})).await.ok();
    assert_eq!(
        withdrawn,
        json!({"status": "success", "message": "Withdrawal initiated", "bank_account": "XXXXXX9012",
            "balance": 300})
    );
    let history = client.get(&vendor, "/vendor/wallet/history").await.ok();
    let told = history["transactions"].as_array().unwrap();
    let kinds: Vec<_> = told.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["withdrawal", "debit", "credit"]);
    assert_fields(
        &told[0],
        "id int, user_phone str, amount number, type str, reference str, status str, source str, created_at str",
    );
    assert_eq!(
        (&told[0]["user_phone"], &told[0]["status"], &told[0]["reference"], &told[1]["source"]),
        (&json!(vendor.phone), &json!("success"), &json!("Withdraw to XXXXXX9012"), &json!("api"))
    );
    assert_eq!(history["next_before"], Value::Null);
    assert!(!history.to_string().contains("123456789012"));
}

#[tokio::test]
async fn the_history_holds_the_newest_fifty_and_leads_on() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    for rupees in 1..=52 {
        earn(&app, shop, rupees).await;
    }
    let page = client.get(&vendor, "/vendor/wallet/history").await.ok();
    let newest = page["transactions"].as_array().unwrap();
    assert_eq!((newest.len(), &newest[0]["amount"]), (50, &json!(52)));
    let rest = client
        .get(&vendor, &format!("/vendor/wallet/history?before={}&limit=9", page["next_before"]))
        .await
        .ok();
    let amounts: Vec<_> =
        rest["transactions"].as_array().unwrap().iter().map(|entry| entry["amount"].clone()).collect();
    assert_eq!((amounts, &rest["next_before"]), (vec![json!(2), json!(1)], &Value::Null));
}

#[tokio::test]
async fn what_moves_no_money_is_worded_as_the_contract_words_it() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    earn(&app, shop, 100).await;
    let withdraw = json!({"amount": 10});
    let reply = client.post(&vendor, "/vendor/wallet/withdraw", withdraw.clone()).await;
    assert_eq!(reply.refused(), (400, "No payout bank setup found"));
    let account =
        json!({"bank_name": "First Bank", "account_number": "123456789012", "ifsc_code": "FRST0001234"});
    client.post(&vendor, "/vendor/payout/setup", account).await.ok();
    for body in [
        json!({}),
        json!({"amount": null}),
        json!({"amount": "many"}),
        json!({"amount": 0}),
        json!({"amount": -1}),
        json!({"amount": 1.005}),
    ] {
        let reply = client.post(&vendor, "/vendor/wallet/withdraw", body.clone()).await;
        assert_eq!(reply.refused(), (400, "Invalid withdrawal amount"), "{body}");
        let reply = client.post(&vendor, "/vendor/wallet/debit", body.clone()).await;
        assert_eq!(reply.refused(), (400, "Invalid debit amount"), "{body}");
    }
    for path in ["/vendor/wallet/withdraw", "/vendor/wallet/debit"] {
        let reply = client.post(&vendor, path, json!({"amount": 100.01})).await;
        assert_eq!(reply.refused(), (400, "Insufficient balance"), "{path}");
    }
    let shopless = app.vendor("Newcomer").await;
    for path in ["/vendor/wallet", "/vendor/wallet/history"] {
        assert_eq!(client.get(&shopless, path).await.refused(), (404, "Shop not found"), "{path}");
    }
    assert_eq!(
        client.post(&shopless, "/vendor/wallet/withdraw", withdraw).await.refused(),
        (404, "Shop not found")
    );
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 10_000);
    assert_eq!(app.number("SELECT count(*) FROM vendor_wallet_transaction").await, 1);
}

#[tokio::test]
async fn nobody_credits_a_shop_by_asking() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    earn(&app, shop, 100).await;
    let consumer = app.consumer("First").await;
    let credit = json!({"amount": 500, "reference": "mine"});
    for who in [&vendor, &consumer] {
        let reply = client.post(who, "/vendor/wallet/credit", credit.clone()).await;
        assert_eq!(reply.refused(), (403, "Forbidden"));
    }
    let headers = [("content-type", "application/json")];
    let nobody =
        client.send(axum::http::Method::POST, "/vendor/wallet/credit", &headers, credit.to_string()).await;
    assert_eq!(nobody.refused(), (401, "Auth header missing"));
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 10_000);
}
