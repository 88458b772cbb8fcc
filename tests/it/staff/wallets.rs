use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Desk, refusal};
use crate::harness::Answer;

const ADJUST: &str = "mutation($user: ID!, $way: AdjustmentDirection!, $amount: Money!, $reason: String!, $key: String) {
    adjustWallet(userId: $user, direction: $way, amount: $amount, reason: $reason, idempotencyKey: $key) {
        message wallet { balance } transaction { id kind source amount balanceAfter reference orderId userPhone } } }";
const HISTORY: &str = "{ wallet { balance transactions { nodes { kind source amount reference } } } }";

impl Desk {
    async fn adjust(&self, way: &str, amount: Value, key: Option<&str>) -> Answer {
        let user = self.consumer.user_id;
        let variables =
            json!({"user": user, "way": way, "amount": amount, "reason": "Paid twice", "key": key});
        self.app.graphql(&self.staff, ADJUST, variables).await
    }

    async fn balance(&self) -> i64 {
        let held = "SELECT COALESCE(sum(balance_paise), 0) FROM consumer_wallet WHERE user_id = ";
        self.app.number(&format!("{held}{}", self.consumer.user_id)).await
    }
}

#[tokio::test]
async fn only_the_staff_adjusts_wallets() {
    let desk = Desk::begin().await;
    let variables =
        json!({"user": desk.consumer.user_id, "way": "CREDIT", "amount": 10, "reason": "Paid twice"});
    desk.is_for_the_staff_only(ADJUST, variables).await;
    assert_eq!(desk.balance().await, 0);
}

#[tokio::test]
async fn a_wallet_is_put_right_both_ways_and_the_consumer_reads_why() {
    let desk = Desk::begin().await;
    let credited = desk.adjust("CREDIT", json!("150.25"), None).await.ok()["adjustWallet"].clone();
    assert_eq!(
        credited,
        json!({"message": "Wallet adjusted", "wallet": {"balance": 150.25},
            "transaction": {"id": "1", "kind": "CREDIT", "source": "STAFF_ADJUSTMENT", "amount": 150.25,
                "balanceAfter": 150.25, "reference": "Adjustment by staff: Paid twice", "orderId": null,
                "userPhone": desk.consumer.phone}})
    );
    let debited = desk.adjust("DEBIT", json!(50), None).await.ok()["adjustWallet"].clone();
    assert_eq!(
        (&debited["wallet"]["balance"], &debited["transaction"]["kind"]),
        (&json!(100.25), &json!("DEBIT"))
    );

    let entry = |kind, amount| {
        json!({"kind": kind, "source": "STAFF_ADJUSTMENT", "amount": amount,
            "reference": "Adjustment by staff: Paid twice"})
    };
    let read = desk.run(&desk.consumer, HISTORY, json!({})).await;
    assert_eq!(
        read["transactions"]["nodes"],
        json!([entry("DEBIT", json!(50)), entry("CREDIT", json!(150.25))])
    );
    let (status, rest) = desk.app.rest(&desk.consumer, "GET", "/consumer/wallet/history", None).await;
    assert_eq!(
        (status, &rest["transactions"][0]["type"], &rest["transactions"][0]["source"]),
        (200, &json!("debit"), &json!("staff_adjustment")),
        "{rest}"
    );
    let told = desk.run(&desk.consumer, "{ notifications { nodes { kind title body } } }", json!({})).await;
    let notice = |title, body| json!({"kind": "WALLET", "title": title, "body": body});
    assert_eq!(
        told["nodes"],
        json!([
            notice("Money taken out", "₹50.00 was taken out of your wallet: Adjustment by staff: Paid twice"),
            notice("Money credited", "₹150.25 was credited to your wallet: Adjustment by staff: Paid twice"),
        ])
    );
    let acts = desk.log(json!({"targetKind": "USER", "targetId": desk.consumer.user_id})).await;
    assert_eq!((&acts[0]["action"], &acts[0]["reason"]), (&json!("WALLET_ADJUSTED"), &json!("Paid twice")));
    assert_eq!(acts[0]["detail"], "debit of ₹50.00, ₹100.25 afterwards");
    assert_eq!(acts.len(), 2);
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn what_the_staff_took_out_cannot_be_taken_back_by_the_consumer() {
    let desk = Desk::begin().await;
    desk.adjust("CREDIT", json!(100), None).await.ok();
    desk.adjust("DEBIT", json!(100), None).await.ok();
    let refund =
        "mutation { refundWallet(amount: 100, reference: \"Adjustment by staff: Paid twice\") { message } }";
    assert_eq!(desk.app.graphql(&desk.consumer, refund, json!({})).await.refused().0, "FORBIDDEN");
    assert_eq!(desk.balance().await, 0);
}

#[tokio::test]
async fn bad_adjustments_are_refused_and_move_nothing() {
    let desk = Desk::begin().await;
    let (who, reason) = (desk.consumer.user_id.0, "Paid twice");
    let long = "x".repeat(201);
    for (user, way, amount, reason, expected) in [
        (who, "CREDIT", json!(0), reason, ("BAD_INPUT", "amount")),
        (who, "CREDIT", json!(-5), reason, ("BAD_INPUT", "amount")),
        (who, "CREDIT", json!("100000.01"), reason, ("BAD_INPUT", "amount")),
        (who, "CREDIT", json!(1.005), reason, ("BAD_INPUT", "amount")),
        (who, "SIDEWAYS", json!(5), reason, ("BAD_INPUT", "way")),
        (who, "CREDIT", json!(5), " \n ", ("BAD_INPUT", "reason")),
        (who, "CREDIT", json!(5), &long, ("BAD_INPUT", "reason")),
        (who, "DEBIT", json!(5), reason, ("INSUFFICIENT_BALANCE", "")),
        (999_999, "CREDIT", json!(5), reason, ("NOT_FOUND", "userId")),
        (desk.staff.user_id.0, "CREDIT", json!(5), reason, ("FORBIDDEN", "userId")),
        (desk.admin.user_id.0, "CREDIT", json!(5), reason, ("CONFLICT", "userId")),
        (desk.vendor.user_id.0, "CREDIT", json!(5), reason, ("CONFLICT", "userId")),
    ] {
        let variables = json!({"user": user, "way": way, "amount": amount, "reason": reason});
        let refused = desk.app.graphql(&desk.staff, ADJUST, variables).await;
        let (code, field) = refusal(&refused);
        let named = refused.refused().1;
        assert!(code == expected.0 && (field == expected.1 || named.contains(expected.1)), "{refused:?}");
    }
    for table in ["consumer_wallet", "wallet_transaction", "staff_action", "notification"] {
        assert_eq!(desk.app.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    desk.adjust("CREDIT", json!(100_000), None).await.ok();
    assert_eq!(desk.balance().await, 10_000_000);
}

#[tokio::test]
async fn the_wallet_of_a_deleted_account_takes_nothing() {
    let desk = Desk::begin().await;
    let leave =
        format!("mutation {{ deleteMyAccount(confirmPhone: \"{}\") {{ message }} }}", desk.consumer.phone);
    desk.run(&desk.consumer, &leave, json!({})).await;
    for way in ["CREDIT", "DEBIT"] {
        let refused = desk.adjust(way, json!(5), None).await;
        assert_eq!(refused.refused(), ("CONFLICT", "The customer deleted their account"));
    }
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn the_same_key_moves_the_money_once_however_often_and_at_once() {
    let desk = Desk::begin().await;
    let calls = (0..8).map(|_| desk.adjust("CREDIT", json!(100), Some("k")));
    let answers: Vec<Value> = join_all(calls).await.into_iter().map(Answer::ok).collect();
    assert!(answers.iter().all(|answer| answer["adjustWallet"]["transaction"]["id"] == "1"));
    assert_eq!(desk.balance().await, 10_000);
    assert_eq!(desk.acts().await.len(), 1);
    let other = desk.adjust("CREDIT", json!(101), Some("k")).await;
    assert_eq!(other.refused().0, "IDEMPOTENCY_KEY_REUSED");
    let other = desk.adjust("DEBIT", json!(100), Some("k")).await;
    assert_eq!(other.refused().0, "IDEMPOTENCY_KEY_REUSED");
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn ten_debits_at_once_never_take_a_wallet_below_zero() {
    let desk = Desk::begin().await;
    desk.adjust("CREDIT", json!("35.50"), None).await.ok();
    let answers = join_all((0..10).map(|_| desk.adjust("DEBIT", json!(10), None))).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.errors.is_empty());
    assert_eq!((done.len(), refused.len(), desk.balance().await), (3, 7, 550));
    for answer in refused {
        assert_eq!(answer.refused().0, "INSUFFICIENT_BALANCE");
        assert_eq!(answer.errors[0]["extensions"]["balance"], json!(5.5));
    }
    assert_eq!(desk.acts().await.len(), 4);
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn an_adjustment_that_races_with_a_deletion_comes_before_it_or_not_at_all() {
    for round in 0..4 {
        let desk = Desk::begin().await;
        let leave = format!(
            "mutation {{ deleteMyAccount(confirmPhone: \"{}\") {{ message }} }}",
            desk.consumer.phone
        );
        let (left, adjusted) = if round % 2 == 0 {
            tokio::join!(
                desk.app.graphql(&desk.consumer, &leave, json!({})),
                desk.adjust("CREDIT", json!(5), None)
            )
        } else {
            let (adjusted, left) = tokio::join!(
                desk.adjust("CREDIT", json!(5), None),
                desk.app.graphql(&desk.consumer, &leave, json!({}))
            );
            (left, adjusted)
        };
        assert!(left.errors.is_empty() != adjusted.errors.is_empty(), "{left:?} {adjusted:?}");
        desk.app.audit_is_clean().await;
    }
}
