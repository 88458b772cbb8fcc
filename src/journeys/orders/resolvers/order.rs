//! What an order, its messages and its issues lead to.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context};
use chrono::TimeDelta;

use crate::error::{Error, Result};
use crate::journeys::orders::Order;
use crate::journeys::orders::issues::{IssuesOfOrder, OrderIssue};
use crate::journeys::orders::lines::{ItemsOfOrder, OrderItem, OrderStatusLog, StatusLogOfOrder};
use crate::journeys::orders::lock::side;
use crate::journeys::orders::messages::{LastMessagesOfOrder, MessagesOfOrder, OrderMessage};
use crate::journeys::orders::model::{OrderById, PhoneOfUser};
use crate::journeys::orders::ratings::{OrderRating, RatingOfOrder};
use crate::journeys::orders::returns::{OrderReturn, ReturnStatus, ReturnsOfOrder};
use crate::journeys::orders::status::{Act, Side, Status, next};
use crate::journeys::shops::{Shop, ShopById};
use crate::request::{LastPage, List, Page, Reach, Row, load};
use crate::values::OrderMessageId;

/// How long after a delivery the shop may still have to call.
const CALLS_AFTER_DELIVERY: TimeDelta = TimeDelta::days(7);

/// What an order leads to.
#[ComplexObject]
impl Order {
    /// What was ordered, but for what the shop took out since.
    #[graphql(complexity = "10 + 20 * child_complexity")]
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderItem>>>> {
        let items = load(ctx, ItemsOfOrder(self.id)).await?.unwrap_or_default();
        Ok(items.into_iter().map(Row).collect())
    }

    /// How many different items it has.
    #[graphql(complexity = 5)]
    async fn item_count(&self, ctx: &Context<'_>) -> Result<usize> {
        Ok(load(ctx, ItemsOfOrder(self.id)).await?.map_or(0, |items| items.len()))
    }

    /// Every status it had, oldest first.
    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn status_log(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderStatusLog>>>> {
        let log = load(ctx, StatusLogOfOrder(self.id)).await?.unwrap_or_default();
        Ok(log.into_iter().map(Row).collect())
    }

    /// What the two sides wrote to each other, oldest first: `first` counts from the oldest, `last` from the newest.
    #[graphql(complexity = "5 + first.or(last).unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many of the newest entries, 1 to 100, in place of `first` and `after`.")]
        last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends, such as a startCursor; goes with `last`.")]
        before: Option<String>,
    ) -> Result<List<i64, Arc<OrderMessage>>> {
        let (forward, backward) = ((first, after.as_deref()), (last, before.as_deref()));
        if let Some(page) = LastPage::<i64>::read(ctx, backward, forward)? {
            let before = OrderMessageId(page.before.unwrap_or(i64::MAX));
            let key = LastMessagesOfOrder { order: self.id, before, limit: page.limit() };
            let messages = load(ctx, key).await?.unwrap_or_default();
            return Ok(page.list(messages, |message| message.id.0));
        }
        let page: Page<i64> = Page::read(ctx, first, after.as_deref())?;
        let after = OrderMessageId(page.after.unwrap_or(0));
        let key = MessagesOfOrder { order: self.id, after, limit: page.limit() };
        let messages = load(ctx, key).await?.unwrap_or_default();
        Ok(page.list(messages, |message| message.id.0))
    }

    /// What the consumer said of it; null before that.
    async fn rating(&self, ctx: &Context<'_>) -> Result<Option<Row<OrderRating>>> {
        Ok(load(ctx, RatingOfOrder(self.id)).await?.map(Row))
    }

    /// What the consumer reported, oldest first; at most 20.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn issues(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderIssue>>>> {
        let issues = load(ctx, IssuesOfOrder(self.id)).await?.unwrap_or_default();
        Ok(issues.into_iter().map(Row).collect())
    }

    /// What goes, or went, back to the shop, oldest first.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn returns(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderReturn>>>> {
        let returns = load(ctx, ReturnsOfOrder(self.id)).await?.unwrap_or_default();
        Ok(returns.into_iter().map(Row).collect())
    }

    /// What you may do now: which buttons to show. None for the staff.
    #[graphql(complexity = 10)]
    async fn acts(&self, ctx: &Context<'_>) -> Result<Vec<Act>> {
        let who = ctx.viewer()?;
        if who.is_staff() {
            return Ok(Vec::new());
        }
        let side = side(who)?;
        let mut acts: Vec<Act> =
            Act::ALL.into_iter().filter(|act| next(self.status, *act, side).is_ok()).collect();
        if self.status == Status::Delivered {
            let is_rated = load(ctx, RatingOfOrder(self.id)).await?.is_some();
            let returns = load(ctx, ReturnsOfOrder(self.id)).await?.unwrap_or_default();
            let is_asked = returns.iter().any(|row| row.status == ReturnStatus::Requested);
            let can_return = returns.is_empty() || self.keeps_something(ctx, &returns).await?;
            acts.retain(|act| match act {
                Act::Rate => !is_rated,
                Act::AcceptReturn => is_asked,
                Act::InitiateReturn => can_return && !is_asked,
                Act::RequestReturn => can_return,
                _ => true,
            });
        }
        Ok(acts)
    }

    /// The shop that delivers it.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Row<Shop>> {
        let shop = load(ctx, ShopById(self.shop_id)).await?;
        shop.map(Row).ok_or_else(|| Error::internal("an order's shop is gone"))
    }

    /// The consumer's phone: whole while the shop may have to call; masked for others once the order is closed, or was
    /// delivered a week ago.
    async fn customer_phone(&self, ctx: &Context<'_>) -> Result<String> {
        self.phone_of_consumer(ctx).await
    }
}

impl Order {
    /// As the viewer may see it.
    async fn phone_of_consumer(&self, ctx: &Context<'_>) -> Result<String> {
        let phone = load(ctx, PhoneOfUser(self.user_id)).await?;
        let phone = phone.ok_or_else(|| Error::internal("a consumer is gone"))?;
        let is_settled = self.status == Status::Delivered
            && ctx.app()?.clock.now() - self.updated_at.0 > CALLS_AFTER_DELIVERY;
        let is_masked = (self.status.is_closed() || is_settled) && ctx.viewer()?.user_id != self.user_id;
        Ok(if is_masked { phone.masked() } else { phone.to_string() })
    }

    /// Whether not everything goes, or went, back.
    async fn keeps_something(&self, ctx: &Context<'_>, returns: &[Arc<OrderReturn>]) -> Result<bool> {
        let items = load(ctx, ItemsOfOrder(self.id)).await?.unwrap_or_default();
        let ordered: i32 = items.iter().map(|item| item.quantity).sum();
        Ok(returns.iter().map(|row| row.quantity).sum::<i32>() < ordered)
    }

    /// The order of something that belongs to one.
    async fn behind(ctx: &Context<'_>, id: crate::values::OrderId) -> Result<Order> {
        load(ctx, OrderById(id)).await?.ok_or_else(|| Error::internal("an order is gone"))
    }
}

/// What a message leads to.
#[ComplexObject]
impl OrderMessage {
    /// The sender's phone: compare it with your own. A consumer's is masked for the shop once the order is closed.
    async fn sender_phone(&self, ctx: &Context<'_>) -> Result<String> {
        let viewer = ctx.viewer()?;
        if viewer.user_id == self.sender_id {
            return Ok(viewer.phone.to_string());
        }
        let order = Order::behind(ctx, self.order_id).await?;
        if order.user_id == self.sender_id {
            return order.phone_of_consumer(ctx).await;
        }
        let phone = load(ctx, PhoneOfUser(self.sender_id)).await?;
        phone.map(|phone| phone.to_string()).ok_or_else(|| Error::internal("a sender is gone"))
    }

    /// Which side wrote it.
    async fn sent_by(&self, ctx: &Context<'_>) -> Result<Side> {
        let order = Order::behind(ctx, self.order_id).await?;
        Ok(if order.user_id == self.sender_id { Side::Consumer } else { Side::Vendor })
    }
}

/// What an issue leads to.
#[ComplexObject]
impl OrderIssue {
    /// The consumer's phone: masked for the shop once the order is closed for good.
    async fn user_phone(&self, ctx: &Context<'_>) -> Result<String> {
        Order::behind(ctx, self.order_id).await?.phone_of_consumer(ctx).await
    }
}
