//! What a unit of work did, counted only when its transaction has committed.
//!
//! `App::write` runs the work in [`gather`]; the code that moves money or gives orders their status notes it with
//! [`note`]. Outside of a unit of work nothing is gathered.

use std::cell::RefCell;

use crate::values::Paise;

/// Something that is worth counting once it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Money moved.
    Money {
        /// `consumer` or `shop`.
        wallet: &'static str,
        /// Which way.
        kind: &'static str,
        /// Why.
        source: &'static str,
        /// How much, above zero.
        amount: Paise,
    },
    /// An order got a status.
    OrderStatus(&'static str),
}

tokio::task_local! {
    static FACTS: RefCell<Vec<Fact>>;
}

/// Notes what the present unit of work did, if there is one.
pub fn note(fact: Fact) {
    // Only outside of a unit of work there is no list.
    let _ = FACTS.try_with(|facts| facts.borrow_mut().push(fact));
}

/// Runs a unit of work; with what it noted.
pub async fn gather<T>(work: impl Future<Output = T>) -> (T, Vec<Fact>) {
    let gathering = async {
        let value = work.await;
        (value, FACTS.with(RefCell::take))
    };
    FACTS.scope(RefCell::default(), gathering).await
}
