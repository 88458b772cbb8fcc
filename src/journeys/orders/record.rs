//! What an act leaves behind: the order's new row, its logs, its events, and a notice to the other side. One place for
//! all acts, so that none of it is ever forgotten.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Kind, NewEvent, Notice, NotificationKind, notify};
use crate::journeys::orders::lock::Held;
use crate::journeys::orders::status::Status;
use crate::journeys::orders::{Order, PaymentStatus};
use crate::meters::{self, Fact};
use crate::schema::{order_action_log, order_message, order_status_log, orders};
use crate::values::{OrderId, OrderMessageId, Paise, ShopId, UserId, word};

word! {
    /// What the action log calls an act.
    Action {
        /// It was placed.
        Created = "order_created",
        /// The shop accepted, rejected or delivered it.
        StatusUpdated = "status_updated",
        /// The shop changed quantities.
        Modified = "vendor_modified",
        /// The consumer agreed to the changes.
        ModificationConfirmed = "modification_confirmed",
        /// One side called it off.
        Cancelled = "order_cancelled",
        /// One side wrote to the other.
        MessageSent = "message_sent",
        /// The consumer rated it.
        Rated = "order_rated",
        /// The consumer reported what was wrong.
        IssueRaised = "issue_raised",
        /// The consumer asked to give something back.
        ReturnRequested = "return_requested",
        /// The shop agreed to it.
        ReturnAccepted = "return_accepted",
        /// The shop takes something back without being asked.
        ReturnForced = "vendor_forced_return",
        /// The shop has it back.
        ReturnCompleted = "return_completed",
    }
}

/// A message to be written with an act.
#[derive(Clone, Debug)]
pub struct NewMessage<'a> {
    /// Its text.
    pub text: Cow<'a, str>,
    /// Whether the gateway wrote it for what the sender did.
    pub is_automatic: bool,
}

/// An act, for the logs and for the other side.
#[derive(Clone, Debug)]
pub struct Deed<'a> {
    /// What the action log calls it.
    pub action: Action,
    /// What the action log says more.
    pub detail: Cow<'a, str>,
    /// The message that goes with it.
    pub message: Option<NewMessage<'a>>,
    /// The notice's one line.
    pub title: &'static str,
    /// The notice's sentence.
    pub body: String,
}

/// What becomes different about an order's row. `None` keeps.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = orders)]
pub struct Change {
    /// A new status; it is logged and told to whoever follows.
    pub status: Option<Status>,
    /// Whether it is paid.
    pub payment_status: Option<PaymentStatus>,
    /// The sum of its lines.
    pub total_paise: Option<Paise>,
    /// What is deducted.
    pub discount_paise: Option<Paise>,
    /// What the coupon takes off.
    pub coupon_discount_paise: Option<Paise>,
    /// How many points it uses.
    pub points_redeemed: Option<i64>,
    /// What they take off.
    pub points_discount_paise: Option<Paise>,
    /// What it costs.
    pub final_paise: Option<Paise>,
    /// What is held of the wallet's payment.
    pub held_paise: Option<Paise>,
}

/// What an act that a client may repeat came to.
#[derive(Clone, Debug)]
pub struct Acted {
    /// The order as it is now.
    pub order: Order,
    /// What the act gave back to the consumer's wallet.
    pub refund: Paise,
}

impl Acted {
    /// After the act, or after it was found to be done already.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn read(conn: &mut Conn, id: OrderId, refund: Paise) -> Result<Acted> {
        Ok(Acted { order: Order::present(conn, id).await?, refund })
    }
}

impl Held {
    /// Writes an act on this order. The id of the message that went with it.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn write(
        &self,
        conn: &mut Conn,
        change: &Change,
        deed: &Deed<'_>,
    ) -> Result<Option<OrderMessageId>> {
        let now = self.at;
        let conn: &AsyncPgConnection = conn;
        let id = self.order.id;
        let events = i32::from(change.status.is_some()) + i32::from(deed.message.is_some());
        let order = diesel::update(orders::table.find(id))
            .set((change, orders::event_seq.eq(orders::event_seq + events), orders::updated_at.eq(now)))
            .returning(Order::as_returning());
        let (order, message) = try_join!(
            async { Ok::<_, Error>(order.get_result::<Order>(&mut &*conn).await?) },
            message(conn, id, self.by, deed.message.as_ref(), now),
        )?;
        let trace = Trace { order: id, consumer: order.user_id, shop: order.shop_id, by: self.by, at: now };
        let notice = self.notice(deed);
        let seq = self.order.event_seq;
        try_join!(
            trace.status(conn, change.status, seq + 1),
            trace.message(conn, message, order.event_seq),
            trace.action(conn, deed.action, &deed.detail),
            notify(conn, &notice, now),
        )?;
        Ok(message)
    }

    fn notice(&self, deed: &Deed<'_>) -> [Notice; 1] {
        [Notice {
            to: self.other(),
            kind: NotificationKind::Order,
            title: deed.title.to_owned(),
            body: deed.body.clone(),
            target_id: Some(self.order.id.0),
        }]
    }
}

async fn message(
    conn: &AsyncPgConnection,
    order: OrderId,
    by: UserId,
    message: Option<&NewMessage<'_>>,
    now: DateTime<Utc>,
) -> Result<Option<OrderMessageId>> {
    let Some(message) = message else { return Ok(None) };
    let id = diesel::insert_into(order_message::table)
        .values((
            order_message::order_id.eq(order),
            order_message::sender_id.eq(by),
            order_message::is_automatic.eq(message.is_automatic),
            order_message::message.eq(&*message.text),
            order_message::created_at.eq(now),
        ))
        .returning(order_message::id)
        .get_result(&mut &*conn)
        .await?;
    Ok(Some(id))
}

/// Where an act is noted: whose order it is, and who acted when.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// The order.
    pub order: OrderId,
    /// Who placed it.
    pub consumer: UserId,
    /// Whose it is to deliver.
    pub shop: ShopId,
    /// Who acted.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

impl Trace {
    /// Logs a new status, and records it for whoever follows the order. `seq` is the number of the event in the order.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn status(self, conn: &AsyncPgConnection, status: Option<Status>, seq: i32) -> Result<()> {
        let Some(status) = status else { return Ok(()) };
        let log = diesel::insert_into(order_status_log::table)
            .values((
                order_status_log::order_id.eq(self.order),
                order_status_log::status.eq(status),
                order_status_log::updated_by.eq(self.by),
                order_status_log::created_at.eq(self.at),
            ))
            .execute(&mut &*conn);
        let event = self.event(Kind::OrderStatusChanged, seq, status.as_str());
        try_join!(async { Ok(log.await?) }, events::record(conn, &event))?;
        meters::note(Fact::OrderStatus(status.as_str()));
        Ok(())
    }

    /// Notes what was done in the action log.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn action(self, conn: &AsyncPgConnection, action: Action, detail: &str) -> Result<()> {
        diesel::insert_into(order_action_log::table)
            .values((
                order_action_log::order_id.eq(self.order),
                order_action_log::action.eq(action),
                order_action_log::actor_id.eq(self.by),
                order_action_log::detail.eq(detail),
                order_action_log::created_at.eq(self.at),
            ))
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }

    async fn message(self, conn: &AsyncPgConnection, id: Option<OrderMessageId>, seq: i32) -> Result<()> {
        let Some(id) = id else { return Ok(()) };
        events::record(conn, &self.event(Kind::OrderMessageAdded, seq, &id.to_string())).await
    }

    fn event<'a>(self, kind: Kind, seq: i32, value: &'a str) -> NewEvent<'a> {
        NewEvent {
            kind,
            order_id: Some(self.order),
            seq: Some(seq),
            user_id: Some(self.consumer),
            shop_id: Some(self.shop),
            value,
            created_at: self.at,
        }
    }
}

/// The first entries of a list, and how many more there are: what a message or a notice has room for.
pub fn some_of(entries: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = entries.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match entries.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
