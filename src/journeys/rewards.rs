//! Reward points: earned by delivered orders, used for the next one. What they are worth is the ledger's to say.

mod model;
mod resolvers;
mod verbs;

pub use model::{RewardEntry, Rewards};
pub use resolvers::{RewardsMutation, RewardsQuery};
