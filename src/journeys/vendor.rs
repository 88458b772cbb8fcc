//! Selling: the vendor's profile, their one shop, and what it lists.

mod input;
mod model;
mod resolvers;
mod verbs;

pub use input::{AddItemInput, CreateShopInput, CreateVendorProfileInput, UpdateItemInput, UpdateShopInput};
pub use model::VendorProfile;
pub use resolvers::{VendorMutation, VendorQuery};
