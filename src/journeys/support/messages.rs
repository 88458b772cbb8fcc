//! What the two sides of a ticket write to each other.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::support::SupportSide;
use crate::request::{Relation, columns};
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

impl Relation for MessagesOfTicket {
    type Value = Vec<Arc<SupportMessage>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<SupportMessage>>>> {
        let rows: Vec<(i64, SupportMessage)> = Pages::new(keys).load(conn).await?;
        let mut found: HashMap<Self, Vec<Arc<SupportMessage>>> = HashMap::with_capacity(keys.len());
        for (place, message) in rows {
            // PostgreSQL counts from one.
            if let Some(key) = usize::try_from(place - 1).ok().and_then(|place| keys.get(place)) {
                found.entry(*key).or_default().push(Arc::new(message));
            }
        }
        // The statement promises no order of its outer rows.
        found.values_mut().for_each(|messages| messages.sort_by_key(|message| message.id));
        Ok(found)
    }
}

/// One page of each of many tickets, each read along `support_message_of_ticket_idx` until it is full.
#[derive(QueryId)]
struct Pages {
    tickets: Vec<SupportTicketId>,
    afters: Vec<SupportMessageId>,
    limits: Vec<i64>,
    columns: AsSelect<SupportMessage, Pg>,
}

impl Pages {
    fn new(keys: &[MessagesOfTicket]) -> Pages {
        Pages {
            tickets: keys.iter().map(|key| key.ticket).collect(),
            afters: keys.iter().map(|key| key.after).collect(),
            limits: keys.iter().map(|key| key.limit).collect(),
            columns: SupportMessage::as_select(),
        }
    }
}

impl Query for Pages {
    type SqlType = (BigInt, AsSelect<SupportMessage, Pg>);
}

impl QueryFragment<Pg> for Pages {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT page.place, ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.tickets)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.afters)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.limits)?;
        out.push_sql(
            ") WITH ORDINALITY AS page (ticket_id, after, size, place) \
             CROSS JOIN LATERAL (SELECT * FROM support_message \
             WHERE support_message.ticket_id = page.ticket_id AND support_message.id > page.after \
             ORDER BY support_message.id LIMIT page.size) AS support_message",
        );
        Ok(())
    }
}
