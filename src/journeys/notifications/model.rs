//! Notifications as rows, and how they are read.

use async_graphql::{ComplexObject, Enum, ID, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::events::NotificationKind;
use crate::request::{Page, columns};
use crate::schema::notification;
use crate::values::{Instant, NotificationId, UserId};

/// Something that a person was told.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = notification)]
#[graphql(complex)]
pub struct Notification {
    /// Identifies the notification; newer ones have larger ids.
    pub id: NotificationId,
    /// What it is about.
    pub kind: NotificationKind,
    /// One line.
    pub title: String,
    /// One or two sentences.
    pub body: String,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub target_id: Option<i64>,
    /// Since when it counts as read, in UTC; null while it is unread.
    pub read_at: Option<Instant>,
    /// When the person was told, in UTC.
    pub created_at: Instant,
}

columns!(Notification {
    "id": id,
    "kind": kind,
    "title": title,
    "body": body,
    "readAt": read_at,
    "createdAt": created_at,
});

#[ComplexObject]
impl Notification {
    /// Where a tap on it leads.
    async fn target(&self) -> NotificationTarget {
        let screen = match self.kind {
            NotificationKind::Order => NotificationScreen::Order,
            NotificationKind::Wallet => NotificationScreen::Wallet,
            NotificationKind::Promo => NotificationScreen::Offers,
            NotificationKind::Support => NotificationScreen::Support,
            NotificationKind::Shop => NotificationScreen::Shop,
        };
        NotificationTarget { screen, id: self.target_id.map(|id| ID(id.to_string())) }
    }
}

/// Where a tap on a notification leads.
#[derive(Clone, Debug, SimpleObject)]
pub struct NotificationTarget {
    /// Which screen.
    screen: NotificationScreen,
    /// The order, support ticket, offer or shop that the screen shows; null where it shows none.
    id: Option<ID>,
}

/// A screen that notifications lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NotificationScreen {
    /// One order.
    Order,
    /// The wallet.
    Wallet,
    /// The list of offers.
    Offers,
    /// One support ticket.
    Support,
    /// The vendor's own shop.
    Shop,
}

impl Notification {
    /// A person's notifications, or the unread ones of them, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(
        conn: &mut Conn,
        user: UserId,
        unread_only: bool,
        page: &Page<i64>,
    ) -> Result<Vec<Notification>> {
        let mut query = notification::table
            .filter(notification::user_id.eq(user))
            .filter(notification::id.lt(NotificationId(page.after.unwrap_or(i64::MAX))))
            .order(notification::id.desc())
            .limit(page.limit())
            .select(Notification::as_select())
            .into_boxed();
        if unread_only {
            query = query.filter(notification::read_at.is_null());
        }
        Ok(query.load(conn).await?)
    }

    /// One notification, whoever asks.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find(conn: &mut Conn, id: NotificationId) -> Result<Option<Notification>> {
        let found = notification::table.find(id).select(Notification::as_select()).first(conn).await;
        Ok(found.optional()?)
    }

    /// How many a person has not read.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn unread(conn: &mut Conn, user: UserId) -> Result<i64> {
        Ok(notification::table
            .filter(notification::user_id.eq(user))
            .filter(notification::read_at.is_null())
            .count()
            .get_result(conn)
            .await?)
    }
}
