//! What shops do with orders.

use async_graphql::{Context, Enum, Object};

use crate::db::once::Ask;
use crate::error::Result;
use crate::journeys::orders::Order;
use crate::journeys::orders::acts::{self, Step};
use crate::journeys::orders::change::{self, OrderModificationInput};
use crate::journeys::orders::resolvers::{OrderPayload, OrderReturnPayload};
use crate::journeys::orders::returns::{self, NewReturn, ReturnItemInput};
use crate::request::Reach;
use crate::values::OrderId;

/// What the shop makes of an order.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
enum NewOrderStatus {
    /// Takes it on. From `PENDING`.
    Accepted,
    /// Turns it down; a wallet payment is refunded, the stock given back. From `PENDING`.
    Rejected,
    /// Handed it over; the shop is paid. From `PENDING`, `ACCEPTED` or `CONFIRMED`.
    Delivered,
}

/// Changes of orders by the vendor of their shop.
#[derive(Default)]
pub struct ShopOrdersMutation;

#[Object]
impl ShopOrdersMutation {
    /// Moves an order of the signed-in vendor's shop on.
    ///
    /// Errors: `NOT_FOUND`, `FORBIDDEN` for another shop's order, `CONFLICT` when its state does not allow it.
    async fn set_order_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "What becomes of it.")] status: NewOrderStatus,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.vendor()?.clone();
        let (step, message) = match status {
            NewOrderStatus::Accepted => (Step::Accept, "Order marked as accepted"),
            NewOrderStatus::Rejected => (Step::Reject, "Order marked as rejected"),
            NewOrderStatus::Delivered => (Step::Deliver, "Order marked as delivered"),
        };
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "setOrderStatus", &(order_id, step))?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| acts::take(conn, &who, order_id, step, ask.as_ref(), now).await)
            .await?;
        Ok(OrderPayload::of(message, acted))
    }

    /// Changes quantities of an order that is `PENDING` or `ACCEPTED`. The consumer then confirms or cancels it.
    ///
    /// More than was ordered is taken from the stock at once; the money moves when the consumer confirms. Errors:
    /// `BAD_INPUT` for items that were not ordered, or when nothing would be left; `OUT_OF_STOCK`; `NOT_FOUND`,
    /// `FORBIDDEN` for another shop's order, `CONFLICT` when its state does not allow it.
    async fn modify_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "The lines that change, each item once; at most 100.", validator(max_items = 100))]
        modifications: Vec<OrderModificationInput>,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.vendor()?.clone();
        let ask =
            Ask::new(ctx.idempotency_key(idempotency_key)?, "modifyOrder", &(order_id, &modifications))?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| {
                change::modify(conn, &who, order_id, &modifications, ask.as_ref(), now).await
            })
            .await?;
        Ok(OrderPayload::of("Order modified", acted))
    }

    /// Agrees to everything that the consumer asked to give back.
    ///
    /// Errors: `NOT_FOUND`, `FORBIDDEN` for another shop's order, `CONFLICT` when nothing was asked.
    async fn accept_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.vendor()?.clone();
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "acceptReturn", &order_id)?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| returns::acts::accept(conn, &who, order_id, ask.as_ref(), now).await)
            .await?;
        Ok(OrderPayload::of("Return request accepted", acted))
    }

    /// Takes something of a delivered order back without being asked.
    ///
    /// Errors: `BAD_INPUT` for items that were not ordered, or more of them; `NOT_FOUND`, `FORBIDDEN` for another shop's
    /// order, `CONFLICT` unless it is delivered, or while the consumer's own request waits.
    async fn initiate_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "What to take back, at most 100 entries.", validator(max_items = 100))] items: Vec<
            ReturnItemInput,
        >,
        #[graphql(desc = "Why, at most 255 characters.")] reason: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key takes back once.")] idempotency_key: Option<
            String,
        >,
    ) -> Result<OrderReturnPayload> {
        let who = ctx.vendor()?.clone();
        let new = NewReturn::new(items, reason.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "initiateReturn", &(order_id, &new))?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let (return_ids, order) = app
            .write(async move |conn| {
                let ids = returns::acts::initiate(conn, &who, order_id, &new, ask.as_ref(), now).await?;
                Ok((ids, Order::present(conn, order_id).await?))
            })
            .await?;
        Ok(OrderReturnPayload { message: "Return initiated and accepted", return_ids, order })
    }

    /// Says that the goods are back: they go to the stock, and a wallet payment goes back to the consumer, out of the
    /// shop's wallet.
    ///
    /// Errors: `CONFLICT` before the return is accepted; `INSUFFICIENT_BALANCE` when the shop's wallet holds too little;
    /// `NOT_FOUND`, `FORBIDDEN` for another shop's order.
    async fn complete_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.vendor()?.clone();
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "completeReturn", &order_id)?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| returns::acts::complete(conn, &who, order_id, ask.as_ref(), now).await)
            .await?;
        Ok(OrderPayload::of("Return marked as completed", acted))
    }
}
