//! What consumers do with orders; two of it, cancelling and writing, shops do as well.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use crate::app::Limit;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::acts::{self, Step};
use crate::journeys::orders::confirm::{self, Checkout};
use crate::journeys::orders::issues::{self, NewIssue, OrderIssue};
use crate::journeys::orders::lock::side;
use crate::journeys::orders::messages::{self, OrderMessage};
use crate::journeys::orders::ratings::{self, NewRating, OrderRating};
use crate::journeys::orders::resolvers::{OrderPayload, OrderReturnPayload};
use crate::journeys::orders::returns::{self, NewReturn, ReturnItemInput};
use crate::journeys::orders::{Order, PaymentMode, change};
use crate::request::{Reach, load};
use crate::values::{AddressId, OrderId, Paise};

/// How the cart becomes an order.
#[derive(InputObject)]
pub struct ConfirmOrderInput {
    /// How to pay.
    #[graphql(default_with = "PaymentMode::Cash")]
    payment_mode: PaymentMode,
    /// What to ask of the delivery, at most 500 characters.
    delivery_notes: Option<String>,
    /// Where to bring it: one of your `addresses`.
    address_id: Option<AddressId>,
}

/// What came of writing to the other side.
#[derive(SimpleObject)]
pub struct OrderMessagePayload {
    /// A sentence to show.
    message: &'static str,
    /// The message as both sides see it.
    order_message: OrderMessage,
}

/// What came of rating an order.
#[derive(SimpleObject)]
pub struct OrderRatingPayload {
    /// A sentence to show.
    message: &'static str,
    /// The rating.
    rating: OrderRating,
    /// The order.
    order: Order,
}

/// What came of reporting an issue.
#[derive(SimpleObject)]
pub struct OrderIssuePayload {
    /// A sentence to show.
    message: &'static str,
    /// The issue.
    issue: OrderIssue,
    /// The order.
    order: Order,
}

/// Changes of orders by the consumer.
#[derive(Default)]
pub struct OrdersMutation;

#[Object]
impl OrdersMutation {
    /// Places an order of everything in the cart, and empties the cart.
    ///
    /// Prices and stock are those of this moment. Errors: `CONFLICT` (empty cart, closed shop), `OUT_OF_STOCK` names the
    /// item, `INSUFFICIENT_BALANCE` with `needed` and `balance`, `INSUFFICIENT_POINTS`, `COUPON_INVALID` when the coupon does
    /// not hold any more, `NOT_FOUND` for the address. Send an idempotency key, and repeating is safe.
    async fn confirm_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to pay and deliver.")] input: ConfirmOrderInput,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first order.")] idempotency_key: Option<
            String,
        >,
    ) -> Result<OrderPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let checkout = Checkout::new(input.payment_mode, input.delivery_notes.as_deref(), input.address_id)?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "confirmOrder", &checkout)?;
        let (now, limits) = (app.clock.now(), app.clone());
        let order = app
            .write(async move |conn| {
                let mut placed = None;
                // Counted for orders, not for asking again what became of one.
                let confirm = async |conn: &mut _| {
                    limits.limiters.check(Limit::OrdersPerUser, &who.user_id.to_string())?;
                    let order = confirm::confirm(conn, &who, &checkout, now).await?;
                    Ok(placed.insert(order).id)
                };
                let id = once(conn, who.user_id, ask.as_ref(), now, confirm).await?;
                match placed {
                    Some(order) => Ok(order),
                    None => Order::present(conn, id).await,
                }
            })
            .await?;
        Ok(OrderPayload { message: "Order placed successfully", order, refund: Paise::ZERO })
    }

    /// Calls an order off, as the consumer or as the vendor of its shop: the stock gets the goods back, the wallet what
    /// it paid.
    ///
    /// Errors: `CONFLICT` once it is delivered or closed; `FORBIDDEN` for an order that is not yours.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.viewer()?.clone();
        side(&who)?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "cancelOrder", &order_id)?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| acts::take(conn, &who, order_id, Step::Cancel, ask.as_ref(), now).await)
            .await?;
        Ok(OrderPayload::of("Order cancelled", acted))
    }

    /// Agrees to the shop's changes of an order: the wallet pays or gets the difference.
    ///
    /// Errors: `CONFLICT` unless the order awaits your confirmation; `INSUFFICIENT_BALANCE` when it costs more now than
    /// the wallet holds: add money or cancel; `FORBIDDEN` for an order that is not yours.
    async fn confirm_modified_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderPayload> {
        let who = ctx.consumer()?.clone();
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "confirmModifiedOrder", &order_id)?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let acted = app
            .write(async move |conn| change::confirm_modified(conn, &who, order_id, ask.as_ref(), now).await)
            .await?;
        Ok(OrderPayload::of("Modified order confirmed", acted))
    }

    /// Writes to the other side of an order, as the consumer or as the vendor of its shop.
    ///
    /// Errors: `BAD_INPUT` for the text; `FORBIDDEN` for an order that is not yours; `RATE_LIMITED`.
    async fn send_order_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "The text, 1 to 2000 characters.")] message: String,
        #[graphql(desc = "Makes repeating safe: the same key sends the message once.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderMessagePayload> {
        let (who, app) = (ctx.viewer()?.clone(), ctx.app()?);
        side(&who)?;
        let text = messages::read_text(&message)?;
        app.limiters.check(Limit::MessagesPerUser, &who.user_id.to_string())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "sendOrderMessage", &(order_id, &text))?;
        let now = app.clock.now();
        let sent = app
            .write(async move |conn| {
                let id = messages::send(conn, &who, order_id, &text, ask.as_ref(), now).await?;
                OrderMessage::find(conn, id).await
            })
            .await?;
        let order_message = sent.ok_or_else(|| Error::internal("a sent message is gone"))?;
        Ok(OrderMessagePayload { message: "Message sent", order_message })
    }

    /// Rates a delivered order, once.
    ///
    /// Errors: `BAD_INPUT`; `CONFLICT` unless it is delivered, or when it is rated already; `FORBIDDEN` for an order
    /// that is not yours.
    async fn rate_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "From 1, bad, to 5, good.")] rating: i32,
        #[graphql(desc = "A few words, at most 250 characters.")] review: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key does nothing a second time.")]
        idempotency_key: Option<String>,
    ) -> Result<OrderRatingPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let new = NewRating::new(rating, review.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "rateOrder", &(order_id, &new))?;
        let now = app.clock.now();
        app.write(async move |conn| ratings::rate(conn, &who, order_id, &new, ask.as_ref(), now).await)
            .await?;
        let rating = load(ctx, ratings::RatingOfOrder(order_id)).await?;
        let rating = rating.ok_or_else(|| Error::internal("a rating is gone"))?;
        Ok(OrderRatingPayload {
            message: "Thank you for rating!",
            rating,
            order: present(ctx, order_id).await?,
        })
    }

    /// Reports what was wrong with a delivered order. An order can have at most 20 issues.
    ///
    /// Errors: `BAD_INPUT`; `CONFLICT` unless it is delivered; `FORBIDDEN` for an order that is not yours.
    async fn report_order_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "What kind, such as \"damaged_item\" or \"missing_item\"; 1 to 50 characters.")]
        issue_type: String,
        #[graphql(desc = "What happened, at most 2000 characters.")] description: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key reports once.")] idempotency_key: Option<String>,
    ) -> Result<OrderIssuePayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let new = NewIssue::new(&issue_type, description.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "reportOrderIssue", &(order_id, &new))?;
        let now = app.clock.now();
        let issue = app
            .write(async move |conn| {
                let id = issues::report(conn, &who, order_id, &new, ask.as_ref(), now).await?;
                OrderIssue::find(conn, id).await
            })
            .await?;
        Ok(OrderIssuePayload { message: "Issue raised", issue, order: present(ctx, order_id).await? })
    }

    /// Asks the shop to take something of a delivered order back. Quantities add up over all requests.
    ///
    /// Errors: `BAD_INPUT` for items that were not ordered, or more of them; `CONFLICT` unless the order is delivered,
    /// or when all of an item is returned already; `FORBIDDEN` for an order that is not yours.
    async fn request_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] order_id: OrderId,
        #[graphql(desc = "What to give back, at most 100 entries.", validator(max_items = 100))] items: Vec<
            ReturnItemInput,
        >,
        #[graphql(desc = "Why, at most 255 characters.")] reason: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key asks once.")] idempotency_key: Option<String>,
    ) -> Result<OrderReturnPayload> {
        let who = ctx.consumer()?.clone();
        let new = NewReturn::new(items, reason.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "requestReturn", &(order_id, &new))?;
        let (app, now) = (ctx.app()?, ctx.app()?.clock.now());
        let return_ids = app
            .write(async move |conn| {
                returns::acts::request(conn, &who, order_id, &new, ask.as_ref(), now).await
            })
            .await?;
        let order = present(ctx, order_id).await?;
        Ok(OrderReturnPayload { message: "Return request sent", return_ids, order })
    }
}

/// The order as it is now.
async fn present(ctx: &Context<'_>, id: OrderId) -> Result<Order> {
    Order::present(&mut *ctx.app()?.read().await?, id).await
}
