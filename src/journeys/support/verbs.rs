//! What happens to tickets: opened by consumers, answered by both sides, moved on by the staff.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::events::{Notice, NotificationKind, notify};
use crate::journeys::orders::Order;
use crate::journeys::profile::User;
use crate::journeys::staff::{self, NewStaffAction, StaffActionKind, Target};
use crate::journeys::support::{SupportSide, SupportTicket, SupportTicketStatus};
use crate::schema::{support_message, support_ticket};
use crate::values::{
    OrderId, SupportMessageId, SupportTicketId, UserId, excerpt, optional_text, required_text,
};

/// How many tickets of one person may wait for the staff, or be worked on, at a time.
const MOST_OPEN: i64 = 50;
/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 150;
/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 4_000;
/// The longest category, in characters.
const LONGEST_CATEGORY: usize = 50;

/// A question to the staff.
#[derive(Debug, InputObject)]
pub struct OpenSupportTicketInput {
    /// What it is about, in one sentence; 1 to 150 characters.
    pub subject: String,
    /// The question, 1 to 4000 characters.
    pub message: String,
    /// What kind of question, in the client's own words, such as "payment"; at most 50 characters.
    pub category: Option<String>,
    /// The order that it is about: one of your own.
    pub order_id: Option<OrderId>,
}

/// A ticket about to be opened, checked.
#[derive(Debug, serde::Serialize)]
pub struct NewTicket {
    subject: String,
    message: String,
    category: Option<String>,
    order: Option<OrderId>,
}

impl OpenSupportTicketInput {
    /// # Errors
    /// `BAD_INPUT` that names the field.
    pub(super) fn read(&self) -> Result<NewTicket> {
        let category = optional_text(self.category.as_deref(), LONGEST_CATEGORY)
            .map_err(|problem| Error::bad_input("category", format!("category {problem}")))?;
        Ok(NewTicket {
            subject: required("subject", &self.subject, LONGEST_SUBJECT)?,
            message: read_message(&self.message)?,
            category,
            order: self.order_id,
        })
    }
}

/// A message as people may send it.
///
/// # Errors
/// `BAD_INPUT` that names `message`.
pub fn read_message(text: &str) -> Result<String> {
    required("message", text, LONGEST_MESSAGE)
}

fn required(field: &'static str, text: &str, max: usize) -> Result<String> {
    required_text(text, max).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

/// Opens a ticket with its first message.
///
/// # Errors
/// `FORBIDDEN` alike for no such order and for another's, so that ids tell nothing; `CONFLICT` when too many tickets are
/// open.
pub async fn open(
    conn: &mut Conn,
    user: UserId,
    new: &NewTicket,
    now: DateTime<Utc>,
) -> Result<SupportTicketId> {
    if let Some(order) = new.order
        && Order::find(conn, order).await?.is_none_or(|order| order.user_id != user)
    {
        return Err(Error::forbidden("Unauthorized").of_field("orderId"));
    }
    // Of two tickets at once, the second counts the first.
    User::lock(conn, user).await?;
    let open: i64 = support_ticket::table
        .filter(support_ticket::user_id.eq(user))
        .filter(support_ticket::status.eq_any([SupportTicketStatus::Open, SupportTicketStatus::InProgress]))
        .count()
        .get_result(conn)
        .await?;
    if open >= MOST_OPEN {
        return Err(Error::conflict(format!("At most {MOST_OPEN} tickets can be open")));
    }
    let id = diesel::insert_into(support_ticket::table)
        .values((
            support_ticket::user_id.eq(user),
            support_ticket::subject.eq(&new.subject),
            support_ticket::category.eq(&new.category),
            support_ticket::status.eq(SupportTicketStatus::Open),
            support_ticket::order_id.eq(new.order),
            support_ticket::created_at.eq(now),
            support_ticket::updated_at.eq(now),
        ))
        .returning(support_ticket::id)
        .get_result(conn)
        .await?;
    write(conn, id, (SupportSide::Consumer, user), &new.message, now).await?;
    Ok(id)
}

/// Writes to the other side of a ticket. The message's id. The consumer is told of what the staff writes.
///
/// # Errors
/// As [`SupportTicket::lock`]; `CONFLICT` for a closed ticket.
pub async fn reply(
    conn: &mut Conn,
    who: &Viewer,
    id: SupportTicketId,
    text: &str,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<SupportMessageId> {
    let by = SupportSide::of(who)?;
    let ticket = SupportTicket::lock(conn, who, id).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| {
        let status = ticket.status.after_reply(by)?;
        // Whoever waited for the lock began earlier than who held it; the messages still run forward.
        let at = now.max(ticket.updated_at.0);
        let message = write(conn, id, (by, who.user_id), text, at).await?;
        move_to(conn, id, status, at).await?;
        if by == SupportSide::Staff {
            let body = format!("{}: {}", excerpt(&ticket.subject), excerpt(text));
            notify(conn, &[notice(&ticket, "Support replied", body)], at).await?;
            let detail = format!("message {message}");
            record(conn, who, id, StaffActionKind::TicketReplied, detail, at).await?;
        }
        Ok(message)
    })
    .await
}

/// Says where a ticket stands. The consumer is told when that is resolved or closed; the same status again changes
/// nothing.
///
/// # Errors
/// As [`SupportTicket::lock`]; `FORBIDDEN` but for the staff.
pub async fn set_status(
    conn: &mut Conn,
    who: &Viewer,
    id: SupportTicketId,
    status: SupportTicketStatus,
    now: DateTime<Utc>,
) -> Result<SupportTicket> {
    who.require_staff()?;
    let ticket = SupportTicket::lock(conn, who, id).await?;
    if ticket.status == status {
        return Ok(ticket);
    }
    let at = now.max(ticket.updated_at.0);
    let moved = move_to(conn, id, status, at).await?;
    let subject = excerpt(&ticket.subject);
    let news = match status {
        SupportTicketStatus::Open | SupportTicketStatus::InProgress => None,
        SupportTicketStatus::Resolved => {
            Some(("Ticket resolved", format!("{subject}: solved. If it is not, your reply opens it again.")))
        }
        SupportTicketStatus::Closed => {
            Some(("Ticket closed", format!("{subject}: closed. For anything else open a new ticket.")))
        }
    };
    if let Some((title, body)) = news {
        notify(conn, &[notice(&ticket, title, body)], at).await?;
    }
    let detail = format!("{} to {}", ticket.status.as_str(), status.as_str());
    record(conn, who, id, StaffActionKind::TicketStatusSet, detail, at).await?;
    Ok(moved)
}

/// Writes down what the staff did. What was written to the consumer stays with the ticket.
async fn record(
    conn: &mut Conn,
    who: &Viewer,
    id: SupportTicketId,
    action: StaffActionKind,
    detail: String,
    at: DateTime<Utc>,
) -> Result<()> {
    let target = Target::SupportTicket(id);
    let new = NewStaffAction { action, target, reason: None, detail: Some(detail), transaction: None };
    staff::record(conn, who.user_id, &new, at).await
}

async fn write(
    conn: &mut Conn,
    ticket: SupportTicketId,
    (side, sender): (SupportSide, UserId),
    text: &str,
    at: DateTime<Utc>,
) -> Result<SupportMessageId> {
    Ok(diesel::insert_into(support_message::table)
        .values((
            support_message::ticket_id.eq(ticket),
            support_message::sender.eq(side),
            support_message::sender_id.eq(sender),
            support_message::message.eq(text),
            support_message::created_at.eq(at),
        ))
        .returning(support_message::id)
        .get_result(conn)
        .await?)
}

async fn move_to(
    conn: &mut Conn,
    id: SupportTicketId,
    status: SupportTicketStatus,
    at: DateTime<Utc>,
) -> Result<SupportTicket> {
    Ok(diesel::update(support_ticket::table.find(id))
        .set((support_ticket::status.eq(status), support_ticket::updated_at.eq(at)))
        .returning(SupportTicket::as_returning())
        .get_result(conn)
        .await?)
}

/// What the consumer is told.
fn notice(ticket: &SupportTicket, title: &str, body: String) -> Notice {
    Notice {
        to: ticket.user_id,
        kind: NotificationKind::Support,
        title: title.to_owned(),
        body,
        target_id: Some(ticket.id.0),
    }
}
