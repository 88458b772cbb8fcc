//! Orders followed live.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt};

use crate::app::Role;
use crate::error::{Error, Result};
use crate::events::{Event, EventCursor, Kind, Topic};
use crate::journeys::orders::status::Status;
use crate::journeys::orders::{Order, OrderMessage};
use crate::journeys::shops::Shop;
use crate::request::{self, Reach};
use crate::values::{Instant, OrderId, OrderMessageId};

/// An order was placed or changed its status.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OrderStatusChanged {
    /// The resume cursor: subscribe with `after` set to the last one you saw, and nothing is missed or repeated.
    id: String,
    /// When it happened, in UTC.
    at: Instant,
    /// The status it got.
    status: Status,
    /// Its place among all events of the order, from 1. Messages count as well, so that one subscription sees gaps.
    seq: i32,
    #[graphql(skip)]
    order_id: OrderId,
}

#[ComplexObject]
impl OrderStatusChanged {
    /// The order as it is now, which may be further on than this event.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        let order = Order::find(&mut *ctx.app()?.read().await?, self.order_id).await?;
        order.ok_or_else(|| Error::internal("an event's order is gone"))
    }
}

impl OrderStatusChanged {
    fn of(event: &Event) -> Result<OrderStatusChanged> {
        let status = serde_json::from_value(event.value.clone().into()).map_err(Error::internal)?;
        match (event.order_id, event.seq) {
            (Some(order_id), Some(seq)) => Ok(OrderStatusChanged {
                id: event.cursor().to_string(),
                at: Instant(event.created_at),
                status,
                seq,
                order_id,
            }),
            _ => Err(Error::internal("a status event without its order")),
        }
    }
}

/// Somebody wrote to an order.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct OrderMessageAdded {
    /// The resume cursor: subscribe with `after` set to the last one you saw, and nothing is missed or repeated.
    id: String,
    /// When it happened, in UTC.
    at: Instant,
    /// Its place among all events of the order, from 1. Status changes count as well, so that one subscription sees gaps.
    seq: i32,
    /// The order it was written to.
    order_id: OrderId,
    #[graphql(skip)]
    message_id: OrderMessageId,
}

#[ComplexObject]
impl OrderMessageAdded {
    /// The message.
    async fn message(&self, ctx: &Context<'_>) -> Result<OrderMessage> {
        let message = OrderMessage::find(&mut *ctx.app()?.read().await?, self.message_id).await?;
        message.ok_or_else(|| Error::internal("an event's message is gone"))
    }
}

impl OrderMessageAdded {
    fn of(event: &Event) -> Result<OrderMessageAdded> {
        let message_id = OrderMessageId(event.value.parse().map_err(Error::internal)?);
        match (event.order_id, event.seq) {
            (Some(order_id), Some(seq)) => Ok(OrderMessageAdded {
                id: event.cursor().to_string(),
                at: Instant(event.created_at),
                seq,
                order_id,
                message_id,
            }),
            _ => Err(Error::internal("a message event without its order")),
        }
    }
}

/// What is heard of orders.
#[derive(Default)]
pub struct OrdersSubscription;

#[Subscription]
impl OrdersSubscription {
    /// Status changes: of one order, or of all of yours; for a vendor, of all of the shop's.
    ///
    /// Each arrives once and in order. After a reconnect pass `after`, the `id` of the last event that you saw. Errors:
    /// `NOT_FOUND` for an order that is not yours, `CURSOR_EXPIRED`: read the orders anew and subscribe without `after`.
    async fn order_status_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this order; all of yours when absent.")] order_id: Option<OrderId>,
        #[graphql(desc = "The id of the last event that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderStatusChanged>> + use<>> {
        let events = follow(ctx, Kind::OrderStatusChanged, order_id, after.as_deref()).await?;
        Ok(events.map(|event| event.and_then(|event| OrderStatusChanged::of(&event))))
    }

    /// Messages: of one order, or of all of yours; for a vendor, of all of the shop's. Your own as well.
    ///
    /// Each arrives once and in order. After a reconnect pass `after`, the `id` of the last event that you saw. Errors:
    /// `NOT_FOUND` for an order that is not yours, `CURSOR_EXPIRED`: read the messages anew and subscribe without `after`.
    async fn order_message_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this order; all of yours when absent.")] order_id: Option<OrderId>,
        #[graphql(desc = "The id of the last event that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderMessageAdded>> + use<>> {
        let events = follow(ctx, Kind::OrderMessageAdded, order_id, after.as_deref()).await?;
        Ok(events.map(|event| event.and_then(|event| OrderMessageAdded::of(&event))))
    }
}

/// The events of one kind that the viewer hears, from now on or behind a cursor.
async fn follow(
    ctx: &Context<'_>,
    kind: Kind,
    order_id: Option<OrderId>,
    after: Option<&str>,
) -> Result<impl Stream<Item = Result<Arc<Event>>> + use<>> {
    let after = after.map(str::parse::<EventCursor>).transpose()?;
    let topic = topic(ctx, order_id).await?;
    request::follow(ctx, kind, topic, after).await
}

/// Whose events the viewer hears.
async fn topic(ctx: &Context<'_>, order_id: Option<OrderId>) -> Result<Topic> {
    let who = ctx.viewer()?;
    if let Some(id) = order_id {
        let order = Order::find(&mut *ctx.app()?.read().await?, id).await?;
        let unknown = || Error::not_found("Order not found").of_field("orderId");
        let order = order.ok_or_else(unknown)?;
        return if order.is_seen_by(ctx).await? { Ok(Topic::Order(id)) } else { Err(unknown()) };
    }
    if who.role == Some(Role::Vendor) {
        let shop = Shop::of_owner(&mut *ctx.app()?.read().await?, who.user_id).await?;
        return shop.map(|shop| Topic::Shop(shop.id)).ok_or_else(|| Error::not_found("Shop not found"));
    }
    Ok(Topic::User(ctx.consumer()?.user_id))
}
