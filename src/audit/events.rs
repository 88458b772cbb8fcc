//! Facts against what they tell of. Events are pruned, so only what cannot have been is missed.

use crate::audit::check::{By, Check};

/// `kept_since`: what was recorded behind this moment is kept. Pruning takes a beginning of the order of events and
/// leaves its last one, which is then a day old or older. Times come from the gateways' clocks, so the edge is a minute
/// wide; where nothing was pruned, there is no edge.
///
/// `kept`: the orders whose events are all kept. Where the first is, the others are.
macro_rules! of_kept {
    ($select:literal) => {
        concat!(
            "WITH kept_since AS (
                SELECT created_at + CASE WHEN created_at < now() - INTERVAL '1 day' THEN INTERVAL '1 minute'
                    ELSE INTERVAL '0' END AS at
                FROM event ORDER BY xid, id LIMIT 1
            ), kept AS (
                SELECT orders.id FROM orders LEFT JOIN event AS first ON first.order_id = orders.id AND first.seq = 1
                WHERE first.id IS NOT NULL OR orders.created_at >= (SELECT at FROM kept_since)
            ) ",
            $select
        )
    };
}

pub const CHECKS: &[Check] = &[
    Check {
        name: "status events",
        by: By::Sql(of_kept!(
            "SELECT 'order ' || kept.id AS what, log.statuses AS expected, told.statuses AS found
             FROM kept LEFT JOIN (
                 SELECT order_id, string_agg(status, ' ' ORDER BY id) AS statuses
                 FROM order_status_log GROUP BY order_id
             ) AS log ON log.order_id = kept.id LEFT JOIN (
                 SELECT order_id, string_agg(value, ' ' ORDER BY seq) AS statuses
                 FROM event WHERE kind = 'order_status_changed' GROUP BY order_id
             ) AS told ON told.order_id = kept.id"
        )),
    },
    // Numbered from one without gaps, as far as they are kept, up to what the order has counted.
    Check {
        name: "event numbers",
        by: By::Sql(of_kept!(
            "SELECT 'order ' || orders.id AS what,
                 format('%s to %s', CASE WHEN kept.id IS NULL THEN told.first ELSE 1 END, event_seq) AS expected,
                 COALESCE(format('%s to %s', told.first, told.last) ||
                     CASE WHEN told.count < told.last - told.first + 1 THEN ' with gaps' ELSE '' END, 'none') AS found
             FROM orders LEFT JOIN kept USING (id) LEFT JOIN (
                 SELECT order_id, min(seq) AS first, max(seq) AS last, count(*) AS count
                 FROM event WHERE order_id IS NOT NULL GROUP BY order_id
             ) AS told ON told.order_id = orders.id
             WHERE kept.id IS NOT NULL OR told.order_id IS NOT NULL"
        )),
    },
    // Subscribers hear them in the order of their transactions: it has to be that of the numbers.
    Check {
        name: "event order",
        by: By::Sql(
            "SELECT 'event ' || id AS what,
                 CASE WHEN (xid, id) <= (xid_before, id_before) THEN format('behind %s-%s', xid_before, id_before) END
                     AS expected,
                 CASE WHEN (xid, id) <= (xid_before, id_before) THEN format('%s-%s', xid, id) END AS found
             FROM (
                 SELECT id, xid, lag(xid) OVER numbered AS xid_before, lag(id) OVER numbered AS id_before
                 FROM event WHERE order_id IS NOT NULL WINDOW numbered AS (PARTITION BY order_id ORDER BY seq)
             ) AS following",
        ),
    },
    Check {
        name: "message events",
        by: By::Sql(of_kept!(
            "SELECT 'order_message ' || message.id AS what, 1 AS expected, COALESCE(told.count, 0) AS found
             FROM order_message AS message JOIN kept ON kept.id = message.order_id LEFT JOIN (
                 SELECT order_id, value, count(*) AS count
                 FROM event WHERE kind = 'order_message_added' GROUP BY order_id, value
             ) AS told ON told.order_id = message.order_id AND told.value = message.id::TEXT"
        )),
    },
    Check {
        name: "notification events",
        by: By::Sql(of_kept!(
            "SELECT 'notification ' || notification.id AS what, 1 AS expected, COALESCE(told.count, 0) AS found
             FROM notification LEFT JOIN (
                 SELECT user_id, value, count(*) AS count
                 FROM event WHERE kind = 'notification_added' GROUP BY user_id, value
             ) AS told ON told.user_id = notification.user_id AND told.value = notification.id::TEXT
             WHERE notification.created_at >= (SELECT at FROM kept_since)"
        )),
    },
];
