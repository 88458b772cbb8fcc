//! The words every module speaks: money, ids, phones, pages, time. No I/O here.

mod account_number;
mod clock;
mod date;
mod id;
mod instant;
mod paise;
mod phone;
mod progress;
mod text;
mod time_of_day;
mod word;

pub use account_number::AccountNumber;
pub use clock::Clock;
pub use date::Date;
pub use id::*;
pub use instant::Instant;
pub use paise::{NoAmount, Paise};
pub use phone::Phone;
pub use progress::Progress;
pub use text::{excerpt, optional_text, required_text};
pub use time_of_day::TimeOfDay;
pub(crate) use word::word;
