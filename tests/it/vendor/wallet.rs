//! The shop's wallet and its payouts.

use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::journeys::vendor::payouts::{due, settle};
use society_gateway::ledger::book::{ShopPosting, VendorWalletKind, VendorWalletSource, post_shop};
use society_gateway::values::{Paise, PayoutRequestId, ShopId};

use super::account::{SET_UP, account};
use crate::harness::{Person, TestApp};

const WALLET: &str = "{ vendorWallet { balance transactions { nodes {
    kind source amount balanceAfter reference orderId userPhone status } }
    payouts { nodes { amount status bankName accountNumber settledAt } } } }";
const DEBIT: &str = "mutation($amount: Money!, $reference: String, $key: String) {
    debitVendorWallet(amount: $amount, reference: $reference, idempotencyKey: $key) {
    message wallet { balance } transaction { kind source amount balanceAfter reference } } }";
const WITHDRAW: &str =
    "mutation($amount: Money!, $key: String) { withdraw(amount: $amount, idempotencyKey: $key) {
    message payout { id amount status accountNumber } wallet { balance } } }";

/// A vendor whose shop has earned this much, and who can be paid.
pub async fn earner(app: &TestApp, rupees: i64) -> (ShopId, Person) {
    let (shop, who) = app.shop("Near").await;
    earn(app, shop, rupees).await;
    app.graphql(&who, SET_UP, account("123456789012")).await.ok();
    (shop, who)
}

pub async fn earn(app: &TestApp, shop: ShopId, rupees: i64) {
    let posting = ShopPosting {
        kind: VendorWalletKind::Credit,
        source: VendorWalletSource::OrderDelivered,
        amount: Paise::rupees(rupees),
        reference: "Order #1 delivered",
        order_id: None,
    };
    post_shop(&mut *app.conn().await, shop, &posting, app.clock.now()).await.unwrap();
}

async fn settled(app: &TestApp, id: i64, is_paid: bool) -> Result<(), String> {
    let now = app.clock.now();
    let settle = async move |conn: &mut _| settle(conn, PayoutRequestId(id), is_paid, now).await;
    app.app.write(settle).await.map(drop).map_err(|error| error.message().to_owned())
}

/// Every balance is what its transactions come to.
async fn assert_books_balance(app: &TestApp) {
    let wrong = "SELECT count(*) FROM vendor_wallet WHERE balance_paise <> (
        SELECT sum(CASE kind WHEN 'credit' THEN amount_paise ELSE -amount_paise END)
        FROM vendor_wallet_transaction WHERE vendor_wallet_transaction.shop_id = vendor_wallet.shop_id)";
    assert_eq!(app.number(wrong).await, 0);
}

#[tokio::test]
async fn a_vendor_sees_what_the_shop_earned_and_withdraws_it() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("New").await;
    let empty = app.graphql(&who, WALLET, json!({})).await.ok();
    assert_eq!(
        empty["vendorWallet"],
        json!({"balance": 0, "transactions": {"nodes": []}, "payouts": {"nodes": []}})
    );

    let (_, who) = earner(&app, 500).await;
    let paid = app.graphql(&who, WITHDRAW, json!({"amount": "120.50"})).await.ok()["withdraw"].clone();
    let id = paid["payout"]["id"].clone();
    assert_eq!(
        paid,
        json!({"message": "Withdrawal initiated", "wallet": {"balance": 379.5}, "payout":
            {"id": id, "amount": 120.5, "status": "REQUESTED", "accountNumber": "XXXXXX9012"}})
    );
    let wallet = app.graphql(&who, WALLET, json!({})).await.ok()["vendorWallet"].clone();
    assert_eq!(
        wallet,
        json!({"balance": 379.5,
            "transactions": {"nodes": [
                {"kind": "WITHDRAWAL", "source": "WITHDRAWAL", "amount": 120.5, "balanceAfter": 379.5,
                    "reference": "Withdraw to XXXXXX9012", "orderId": null, "userPhone": who.phone,
                    "status": "SUCCESS"},
                {"kind": "CREDIT", "source": "ORDER_DELIVERED", "amount": 500, "balanceAfter": 500,
                    "reference": "Order #1 delivered", "orderId": null, "userPhone": who.phone,
                    "status": "SUCCESS"},
            ]},
            "payouts": {"nodes": [{"amount": 120.5, "status": "REQUESTED", "bankName": "First Bank",
                "accountNumber": "XXXXXX9012", "settledAt": null}]}})
    );
    assert_books_balance(&app).await;

    let shopless = app.vendor("Shopless").await;
    app.graphql(&shopless, SET_UP, account("123456789012")).await.ok();
    let buyer = app.consumer("Buyer").await;
    for (query, variables) in
        [(WALLET, json!({})), (DEBIT, json!({"amount": 1})), (WITHDRAW, json!({"amount": 1}))]
    {
        let answer = app.graphql(&shopless, query, variables.clone()).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Shop not found"), "{query}");
        assert_eq!(app.graphql(&buyer, query, variables).await.refused().0, "FORBIDDEN", "{query}");
    }
}

#[tokio::test]
async fn a_withdrawal_that_cannot_be_paid_changes_nothing() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    earn(&app, shop, 100).await;
    let without = app.graphql(&who, WITHDRAW, json!({"amount": 10})).await;
    assert_eq!(without.refused(), ("CONFLICT", "No payout bank setup found"));
    app.graphql(&who, SET_UP, account("123456789012")).await.ok();
    for amount in [json!(0), json!(-5), json!("-0.01")] {
        let answer = app.graphql(&who, WITHDRAW, json!({"amount": amount})).await;
        assert_eq!(
            (answer.refused(), answer.field()),
            (("BAD_INPUT", "Invalid withdrawal amount"), "amount"),
            "{amount}"
        );
    }
    let short = app.graphql(&who, WITHDRAW, json!({"amount": 100.01})).await;
    assert_eq!(short.refused(), ("INSUFFICIENT_BALANCE", "Insufficient balance"));
    let extensions = &short.errors[0]["extensions"];
    assert_eq!((&extensions["needed"], &extensions["balance"]), (&json!(100.01), &json!(100)));
    assert_eq!(app.number("SELECT count(*) FROM payout_request").await, 0);
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 10_000);
    assert_eq!(app.number("SELECT count(*) FROM vendor_wallet_transaction").await, 1);
}

#[tokio::test]
async fn ten_withdrawals_and_debits_at_once_never_overdraw() {
    let app = TestApp::start().await;
    let (_, who) = earner(&app, 100).await;
    let tries = (0..20).map(|number| {
        let query = if number % 2 == 0 { WITHDRAW } else { DEBIT };
        app.graphql(&who, query, json!({"amount": 30}))
    });
    let answers = join_all(tries).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 17);
    assert!(
        refused.iter().all(|answer| answer.refused() == ("INSUFFICIENT_BALANCE", "Insufficient balance"))
    );
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 1_000);
    let asked =
        "SELECT count(*) FROM payout_request JOIN vendor_wallet_transaction AS row ON row.id = transaction_id
        WHERE row.kind = 'withdrawal' AND row.amount_paise = payout_request.amount_paise";
    let withdrawn = "SELECT count(*) FROM vendor_wallet_transaction WHERE kind = 'withdrawal'";
    assert_eq!(app.number(asked).await, app.number(withdrawn).await);
    assert_books_balance(&app).await;
}

#[tokio::test]
async fn a_key_withdraws_once_and_debits_once() {
    let app = TestApp::start().await;
    let (_, who) = earner(&app, 100).await;
    for (query, key) in [(WITHDRAW, "payday"), (DEBIT, "rent")] {
        let tries = (0..6).map(|_| app.graphql(&who, query, json!({"amount": 20, "key": key})));
        let answers: Vec<Value> = join_all(tries).await.into_iter().map(|answer| answer.ok()).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let other = app.graphql(&who, query, json!({"amount": 21, "key": key})).await;
        assert_eq!(other.refused().0, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 6_000);
    assert_eq!(app.number("SELECT count(*) FROM payout_request").await, 1);
}

#[tokio::test]
async fn a_debit_is_named_and_never_below_what_is_there() {
    let app = TestApp::start().await;
    let (_, who) = earner(&app, 100).await;
    let debited = app.graphql(&who, DEBIT, json!({"amount": 40, "reference": " packaging "})).await.ok();
    assert_eq!(
        debited["debitVendorWallet"],
        json!({"message": "Wallet debited", "wallet": {"balance": 60}, "transaction": {"kind": "DEBIT",
            "source": "API", "amount": 40, "balanceAfter": 60, "reference": "packaging"}})
    );
    let unnamed = app.graphql(&who, DEBIT, json!({"amount": 1})).await.ok();
    assert_eq!(unnamed["debitVendorWallet"]["transaction"]["reference"], "manual-debit");
    for (variables, code, field) in [
        (json!({"amount": 0}), "BAD_INPUT", "amount"),
        (json!({"amount": -1}), "BAD_INPUT", "amount"),
        (json!({"amount": 1, "reference": "x".repeat(256)}), "BAD_INPUT", "reference"),
        (json!({"amount": 59.01}), "INSUFFICIENT_BALANCE", ""),
    ] {
        let answer = app.graphql(&who, DEBIT, variables.clone()).await;
        assert_eq!((answer.refused().0, answer.field()), (code, field), "{variables}");
    }
    assert_eq!(app.number("SELECT balance_paise FROM vendor_wallet").await, 5_900);
}

#[tokio::test]
async fn the_operator_sees_the_whole_account_of_the_time_pays_and_says_so_once() {
    let app = TestApp::start().await;
    let (_, who) = earner(&app, 100).await;
    app.graphql(&who, WITHDRAW, json!({"amount": 60})).await.ok();
    app.graphql(&who, SET_UP, account("999988887777")).await.ok();
    app.graphql(&who, WITHDRAW, json!({"amount": 40})).await.ok();

    let listed = due(&mut *app.conn().await, &app.app.keys).await.unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|due| (due.payout.amount, due.account_number.as_ref().map_or("", |number| number.reveal())))
        .collect();
    assert_eq!(told, [(Paise::rupees(60), "123456789012"), (Paise::rupees(40), "999988887777")]);
    assert_eq!((listed[0].shop_name.as_str(), listed[0].ifsc_code.as_str()), ("Near", "FRST0001234"));
    assert!(!format!("{listed:?}").contains("123456789012"), "not even a log shows it");

    let (first, second) = (listed[0].payout.id.0, listed[1].payout.id.0);
    let answers = join_all((0..4).map(|_| settled(&app, first, true))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .flat_map(|answer| answer.as_ref().err())
            .all(|message| *message == format!("Payout {first} was settled before: paid"))
    );
    let answers = join_all((0..4).map(|_| settled(&app, second, false))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(settled(&app, second, true).await, Err(format!("Payout {second} was settled before: failed")));
    assert_eq!(settled(&app, 999, true).await, Err("There is no payout with this id".to_owned()));
    assert_eq!(due(&mut *app.conn().await, &app.app.keys).await.unwrap().len(), 0);

    let wallet = app.graphql(&who, WALLET, json!({})).await.ok()["vendorWallet"].clone();
    assert_eq!(wallet["balance"], 40);
    let back = wallet["transactions"]["nodes"][0].clone();
    assert_eq!(
        (&back["kind"], &back["source"], &back["amount"], &back["reference"]),
        (&json!("CREDIT"), &json!("PAYOUT_FAILED"), &json!(40), &json!("Payout to XXXXXX7777 failed"))
    );
    let statuses: Vec<_> = wallet["payouts"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payout| payout["status"].clone())
        .collect();
    assert_eq!(statuses, ["FAILED", "PAID"]);
    assert!(wallet["payouts"]["nodes"][0]["settledAt"].is_string());
    let told =
        format!("SELECT count(*) FROM notification WHERE user_id = {} AND kind = 'wallet'", who.user_id);
    assert_eq!(app.number(&told).await, 2);
    assert_books_balance(&app).await;
}
