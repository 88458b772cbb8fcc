//! Points against the entries that explain them, and those against their orders.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[
    Check {
        name: "points balance",
        by: By::Sql(
            "SELECT 'user ' || user_id AS what,
                 format('%s of %s', COALESCE(told.sum, 0), COALESCE(told.earned, 0)) AS expected,
                 format('%s of %s', reward_account.points, lifetime_points) AS found
             FROM reward_account LEFT JOIN (
                 SELECT user_id, SUM(points) AS sum, SUM(points) FILTER (WHERE kind = 'credit') AS earned
                 FROM reward_ledger GROUP BY user_id
             ) AS told USING (user_id)",
        ),
    },
    // The account's row is locked before an entry gets its id: ids are in the order of the movements.
    Check {
        name: "points history",
        by: By::Sql(
            "SELECT 'reward_ledger ' || id AS what, points_after AS found,
                 SUM(points) OVER (PARTITION BY user_id ORDER BY id ROWS UNBOUNDED PRECEDING) AS expected
             FROM reward_ledger",
        ),
    },
    // A paisa short of the next ten rupees earns nothing. Orders of before there were points earned none.
    Check {
        name: "points earned",
        by: By::Sql(
            "SELECT 'order ' || orders.id AS what, LEAST(final_paise / 1000, 500) AS expected, points AS found
             FROM reward_ledger JOIN orders ON orders.id = order_id WHERE kind = 'credit'",
        ),
    },
    Check {
        name: "points used",
        by: By::Sql(
            "SELECT 'order ' || orders.id AS what,
                 CASE
                     WHEN status IN ('rejected', 'cancelled') THEN 0
                     WHEN status = 'return_completed' THEN points_redeemed - (points_redeemed * COALESCE((
                         SELECT SUM(order_return.quantity * unit_price_paise)
                         FROM order_return JOIN order_item USING (order_id, item_id)
                         WHERE order_return.order_id = orders.id AND order_return.status = 'completed'
                     ), 0)::BIGINT / total_paise)
                     ELSE points_redeemed
                 END AS expected,
                 COALESCE((
                     SELECT -SUM(points) FROM reward_ledger
                     WHERE order_id = orders.id AND (kind = 'debit' OR (kind = 'reversal' AND points > 0))
                 ), 0) AS found
             FROM orders WHERE points_redeemed > 0",
        ),
    },
];
