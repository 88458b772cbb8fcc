//! Offers and coupons in GraphQL.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::app::{Limit, Role};
use crate::error::Result;
use crate::journeys::cart::Cart;
use crate::journeys::offers::input::{CreateOfferInput, UpdateOfferInput};
use crate::journeys::offers::model::UsesOfOffer;
use crate::journeys::offers::{Offer, verbs};
use crate::journeys::shops::{Shop, ShopById, Society};
use crate::request::{List, Page, Reach, Row, load};
use crate::values::OfferId;

/// Reads of offers.
#[derive(Default)]
pub struct OffersQuery;

#[Object]
impl OffersQuery {
    /// What the signed-in consumer can use now: offers of all shops, and of the shops of their society. Newest first, at
    /// most 100.
    #[graphql(complexity = "5 + 50 * child_complexity")]
    async fn offers(&self, ctx: &Context<'_>) -> Result<Vec<Row<Offer>>> {
        let society = Society::of(ctx.consumer()?)?;
        let app = ctx.app()?;
        let offers = Offer::live(&mut *app.read().await?, society, app.clock.now()).await?;
        Ok(offers.into_iter().map(Row).collect())
    }

    /// The offers that the signed-in vendor or staff may change, newest first; ended and withdrawn ones as well.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn managed_offers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Offer>> {
        let who = ctx.viewer()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let shop = verbs::maker(&mut conn, who, None).await?;
        let offers = Offer::all(&mut conn, shop, &page).await?;
        Ok(page.list(offers, |offer| offer.id.0))
    }
}

#[ComplexObject]
impl Offer {
    /// The only shop it holds for; null where it holds for all.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Option<Row<Shop>>> {
        match self.shop_id {
            Some(id) => Ok(load(ctx, ShopById(id)).await?.map(Row)),
            None => Ok(None),
        }
    }

    /// Whether you have used it as often as one person may.
    async fn already_redeemed(&self, ctx: &Context<'_>) -> Result<bool> {
        let key = UsesOfOffer { user: ctx.viewer()?.user_id, offer: self.id };
        Ok(load(ctx, key).await?.unwrap_or(0) >= i64::from(self.per_user_limit))
    }

    /// How many orders use it; null for consumers.
    async fn redeemed_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let is_consumer = ctx.viewer()?.role == Some(Role::Consumer);
        Ok((!is_consumer).then_some(self.redeemed_count))
    }
}

/// What a change of the cart's coupon came to.
#[derive(SimpleObject)]
pub struct CouponPayload {
    /// A sentence to show.
    message: &'static str,
    /// The cart after the change.
    cart: Cart,
}

/// What came of a change to an offer.
#[derive(SimpleObject)]
pub struct OfferPayload {
    /// A sentence to show.
    message: &'static str,
    /// The offer as it is now.
    offer: Offer,
}

/// Changes of offers and coupons.
#[derive(Default)]
pub struct OffersMutation;

#[Object]
impl OffersMutation {
    /// Puts a coupon into the cart, in place of the one that is there. An order uses it up.
    ///
    /// Errors: `BAD_INPUT` without a code, `NOT_FOUND` for a code that is none, `CONFLICT` for an empty cart,
    /// `COUPON_INVALID` with the sentence to show, `RATE_LIMITED`.
    async fn apply_coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, in any case.")] code: Option<String>,
        #[graphql(desc = "True takes the coupon out instead, as `removeCoupon` does.", default)] remove: bool,
    ) -> Result<CouponPayload> {
        if remove {
            return self.remove_coupon(ctx).await;
        }
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        // Codes are short: nobody tries them all.
        app.limiters.check(Limit::CouponsPerUser, &who.to_string())?;
        let now = app.clock.now();
        let cart = app
            .write(async move |conn| {
                verbs::apply(conn, who, code.as_deref().unwrap_or_default(), now).await?;
                Cart::of_user(conn, who, now).await
            })
            .await?;
        Ok(CouponPayload { message: "Coupon applied", cart })
    }

    /// Takes the coupon out of the cart; nothing happens without one.
    async fn remove_coupon(&self, ctx: &Context<'_>) -> Result<CouponPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        let cart = app
            .write(async move |conn| {
                verbs::remove(conn, who, now).await?;
                Cart::of_user(conn, who, now).await
            })
            .await?;
        Ok(CouponPayload { message: "Coupon removed", cart })
    }

    /// Makes an offer: staff for one shop or for all, a vendor for their own shop.
    ///
    /// Errors: `BAD_INPUT` that names the field; `CONFLICT` for a code that is taken; `FORBIDDEN`.
    async fn create_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The offer.")] input: CreateOfferInput,
    ) -> Result<OfferPayload> {
        let (who, app) = (ctx.viewer()?.clone(), ctx.app()?);
        let now = app.clock.now();
        let (shop, new) = (input.shop_id, input.read(now)?);
        let offer = app.write(async move |conn| verbs::create(conn, &who, shop, &new, now).await).await?;
        Ok(OfferPayload { message: "Offer created", offer })
    }

    /// Changes an offer, or withdraws it. What it takes off stays: make another one.
    ///
    /// Errors: `BAD_INPUT` that names the field; `NOT_FOUND` for an offer that is not yours to change; `FORBIDDEN`.
    async fn update_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which offer.")] id: OfferId,
        #[graphql(desc = "What becomes different.")] input: UpdateOfferInput,
    ) -> Result<OfferPayload> {
        let (who, app) = (ctx.viewer()?.clone(), ctx.app()?);
        let change = input.read(app.clock.now())?;
        let offer = app.write(async move |conn| verbs::update(conn, &who, id, &change).await).await?;
        Ok(OfferPayload { message: "Offer updated", offer })
    }
}
