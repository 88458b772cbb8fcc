//! People who deleted their accounts.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[Check {
    name: "deleted accounts",
    by: By::Sql(
        "SELECT 'user ' || id AS what, 'nothing' AS expected,
             CASE
                 WHEN EXISTS (SELECT FROM user_session WHERE user_id = gone.id AND revoked_at IS NULL) THEN 'a session'
                 WHEN EXISTS (SELECT FROM notification WHERE user_id = gone.id) THEN 'notifications'
                 WHEN EXISTS (SELECT FROM consumer_address WHERE user_id = gone.id AND street <> '-') THEN 'an address'
                 WHEN EXISTS (
                     SELECT FROM orders WHERE user_id = gone.id AND delivery_address IS NOT NULL
                 ) THEN 'the address of an order'
                 WHEN EXISTS (
                     SELECT FROM consumer_wallet WHERE user_id = gone.id AND closed_at IS NULL
                 ) THEN 'an open wallet'
                 WHEN EXISTS (SELECT FROM cart_item WHERE user_id = gone.id) THEN 'a cart'
                 WHEN EXISTS (
                     SELECT FROM orders WHERE user_id = gone.id
                         AND status NOT IN ('rejected', 'cancelled', 'delivered', 'return_completed')
                 ) THEN 'an order under way'
                 WHEN EXISTS (
                     SELECT FROM support_ticket WHERE user_id = gone.id AND subject <> '(deleted)'
                 ) THEN 'a support ticket'
                 WHEN gone.marketing_opt_in OR gone.data_sharing_allowed OR gone.location_allowed THEN 'consent'
                 ELSE 'nothing'
             END AS found
         FROM user_profile AS gone WHERE deleted_at IS NOT NULL",
    ),
}];
