//! Who a person is: onboarding, and what they see of themselves.

pub mod avatar;
mod model;
mod resolvers;
mod verbs;

pub use model::{ConsumerProfile, ConsumerProfileOf, User, UserById};
pub use resolvers::{ProfileMutation, ProfileQuery};
pub use verbs::grant;
