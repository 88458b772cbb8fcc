//! The wishlist: what a consumer wants to remember. Moving to the cart is adding to the cart; the entry stays.

mod model;
mod resolvers;
mod verbs;

pub use model::WishlistEntry;
pub use resolvers::{WishlistMutation, WishlistQuery};
