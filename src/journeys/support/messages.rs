//! What the two sides of a ticket write to each other.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::support::SupportSide;
use crate::request::{InPages, Pages, Relation, by_page, columns};
use crate::schema::support_message;
use crate::values::{Instant, SupportMessageId, SupportTicketId};

/// A message between a consumer and the staff.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = support_message)]
pub struct SupportMessage {
    /// Identifies the message; newer ones have larger ids.
    pub id: SupportMessageId,
    /// The ticket it belongs to.
    pub ticket_id: SupportTicketId,
    /// Which side wrote it.
    pub sender: SupportSide,
    /// The text; lines are separated by `\n`.
    #[graphql(complexity = 5)]
    pub message: String,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(SupportMessage {
    "id": id,
    "ticketId": ticket_id,
    "sender": sender,
    "message": message,
    "createdAt": created_at,
});

impl SupportMessage {
    /// One message, whoever asks.
    ///
    /// # Errors
    /// `INTERNAL` when it is missing or the database fails.
    pub async fn find(conn: &mut Conn, id: SupportMessageId) -> Result<SupportMessage> {
        Ok(support_message::table.find(id).select(SupportMessage::as_select()).first(conn).await?)
    }
}

/// A page of a ticket's messages, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessagesOfTicket {
    /// The ticket.
    pub ticket: SupportTicketId,
    /// The message behind which the page starts.
    pub after: SupportMessageId,
    /// How many, at most.
    pub limit: i64,
}

impl InPages for SupportMessage {
    const ROWS: &'static str = "(SELECT * FROM support_message \
        WHERE support_message.ticket_id = page.parent_id AND support_message.id > page.edge \
        ORDER BY support_message.id LIMIT page.size) AS support_message";
}

impl Relation for MessagesOfTicket {
    type Value = Vec<Arc<SupportMessage>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<SupportMessage>>>> {
        let asked = keys.iter().map(|key| (key.ticket.0, key.after.0, key.limit));
        let rows = Pages::<SupportMessage>::new(asked).load(conn).await?;
        Ok(by_page(keys, rows, |row: &SupportMessage| row.id))
    }
}
