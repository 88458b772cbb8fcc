//! Help: what consumers ask and the staff answers, and the questions that were answered before they are asked.
//!
//! A ticket is locked before anything is written to it, so that a reply and a change of its status come one after the
//! other.

pub mod faq;
mod messages;
mod model;
mod resolvers;
mod verbs;

pub use faq::Faq;
pub use messages::SupportMessage;
pub use model::{SupportSide, SupportTicket, SupportTicketStatus};
pub use resolvers::{SupportMutation, SupportQuery};
