//! Questions in the person's own words. A language model answers where one is set up, else the written answers do.
//!
//! Nothing is read from the database, and nothing is kept.

mod answerer;
mod resolvers;

pub use resolvers::{AssistantMutation, AssistantSubscription};
