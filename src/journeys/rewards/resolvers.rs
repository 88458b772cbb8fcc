//! Reward points in GraphQL.

use async_graphql::{Context, Object, SimpleObject};

use crate::error::Result;
use crate::journeys::cart::Cart;
use crate::journeys::rewards::model::RewardTier;
use crate::journeys::rewards::{RewardEntry, Rewards, verbs};
use crate::ledger::points;
use crate::request::{List, Page, Reach};
use crate::values::Paise;

/// Reads of points.
#[derive(Default)]
pub struct RewardsQuery;

#[Object]
impl RewardsQuery {
    /// The signed-in consumer's points.
    async fn rewards(&self, ctx: &Context<'_>) -> Result<Rewards> {
        let who = ctx.consumer()?.user_id;
        Rewards::of_user(&mut *ctx.app()?.read().await?, who).await
    }
}

/// A consumer's points. A delivered order earns one for every ten rupees.
#[Object]
impl Rewards {
    /// How many there are to use.
    async fn points(&self) -> i64 {
        self.points
    }

    /// How many were ever earned; the tier follows from them.
    async fn lifetime_points(&self) -> i64 {
        self.lifetime_points
    }

    /// What one point takes off an order.
    async fn point_value(&self) -> Paise {
        points::WORTH
    }

    /// How far the consumer has come.
    async fn tier(&self) -> RewardTier {
        RewardTier::of(self.lifetime_points)
    }

    /// The movements of points, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, RewardEntry>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = RewardEntry::of_user(&mut *ctx.app()?.read().await?, self.user_id, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

/// What a change of the cart's points came to.
#[derive(SimpleObject)]
pub struct RedeemPointsPayload {
    /// A sentence to show.
    message: &'static str,
    /// How many points are left beside those in the cart.
    points_left: i64,
    /// The cart after the change.
    cart: Cart,
}

/// Changes of points.
#[derive(Default)]
pub struct RewardsMutation;

#[Object]
impl RewardsMutation {
    /// Uses points for the cart, in place of those that are there. They leave the account with the order.
    ///
    /// Errors: `BAD_INPUT` for less than one point, `INSUFFICIENT_POINTS`, `CONFLICT` for an empty cart or for points worth
    /// more than the cart comes to.
    async fn redeem_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many points, at least 1.")] points: i64,
    ) -> Result<RedeemPointsPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        let (rewards, cart) = app
            .write(async move |conn| {
                verbs::redeem(conn, who, points, now).await?;
                Ok((Rewards::of_user(conn, who).await?, Cart::of_user(conn, who, now).await?))
            })
            .await?;
        Ok(RedeemPointsPayload {
            message: "Points redeemed",
            points_left: rewards.points - cart.points,
            cart,
        })
    }

    /// Takes the points out of the cart again; nothing happens without any.
    async fn remove_points(&self, ctx: &Context<'_>) -> Result<RedeemPointsPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        let (rewards, cart) = app
            .write(async move |conn| {
                verbs::take_out(conn, who, now).await?;
                Ok((Rewards::of_user(conn, who).await?, Cart::of_user(conn, who, now).await?))
            })
            .await?;
        Ok(RedeemPointsPayload { message: "Points removed", points_left: rewards.points, cart })
    }
}
