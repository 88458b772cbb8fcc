//! The event table's rows.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::{Code, Error, Result};
use crate::schema::event;
use crate::values::{OrderId, ShopId, UserId, word};

word! {
    /// What happened.
    Kind {
        /// An order was placed or changed its status; the value is the new status.
        OrderStatusChanged = "order_status_changed",
        /// Somebody wrote to an order; the value is the message's id.
        OrderMessageAdded = "order_message_added",
        /// A person was told something; the value is the notification's id.
        NotificationAdded = "notification_added",
        /// Sessions of a person ended, or their name or rights changed. The value is the id of the session that ended,
        /// `all` when all did, `others` when all but one did, or `changed` when none did: then the person is read anew.
        SessionsEnded = "sessions_ended",
    }
}

impl Kind {
    /// Every kind that this gateway knows.
    pub const ALL: [Kind; 4] =
        [Kind::OrderStatusChanged, Kind::OrderMessageAdded, Kind::NotificationAdded, Kind::SessionsEnded];
}

/// A fact about to be recorded.
#[derive(Debug, Insertable)]
#[diesel(table_name = event)]
pub struct NewEvent<'a> {
    /// What happened.
    pub kind: Kind,
    /// The order it happened to.
    pub order_id: Option<OrderId>,
    /// Its number within the order, from 1 without gaps.
    pub seq: Option<i32>,
    /// The person who hears of it.
    pub user_id: Option<UserId>,
    /// The shop whose owner hears of it.
    pub shop_id: Option<ShopId>,
    /// The new value.
    pub value: &'a str,
    /// When, in UTC.
    pub created_at: DateTime<Utc>,
}

impl<'a> NewEvent<'a> {
    /// That a person's sessions ended or their rights changed: what [`Kind::SessionsEnded`] says of `value`.
    #[must_use]
    pub fn of_sessions(user: UserId, value: &'a str, now: DateTime<Utc>) -> NewEvent<'a> {
        NewEvent {
            kind: Kind::SessionsEnded,
            order_id: None,
            seq: None,
            user_id: Some(user),
            shop_id: None,
            value,
            created_at: now,
        }
    }
}

/// Records a fact in the caller's transaction. It is delivered after the commit, never without it.
///
/// Takes the connection shared, so that it can be sent together with other statements.
///
/// # Errors
/// `INTERNAL` when the database refuses the row.
pub async fn record(conn: &AsyncPgConnection, fact: &NewEvent<'_>) -> Result<()> {
    diesel::insert_into(event::table).values(fact).execute(&mut &*conn).await?;
    Ok(())
}

/// A recorded fact.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = event)]
pub struct Event {
    /// The row's number.
    pub id: i64,
    /// The transaction that wrote it.
    pub xid: i64,
    /// What happened.
    pub kind: Kind,
    /// The order it happened to.
    pub order_id: Option<OrderId>,
    /// Its number within the order.
    pub seq: Option<i32>,
    /// The person who hears of it.
    pub user_id: Option<UserId>,
    /// The shop whose owner hears of it.
    pub shop_id: Option<ShopId>,
    /// The new value.
    pub value: String,
    /// When, in UTC.
    pub created_at: DateTime<Utc>,
}

impl Event {
    /// Where this event stands in the order of all events.
    #[must_use]
    pub fn cursor(&self) -> EventCursor {
        EventCursor { xid: self.xid, id: self.id }
    }
}

/// A place in the order of all events: `(xid, id)`, below the snapshot horizon the causal order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    /// The transaction.
    pub xid: i64,
    /// The row within it.
    pub id: i64,
}

impl EventCursor {
    /// What is answered to a cursor that no event can have had.
    pub(super) fn unknown() -> Error {
        Error::bad_input("after", "after is the id of an event that you received")
    }

    /// What is answered to a cursor whose successors may be gone.
    pub(super) fn expired() -> Error {
        Error::new(
            Code::CursorExpired,
            "Events after this cursor are no longer kept. Read the present state and subscribe without after.",
        )
        .of_field("after")
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.xid, self.id)
    }
}

impl FromStr for EventCursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<EventCursor> {
        let part = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|_| digits)
        };
        text.split_once('-')
            .and_then(|(xid, id)| Some(EventCursor { xid: part(xid)?, id: part(id)? }))
            // The place before the first event of all, or one that an event can have had.
            .filter(|cursor| *cursor == EventCursor::default() || (cursor.xid > 0 && cursor.id > 0))
            .ok_or_else(EventCursor::unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_as_it_was_shown() {
        let cursor = EventCursor { xid: 42, id: 7 };
        assert_eq!(cursor.to_string(), "42-7");
        assert_eq!("42-7".parse::<EventCursor>().unwrap(), cursor);
        assert_eq!("0-0".parse::<EventCursor>().unwrap(), EventCursor::default());
    }

    #[test]
    fn what_no_event_had_as_its_id_is_refused_and_named() {
        for text in [
            "",
            "-",
            "7",
            "x-1",
            "1-x",
            "0-1",
            "1-0",
            "-1-1",
            "+1-1",
            "1-1-1",
            " 1-1",
            "1-99999999999999999999",
        ] {
            let refused = text.parse::<EventCursor>().unwrap_err();
            assert_eq!((refused.code(), refused.field()), (Code::BadInput, Some("after")), "{text}");
        }
    }
}
