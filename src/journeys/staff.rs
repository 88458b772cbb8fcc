//! What the staff does: checks shops, looks people up, corrects wallets, tells people of offers. Admins are staff, too.
//!
//! Every act of the staff, here or in another journey, writes down who did what to what and why, in the transaction of the
//! act itself.

mod actions;
pub mod mailing;
mod people;
mod promotions;
mod resolvers;
mod shops;
mod verbs;

pub use actions::{NewStaffAction, StaffAction, StaffActionKind, Target, record};
pub use promotions::{Promotion, PromotionStatus};
pub use resolvers::{StaffMutation, StaffQuery};
pub use verbs::tell_next;
