//! What people do, one folder or file per journey of the specification.
//!
//! A resolver is a sentence: who asks, what they want, call the verb, return the row. A verb is a plain function that
//! takes a connection. A journey may use another's rows, never its verbs or resolvers.

pub mod addresses;
pub mod admin;
pub mod assistant;
pub mod auth;
pub mod cart;
pub mod live;
pub mod notifications;
pub mod offers;
pub mod orders;
pub mod privacy;
pub mod profile;
pub mod rewards;
pub mod settings;
pub mod shops;
pub mod staff;
pub mod support;
pub mod vendor;
pub mod wallet;
pub mod wishlist;
