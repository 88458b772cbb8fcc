//! Orders in GraphQL.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use crate::app::Limit;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::confirm::{self, Checkout};
use crate::journeys::orders::model::OrderFilter;
use crate::journeys::orders::status::Act;
use crate::journeys::orders::{Order, PaymentMode, vendor};
use crate::journeys::shops::Shop;
use crate::request::{List, Page, Reach};
use crate::values::OrderId;

/// Reads of orders.
#[derive(Default)]
pub struct OrdersQuery;

#[Object]
impl OrdersQuery {
    /// One order: your own, or as a vendor one of your shop.
    async fn order(&self, ctx: &Context<'_>, #[graphql(desc = "Which one.")] id: OrderId) -> Result<Order> {
        ctx.viewer()?;
        let order = Order::find(&mut *ctx.app()?.read().await?, id).await?;
        // Others' orders and orders that are none answer alike, so that ids tell nothing.
        let unknown = || Error::not_found("Order not found").of_field("id");
        let order = order.ok_or_else(unknown)?;
        if order.is_seen_by(ctx).await? { Ok(order) } else { Err(unknown()) }
    }

    /// The signed-in consumer's orders, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders; all when absent.")] filter: Option<OrderFilter>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Order>> {
        let who = ctx.consumer()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = Order::of_user(&mut conn, who, &filter.unwrap_or_default(), &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// The orders of the signed-in vendor's shop, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn shop_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders; all when absent.")] filter: Option<OrderFilter>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Order>> {
        let who = ctx.vendor()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let shop = Shop::of_owner(&mut conn, who).await?.ok_or_else(|| Error::not_found("Shop not found"))?;
        let rows = Order::of_shop(&mut conn, shop.id, &filter.unwrap_or_default(), &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

/// How the cart becomes an order.
#[derive(InputObject)]
pub struct ConfirmOrderInput {
    /// How to pay.
    #[graphql(default_with = "PaymentMode::Cash")]
    payment_mode: PaymentMode,
    /// What to ask of the delivery, at most 500 characters.
    delivery_notes: Option<String>,
}

/// What an act on an order came to.
#[derive(SimpleObject)]
pub struct OrderPayload {
    /// A sentence to show.
    message: String,
    /// The order after it.
    order: Order,
}

/// What the shop makes of an order.
#[derive(Clone, Copy, Enum, PartialEq, Eq)]
enum NewOrderStatus {
    /// Takes it on. From `PENDING`.
    Accepted,
    /// Turns it down; a wallet payment is refunded, the stock given back. From `PENDING`.
    Rejected,
    /// Handed it over; the shop is paid. From `PENDING`, `ACCEPTED` or `CONFIRMED`.
    Delivered,
}

/// Changes of orders.
#[derive(Default)]
pub struct OrdersMutation;

#[Object]
impl OrdersMutation {
    /// Places an order of everything in the cart, and empties the cart.
    ///
    /// Prices and stock are those of this moment. Errors: `CONFLICT` (empty cart, closed shop), `OUT_OF_STOCK` names the
    /// item, `INSUFFICIENT_BALANCE` with `needed` and `balance`. Send an idempotency key, and repeating is safe.
    async fn confirm_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to pay and deliver.")] input: ConfirmOrderInput,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first order.")] idempotency_key: Option<
            String,
        >,
    ) -> Result<OrderPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let checkout = Checkout::new(input.payment_mode, input.delivery_notes.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "confirmOrder", &checkout)?;
        let (now, limits) = (app.clock.now(), app.clone());
        let order = app
            .write(async move |conn| {
                // Counted for orders, not for asking again what became of one.
                let confirm = async |conn: &mut _| {
                    limits.limiters.check(Limit::OrdersPerUser, &who.user_id.to_string())?;
                    confirm::confirm(conn, &who, &checkout, now).await
                };
                let id = once(conn, who.user_id, ask.as_ref(), now, confirm).await?;
                Order::find(conn, id).await
            })
            .await?;
        let order = order.ok_or_else(|| Error::internal("a placed order is gone"))?;
        Ok(OrderPayload { message: "Order placed successfully".to_owned(), order })
    }

    /// Moves an order of the signed-in vendor's shop on.
    ///
    /// Errors: `NOT_FOUND`, `FORBIDDEN` for another shop's order, `CONFLICT` when its state does not allow it.
    async fn set_order_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "What becomes of it.")] status: NewOrderStatus,
    ) -> Result<OrderPayload> {
        let (who, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let act = match status {
            NewOrderStatus::Accepted => Act::Accept,
            NewOrderStatus::Rejected => Act::Reject,
            NewOrderStatus::Delivered => Act::Deliver,
        };
        let now = app.clock.now();
        let order = app.write(async move |conn| vendor::act(conn, who, order_id, act, now).await).await?;
        Ok(OrderPayload { message: format!("Order marked as {}", order.status.as_str()), order })
    }
}
