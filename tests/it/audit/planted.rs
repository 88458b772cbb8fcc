//! Every check finds the fault that was planted for it, and no other does.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use society_gateway::audit::{Report, look};
use society_gateway::db::Conn;

use super::Story;

/// The checks that notice, and the statement that plants; it returns what is at fault then.
///
/// `{of name}` stands for the id of the order with these delivery notes.
const PLANTED: &[(&[&str], &str)] = &[
    (
        &["coupon uses"],
        "UPDATE offer SET redeemed_count = redeemed_count - 1 RETURNING 'offer ' || id AS what",
    ),
    (
        &["coupon limit"],
        "UPDATE offer SET per_user_limit = 1
         RETURNING 'offer ' || id || ', user ' || (SELECT user_id FROM orders LIMIT 1) AS what",
    ),
    // Called off, and its coupon still counts.
    (
        &["coupon of order"],
        "WITH counted AS (UPDATE offer SET redeemed_count = redeemed_count + 1) UPDATE coupon_redemption SET status = 'redeemed' WHERE order_id = {of cancelled for less}
         RETURNING 'order ' || order_id AS what",
    ),
    (
        &["order discount"],
        "UPDATE orders SET coupon_discount_paise = coupon_discount_paise - 1 WHERE id = {of for less}
         RETURNING 'order ' || id AS what",
    ),
    (
        &["points balance"],
        "UPDATE reward_account SET points = points + 1 RETURNING 'user ' || user_id AS what",
    ),
    (
        &["points history"],
        "UPDATE reward_ledger SET points_after = points_after + 1 WHERE order_id = {of for less} AND kind = 'debit'
         RETURNING 'reward_ledger ' || id AS what",
    ),
    (
        &["points earned"],
        "UPDATE reward_ledger SET order_id = {of accepted} WHERE order_id = {of delivered cheaper} AND kind = 'credit'
         RETURNING 'order ' || order_id AS what",
    ),
    (
        &["points used"],
        "UPDATE orders SET points_redeemed = points_redeemed + 1 WHERE id = {of for less}
         RETURNING 'order ' || id AS what",
    ),
    (
        &["deleted accounts"],
        "UPDATE consumer_address SET street = 'Lake Road' WHERE street = '-' RETURNING 'user ' || user_id AS what",
    ),
    // Money came from the staff, and nobody knows why.
    (
        &["staff adjustments"],
        "DELETE FROM staff_action WHERE action = 'wallet_adjusted' AND detail LIKE 'debit%'
         RETURNING 'wallet_transaction ' || transaction_id AS what",
    ),
    (
        &["staff adjustments"],
        "UPDATE staff_action SET actor_id = target_id WHERE action = 'wallet_adjusted' AND detail LIKE 'credit%'
         RETURNING 'wallet_transaction ' || transaction_id AS what",
    ),
    (
        &["staff adjustments"],
        "UPDATE staff_action SET target_id = target_id + 1
         WHERE action = 'wallet_adjusted' AND detail LIKE 'credit%'
         RETURNING 'wallet_transaction ' || transaction_id AS what",
    ),
    // The act says that it moved money, and the money says that its owner did.
    (
        &["staff adjustments"],
        "UPDATE wallet_transaction SET source = 'api' WHERE source = 'staff_adjustment' AND kind = 'credit'
         RETURNING (SELECT 'staff_action ' || id FROM staff_action WHERE transaction_id = wallet_transaction.id) AS what",
    ),
    (
        &["promotions"],
        "DELETE FROM staff_action WHERE action = 'promotion_sent' AND target_id = 1
         RETURNING 'promotion ' || target_id AS what",
    ),
    (
        &["promotions"],
        "DELETE FROM staff_action WHERE action = 'promotion_cancelled' RETURNING 'promotion ' || target_id AS what",
    ),
    (
        &["consumer wallet balance"],
        "UPDATE consumer_wallet SET balance_paise = balance_paise - 1
         WHERE user_id = (SELECT user_id FROM orders LIMIT 1) RETURNING 'user ' || user_id AS what",
    ),
    (
        &["consumer wallet history"],
        "UPDATE wallet_transaction SET balance_after_paise = balance_after_paise + 1
         WHERE order_id = {of rejected} AND kind = 'debit' RETURNING 'wallet_transaction ' || id AS what",
    ),
    (
        &["consumer's own refunds"],
        "UPDATE wallet_transaction SET reference = 'another' WHERE source = 'api' AND kind = 'refund'
         RETURNING 'user ' || user_id || ', reference ''another''' AS what",
    ),
    (
        &["wallet payments"],
        "UPDATE payment SET amount_paise = amount_paise + 1 WHERE status = 'paid' RETURNING 'payment ' || id AS what",
    ),
    // It says that nobody paid, and the wallet was filled.
    (
        &["wallet payments"],
        "WITH was AS (SELECT id, transaction_id FROM payment WHERE status = 'paid')
         UPDATE payment SET status = 'failed', provider_payment_id = NULL, transaction_id = NULL FROM was
         WHERE payment.id = was.id RETURNING 'wallet_transaction ' || was.transaction_id AS what",
    ),
    // Paid, and filled with what was not paid for.
    (
        &["wallet payments"],
        "UPDATE wallet_transaction SET source = 'api' WHERE source = 'payment'
         RETURNING (SELECT 'payment ' || id FROM payment WHERE status = 'paid') AS what",
    ),
    (
        &["shop wallet balance"],
        "UPDATE vendor_wallet SET balance_paise = balance_paise + 1 RETURNING 'shop ' || shop_id AS what",
    ),
    (
        &["shop wallet history"],
        "UPDATE vendor_wallet_transaction SET balance_after_paise = balance_after_paise + 1
         WHERE order_id = {of delivered} RETURNING 'vendor_wallet_transaction ' || id AS what",
    ),
    (
        &["shop payouts"],
        "UPDATE payout_request SET amount_paise = amount_paise + 1 WHERE status = 'failed'
         RETURNING 'payout_request ' || id AS what",
    ),
    // Money was withdrawn that nobody will ever pay.
    (
        &["shop payouts"],
        "DELETE FROM payout_request WHERE status = 'requested'
         RETURNING 'vendor_wallet_transaction ' || transaction_id AS what",
    ),
    // Of what was debited for a cheaper order, the difference never came back.
    (
        &["order money"],
        "UPDATE wallet_transaction SET kind = 'credit', source = 'api', order_id = NULL
         WHERE order_id = {of cheaper} AND kind = 'refund' RETURNING 'order ' || {of cheaper} AS what",
    ),
    (
        &["order money", "order held"],
        "UPDATE orders SET held_paise = held_paise - 1 WHERE id = {of awaiting} RETURNING 'order ' || id AS what",
    ),
    // A refund without what it refunds.
    (
        &["order money", "order refunds"],
        "UPDATE wallet_transaction SET source = 'api', order_id = NULL
         WHERE order_id = {of cancelled} AND kind = 'debit' RETURNING 'order ' || {of cancelled} AS what",
    ),
    // The shop was paid for an order that was given back as well.
    (
        &["order closed once"],
        "UPDATE wallet_transaction SET source = 'order_cancel'
         WHERE order_id = {of delivered cheaper} AND kind = 'refund' RETURNING 'order ' || order_id AS what",
    ),
    // Called off, but the money was kept.
    (
        &["order held"],
        "WITH kept AS (
             UPDATE wallet_transaction SET kind = 'credit', source = 'api', order_id = NULL
             WHERE order_id = {of rejected} AND kind = 'refund' RETURNING amount_paise
         ) UPDATE orders SET held_paise = amount_paise FROM kept WHERE id = {of rejected} RETURNING 'order ' || id AS what",
    ),
    (
        &["order amounts"],
        "UPDATE orders SET total_paise = total_paise + 1 WHERE id = {of accepted} RETURNING 'order ' || id AS what",
    ),
    (
        &["order amounts", "order discount"],
        "UPDATE orders SET discount_paise = 1 WHERE id = {of without tea} RETURNING 'order ' || id AS what",
    ),
    (
        &["order amounts"],
        "UPDATE orders SET final_paise = final_paise + 1 WHERE id = {of unanswered} RETURNING 'order ' || id AS what",
    ),
    (
        &["order payment status"],
        "UPDATE orders SET payment_status = 'refunded' WHERE id = {of paid back} RETURNING 'order ' || id AS what",
    ),
    (
        &["order payment status"],
        "UPDATE orders SET payment_status = 'paid' WHERE id = {of accepted} RETURNING 'order ' || id AS what",
    ),
    (
        &["order return refund"],
        "UPDATE wallet_transaction SET source = 'order_modify'
         WHERE order_id = {of paid back} AND kind = 'refund' RETURNING 'order ' || order_id AS what",
    ),
    (
        &["order wallets"],
        "UPDATE orders SET user_id = (
             SELECT max(user_id) FROM consumer_wallet WHERE closed_at IS NULL AND user_id <> orders.user_id
         ) WHERE id = {of pending}
         RETURNING (SELECT 'wallet_transaction ' || id FROM wallet_transaction WHERE order_id = {of pending}) AS what",
    ),
    (&["item stock"], "UPDATE item SET quantity_in_stock = 0 WHERE title = 'Tea' RETURNING 'item ' || id AS what"),
    (
        &["order goods"],
        "UPDATE stock_movement SET reason = 'count', order_id = NULL
         WHERE order_id = {of cancelled} AND change = 3 RETURNING 'order ' || {of cancelled} || ', item ' || item_id AS what",
    ),
    (
        &["order goods"],
        "UPDATE stock_movement SET reason = 'count', order_id = NULL
         WHERE order_id = {of paid back} AND change = 2 RETURNING 'order ' || {of paid back} || ', item ' || item_id AS what",
    ),
    (
        &["order returns"],
        "UPDATE order_return SET quantity = 4
         WHERE order_id = {of asked back} RETURNING 'order ' || order_id || ', item ' || item_id AS what",
    ),
    // The log and the events agree on a step that no act takes.
    (
        &["order status log"],
        "WITH logged AS (
             UPDATE order_status_log SET status = 'confirmed' WHERE order_id = {of accepted} AND status = 'accepted'
         ), told AS (
             UPDATE event SET value = 'confirmed' WHERE order_id = {of accepted} AND value = 'accepted'
         ) UPDATE orders SET status = 'confirmed' WHERE id = {of accepted} RETURNING 'order ' || id AS what",
    ),
    (
        &["order status log"],
        "UPDATE orders SET status = 'pending' WHERE id = {of accepted} RETURNING 'order ' || id AS what",
    ),
    (
        &["order status log", "status events"],
        "DELETE FROM order_status_log WHERE order_id = {of delivered} AND status = 'pending'
         RETURNING 'order ' || order_id AS what",
    ),
    (
        &["status events"],
        "UPDATE event SET value = 'rejected' WHERE order_id = {of accepted} AND value = 'accepted'
         RETURNING 'order ' || order_id AS what",
    ),
    // Nothing was ever told of it.
    (
        &["status events", "event numbers"],
        "DELETE FROM event WHERE order_id = {of pending} RETURNING 'order ' || order_id AS what",
    ),
    (
        &["event numbers"],
        "UPDATE orders SET event_seq = event_seq + 1 WHERE id = {of delivered} RETURNING 'order ' || id AS what",
    ),
    (
        &["event numbers"],
        "WITH last AS (UPDATE orders SET event_seq = event_seq + 1 WHERE id = {of accepted})
         UPDATE event SET seq = seq + 1 WHERE order_id = {of accepted}
             AND seq = (SELECT max(seq) FROM event WHERE order_id = {of accepted})
         RETURNING 'order ' || order_id AS what",
    ),
    (
        &["event order"],
        "UPDATE event SET xid = (SELECT min(xid) FROM event) WHERE order_id = {of rejected} AND value = 'rejected'
         RETURNING 'event ' || id AS what",
    ),
    (
        &["message events"],
        "UPDATE event SET value = '999999'
         WHERE id = (SELECT max(id) FROM event WHERE order_id = {of accepted} AND kind = 'order_message_added')
         RETURNING 'order_message ' || (SELECT max(id) FROM order_message WHERE order_id = {of accepted}) AS what",
    ),
    (
        &["notification events"],
        "DELETE FROM event WHERE kind = 'notification_added'
             AND value = (SELECT max(id)::TEXT FROM notification)
         RETURNING 'notification ' || value AS what",
    ),
    (&["shop rating"], "UPDATE shop SET rating = 4 WHERE rating_count > 0 RETURNING 'shop ' || id AS what"),
    (
        &["shop rating"],
        "UPDATE shop SET rating_count = 1 WHERE rating_count = 0 RETURNING 'shop ' || id AS what",
    ),
    (
        &["idempotency outcome"],
        "UPDATE idempotency_key SET outcome = NULL WHERE key = 'load'
         RETURNING 'user ' || user_id || ', key ''load''' AS what",
    ),
];

#[derive(QueryableByName)]
struct What {
    #[diesel(sql_type = Text)]
    what: String,
}

/// Which check found what, in the order of the report.
fn found(report: &Report) -> Vec<(&str, &str)> {
    let findings = report.findings.iter();
    findings
        .flat_map(|finding| {
            assert_eq!(usize::try_from(finding.at_fault), Ok(finding.faults.len()));
            finding.faults.iter().map(|fault| (finding.check, fault.what.as_str()))
        })
        .collect()
}

/// Plants in a transaction that is rolled back again: what was at fault, and the report.
async fn plant(conn: &mut Conn, statement: &str) -> (Vec<String>, Report) {
    let mut sql = statement.to_owned();
    while let Some((before, rest)) = sql.split_once("{of ") {
        let (notes, after) = rest.split_once('}').unwrap();
        sql = format!("{before}(SELECT id FROM orders WHERE delivery_notes = '{notes}'){after}");
    }
    conn.batch_execute("BEGIN").await.unwrap();
    let planted: Vec<What> =
        diesel::sql_query(&sql).load(conn).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    let report = look(conn).await.unwrap();
    conn.batch_execute("ROLLBACK").await.unwrap();
    (planted.into_iter().map(|row| row.what).collect(), report)
}

#[tokio::test]
async fn each_fault_is_found_by_its_check_in_its_row_and_nowhere_else() {
    let story = Story::busy().await;
    let mut conn = story.app.conn().await;
    let mut noticing = BTreeSet::new();
    for (checks, statement) in PLANTED {
        let (planted, report) = plant(&mut conn, statement).await;
        assert_eq!(planted.len(), 1, "{statement}");
        let expected: Vec<_> = checks.iter().map(|check| (*check, planted[0].as_str())).collect();
        assert_eq!(found(&report), expected, "{statement}\n{report}");
        noticing.extend(checks.iter().copied());
    }
    let report = look(&mut conn).await.unwrap();
    assert!(report.is_clean, "{report}");
    let checks: BTreeSet<_> = report.findings.iter().map(|finding| finding.check).collect();
    assert_eq!(noticing, checks, "every check has its planted fault");
}

#[tokio::test]
async fn a_fault_says_what_was_expected_and_what_was_found() {
    let story = Story::busy().await;
    let mut conn = story.app.conn().await;
    let statement =
        "UPDATE orders SET final_paise = 5 WHERE id = {of awaiting} RETURNING 'order ' || id AS what";
    let (planted, report) = plant(&mut conn, statement).await;
    let fault =
        report.findings.iter().find(|finding| finding.check == "order amounts").unwrap().faults[0].clone();
    assert_eq!(fault.what, planted[0]);
    assert_eq!(
        (fault.expected.as_str(), fault.found.as_str()),
        ("total 27075, final 17025", "total 27075, final 5")
    );
}
