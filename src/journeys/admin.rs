//! What the product's admins see: everybody, every shop, every order. Nothing is changed here.

use async_graphql::{Context, Object};

use crate::error::Result;
use crate::journeys::orders::{Order, OrderFilter};
use crate::journeys::profile::User;
use crate::journeys::shops::{Place, Shop, ShopCursor};
use crate::request::{List, Page, Reach};

/// Reads of admins.
#[derive(Default)]
pub struct AdminQuery;

#[Object]
impl AdminQuery {
    /// Everybody who signed in, newest first; without those whose account was deleted. For admins.
    ///
    /// Errors: `FORBIDDEN` for everybody else.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, User>> {
        ctx.admin()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = User::all(&mut *ctx.app()?.read().await?, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// The shops of all societies, open or not, newest first. For admins.
    ///
    /// Errors: `FORBIDDEN` for everybody else.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn all_shops(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<ShopCursor, Shop>> {
        ctx.admin()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = Shop::all(&mut *ctx.app()?.read().await?, &page).await?;
        Ok(page.list(rows, Place::of))
    }

    /// The orders of all shops, newest first. For admins.
    ///
    /// Errors: `FORBIDDEN` for everybody else.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn all_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders; all when absent.")] filter: Option<OrderFilter>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Order>> {
        ctx.admin()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = Order::all(&mut conn, &filter.unwrap_or_default(), &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}
