//! Support in GraphQL.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::app::Limit;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::PhoneOfUser;
use crate::journeys::support::messages::MessagesOfTicket;
use crate::journeys::support::verbs::{self, OpenSupportTicketInput};
use crate::journeys::support::{Faq, SupportMessage, SupportSide, SupportTicket, SupportTicketStatus, faq};
use crate::request::{List, Page, Reach, Row, load};
use crate::values::{Phone, SupportMessageId, SupportTicketId};

/// Reads of support.
#[derive(Default)]
pub struct SupportQuery;

#[Object]
impl SupportQuery {
    /// The signed-in consumer's support tickets, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn support_tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, SupportTicket>> {
        let who = ctx.consumer()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = SupportTicket::of_user(&mut *ctx.app()?.read().await?, who, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// One support ticket: your own, or as staff any.
    ///
    /// Errors: `NOT_FOUND`, for another's as well.
    async fn support_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: SupportTicketId,
    ) -> Result<SupportTicket> {
        let who = ctx.viewer()?;
        let ticket = SupportTicket::find(&mut *ctx.app()?.read().await?, who, id).await;
        ticket.map_err(|error| error.of_field("id"))
    }

    /// Everybody's support tickets, newest first. For staff.
    ///
    /// Errors: `FORBIDDEN` for consumers and vendors.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn all_support_tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that stand there; all when absent.")] status: Option<
            SupportTicketStatus,
        >,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, SupportTicket>> {
        ctx.staff()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = SupportTicket::all(&mut *ctx.app()?.read().await?, status, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// Answers to what people ask most, for everybody: by topic, or the best matches of a search first.
    ///
    /// Errors: `BAD_INPUT` for a search of more than 100 characters.
    #[graphql(complexity = "5 + 40 * child_complexity")]
    async fn faqs(
        &self,
        #[graphql(desc = "Words to look for, at most 100 characters; everything when absent or blank.")]
        search: Option<String>,
    ) -> Result<Vec<Row<&'static Faq>>> {
        Ok(faq::search(search.as_deref())?.into_iter().map(Row).collect())
    }
}

#[ComplexObject]
impl SupportTicket {
    /// What the two sides wrote to each other, oldest first. The first one is the question.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Arc<SupportMessage>>> {
        let page: Page<i64> = Page::read(ctx, first, after.as_deref())?;
        let after = SupportMessageId(page.after.unwrap_or(0));
        let key = MessagesOfTicket { ticket: self.id, after, limit: page.limit() };
        let messages = load(ctx, key).await?.unwrap_or_default();
        Ok(page.list(messages, |message| message.id.0))
    }

    /// The phone of the consumer who opened it.
    async fn consumer_phone(&self, ctx: &Context<'_>) -> Result<Phone> {
        let viewer = ctx.viewer()?;
        if viewer.user_id == self.user_id {
            return Ok(viewer.phone.clone());
        }
        load(ctx, PhoneOfUser(self.user_id)).await?.ok_or_else(|| Error::internal("a consumer is gone"))
    }
}

/// What came of a change to a support ticket.
#[derive(SimpleObject)]
pub struct SupportTicketPayload {
    /// A sentence to show.
    message: &'static str,
    /// The ticket as it is now.
    ticket: SupportTicket,
}

/// What came of a reply.
#[derive(SimpleObject)]
pub struct SupportReplyPayload {
    /// A sentence to show.
    message: &'static str,
    /// The reply as both sides see it.
    support_message: SupportMessage,
    /// The ticket as it is now.
    ticket: SupportTicket,
}

/// Changes of support tickets.
#[derive(Default)]
pub struct SupportMutation;

#[Object]
impl SupportMutation {
    /// Asks the staff something. At most 50 of your tickets can be open at a time.
    ///
    /// Errors: `BAD_INPUT` that names the field; `FORBIDDEN` for an order that is not yours; `CONFLICT` for too many
    /// open tickets; `RATE_LIMITED`.
    async fn open_support_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: OpenSupportTicketInput,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first ticket.")]
        idempotency_key: Option<String>,
    ) -> Result<SupportTicketPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let new = input.read()?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "openSupportTicket", &new)?;
        let (now, limits) = (app.clock.now(), app.clone());
        let ticket = app
            .write(async move |conn| {
                // Counted for tickets, not for asking again what became of one.
                let open = async |conn: &mut Conn| {
                    limits.limiters.check(Limit::TicketsPerUser, &who.user_id.to_string())?;
                    verbs::open(conn, who.user_id, &new, now).await
                };
                let id = once(conn, who.user_id, ask.as_ref(), now, open).await?;
                SupportTicket::find(conn, &who, id).await
            })
            .await?;
        Ok(SupportTicketPayload { message: "Support ticket created", ticket })
    }

    /// Writes to the other side of a support ticket: as the consumer who opened it, or as staff, of which the consumer
    /// is told.
    ///
    /// A reply of the consumer opens a resolved ticket again; the staff's reply to an open one puts it in progress.
    /// Errors: `BAD_INPUT` for the text; `NOT_FOUND` for a ticket that is not yours; `CONFLICT` for a closed one;
    /// `RATE_LIMITED`.
    async fn reply_to_support_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] ticket_id: SupportTicketId,
        #[graphql(desc = "The text, 1 to 4000 characters.")] message: String,
        #[graphql(desc = "Makes repeating safe: the same key sends the reply once.")] idempotency_key: Option<
            String,
        >,
    ) -> Result<SupportReplyPayload> {
        let (who, app) = (ctx.viewer()?.clone(), ctx.app()?);
        SupportSide::of(&who)?;
        let text = verbs::read_message(&message)?;
        app.limiters.check(Limit::MessagesPerUser, &who.user_id.to_string())?;
        let key = ctx.idempotency_key(idempotency_key)?;
        let ask = Ask::new(key, "replyToSupportTicket", &(ticket_id, &text))?;
        let now = app.clock.now();
        let (support_message, ticket) = app
            .write(async move |conn| {
                let id = verbs::reply(conn, &who, ticket_id, &text, ask.as_ref(), now).await?;
                Ok((SupportMessage::find(conn, id).await?, SupportTicket::find(conn, &who, ticket_id).await?))
            })
            .await?;
        Ok(SupportReplyPayload { message: "Reply sent", support_message, ticket })
    }

    /// Says where a support ticket stands. For staff; the consumer is told when that is resolved or closed.
    ///
    /// The same status again changes nothing. Errors: `FORBIDDEN` for consumers and vendors; `NOT_FOUND`.
    async fn set_support_ticket_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ticket.")] ticket_id: SupportTicketId,
        #[graphql(desc = "Where it stands from now on.")] status: SupportTicketStatus,
    ) -> Result<SupportTicketPayload> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        let now = app.clock.now();
        let set = async move |conn: &mut _| verbs::set_status(conn, &who, ticket_id, status, now).await;
        Ok(SupportTicketPayload { message: "Ticket status updated", ticket: app.write(set).await? })
    }
}
