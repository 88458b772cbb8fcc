//! Signing in with a phone and a one-time code, and the sessions that come of it.
//!
//! A session is one signed-in device. Its access token says who asks; its refresh token gets the next pair, once. What
//! ends a session takes effect with the next request, on every node.

mod model;
mod otp;
mod resolvers;
mod tokens;
mod verbs;

pub use model::{Ending, Session};
pub use resolvers::{AuthMutation, AuthQuery};
