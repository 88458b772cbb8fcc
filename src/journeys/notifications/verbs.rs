//! Reading ticks notifications off.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::notification;
use crate::values::{NotificationId, UserId};

/// The most notifications that one call names: five of the longest pages.
const MOST: usize = 500;

/// Which notifications a person has read.
#[derive(Clone, Debug)]
pub enum Read {
    /// All that there are.
    All,
    /// These.
    These(Vec<NotificationId>),
}

impl Read {
    /// All, or else the named ones.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `ids`: for none, or more than 500.
    pub fn new(ids: Option<Vec<NotificationId>>, all: Option<bool>) -> Result<Read> {
        let ids = ids.unwrap_or_default();
        if all == Some(true) {
            return Ok(Read::All);
        }
        if ids.is_empty() {
            return Err(Error::bad_input("ids", "Notification ids required"));
        }
        if ids.len() > MOST {
            return Err(Error::bad_input("ids", format!("ids has at most {MOST} entries")));
        }
        Ok(Read::These(ids))
    }
}

/// Marks a person's unread notifications as read. How many became so: those of others do not count, and those that were
/// read before stay as they are.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn mark_read(conn: &mut Conn, user: UserId, read: &Read, now: DateTime<Utc>) -> Result<usize> {
    let (all, ids) = match read {
        Read::All => (true, &[][..]),
        Read::These(ids) => (false, &ids[..]),
    };
    // Locked by id: two devices that mark the same ones must not wait for each other in a circle.
    let ids: Vec<NotificationId> = notification::table
        .filter(notification::user_id.eq(user))
        .filter(notification::read_at.is_null())
        .filter(all.into_sql::<Bool>().or(notification::id.eq_any(ids)))
        .order(notification::id)
        .select(notification::id)
        .for_no_key_update()
        .load(conn)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(diesel::update(notification::table.filter(notification::id.eq_any(ids)))
        .set(notification::read_at.eq(now))
        .execute(conn)
        .await?)
}
