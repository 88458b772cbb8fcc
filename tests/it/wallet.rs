//! The wallet journey.

use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const LOAD: &str = "mutation($amount: Money!, $key: String) {
    loadWallet(amount: $amount, idempotencyKey: $key) { message wallet { balance } transaction { id kind source reference } } }";
const DEBIT: &str = "mutation($amount: Money!, $reference: String) {
    debitWallet(amount: $amount, reference: $reference) { wallet { balance } } }";
const REFUND: &str = "mutation($amount: Money!, $reference: String) {
    refundWallet(amount: $amount, reference: $reference) { wallet { balance } } }";

async fn balance(app: &TestApp, who: &Person) -> Value {
    app.graphql(who, "{ wallet { balance } }", json!({})).await.ok()["wallet"]["balance"].clone()
}

#[tokio::test]
async fn the_first_look_opens_an_empty_wallet_however_many_look_at_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let looks = (0..8).map(|_| balance(&app, &who));
    let balances = futures_util::future::join_all(looks).await;
    assert!(balances.iter().all(|balance| *balance == json!(0)), "{balances:?}");
    assert_eq!(app.number("SELECT count(*) FROM consumer_wallet").await, 1);
}

#[tokio::test]
async fn money_goes_in_and_out_exactly_and_the_history_tells() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let loaded = app.graphql(&who, LOAD, json!({"amount": "1000.10"})).await.ok();
    assert_eq!(loaded["loadWallet"]["message"], "Money added to wallet");
    assert_eq!(loaded["loadWallet"]["wallet"]["balance"], json!(1000.1));
    let debited = app.graphql(&who, DEBIT, json!({"amount": 0.2, "reference": "gate pass"})).await.ok();
    assert_eq!(debited["debitWallet"]["wallet"]["balance"], json!(999.9));

    let history = "{ wallet { balance transactions(first: 1) { nodes { amount kind reference balanceAfter } pageInfo { hasNextPage endCursor } } } }";
    let page = app.graphql(&who, history, json!({})).await.ok();
    let transactions = &page["wallet"]["transactions"];
    assert_eq!(
        transactions["nodes"],
        json!([{"amount": 0.2, "kind": "DEBIT", "reference": "gate pass", "balanceAfter": 999.9}])
    );
    assert_eq!(transactions["pageInfo"]["hasNextPage"], json!(true));
    let rest = "query($after: String) { wallet { transactions(after: $after) { nodes { kind } pageInfo { hasNextPage } } } }";
    let page = app.graphql(&who, rest, json!({"after": transactions["pageInfo"]["endCursor"]})).await.ok();
    assert_eq!(
        page["wallet"]["transactions"],
        json!({"nodes": [{"kind": "RECHARGE"}], "pageInfo": {"hasNextPage": false}})
    );
}

#[tokio::test]
async fn ten_debits_at_once_never_overdraw() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    app.graphql(&who, LOAD, json!({"amount": 50})).await.ok();
    let debits = (0..10).map(|_| app.graphql(&who, DEBIT, json!({"amount": 10})));
    let answers = futures_util::future::join_all(debits).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 5);
    assert!(
        refused.iter().all(|answer| answer.refused() == ("INSUFFICIENT_BALANCE", "Insufficient balance"))
    );
    assert_eq!(balance(&app, &who).await, json!(0));
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction WHERE kind = 'debit'").await, 5);
}

#[tokio::test]
async fn the_same_idempotency_key_moves_money_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let loads = (0..5).map(|_| app.graphql(&who, LOAD, json!({"amount": 25, "key": "load-1"})));
    let answers: Vec<Value> = futures_util::future::join_all(loads)
        .await
        .into_iter()
        .map(|answer| answer.ok()["loadWallet"].clone())
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(balance(&app, &who).await, json!(25));

    let other = app.graphql(&who, LOAD, json!({"amount": 26, "key": "load-1"})).await;
    assert_eq!(other.refused().0, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(balance(&app, &who).await, json!(25));
}

#[tokio::test]
async fn only_own_debits_are_refunded_and_only_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    app.graphql(&who, LOAD, json!({"amount": 100})).await.ok();
    app.graphql(&who, DEBIT, json!({"amount": 60, "reference": "parking"})).await.ok();

    let unknown = app.graphql(&who, REFUND, json!({"amount": 1, "reference": "nothing"})).await;
    assert_eq!(unknown.refused(), ("FORBIDDEN", "Refund not allowed"));
    let refunds = (0..6).map(|_| app.graphql(&who, REFUND, json!({"amount": 20, "reference": "parking"})));
    let answers = futures_util::future::join_all(refunds).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 3);
    assert_eq!(balance(&app, &who).await, json!(100));
}

#[tokio::test]
async fn amounts_that_are_none_are_refused_and_named() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for amount in [json!(0), json!(-5), json!("-0.01"), json!(100_000.01)] {
        let answer = app.graphql(&who, LOAD, json!({"amount": amount})).await;
        assert_eq!(answer.refused(), ("BAD_INPUT", "Invalid amount"), "{amount}");
        assert_eq!(answer.field(), "amount");
    }
    for amount in
        [json!("NaN"), json!("Infinity"), json!(10.005), json!(1e12), json!(true), json!(null), json!("")]
    {
        let answer = app.graphql(&who, LOAD, json!({"amount": amount})).await;
        assert!(!answer.errors.is_empty(), "{amount}");
    }
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 0);
}

#[tokio::test]
async fn a_wallet_is_for_consumers_who_are_signed_in() {
    let app = TestApp::start().await;
    let vendor = app.vendor("Seller").await;
    let newcomer = app.person("New", None, "Green Meadows").await;
    let query = "{ wallet { balance } }";
    assert_eq!(
        app.graphql(None, query, json!({})).await.refused(),
        ("UNAUTHENTICATED", "Auth header missing")
    );
    assert_eq!(app.graphql(&vendor, query, json!({})).await.refused(), ("FORBIDDEN", "Forbidden"));
    assert_eq!(
        app.graphql(&newcomer, query, json!({})).await.refused(),
        ("ONBOARDING_REQUIRED", "Role missing")
    );
}

#[tokio::test]
async fn one_header_covers_every_mutation_of_a_document_each_as_itself() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let twice = "mutation { a: loadWallet(amount: 10) { wallet { balance } } b: loadWallet(amount: 10) { wallet { balance } } }";
    for _ in 0..2 {
        let answer = app.graphql_with(&who, &[("idempotency-key", "k1")], twice, json!({})).await.ok();
        assert_eq!(
            (&answer["a"]["wallet"]["balance"], &answer["b"]["wallet"]["balance"]),
            (&json!(10), &json!(20))
        );
    }
    assert_eq!(balance(&app, &who).await, json!(20));
    let blank = app.graphql_with(&who, &[("idempotency-key", " ")], twice, json!({})).await;
    assert_eq!((blank.refused().0, blank.field()), ("BAD_INPUT", "idempotencyKey"));
}
