//! Browsing: the shops of the viewer's society and what they sell.

mod model;

pub use model::{Item, Shop, ShopById};
