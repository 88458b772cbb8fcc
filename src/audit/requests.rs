//! What clients asked for under idempotency keys.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[Check {
    // The key commits with its outcome, or not at all.
    name: "idempotency outcome",
    by: By::Sql(
        "SELECT 'user ' || user_id || ', key ' || quote_literal(key) AS what, 'an outcome' AS expected,
             CASE WHEN outcome IS NOT NULL THEN 'an outcome' END AS found
         FROM idempotency_key",
    ),
}];
