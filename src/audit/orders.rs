//! The money of orders: what they cost, who paid what, who has it now.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use futures_util::FutureExt;

use crate::audit::check::{By, Check, judge};
use crate::audit::report::Fault;
use crate::journeys::orders::money::{payment_status, value_of_return};
use crate::journeys::orders::status::Status;
use crate::journeys::orders::{PaymentMode, PaymentStatus};
use crate::values::{OrderId, Paise};

/// Orders beside what each has moved, in both wallets.
macro_rules! of_moved {
    ($select:literal) => {
        concat!(
            $select,
            " FROM (
                SELECT orders.*, COALESCE(debited, 0) AS debited, COALESCE(refunded, 0) AS refunded,
                    COALESCE(to_shop, 0) AS to_shop, COALESCE(from_shop, 0) AS from_shop,
                    COALESCE(closings, 0) + COALESCE(payouts, 0) AS endings
                FROM orders LEFT JOIN (
                    SELECT order_id, SUM(amount_paise) FILTER (WHERE kind = 'debit') AS debited,
                        SUM(amount_paise) FILTER (WHERE kind <> 'debit') AS refunded,
                        count(*) FILTER (WHERE source IN ('order_cancel', 'vendor_cancel', 'order_reject')) AS closings
                    FROM wallet_transaction WHERE order_id IS NOT NULL GROUP BY order_id
                ) AS consumer ON consumer.order_id = orders.id LEFT JOIN (
                    SELECT order_id, SUM(amount_paise) FILTER (WHERE kind = 'credit') AS to_shop,
                        SUM(amount_paise) FILTER (WHERE kind <> 'credit') AS from_shop,
                        count(*) FILTER (WHERE source = 'order_delivered') AS payouts
                    FROM vendor_wallet_transaction WHERE order_id IS NOT NULL GROUP BY order_id
                ) AS shop ON shop.order_id = orders.id
            ) AS moved"
        )
    };
}

pub const CHECKS: &[Check] = &[
    // Debited is given back, paid to the shop, or still held.
    Check {
        name: "order money",
        by: By::Sql(of_moved!(
            "SELECT 'order ' || id AS what, debited - refunded - to_shop + from_shop AS expected, held_paise AS found"
        )),
    },
    Check {
        name: "order refunds",
        by: By::Sql(of_moved!(
            "SELECT 'order ' || id AS what, LEAST(debited, refunded) AS expected, refunded AS found"
        )),
    },
    // Either the consumer gets the money back, or the shop is paid; once.
    Check {
        name: "order closed once",
        by: By::Sql(of_moved!(
            "SELECT 'order ' || id AS what, LEAST(1, endings) AS expected, endings AS found"
        )),
    },
    // A closed or delivered order holds nothing. While the consumer has not agreed to a change, the old price is held.
    Check {
        name: "order held",
        by: By::Sql(
            "SELECT 'order ' || id AS what, held_paise AS found, CASE
                 WHEN payment_mode = 'wallet' AND status = 'awaiting_consumer_confirmation'
                     THEN total_paise - discount_paise
                 WHEN payment_mode = 'wallet' AND status IN ('pending', 'accepted', 'confirmed') THEN final_paise
                 ELSE 0
             END AS expected FROM orders",
        ),
    },
    // A change that the consumer has not agreed to, or answered by cancelling, is in the lines and in the final price,
    // not in the total.
    Check {
        name: "order amounts",
        by: By::Sql(
            "SELECT 'order ' || orders.id AS what, format('total %s, final %s', total_paise, final_paise) AS found,
                 CASE WHEN unanswered
                     THEN format('total %s, final %s', ordered, GREATEST(now - discount_paise, 0))
                     ELSE format('total %s, final %s', COALESCE(now, 0), total_paise - discount_paise)
                 END AS expected
             FROM orders LEFT JOIN (
                 SELECT order_id, SUM(subtotal_paise) AS now, SUM(unit_price_paise * ordered_quantity) AS ordered
                 FROM order_item GROUP BY order_id
             ) AS lines ON lines.order_id = orders.id LEFT JOIN (
                 SELECT order_id,
                     bool_or(status = 'awaiting_consumer_confirmation') AND NOT bool_or(status = 'confirmed')
                         AS unanswered
                 FROM order_status_log GROUP BY order_id
             ) AS log ON log.order_id = orders.id",
        ),
    },
    Check {
        name: "order payment status",
        by: By::Rule(|conn| judge(conn, RETURNED, is_paid_as_it_should_be).boxed()),
    },
    Check { name: "order return refund", by: By::Rule(|conn| judge(conn, RETURNED, is_refunded).boxed()) },
    Check {
        name: "order wallets",
        by: By::Sql(
            "SELECT 'wallet_transaction ' || of.id AS what, orders.user_id AS expected, of.user_id AS found
             FROM wallet_transaction AS of JOIN orders ON orders.id = of.order_id
             UNION ALL
             SELECT 'vendor_wallet_transaction ' || of.id, orders.shop_id, of.shop_id
             FROM vendor_wallet_transaction AS of JOIN orders ON orders.id = of.order_id",
        ),
    },
];

/// Orders beside what came back, at the order's prices, and what was paid for it.
const RETURNED: &str = "
    SELECT orders.id, payment_mode, status, payment_status, total_paise, final_paise,
        COALESCE(back.price, 0)::BIGINT AS returned_paise,
        COALESCE(refund.amount, 0)::BIGINT AS refunded_paise, COALESCE(shop.amount, 0)::BIGINT AS from_shop_paise
    FROM orders LEFT JOIN (
        SELECT order_id, SUM(order_return.quantity * unit_price_paise) AS price
        FROM order_return JOIN order_item USING (order_id, item_id)
        WHERE order_return.status = 'completed' GROUP BY order_id
    ) AS back ON back.order_id = orders.id LEFT JOIN (
        SELECT order_id, SUM(amount_paise) AS amount
        FROM wallet_transaction WHERE source = 'return_completed' GROUP BY order_id
    ) AS refund ON refund.order_id = orders.id LEFT JOIN (
        SELECT order_id, SUM(amount_paise) AS amount
        FROM vendor_wallet_transaction WHERE source = 'return_completed' GROUP BY order_id
    ) AS shop ON shop.order_id = orders.id
    ORDER BY orders.id";

#[derive(QueryableByName)]
struct Returned {
    #[diesel(sql_type = BigInt)]
    id: OrderId,
    #[diesel(sql_type = Text)]
    payment_mode: PaymentMode,
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = Text)]
    payment_status: PaymentStatus,
    #[diesel(sql_type = BigInt)]
    total_paise: Paise,
    #[diesel(sql_type = BigInt)]
    final_paise: Paise,
    #[diesel(sql_type = BigInt)]
    returned_paise: Paise,
    #[diesel(sql_type = BigInt)]
    refunded_paise: Paise,
    #[diesel(sql_type = BigInt)]
    from_shop_paise: Paise,
}

impl Returned {
    fn worth(&self) -> Paise {
        value_of_return(self.total_paise, self.final_paise, self.returned_paise)
    }

    fn fault(&self, expected: String, found: String) -> Option<Fault> {
        Some(Fault { what: format!("order {}", self.id), expected, found })
    }
}

fn is_paid_as_it_should_be(order: Returned) -> Option<Fault> {
    let expected = payment_status(order.payment_mode, order.status, order.final_paise, order.worth());
    if order.payment_status == expected {
        return None;
    }
    order.fault(expected.as_str().to_owned(), order.payment_status.as_str().to_owned())
}

/// What came back is paid for out of the shop's wallet; cash goes back at the door.
fn is_refunded(order: Returned) -> Option<Fault> {
    let expected = match (order.payment_mode, order.status) {
        (PaymentMode::Wallet, Status::ReturnCompleted) => order.worth(),
        _ => Paise::ZERO,
    };
    if (order.refunded_paise, order.from_shop_paise) == (expected, expected) {
        return None;
    }
    let paid =
        format!("{} to the consumer, {} from the shop", order.refunded_paise.0, order.from_shop_paise.0);
    order.fault(expected.0.to_string(), paid)
}
