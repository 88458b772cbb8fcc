//! The wishlist in GraphQL.

use async_graphql::{Context, Object, SimpleObject};

use crate::error::Result;
use crate::journeys::wishlist::{WishlistEntry, verbs};
use crate::request::{List, Page, Reach};
use crate::values::ItemId;

/// Reads of the wishlist.
#[derive(Default)]
pub struct WishlistQuery;

#[Object]
impl WishlistQuery {
    /// What the signed-in consumer wants to remember, newest first. To order it, add its item to the cart.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, WishlistEntry>> {
        let who = ctx.consumer()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let rows = WishlistEntry::of_user(&mut *ctx.app()?.read().await?, who, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

/// What came of a change to the wishlist.
#[derive(SimpleObject)]
pub struct WishlistPayload {
    /// A sentence to show.
    message: &'static str,
    /// The item it was about.
    item_id: ItemId,
}

/// Changes of the wishlist.
#[derive(Default)]
pub struct WishlistMutation;

#[Object]
impl WishlistMutation {
    /// Remembers an item, also one that cannot be ordered at the moment. Repeating changes nothing.
    ///
    /// Errors: `NOT_FOUND` for an item that no shop of your society lists; `CONFLICT` beyond 500 entries.
    async fn add_to_wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to remember.")] item_id: ItemId,
    ) -> Result<WishlistPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let now = app.clock.now();
        let added = app.write(async move |conn| verbs::add(conn, &who, item_id, now).await).await?;
        let message = if added { "Item added to wishlist" } else { "Item already in wishlist" };
        Ok(WishlistPayload { message, item_id })
    }

    /// Forgets an item.
    ///
    /// Errors: `NOT_FOUND` when the wishlist does not hold it.
    async fn remove_from_wishlist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to forget.")] item_id: ItemId,
    ) -> Result<WishlistPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        app.write(async move |conn| verbs::remove(conn, who, item_id).await).await?;
        Ok(WishlistPayload { message: "Item removed from wishlist", item_id })
    }
}
