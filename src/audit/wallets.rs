//! Balances against the transactions that explain them.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[
    Check {
        name: "consumer wallet balance",
        by: By::Sql(
            "SELECT 'user ' || user_id AS what, COALESCE(told.sum, 0) AS expected, balance_paise AS found
             FROM consumer_wallet LEFT JOIN (
                 SELECT user_id, SUM(CASE kind WHEN 'debit' THEN -amount_paise ELSE amount_paise END) AS sum
                 FROM wallet_transaction GROUP BY user_id
             ) AS told USING (user_id)",
        ),
    },
    // The balance's row is locked before a transaction gets its id: ids are in the order of the movements.
    Check {
        name: "consumer wallet history",
        by: By::Sql(
            "SELECT 'wallet_transaction ' || id AS what, balance_after_paise AS found,
                 SUM(CASE kind WHEN 'debit' THEN -amount_paise ELSE amount_paise END)
                     OVER (PARTITION BY user_id ORDER BY id ROWS UNBOUNDED PRECEDING) AS expected
             FROM wallet_transaction",
        ),
    },
    Check {
        name: "consumer's own refunds",
        by: By::Sql(
            "SELECT 'user ' || user_id || ', reference ' || quote_literal(reference) AS what,
                 LEAST(debited, refunded) AS expected, refunded AS found
             FROM (
                 SELECT user_id, reference,
                     COALESCE(SUM(amount_paise) FILTER (WHERE kind = 'debit'), 0) AS debited,
                     COALESCE(SUM(amount_paise) FILTER (WHERE kind = 'refund'), 0) AS refunded
                 FROM wallet_transaction WHERE source = 'api' AND kind IN ('debit', 'refund')
                 GROUP BY user_id, reference
             ) AS named",
        ),
    },
    // What was paid is in the wallet of who paid it, and nothing is in a wallet as paid that was not.
    Check {
        name: "wallet payments",
        by: By::Sql(
            "SELECT 'payment ' || payment.id AS what,
                 CASE payment.status WHEN 'paid'
                     THEN format('recharge of %s for user %s', payment.amount_paise, payment.user_id) END AS expected,
                 CASE WHEN moved.id IS NOT NULL
                     THEN format('%s of %s for user %s', moved.kind, moved.amount_paise, moved.user_id) END AS found
             FROM payment LEFT JOIN wallet_transaction AS moved
                 ON moved.id = payment.transaction_id AND moved.source = 'payment'
             UNION ALL
             SELECT 'wallet_transaction ' || moved.id, 'a payment', CASE WHEN payment.id IS NOT NULL THEN 'a payment' END
             FROM wallet_transaction AS moved LEFT JOIN payment ON payment.transaction_id = moved.id
             WHERE moved.source = 'payment'",
        ),
    },
    Check {
        name: "shop wallet balance",
        by: By::Sql(
            "SELECT 'shop ' || shop_id AS what, COALESCE(told.sum, 0) AS expected, balance_paise AS found
             FROM vendor_wallet LEFT JOIN (
                 SELECT shop_id, SUM(CASE kind WHEN 'credit' THEN amount_paise ELSE -amount_paise END) AS sum
                 FROM vendor_wallet_transaction GROUP BY shop_id
             ) AS told USING (shop_id)",
        ),
    },
    Check {
        name: "shop wallet history",
        by: By::Sql(
            "SELECT 'vendor_wallet_transaction ' || id AS what, balance_after_paise AS found,
                 SUM(CASE kind WHEN 'credit' THEN amount_paise ELSE -amount_paise END)
                     OVER (PARTITION BY shop_id ORDER BY id ROWS UNBOUNDED PRECEDING) AS expected
             FROM vendor_wallet_transaction",
        ),
    },
    // What was asked for left the wallet; what could not be paid came back; and nothing else did either.
    Check {
        name: "shop payouts",
        by: By::Sql(
            "SELECT 'payout_request ' || payout.id AS what,
                 format('%s taken, %s given back', payout.amount_paise,
                     CASE payout.status WHEN 'failed' THEN payout.amount_paise ELSE 0 END) AS expected,
                 format('%s taken, %s given back', COALESCE(taken.amount_paise, 0), COALESCE(back.amount_paise, 0))
                     AS found
             FROM payout_request AS payout
             LEFT JOIN vendor_wallet_transaction AS taken ON taken.id = payout.transaction_id
                 AND taken.shop_id = payout.shop_id AND taken.source = 'withdrawal'
             LEFT JOIN vendor_wallet_transaction AS back ON back.id = payout.refund_id
                 AND back.shop_id = payout.shop_id AND back.source = 'payout_failed'
             UNION ALL
             SELECT 'vendor_wallet_transaction ' || moved.id, 'a payout',
                 CASE WHEN COALESCE(asked.id, failed.id) IS NOT NULL THEN 'a payout' END
             FROM vendor_wallet_transaction AS moved
             LEFT JOIN payout_request AS asked ON asked.transaction_id = moved.id
             LEFT JOIN payout_request AS failed ON failed.refund_id = moved.id
             WHERE moved.source IN ('withdrawal', 'payout_failed')",
        ),
    },
];
