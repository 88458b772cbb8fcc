//! How much an act moves: pure. For each wallet order, debited = refunded + paid to the shop + still held.

use crate::journeys::orders::status::{Effect, Status};
use crate::journeys::orders::{PaymentMode, PaymentStatus};
use crate::values::Paise;

/// What is known of an order's money before an act.
#[derive(Clone, Copy, Debug)]
pub struct Funds {
    /// How it is paid.
    pub mode: PaymentMode,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// Of what the wallet paid: neither given back nor paid to the shop. Zero for cash.
    pub held: Paise,
    /// What the order costs now.
    pub final_amount: Paise,
}

/// What an act moves. Amounts are zero or above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moves {
    /// Out of the consumer's wallet, to be held.
    pub debit: Paise,
    /// Into the consumer's wallet.
    pub refund: Paise,
    /// From what is held to the shop's wallet.
    pub to_shop: Paise,
    /// Out of the shop's wallet, for the refund of a return.
    pub from_shop: Paise,
    /// What is held afterwards.
    pub held: Paise,
    /// Whether the order is paid afterwards.
    pub payment_status: PaymentStatus,
}

/// What an effect moves. `returned` is what the order's price says of the goods that came back.
#[must_use]
pub fn moves(effect: Effect, funds: &Funds, returned: Paise) -> Moves {
    let nothing = Moves {
        debit: Paise::ZERO,
        refund: Paise::ZERO,
        to_shop: Paise::ZERO,
        from_shop: Paise::ZERO,
        held: funds.held,
        payment_status: funds.payment_status,
    };
    let is_cash = funds.mode == PaymentMode::Cash;
    match effect {
        Effect::None => nothing,
        // Cash is paid at the door: nothing was taken yet.
        Effect::GiveBack | Effect::Settle if is_cash => nothing,
        Effect::GiveBack => Moves {
            refund: funds.held,
            held: Paise::ZERO,
            payment_status: PaymentStatus::Refunded,
            ..nothing
        },
        Effect::PayShop => {
            Moves { to_shop: funds.held, held: Paise::ZERO, payment_status: PaymentStatus::Paid, ..nothing }
        }
        Effect::Settle => Moves {
            debit: less(funds.final_amount, funds.held),
            refund: less(funds.held, funds.final_amount),
            held: funds.final_amount,
            ..nothing
        },
        Effect::PayReturn => {
            // Cash goes back at the door, as it came.
            let moved = if is_cash { Paise::ZERO } else { returned };
            let payment_status = of_return(returned, funds.final_amount);
            Moves { refund: moved, from_shop: moved, payment_status, ..nothing }
        }
    }
}

/// The part of an order's price that falls on the returned goods: less the same share of the discount, rounded down to
/// a whole paisa; all of it when everything comes back.
#[must_use]
pub fn value_of_return(total: Paise, final_amount: Paise, returned: Paise) -> Paise {
    if returned >= total {
        return final_amount;
    }
    let share = i128::from(returned.0) * i128::from(final_amount.0) / i128::from(total.0);
    Paise(i64::try_from(share).unwrap_or(final_amount.0)).min(final_amount)
}

/// What the payment status of an order has to be, for who checks the books.
#[must_use]
pub fn payment_status(
    mode: PaymentMode,
    status: Status,
    final_amount: Paise,
    returned: Paise,
) -> PaymentStatus {
    match status {
        Status::Delivered | Status::ReturnAccepted => PaymentStatus::Paid,
        Status::ReturnCompleted => of_return(returned, final_amount),
        _ if mode == PaymentMode::Cash => PaymentStatus::Unpaid,
        Status::Rejected | Status::Cancelled => PaymentStatus::Refunded,
        Status::Pending | Status::Accepted | Status::AwaitingConsumerConfirmation | Status::Confirmed => {
            PaymentStatus::Paid
        }
    }
}

fn of_return(returned: Paise, final_amount: Paise) -> PaymentStatus {
    if returned == final_amount { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded }
}

/// How much `a` is above `b`; zero when it is not.
fn less(a: Paise, b: Paise) -> Paise {
    Paise((a.0 - b.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journeys::orders::status::{Act, Side, next};
    use proptest::prelude::*;

    #[test]
    fn a_return_is_worth_its_share_of_what_was_paid() {
        let worth = |returned| value_of_return(Paise(10_000), Paise(9_000), Paise(returned));
        assert_eq!([worth(0), worth(1), worth(3_333), worth(10_000)], [0, 0, 2_999, 9_000].map(Paise));
        assert_eq!(value_of_return(Paise(0), Paise(0), Paise(0)), Paise::ZERO);
    }

    /// An order and everything that ever happened to its money.
    #[derive(Debug)]
    struct Walk {
        status: Status,
        total: Paise,
        funds: Funds,
        debited: i64,
        given_back: i64,
        to_shop: i64,
        from_shop: i64,
        returned: Paise,
        closed: u32,
        paid: u32,
    }

    impl Walk {
        fn begin(mode: PaymentMode, price: i64) -> Walk {
            let (held, payment_status) = match mode {
                PaymentMode::Wallet => (Paise(price), PaymentStatus::Paid),
                PaymentMode::Cash => (Paise::ZERO, PaymentStatus::Unpaid),
            };
            let funds = Funds { mode, payment_status, held, final_amount: Paise(price) };
            let (total, returned) = (Paise(price), Paise::ZERO);
            let debited = held.0;
            let (given_back, to_shop, from_shop, closed, paid) = (0, 0, 0, 0, 0);
            let status = Status::Pending;
            Walk { status, total, funds, debited, given_back, to_shop, from_shop, returned, closed, paid }
        }

        /// Tries an act; `amount` is the new price of a modified order, or the worth of what comes back.
        fn step(&mut self, act: Act, side: Side, amount: i64) {
            let Ok(transition) = next(self.status, act, side) else { return };
            if act == Act::Modify {
                self.funds.final_amount = Paise(amount);
            }
            let worth = value_of_return(self.total, self.funds.final_amount, Paise(amount.min(self.total.0)));
            let moved = moves(transition.effect, &self.funds, worth);
            self.debited += moved.debit.0;
            self.given_back += moved.refund.0;
            self.to_shop += moved.to_shop.0;
            self.from_shop += moved.from_shop.0;
            self.closed += u32::from(transition.effect == Effect::GiveBack);
            self.paid += u32::from(transition.effect == Effect::PayShop);
            if transition.effect == Effect::Settle {
                self.total = self.funds.final_amount;
            }
            if transition.effect == Effect::PayReturn {
                self.returned = worth;
            }
            self.funds.held = moved.held;
            self.funds.payment_status = moved.payment_status;
            self.status = transition.status;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_happens_no_paisa_is_lost_or_made(
            is_wallet: bool,
            price in 1..1_000_000_i64,
            acts in proptest::collection::vec((0..Act::ALL.len(), any::<bool>(), 1..2_000_000_i64), 0..40),
        ) {
            let mode = if is_wallet { PaymentMode::Wallet } else { PaymentMode::Cash };
            let mut walk = Walk::begin(mode, price);
            for (act, is_consumer, amount) in acts {
                walk.step(Act::ALL[act], if is_consumer { Side::Consumer } else { Side::Vendor }, amount);
                prop_assert_eq!(
                    walk.debited,
                    walk.given_back - walk.from_shop + walk.to_shop + walk.funds.held.0,
                    "{:?}", walk
                );
                prop_assert!(walk.given_back <= walk.debited && walk.from_shop <= walk.to_shop, "{:?}", walk);
                prop_assert!(walk.closed + walk.paid <= 1, "{:?}", walk);
                prop_assert_eq!(
                    walk.funds.payment_status,
                    payment_status(mode, walk.status, walk.funds.final_amount, walk.returned)
                );
            }
        }
    }
}
