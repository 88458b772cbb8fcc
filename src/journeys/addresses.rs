//! The address book: where a consumer wants things brought. An order keeps a copy of the address it was placed with.

mod model;
mod resolvers;
mod verbs;

pub use model::Address;
pub use resolvers::{AddressesMutation, AddressesQuery};
