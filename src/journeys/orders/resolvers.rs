//! Orders in GraphQL: the reads, and what the changes of both sides share.

mod consumer;
mod order;
mod shop;

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::app::Role;
use crate::error::{Error, Result};
use crate::journeys::cart::Cart;
use crate::journeys::orders::Order;
use crate::journeys::orders::issues::OrderIssue;
use crate::journeys::orders::model::OrderFilter;
use crate::journeys::orders::record::Acted;
use crate::journeys::shops::Shop;
use crate::journeys::wallet::Wallet;
use crate::ledger::book;
use crate::request::{List, Page, Reach};
use crate::values::{OrderId, OrderReturnId, Paise};

pub use consumer::OrdersMutation;
pub use shop::ShopOrdersMutation;

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

    /// What was reported of the orders of the signed-in vendor's shop, newest first.
    ///
    /// Errors: `NOT_FOUND` before `createShop`; `FORBIDDEN` for another shop's order.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn shop_issues(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this order; of all when absent.")] order_id: Option<OrderId>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, OrderIssue>> {
        let who = ctx.vendor()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let shop = Shop::of_owner(&mut conn, who).await?.ok_or_else(|| Error::not_found("Shop not found"))?;
        if let Some(id) = order_id
            && Order::find(&mut conn, id).await?.is_none_or(|order| order.shop_id != shop.id)
        {
            return Err(Error::forbidden("Unauthorized").of_field("orderId"));
        }
        let rows = OrderIssue::of_shop(&mut conn, shop.id, order_id, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

/// What an act on an order came to.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OrderPayload {
    /// A sentence to show.
    message: &'static str,
    /// The order after it.
    order: Order,
    /// What this act gave back to the consumer's wallet; 0 where it gave nothing.
    refund: Paise,
}

#[ComplexObject]
impl OrderPayload {
    /// Your cart after it; null for the shop.
    #[graphql(complexity = "20 + 100 * child_complexity")]
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>> {
        let (who, app) = (ctx.viewer()?, ctx.app()?);
        if who.role != Some(Role::Consumer) {
            return Ok(None);
        }
        Cart::of_user(&mut *app.read().await?, who.user_id, app.clock.now()).await.map(Some)
    }

    /// Your wallet after it; null for the shop, whose own is `vendorWallet`.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Option<Wallet>> {
        let who = ctx.viewer()?;
        if who.role != Some(Role::Consumer) {
            return Ok(None);
        }
        let balance = book::find(&mut *ctx.app()?.read().await?, who.user_id).await?;
        Ok(Some(Wallet { user_id: who.user_id, balance: balance.unwrap_or(Paise::ZERO) }))
    }
}

impl OrderPayload {
    fn of(message: &'static str, acted: Acted) -> OrderPayload {
        OrderPayload { message, order: acted.order, refund: acted.refund }
    }
}

/// What came of a return.
#[derive(SimpleObject)]
pub struct OrderReturnPayload {
    /// A sentence to show.
    pub message: &'static str,
    /// The new returns, one for each item.
    pub return_ids: Vec<OrderReturnId>,
    /// The order after it.
    pub order: Order,
}
