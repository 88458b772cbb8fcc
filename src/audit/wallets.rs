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
];
