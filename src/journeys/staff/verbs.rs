//! What the staff does. Every act says why, and is written down with what it changed.

mod adjust;
mod look_up;
mod mark_shop;
mod promote;
mod sign_out;

pub use adjust::{Adjustment, AdjustmentDirection, adjust};
pub use look_up::look_up;
pub use mark_shop::{Mark, mark};
pub use promote::{SendPromotionInput, cancel, send, tell_next};
pub use sign_out::sign_out;

use crate::error::{Error, Result};
use crate::values::required_text;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Why a member of the staff acts.
///
/// # Errors
/// `BAD_INPUT` that names `reason`.
pub fn read_reason(text: &str) -> Result<String> {
    required("reason", text, LONGEST_REASON)
}

fn required(field: &'static str, text: &str, max: usize) -> Result<String> {
    required_text(text, max).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}
