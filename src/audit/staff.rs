//! What the staff did, against what came of it.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[
    // Money that the staff moved has an act behind it, by somebody else than its owner; and such an act has moved money.
    Check {
        name: "staff adjustments",
        by: By::Sql(
            "SELECT 'wallet_transaction ' || moved.id AS what, format('an act on user %s', moved.user_id) AS expected,
                 CASE
                     WHEN act.id IS NULL THEN 'none'
                     WHEN act.actor_id = act.target_id THEN 'an act on the own wallet'
                     ELSE format('an act on %s %s', act.target_kind, act.target_id)
                 END AS found
             FROM wallet_transaction AS moved LEFT JOIN staff_action AS act ON act.transaction_id = moved.id
             WHERE moved.source = 'staff_adjustment'
             UNION ALL
             SELECT 'staff_action ' || act.id, 'staff_adjustment', moved.source
             FROM staff_action AS act LEFT JOIN wallet_transaction AS moved ON moved.id = act.transaction_id
             WHERE act.action = 'wallet_adjusted'",
        ),
    },
    // Nobody is told of a promotion that no member of the staff sent; who sent it is who the log says.
    Check {
        name: "promotions",
        by: By::Sql(
            "SELECT 'promotion ' || promotion.id AS what,
                 format('sent by %s%s', created_by,
                     CASE WHEN status = 'cancelled' THEN ', cancelled' ELSE '' END) AS expected,
                 format('sent by %s%s', COALESCE(act.actor_id::TEXT, 'nobody'),
                     CASE WHEN stopped.id IS NOT NULL THEN ', cancelled' ELSE '' END) AS found
             FROM promotion
             LEFT JOIN staff_action AS act ON act.target_kind = 'promotion' AND act.target_id = promotion.id
                 AND act.action = 'promotion_sent'
             LEFT JOIN staff_action AS stopped ON stopped.target_kind = 'promotion'
                 AND stopped.target_id = promotion.id AND stopped.action = 'promotion_cancelled'",
        ),
    },
];
