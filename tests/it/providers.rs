//! Services of others, over real HTTP: stubs on loopback that speak as the providers document it, and fail as they do.

pub mod line;
mod measured;
mod payments;
mod production;
pub mod razorpay;
mod s3;
mod text_messages;
pub mod twilio;
