//! Orders: placed from the cart, kept in a history, moved on by the shop, followed live by both.

mod confirm;
mod model;
mod resolvers;
pub mod status;
mod subscriptions;
mod vendor;

pub use confirm::Checkout;
pub use model::{Order, OrderItem, OrderStatusLog, PaymentMode, PaymentStatus};
pub use resolvers::{OrdersMutation, OrdersQuery};
pub use subscriptions::OrdersSubscription;
