//! Facts and how they reach those who listen: recorded in the transaction that makes them true, tailed from the table
//! by one feed per node, fanned out by the hub. The table is the truth; the hub is only delivery.

mod doorbell;
mod feed;
mod hub;
mod notify;
mod prune;
mod record;
mod sequence;

pub use doorbell::{Carrier, Doorbell, carry};
pub use feed::Feed;
pub use hub::{Hub, Topic};
pub use notify::{Notice, NotificationKind, notify};
pub use prune::prune;
pub use record::{Event, EventCursor, Kind, NewEvent, record};
