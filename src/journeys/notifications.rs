//! What a person was told: a list, a count, and live. The rows are written by [`crate::events::notify`], with what they
//! tell of.

mod model;
mod resolvers;
mod subscriptions;
mod verbs;

pub use model::{Notification, NotificationScreen, NotificationTarget};
pub use resolvers::{NotificationsMutation, NotificationsQuery};
pub use subscriptions::NotificationsSubscription;
