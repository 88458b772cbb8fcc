//! What a person can ask of what is known of them: all of it to take away, or that it be forgotten.

mod deletion;
mod export;
mod resolvers;

pub use resolvers::{PrivacyMutation, PrivacyQuery};
