//! The staff's reads in GraphQL.

mod changes;

use async_graphql::{Context, Object};

use crate::app::Limit;
use crate::error::Result;
use crate::journeys::staff::actions::StaffActionFilter;
use crate::journeys::staff::people::ManagedUser;
use crate::journeys::staff::shops::{ManagedShop, ManagedShopFilter};
use crate::journeys::staff::{Promotion, StaffAction, verbs};
use crate::request::{List, Page, Reach};
use crate::values::{Phone, PromotionId};

pub use changes::StaffMutation;

/// What the staff reads.
#[derive(Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// What the staff did, newest first. For staff.
    ///
    /// Errors: `BAD_INPUT` for a `targetId` without `targetKind`; `FORBIDDEN` for consumers and vendors.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn staff_actions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them; all when absent.")] filter: Option<StaffActionFilter>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, StaffAction>> {
        ctx.staff()?;
        let filter = filter.unwrap_or_default();
        filter.check()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = StaffAction::all(&mut *ctx.app()?.read().await?, &filter, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// Everybody's shops with what says whether they can be trusted, the oldest first; with `verified: false` those that
    /// wait. For staff.
    ///
    /// Errors: `BAD_INPUT` that names the condition; `FORBIDDEN` for consumers and vendors.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn managed_shops(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them; all when absent.")] filter: Option<ManagedShopFilter>,
        #[graphql(desc = "How many shops, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, ManagedShop>> {
        ctx.staff()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = ManagedShop::all(&mut conn, &filter.unwrap_or_default(), &page).await?;
        Ok(page.list(rows, |row| row.shop.id.0))
    }

    /// The person with a phone. For staff; whose data were read, and by whom, is written down.
    ///
    /// Errors: `NOT_FOUND`; `RATE_LIMITED` after a hundred an hour; `FORBIDDEN` for consumers and vendors.
    async fn user_by_phone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their number.")] phone: Phone,
    ) -> Result<ManagedUser> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        app.limiters.check(Limit::LookUpsPerStaff, &who.user_id.to_string())?;
        let now = app.clock.now();
        app.write(async move |conn| verbs::look_up(conn, &who, &phone, now).await).await
    }

    /// Promotions, newest first. For staff.
    ///
    /// Errors: `FORBIDDEN` for consumers and vendors.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn promotions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Promotion>> {
        ctx.staff()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = Promotion::all(&mut *ctx.app()?.read().await?, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// One promotion: how far it is. For staff.
    ///
    /// Errors: `NOT_FOUND`; `FORBIDDEN` for consumers and vendors.
    async fn promotion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: PromotionId,
    ) -> Result<Promotion> {
        ctx.staff()?;
        Promotion::find(&mut *ctx.app()?.read().await?, id).await
    }
}
