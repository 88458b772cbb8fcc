//! Offers and coupons: made by staff and vendors, put into the cart by consumers, used up by orders. When a coupon
//! holds and what it takes off is the ledger's to say.

mod input;
mod model;
mod resolvers;
mod verbs;

pub use model::Offer;
pub use resolvers::{OffersMutation, OffersQuery};
