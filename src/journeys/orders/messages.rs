//! What the two sides of an order write to each other.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::lock::lock;
use crate::journeys::orders::record::{Action, Change, Deed, NewMessage};
use crate::journeys::orders::status::Side;
use crate::request::{Relation, columns};
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

impl Relation for MessagesOfOrder {
    type Value = Vec<Arc<OrderMessage>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderMessage>>>> {
        let rows: Vec<(i64, OrderMessage)> = Pages::new(keys).load(conn).await?;
        let mut found: HashMap<Self, Vec<Arc<OrderMessage>>> = HashMap::with_capacity(keys.len());
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

/// One page of each of many orders, each read along `order_message_of_order_idx` until it is full.
#[derive(QueryId)]
struct Pages {
    orders: Vec<OrderId>,
    afters: Vec<OrderMessageId>,
    limits: Vec<i64>,
    columns: AsSelect<OrderMessage, Pg>,
}

impl Pages {
    fn new(keys: &[MessagesOfOrder]) -> Pages {
        Pages {
            orders: keys.iter().map(|key| key.order).collect(),
            afters: keys.iter().map(|key| key.after).collect(),
            limits: keys.iter().map(|key| key.limit).collect(),
            columns: OrderMessage::as_select(),
        }
    }
}

impl Query for Pages {
    type SqlType = (BigInt, AsSelect<OrderMessage, Pg>);
}

impl QueryFragment<Pg> for Pages {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT page.place, ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.orders)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.afters)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.limits)?;
        out.push_sql(
            ") WITH ORDINALITY AS page (order_id, after, size, place) \
             CROSS JOIN LATERAL (SELECT * FROM order_message \
             WHERE order_message.order_id = page.order_id AND order_message.id > page.after \
             ORDER BY order_message.id LIMIT page.size) AS order_message",
        );
        Ok(())
    }
}
