//! Coupons against the orders that use them.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[
    Check {
        name: "coupon uses",
        by: By::Sql(
            "SELECT 'offer ' || offer.id AS what, COALESCE(used.count, 0) AS expected, redeemed_count AS found
             FROM offer LEFT JOIN (
                 SELECT offer_id, count(*) FROM coupon_redemption WHERE status = 'redeemed' GROUP BY offer_id
             ) AS used ON used.offer_id = offer.id",
        ),
    },
    // The limit of the moment: nobody used it more often than it allows now, since it is never changed.
    Check {
        name: "coupon limit",
        by: By::Sql(
            "SELECT 'offer ' || offer_id || ', user ' || user_id AS what,
                 LEAST(count(*), per_user_limit) AS expected, count(*) AS found
             FROM coupon_redemption JOIN offer ON offer.id = offer_id
             WHERE status = 'redeemed' GROUP BY offer_id, user_id, per_user_limit",
        ),
    },
    Check {
        name: "coupon of order",
        by: By::Sql(
            "SELECT 'order ' || orders.id AS what, coupon_redemption.status AS found,
                 CASE WHEN orders.status IN ('rejected', 'cancelled') THEN 'released' ELSE 'redeemed' END AS expected
             FROM orders LEFT JOIN coupon_redemption ON coupon_redemption.order_id = orders.id
             WHERE orders.coupon_code IS NOT NULL",
        ),
    },
    Check {
        name: "order discount",
        by: By::Sql(
            "SELECT 'order ' || id AS what, discount_paise AS found,
                 coupon_discount_paise + points_discount_paise AS expected
             FROM orders",
        ),
    },
];
