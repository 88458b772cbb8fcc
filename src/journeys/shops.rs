//! Browsing: the shops of the viewer's society and what they sell.
//!
//! A consumer sees the shops and items of their own city and society only, whichever way they ask.

mod hours;
mod items;
mod listing;
mod model;
mod resolvers;
mod societies;

pub use hours::{HoursOfShop, ShopHours};
pub use items::ItemsOfShop;
pub use listing::{Place, ShopCursor, ShopFilter, ShopStatus, Wanted, part};
pub use model::{Item, ItemById, Shop, ShopById, Society};
pub use resolvers::ShopQuery;
pub use societies::{SocietyCursor, SocietyWithShops};
