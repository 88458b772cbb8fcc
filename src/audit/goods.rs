//! Where the goods are.

use crate::audit::check::{By, Check};

pub const CHECKS: &[Check] = &[
    Check {
        name: "item stock",
        by: By::Sql(
            "SELECT 'item ' || item.id AS what, GREATEST(COALESCE(moved.sum, 0), 0) AS expected,
                 quantity_in_stock AS found
             FROM item LEFT JOIN (
                 SELECT item_id, SUM(change) AS sum FROM stock_movement GROUP BY item_id
             ) AS moved ON moved.item_id = item.id",
        ),
    },
    // What an order took is what its lines say, unless it was called off; what came back is back.
    Check {
        name: "order goods",
        by: By::Sql(
            "SELECT 'order ' || order_id || ', item ' || item_id AS what, COALESCE(moved.change, 0) AS found, CASE
                 WHEN orders.status IN ('rejected', 'cancelled') THEN 0
                 WHEN orders.status = 'return_completed' THEN COALESCE(back.quantity, 0) - COALESCE(line.quantity, 0)
                 ELSE -COALESCE(line.quantity, 0)
             END AS expected
             FROM (SELECT order_id, item_id, quantity FROM order_item) AS line
             FULL JOIN (
                 SELECT order_id, item_id, SUM(change) AS change
                 FROM stock_movement WHERE order_id IS NOT NULL GROUP BY order_id, item_id
             ) AS moved USING (order_id, item_id)
             JOIN orders ON orders.id = order_id
             LEFT JOIN (
                 SELECT order_id, item_id, SUM(quantity) AS quantity
                 FROM order_return WHERE status = 'completed' GROUP BY order_id, item_id
             ) AS back USING (order_id, item_id)",
        ),
    },
    Check {
        name: "order returns",
        by: By::Sql(
            "SELECT 'order ' || order_id || ', item ' || item_id AS what,
                 LEAST(line.quantity, returned.quantity) AS expected, returned.quantity AS found
             FROM (
                 SELECT order_id, item_id, SUM(quantity) AS quantity
                 FROM order_return WHERE status <> 'rejected' GROUP BY order_id, item_id
             ) AS returned JOIN order_item AS line USING (order_id, item_id)",
        ),
    },
];
