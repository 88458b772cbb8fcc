//! Services of others, over real HTTP: stubs on loopback that speak as the providers document it, and fail as they do.

mod line;
mod payments;
mod production;
mod razorpay;
mod s3;
mod text_messages;
mod twilio;
