//! Which act leads from which state to which: pure, and refuses everything that is not in the table.

use crate::error::{Error, Result};
use crate::values::word;

word! {
    /// Where an order stands.
    #[graphql(name = "OrderStatus")]
    Status {
        /// Placed; the shop has not answered yet.
        Pending = "pending",
        /// The shop prepares it.
        Accepted = "accepted",
        /// The shop turned it down; a wallet payment was refunded.
        Rejected = "rejected",
        /// The shop changed it and waits for the consumer's answer.
        AwaitingConsumerConfirmation = "awaiting_consumer_confirmation",
        /// The consumer agreed to the shop's changes.
        Confirmed = "confirmed",
        /// The consumer has it.
        Delivered = "delivered",
        /// Called off; a wallet payment was refunded.
        Cancelled = "cancelled",
        /// The shop takes something back.
        ReturnAccepted = "return_accepted",
        /// The return is done and paid back.
        ReturnCompleted = "return_completed",
    }
}

/// What somebody does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The shop takes the order on.
    Accept,
    /// The shop turns the order down.
    Reject,
    /// The shop hands the order over.
    Deliver,
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 3] = [Act::Accept, Act::Reject, Act::Deliver];
}

/// What an act does to the money and the goods of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The consumer gets back what is still held, and the stock gets back the goods.
    GiveBack,
    /// The shop is paid.
    PayShop,
}

/// Where an act leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The new state.
    pub status: Status,
    /// What happens with it.
    pub effect: Effect,
}

/// The transition of an act in a state.
///
/// # Errors
/// `CONFLICT` when the state does not allow the act, the state already reached included.
pub fn next(now: Status, act: Act) -> Result<Transition> {
    use Status::{Accepted, Confirmed, Pending};
    let (status, effect) = match (act, now) {
        (Act::Accept, Pending) => (Status::Accepted, Effect::None),
        (Act::Reject, Pending) => (Status::Rejected, Effect::GiveBack),
        // The shop's older app offers "Mark Delivered" from the start.
        (Act::Deliver, Pending | Accepted | Confirmed) => (Status::Delivered, Effect::PayShop),
        _ => return Err(Error::conflict(format!("An order that is {} cannot be {}", words(now), done(act)))),
    };
    Ok(Transition { status, effect })
}

fn words(status: Status) -> String {
    status.as_str().replace('_', " ")
}

const fn done(act: Act) -> &'static str {
    match act {
        Act::Accept => "accepted",
        Act::Reject => "rejected",
        Act::Deliver => "delivered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [Status; 9] = [
        Status::Pending,
        Status::Accepted,
        Status::Rejected,
        Status::AwaitingConsumerConfirmation,
        Status::Confirmed,
        Status::Delivered,
        Status::Cancelled,
        Status::ReturnAccepted,
        Status::ReturnCompleted,
    ];

    /// The contract's table (section 4.1), for the acts there are.
    const ALLOWED: [(Status, Act, Status, Effect); 5] = [
        (Status::Pending, Act::Accept, Status::Accepted, Effect::None),
        (Status::Pending, Act::Reject, Status::Rejected, Effect::GiveBack),
        (Status::Pending, Act::Deliver, Status::Delivered, Effect::PayShop),
        (Status::Accepted, Act::Deliver, Status::Delivered, Effect::PayShop),
        (Status::Confirmed, Act::Deliver, Status::Delivered, Effect::PayShop),
    ];

    #[test]
    fn the_table_is_allowed_and_nothing_else() {
        for state in STATES {
            for act in Act::ALL {
                let expected = ALLOWED.iter().find(|(from, by, ..)| (*from, *by) == (state, act));
                let found = next(state, act).ok();
                let expected =
                    expected.map(|(.., status, effect)| Transition { status: *status, effect: *effect });
                assert_eq!(found, expected, "{state:?} {act:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let refused = next(Status::ReturnAccepted, Act::Deliver).unwrap_err();
        assert_eq!(refused.message(), "An order that is return accepted cannot be delivered");
    }
}
