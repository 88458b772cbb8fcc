//! What the two sides of an order write to each other.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::lock::lock;
use crate::journeys::orders::record::{Action, Change, Deed, NewMessage};
use crate::journeys::orders::status::Side;
use crate::request::{Backward, InPages, Pages, Relation, by_page, columns};
use crate::schema::order_message;
use crate::values::{Instant, OrderId, OrderMessageId, UserId, excerpt, required_text};

/// The longest message, in characters.
const LONGEST: usize = 2_000;

/// A message between the two sides of an order.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_message)]
#[graphql(complex)]
pub struct OrderMessage {
    /// Identifies the message; newer ones have larger ids.
    pub id: OrderMessageId,
    /// The order it belongs to.
    pub order_id: OrderId,
    /// Who wrote it.
    #[graphql(skip)]
    pub sender_id: UserId,
    /// Whether it was written for the sender, to say what they did.
    pub is_automatic: bool,
    /// The text; lines are separated by `\n`.
    #[graphql(complexity = 5)]
    pub message: String,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(OrderMessage {
    "id": id,
    "orderId": order_id,
    "isAutomatic": is_automatic,
    "message": message,
    "createdAt": created_at,
});

impl OrderMessage {
    /// One message, whoever asks.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find(conn: &mut Conn, id: OrderMessageId) -> Result<Option<OrderMessage>> {
        let message = order_message::table.find(id).select(OrderMessage::as_select()).first(conn).await;
        Ok(message.optional()?)
    }
}

/// Writes to the other side of an order. The message's id.
///
/// # Errors
/// As [`lock`]; `BAD_INPUT` for a text that is blank or longer than 2,000 characters.
pub async fn send(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    text: &str,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<OrderMessageId> {
    let held = lock(conn, who, id, now).await?;
    let sender = match held.side {
        Side::Consumer => "The customer",
        Side::Vendor => &held.shop_name,
    };
    let deed = Deed {
        action: Action::MessageSent,
        detail: Cow::Borrowed(text),
        message: Some(NewMessage { text: Cow::Borrowed(text), is_automatic: false }),
        title: "New message",
        body: format!("{sender} about order #{id}: {}", excerpt(text)),
    };
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| {
        let message = held.write(conn, &Change::default(), &deed).await?;
        message.ok_or_else(|| Error::internal("a message was not written"))
    })
    .await
}

/// A message as people may send it.
///
/// # Errors
/// `BAD_INPUT` that names `message`.
pub fn read_text(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::bad_input("message", "Message required"));
    }
    required_text(text, LONGEST).map_err(|problem| Error::bad_input("message", format!("message {problem}")))
}

/// A page of an order's messages, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessagesOfOrder {
    /// The order.
    pub order: OrderId,
    /// The message behind which the page starts.
    pub after: OrderMessageId,
    /// How many, at most.
    pub limit: i64,
}

impl InPages for OrderMessage {
    const ROWS: &'static str = "(SELECT * FROM order_message \
        WHERE order_message.order_id = page.parent_id AND order_message.id > page.edge \
        ORDER BY order_message.id LIMIT page.size) AS order_message";
}

impl Relation for MessagesOfOrder {
    type Value = Vec<Arc<OrderMessage>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderMessage>>>> {
        let asked = keys.iter().map(|key| (key.order.0, key.after.0, key.limit));
        let rows = Pages::<OrderMessage>::new(asked).load(conn).await?;
        Ok(by_page(keys, rows, |row: &OrderMessage| row.id))
    }
}

/// The newest messages of an order, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastMessagesOfOrder {
    /// The order.
    pub order: OrderId,
    /// The message before which the page ends.
    pub before: OrderMessageId,
    /// How many, at most.
    pub limit: i64,
}

impl InPages<Backward> for OrderMessage {
    const ROWS: &'static str = "(SELECT * FROM order_message \
        WHERE order_message.order_id = page.parent_id AND order_message.id < page.edge \
        ORDER BY order_message.id DESC LIMIT page.size) AS order_message";
}

impl Relation for LastMessagesOfOrder {
    type Value = Vec<Arc<OrderMessage>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderMessage>>>> {
        let asked = keys.iter().map(|key| (key.order.0, key.before.0, key.limit));
        let rows = Pages::<OrderMessage, Backward>::new(asked).load(conn).await?;
        Ok(by_page(keys, rows, |row: &OrderMessage| row.id))
    }
}
