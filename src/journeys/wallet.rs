//! The consumer's wallet: balance, history, load, debit, refund of own debits.
//!
//! Where a payment provider takes the money, a load has two steps: `steps` in GraphQL, `loading` what they do with the
//! provider, `payments` the rows.

pub mod loading;
mod model;
pub mod payments;
mod resolvers;
mod steps;
mod verbs;

pub use model::{Wallet, WalletTransaction, WalletTransactionStatus};
pub use resolvers::{WalletMutation, WalletQuery};
pub use steps::{WalletPaymentMutation, WalletPaymentQuery};
