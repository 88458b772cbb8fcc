//! Whether the events of each order come in order and without gaps.
//!
//! The order of the rows is the causal one only while every act on an order locks it first. An act that forgets to shows
//! here, in the log of the feed; delivery goes on.

use quick_cache::unsync::Cache;

use crate::values::OrderId;

/// Of how many orders the last number is remembered: those in which something happened lately. What is forgotten is not
/// checked until it is met twice.
const KEPT: usize = 10_000;

/// An event whose number does not follow the last one of its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The order.
    pub order_id: OrderId,
    /// The number that should have come.
    pub expected: i32,
    /// The number that came.
    pub found: i32,
}

/// The last number of each order.
pub struct Sequences(Cache<OrderId, i32>);

impl Default for Sequences {
    fn default() -> Self {
        Sequences(Cache::new(KEPT))
    }
}

impl Sequences {
    /// Notes an event's number in its order. What is wrong with it, if something is.
    pub fn note(&mut self, order_id: OrderId, found: i32) -> Option<Disorder> {
        let last = self.0.get(&order_id).copied();
        self.0.insert(order_id, last.map_or(found, |last| last.max(found)));
        let expected = last?.saturating_add(1);
        (found != expected).then_some(Disorder { order_id, expected, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_follows_the_last_one_of_its_order() {
        let (mut sequences, [a, b]) = (Sequences::default(), [OrderId(1), OrderId(2)]);
        let wrong = |order_id, expected, found| Some(Disorder { order_id, expected, found });
        for (order, number, expected) in [
            // The feed may begin in the middle of an order.
            (a, 4, None),
            (b, 1, None),
            (a, 5, None),
            (b, 2, None),
            (a, 7, wrong(a, 6, 7)),
            // What comes late is noted, and forgotten.
            (a, 6, wrong(a, 8, 6)),
            (a, 8, None),
            (a, 8, wrong(a, 9, 8)),
            (b, 3, None),
        ] {
            assert_eq!(sequences.note(order, number), expected, "{order:?} {number}");
        }
    }

    #[test]
    fn however_many_orders_there_are_only_so_many_are_remembered() {
        let mut sequences = Sequences::default();
        for order in 0..10 * KEPT as i64 {
            assert_eq!(sequences.note(OrderId(order), 1), None);
        }
        assert!(sequences.0.len() <= KEPT);
    }
}
