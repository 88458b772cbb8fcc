//! Forgets events that are too old to replay.
//!
//! Always a beginning of the order, never rows from its middle, and never all of it: the oldest row that is left marks
//! how far back a replay can reach, also when nothing has happened since.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::events::feed::event_horizon;
use crate::schema::event;

/// How many rows one statement deletes: a fraction of a second's work.
const BATCH: i64 = 5_000;

/// Removes the events that were recorded before `before`, the newest of them excepted. Returns how many.
///
/// # Errors
/// `INTERNAL` when the database fails; what was removed until then stays removed.
pub async fn prune(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    let Some(mark) = mark(conn, before).await? else { return Ok(0) };
    let mut removed = 0;
    loop {
        // Oldest first, so that whatever is left when this is cut short is still a whole end of the order.
        let oldest: Vec<i64> = event::table
            .filter(event::xid.lt(mark.0).or(event::xid.eq(mark.0).and(event::id.lt(mark.1))))
            .order((event::xid, event::id))
            .limit(BATCH)
            .select(event::id)
            .load(conn)
            .await?;
        if oldest.is_empty() {
            return Ok(removed);
        }
        removed += diesel::delete(event::table.filter(event::id.eq_any(oldest))).execute(conn).await?;
    }
}

/// The newest event of those that may go: everything up to it is too old, and was delivered.
async fn mark(conn: &mut Conn, before: DateTime<Utc>) -> Result<Option<(i64, i64)>> {
    // Times come from the gateways' clocks, the order from the database: a younger event may stand before an older one.
    let kept: Option<(i64, i64)> = event::table
        .filter(event::created_at.ge(before).or(event::xid.ge(event_horizon())))
        .order((event::xid, event::id))
        .select((event::xid, event::id))
        .first(conn)
        .await
        .optional()?;
    let mut old = event::table
        .order((event::xid.desc(), event::id.desc()))
        .select((event::xid, event::id))
        .into_boxed();
    if let Some((xid, id)) = kept {
        old = old.filter(event::xid.lt(xid).or(event::xid.eq(xid).and(event::id.lt(id))));
    }
    Ok(old.first(conn).await.optional()?)
}
