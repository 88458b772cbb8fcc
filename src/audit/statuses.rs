//! Every status that an order had, against the machine that allows them.

use std::collections::HashSet;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text};
use futures_util::FutureExt;

use crate::audit::check::{By, Check, judge};
use crate::audit::report::Fault;
use crate::journeys::orders::status::{Act, Side, Status, next};
use crate::values::OrderId;

pub const CHECKS: &[Check] = &[Check {
    name: "order status log",
    by: By::Rule(|conn| {
        let steps = steps();
        judge(conn, LOGGED, move |order| fault(&order, &steps)).boxed()
    }),
}];

const LOGGED: &str = "
    SELECT orders.id, orders.status,
        COALESCE(array_agg(log.status ORDER BY log.id) FILTER (WHERE log.id IS NOT NULL), '{}') AS log
    FROM orders LEFT JOIN order_status_log AS log ON log.order_id = orders.id
    GROUP BY orders.id ORDER BY orders.id";

#[derive(QueryableByName)]
struct Logged {
    #[diesel(sql_type = BigInt)]
    id: OrderId,
    #[diesel(sql_type = Text)]
    status: Status,
    #[diesel(sql_type = Array<Text>)]
    log: Vec<Status>,
}

/// From which status to which some act of some side leads. Acts that keep the status are not logged.
fn steps() -> HashSet<(Status, Status)> {
    let mut steps = HashSet::new();
    for from in Status::ALL {
        for (act, side) in Act::ALL.into_iter().flat_map(|act| [(act, Side::Consumer), (act, Side::Vendor)]) {
            if let Ok(transition) = next(from, act, side) {
                steps.insert((from, transition.status));
            }
        }
    }
    steps.retain(|(from, to)| from != to);
    steps
}

/// A log begins with `pending`, takes only steps that the machine has, and ends where the order stands.
fn fault(order: &Logged, steps: &HashSet<(Status, Status)>) -> Option<Fault> {
    let log = &order.log;
    let step = log.windows(2).find(|pair| !steps.contains(&(pair[0], pair[1])));
    let expected = match (log.first(), step, log.last()) {
        (Some(Status::Pending), None, Some(last)) if *last == order.status => return None,
        (Some(Status::Pending), None, _) => format!("{} as the last", order.status.as_str()),
        (Some(Status::Pending), Some(pair), _) => {
            format!("no step from {} to {}", pair[0].as_str(), pair[1].as_str())
        }
        _ => "pending as the first".to_owned(),
    };
    let found = log.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(" ");
    Some(Fault { what: format!("order {}", order.id), expected, found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Accepted, Confirmed, Delivered, Pending, Rejected};

    #[test]
    fn a_log_is_a_walk_through_the_machine_from_its_start_to_where_the_order_stands() {
        let steps = steps();
        let expected = |status, log: &[Status]| {
            fault(&Logged { id: OrderId(1), status, log: log.to_vec() }, &steps).map(|fault| fault.expected)
        };
        assert_eq!(expected(Delivered, &[Pending, Accepted, Delivered]), None);
        for (status, log, problem) in [
            (Pending, &[][..], "pending as the first"),
            (Accepted, &[Accepted], "pending as the first"),
            (Accepted, &[Pending], "accepted as the last"),
            (Confirmed, &[Pending, Confirmed], "no step from pending to confirmed"),
            (Rejected, &[Pending, Accepted, Rejected], "no step from accepted to rejected"),
            (Delivered, &[Pending, Delivered, Delivered], "no step from delivered to delivered"),
        ] {
            assert_eq!(expected(status, log).as_deref(), Some(problem), "{log:?}");
        }
    }
}
