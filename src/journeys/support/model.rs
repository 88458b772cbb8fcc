//! Tickets as rows: who may see them, where they stand, and how they are read.

use async_graphql::SimpleObject;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;

use crate::app::{Role, Viewer};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::request::{Page, columns};
use crate::schema::support_ticket;
use crate::values::{Instant, OrderId, SupportTicketId, UserId, word};

word! {
    /// Where a support ticket stands.
    SupportTicketStatus {
        /// It waits for the staff.
        Open = "open",
        /// The staff works on it.
        InProgress = "in_progress",
        /// The staff thinks that it is solved. A reply of the consumer opens it again.
        Resolved = "resolved",
        /// It is over, and takes no replies.
        Closed = "closed",
    }
}

impl SupportTicketStatus {
    /// What a reply of one side makes of it: the staff's first one says that somebody works on it, and who is not
    /// content with a solution opens the ticket again.
    ///
    /// # Errors
    /// `CONFLICT` for a closed ticket.
    pub fn after_reply(self, by: SupportSide) -> Result<SupportTicketStatus> {
        match (self, by) {
            (SupportTicketStatus::Closed, _) => Err(Error::conflict("Ticket is closed")),
            (SupportTicketStatus::Open, SupportSide::Staff) => Ok(SupportTicketStatus::InProgress),
            (SupportTicketStatus::Resolved, SupportSide::Consumer) => Ok(SupportTicketStatus::Open),
            (same, _) => Ok(same),
        }
    }
}

word! {
    /// A side of a support ticket.
    SupportSide {
        /// The consumer who opened it.
        Consumer = "consumer",
        /// The staff.
        Staff = "staff",
    }
}

impl SupportSide {
    /// The side that a person can be on.
    ///
    /// # Errors
    /// `ONBOARDING_REQUIRED` before a role was chosen, `FORBIDDEN` for vendors.
    pub fn of(who: &Viewer) -> Result<SupportSide> {
        if who.is_staff() {
            return Ok(SupportSide::Staff);
        }
        who.require(Role::Consumer).map(|_| SupportSide::Consumer)
    }
}

/// Something that a consumer asks of the staff.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = support_ticket)]
#[graphql(complex)]
pub struct SupportTicket {
    /// Identifies the ticket; newer ones have larger ids.
    pub id: SupportTicketId,
    /// Who opened it.
    #[graphql(skip)]
    pub user_id: UserId,
    /// What it is about, in one sentence.
    pub subject: String,
    /// What kind of question, in the client's own words, such as "payment".
    pub category: Option<String>,
    /// Where it stands.
    pub status: SupportTicketStatus,
    /// The order that it is about, if it is about one.
    pub order_id: Option<OrderId>,
    /// When it was opened, in UTC.
    pub created_at: Instant,
    /// When somebody last wrote, or its status last changed, in UTC.
    pub updated_at: Instant,
}

columns!(SupportTicket {
    "id": id,
    "subject": subject,
    "category": category,
    "status": status,
    "orderId": order_id,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

impl SupportTicket {
    /// A person's tickets, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId, page: &Page<i64>) -> Result<Vec<SupportTicket>> {
        Ok(support_ticket::table
            .filter(support_ticket::user_id.eq(user))
            .filter(support_ticket::id.lt(SupportTicketId(page.after.unwrap_or(i64::MAX))))
            .order(support_ticket::id.desc())
            .limit(page.limit())
            .select(SupportTicket::as_select())
            .load(conn)
            .await?)
    }

    /// Everybody's tickets, or those of one status, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(
        conn: &mut Conn,
        status: Option<SupportTicketStatus>,
        page: &Page<i64>,
    ) -> Result<Vec<SupportTicket>> {
        let mut query = support_ticket::table
            .filter(support_ticket::id.lt(SupportTicketId(page.after.unwrap_or(i64::MAX))))
            .order(support_ticket::id.desc())
            .limit(page.limit())
            .select(SupportTicket::as_select())
            .into_boxed();
        if let Some(status) = status {
            query = query.filter(support_ticket::status.eq(status));
        }
        Ok(query.load(conn).await?)
    }

    /// A ticket that this person may see: an own one, for the staff any.
    ///
    /// # Errors
    /// As [`SupportSide::of`]; `NOT_FOUND`, for another's as well.
    pub async fn find(conn: &mut Conn, who: &Viewer, id: SupportTicketId) -> Result<SupportTicket> {
        let is_staff = SupportSide::of(who)? == SupportSide::Staff;
        support_ticket::table
            .find(id)
            .filter(is_staff.into_sql::<Bool>().or(support_ticket::user_id.eq(who.user_id)))
            .select(SupportTicket::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("Ticket not found"))
    }

    /// The same, locked for a change.
    ///
    /// # Errors
    /// As [`SupportTicket::find`].
    pub async fn lock(conn: &mut Conn, who: &Viewer, id: SupportTicketId) -> Result<SupportTicket> {
        let is_staff = SupportSide::of(who)? == SupportSide::Staff;
        support_ticket::table
            .find(id)
            .filter(is_staff.into_sql::<Bool>().or(support_ticket::user_id.eq(who.user_id)))
            .select(SupportTicket::as_select())
            .for_no_key_update()
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("Ticket not found").of_field("ticketId"))
    }
}
