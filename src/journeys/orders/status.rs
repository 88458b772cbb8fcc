//! Which act leads from which state to which, and who may do it: pure and total. What is not in the table is refused
//! (contract, section 4.1).

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

impl Status {
    /// Every status.
    pub const ALL: [Status; 9] = [
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

    /// Whether nothing can happen to the order any more.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Status::Rejected | Status::Cancelled | Status::ReturnCompleted)
    }
}

word! {
    /// A side of an order.
    #[graphql(name = "OrderSide")]
    Side {
        /// The consumer who placed it.
        Consumer = "consumer",
        /// The shop that delivers it.
        Vendor = "vendor",
    }
}

word! {
    /// What somebody does to an order.
    #[graphql(name = "OrderAct")]
    Act {
        /// The shop takes it on: `setOrderStatus`.
        Accept = "accept",
        /// The shop turns it down: `setOrderStatus`.
        Reject = "reject",
        /// The shop hands it over: `setOrderStatus`.
        Deliver = "deliver",
        /// The shop changes its quantities: `modifyOrder`.
        Modify = "modify",
        /// The consumer agrees to the shop's changes: `confirmModifiedOrder`.
        ConfirmModified = "confirm_modified",
        /// Either side calls it off: `cancelOrder`.
        Cancel = "cancel",
        /// The consumer rates it: `rateOrder`.
        Rate = "rate",
        /// The consumer reports what was wrong with it: `reportOrderIssue`.
        ReportIssue = "report_issue",
        /// The consumer asks to give something back: `requestReturn`.
        RequestReturn = "request_return",
        /// The shop agrees to what the consumer asked: `acceptReturn`.
        AcceptReturn = "accept_return",
        /// The shop takes something back without being asked: `initiateReturn`.
        InitiateReturn = "initiate_return",
        /// The shop has it back and pays for it: `completeReturn`.
        CompleteReturn = "complete_return",
    }
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 12] = [
        Act::Accept,
        Act::Reject,
        Act::Deliver,
        Act::Modify,
        Act::ConfirmModified,
        Act::Cancel,
        Act::Rate,
        Act::ReportIssue,
        Act::RequestReturn,
        Act::AcceptReturn,
        Act::InitiateReturn,
        Act::CompleteReturn,
    ];

    /// Whether this side ever does this.
    #[must_use]
    pub const fn is_of(self, side: Side) -> bool {
        match self {
            Act::Cancel => true,
            Act::ConfirmModified | Act::Rate | Act::ReportIssue | Act::RequestReturn => {
                matches!(side, Side::Consumer)
            }
            Act::Accept
            | Act::Reject
            | Act::Deliver
            | Act::Modify
            | Act::AcceptReturn
            | Act::InitiateReturn
            | Act::CompleteReturn => matches!(side, Side::Vendor),
        }
    }
}

/// What an act does to the money of an order. `money` says how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The consumer gets back what is still held.
    GiveBack,
    /// The shop gets what is held.
    PayShop,
    /// What is held becomes what the changed order costs.
    Settle,
    /// The shop pays for what came back.
    PayReturn,
}

/// Where an act leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state afterwards; the same where an act only needs it.
    pub status: Status,
    /// What happens to the money.
    pub effect: Effect,
}

/// The transition of one side's act in a state.
///
/// # Errors
/// `FORBIDDEN` for an act that is the other side's; `CONFLICT` when the state does not allow it, the state already
/// reached included.
pub fn next(now: Status, act: Act, by: Side) -> Result<Transition> {
    use Status::{
        Accepted, AwaitingConsumerConfirmation, Cancelled, Confirmed, Delivered, Pending, Rejected,
        ReturnAccepted, ReturnCompleted,
    };
    if !act.is_of(by) {
        return Err(Error::forbidden("Unauthorized"));
    }
    let (status, effect) = match (act, now) {
        (Act::Accept, Pending) => (Accepted, Effect::None),
        (Act::Reject, Pending) => (Rejected, Effect::GiveBack),
        // The shop's older app offers "Mark Delivered" from the start.
        (Act::Deliver, Pending | Accepted | Confirmed) => (Delivered, Effect::PayShop),
        (Act::Modify, Pending | Accepted) => (AwaitingConsumerConfirmation, Effect::None),
        (Act::ConfirmModified, AwaitingConsumerConfirmation) => (Confirmed, Effect::Settle),
        (Act::Cancel, Pending | Accepted | AwaitingConsumerConfirmation | Confirmed) => {
            (Cancelled, Effect::GiveBack)
        }
        (Act::Rate | Act::ReportIssue | Act::RequestReturn, Delivered) => (Delivered, Effect::None),
        (Act::AcceptReturn | Act::InitiateReturn, Delivered) => (ReturnAccepted, Effect::None),
        (Act::CompleteReturn, ReturnAccepted) => (ReturnCompleted, Effect::PayReturn),
        _ => return Err(refusal(now, act)),
    };
    Ok(Transition { status, effect })
}

/// The legacy sentences, where there is one.
fn refusal(now: Status, act: Act) -> Error {
    let words = now.as_str().replace('_', " ");
    let done = match act {
        Act::Accept => "accepted",
        Act::Reject => "rejected",
        Act::Deliver => "delivered",
        Act::Modify if now.is_closed() || matches!(now, Status::Delivered | Status::ReturnAccepted) => {
            return Error::conflict("Cannot modify a closed order");
        }
        Act::Modify => "modified",
        Act::ConfirmModified => return Error::conflict("Order not in modifiable state"),
        Act::Cancel => return Error::conflict("Order already closed"),
        Act::Rate => return Error::conflict("Order not yet delivered"),
        Act::ReportIssue => return Error::conflict("Issue can only be raised for delivered orders"),
        Act::RequestReturn | Act::InitiateReturn => {
            return Error::conflict("Only delivered orders can be returned");
        }
        Act::AcceptReturn => return Error::conflict("No pending return requests"),
        Act::CompleteReturn => return Error::conflict("Return not accepted yet"),
    };
    Error::conflict(format!("An order that is {words} cannot be {done}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    /// The contract's table (section 4.1).
    const ALLOWED: [(Side, Act, &[Status], Status, Effect); 13] = {
        use Status::{
            Accepted, AwaitingConsumerConfirmation, Cancelled, Confirmed, Delivered, Pending, Rejected,
            ReturnAccepted, ReturnCompleted,
        };
        const OPEN: &[Status] = &[Pending, Accepted, AwaitingConsumerConfirmation, Confirmed];
        [
            (Side::Vendor, Act::Accept, &[Pending], Accepted, Effect::None),
            (Side::Vendor, Act::Reject, &[Pending], Rejected, Effect::GiveBack),
            (Side::Vendor, Act::Deliver, &[Pending, Accepted, Confirmed], Delivered, Effect::PayShop),
            (Side::Vendor, Act::Modify, &[Pending, Accepted], AwaitingConsumerConfirmation, Effect::None),
            (
                Side::Consumer,
                Act::ConfirmModified,
                &[AwaitingConsumerConfirmation],
                Confirmed,
                Effect::Settle,
            ),
            (Side::Consumer, Act::Cancel, OPEN, Cancelled, Effect::GiveBack),
            (Side::Vendor, Act::Cancel, OPEN, Cancelled, Effect::GiveBack),
            (Side::Consumer, Act::Rate, &[Delivered], Delivered, Effect::None),
            (Side::Consumer, Act::ReportIssue, &[Delivered], Delivered, Effect::None),
            (Side::Consumer, Act::RequestReturn, &[Delivered], Delivered, Effect::None),
            (Side::Vendor, Act::AcceptReturn, &[Delivered], ReturnAccepted, Effect::None),
            (Side::Vendor, Act::InitiateReturn, &[Delivered], ReturnAccepted, Effect::None),
            (Side::Vendor, Act::CompleteReturn, &[ReturnAccepted], ReturnCompleted, Effect::PayReturn),
        ]
    };

    #[test]
    fn the_table_is_allowed_and_nothing_else() {
        for side in [Side::Consumer, Side::Vendor] {
            for act in Act::ALL {
                for now in Status::ALL {
                    let expected = ALLOWED
                        .iter()
                        .find(|(by, does, from, ..)| (*by, *does) == (side, act) && from.contains(&now))
                        .map(|(.., status, effect)| Transition { status: *status, effect: *effect });
                    assert_eq!(next(now, act, side).ok(), expected, "{side:?} {act:?} {now:?}");
                }
            }
        }
    }

    #[test]
    fn closed_is_what_nothing_leads_out_of() {
        for now in Status::ALL {
            let leads_on = Act::ALL.into_iter().any(|act| {
                [Side::Consumer, Side::Vendor].into_iter().any(|side| next(now, act, side).is_ok())
            });
            assert_eq!(leads_on, !now.is_closed(), "{now:?}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let refused = next(Status::ReturnAccepted, Act::Deliver, Side::Vendor).unwrap_err();
        assert_eq!(refused.message(), "An order that is return accepted cannot be delivered");
        let refused = next(Status::Cancelled, Act::Cancel, Side::Consumer).unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::Conflict, "Order already closed"));
        let refused = next(Status::Confirmed, Act::Modify, Side::Vendor).unwrap_err();
        assert_eq!(refused.message(), "An order that is confirmed cannot be modified");
        let refused = next(Status::Pending, Act::Accept, Side::Consumer).unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Code::Forbidden, "Unauthorized"));
    }
}
