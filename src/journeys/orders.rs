//! Orders: placed from the cart, kept in a history, moved on by both sides, talked about, followed live.
//!
//! `status` and `money` are pure: which act leads where, and what it moves. Every act locks the order first (`lock`),
//! and leaves its traces in one place (`record`).

mod acts;
mod change;
mod confirm;
mod issues;
mod lines;
mod lock;
mod messages;
mod model;
pub mod money;
mod ratings;
mod record;
mod resolvers;
mod returns;
mod settle;
pub mod status;
mod subscriptions;

pub use confirm::Checkout;
pub use lines::{OrderItem, OrderStatusLog};
pub use messages::OrderMessage;
pub use model::{Order, OrderFilter, PaymentMode, PaymentStatus, PhoneOfUser};
pub use resolvers::{OrdersMutation, OrdersQuery, ShopOrdersMutation};
pub use subscriptions::OrdersSubscription;
