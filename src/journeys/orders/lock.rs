//! An order in the hand of whoever acts on it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;

use crate::app::{Role, Viewer};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::orders::Order;
use crate::journeys::orders::status::Side;
use crate::schema::{orders, shop};
use crate::values::{OrderId, UserId};

/// An order whose row this transaction has locked, and who acts on it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The order as it was found.
    pub order: Order,
    /// Which side acts.
    pub side: Side,
    /// Who acts.
    pub by: UserId,
    /// The vendor of the shop.
    pub owner: UserId,
    /// The shop's name.
    pub shop_name: String,
    /// When the act happens: not before the one before it.
    pub at: DateTime<Utc>,
}

impl Held {
    /// Who is told of what this side does.
    pub fn other(&self) -> UserId {
        match self.side {
            Side::Consumer => self.owner,
            Side::Vendor => self.order.user_id,
        }
    }
}

/// The side that a person can be on.
///
/// # Errors
/// `ONBOARDING_REQUIRED` before a role was chosen, `FORBIDDEN` for staff.
pub fn side(who: &Viewer) -> Result<Side> {
    match who.role {
        Some(Role::Vendor) => Ok(Side::Vendor),
        _ => who.require(Role::Consumer).map(|_| Side::Consumer),
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Waits for a lock that is kept until the transaction ends. Answers nothing.
    fn pg_advisory_xact_lock(class: Integer, key: Integer) -> Text;
}

/// The advisory locks of orders.
const OF_ORDERS: i32 = 1;

/// Locks an order for an act of one of its two sides.
///
/// Comes before anything that writes, the idempotency claim included: a transaction gets its id with its first write,
/// so ids grow in the order of the locks, and the events of one order in the order of its acts. For that alone acts
/// queue for an advisory lock first. In the queue for the row, whoever waits while the row is changed gets an id, may have
/// to wait again, and is overtaken by one who comes later: of 400 messages that eight people wrote at once, every
/// second one had an id out of order.
///
/// # Errors
/// For a consumer `FORBIDDEN` alike for no such order and for another's, so that ids tell nothing; for a vendor
/// `NOT_FOUND`, or `FORBIDDEN` for another shop's.
pub async fn lock(conn: &mut Conn, who: &Viewer, id: OrderId, now: DateTime<Utc>) -> Result<Held> {
    let side = side(who)?;
    let unauthorized = || Error::forbidden("Unauthorized").of_field("orderId");
    // Whose it is never changes: nobody waits for, or holds up, an order that is not theirs.
    let sides: Option<(UserId, UserId, String)> = orders::table
        .inner_join(shop::table)
        .filter(orders::id.eq(id))
        .select((orders::user_id, shop::owner_id, shop::shop_name))
        .first(conn)
        .await
        .optional()?;
    let (consumer, owner, shop_name) = sides.ok_or_else(|| match side {
        Side::Consumer => unauthorized(),
        Side::Vendor => Error::not_found("Order not found").of_field("orderId"),
    })?;
    let own = match side {
        Side::Consumer => consumer,
        Side::Vendor => owner,
    };
    if own != who.user_id {
        return Err(unauthorized());
    }
    // Orders that share a key wait for each other, no more.
    let key = (id.0 % i64::from(i32::MAX)) as i32;
    diesel::select(pg_advisory_xact_lock(OF_ORDERS, key)).execute(conn).await?;
    let order: Order = orders::table.find(id).select(Order::as_select()).for_update().first(conn).await?;
    // Whoever waited for the lock began earlier than who held it; the logs still run forward.
    let at = now.max(order.updated_at.0);
    Ok(Held { order, side, by: who.user_id, owner, shop_name, at })
}
