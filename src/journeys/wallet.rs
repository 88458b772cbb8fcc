//! The consumer's wallet: balance, history, load, debit, refund of own debits.

mod model;
mod resolvers;
mod verbs;

pub use model::{Wallet, WalletTransaction, WalletTransactionStatus};
pub use resolvers::{WalletMutation, WalletQuery};
