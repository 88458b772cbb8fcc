//! The cart: what a consumer is about to order, from one shop.

mod model;
mod resolvers;
mod verbs;

pub use model::{Cart, CartLine, MOST_OF_ONE};
pub use resolvers::{CartMutation, CartQuery};
