//! Money and goods. [`book`] is the only SQL that moves a balance, [`stock`] the only SQL that moves goods; everything
//! else here is pure.
//!
//! Lock order, kept by every verb: placing an order locks cart → items by id → offer → points → wallet; an act on an
//! order locks order → items by id → offer → points → wallets (the consumer's, then the shop's) → shop.

pub mod book;
pub mod coupon;
pub mod points;
mod quote;
pub mod stock;

pub use quote::{Line, Quote, quote};
