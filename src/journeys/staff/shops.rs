//! A shop as the staff sees it: with what says whether it can be trusted.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, InputObject, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::profile::{User, UserById};
use crate::journeys::shops::{self, Shop};
use crate::journeys::vendor::{VendorDocument, VendorProfile, VendorProfileOf};
use crate::request::{List, Page, Row, columns, load};
use crate::schema::shop;
use crate::values::{Instant, ShopId, UserId};

/// The longest text to search for, in characters.
const LONGEST_TEXT: usize = 100;

/// A shop, as the staff sees it.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = shop)]
#[graphql(complex)]
pub struct ManagedShop {
    /// The shop itself.
    #[diesel(embed)]
    #[graphql(skip)]
    pub shop: Shop,
    /// When it was opened, in UTC: since then it waits.
    pub created_at: Instant,
}

columns!(ManagedShop {
    "createdAt": created_at,
});

/// Which shops to list. Every condition that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ManagedShopFilter {
    /// Only those that are verified, or only those that wait for it.
    pub verified: Option<bool>,
    /// Part of the shop's name in any case, at most 100 characters.
    pub query: Option<String>,
}

impl ManagedShop {
    /// Everybody's shops, the oldest first: who waits longest comes first. At most `page.limit()`.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `query`.
    pub async fn all(
        conn: &mut Conn,
        filter: &ManagedShopFilter,
        page: &Page<i64>,
    ) -> Result<Vec<ManagedShop>> {
        let mut query = shop::table
            .filter(shop::id.gt(ShopId(page.after.unwrap_or(0))))
            .order(shop::id)
            .limit(page.limit())
            .select(ManagedShop::as_select())
            .into_boxed();
        query = match filter.verified {
            Some(true) => query.filter(shop::verified),
            // In these words the index of those that wait is found.
            Some(false) => query.filter(diesel::dsl::not(shop::verified)),
            None => query,
        };
        if let Some(part) = shops::part("query", filter.query.as_deref(), LONGEST_TEXT)? {
            query = query.filter(shop::shop_name.ilike(part));
        }
        Ok(query.load(conn).await?)
    }

    /// The shop of a vendor.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_owner(conn: &mut Conn, owner: UserId) -> Result<Option<ManagedShop>> {
        let own = shop::table.filter(shop::owner_id.eq(owner));
        Ok(own.select(ManagedShop::as_select()).first(conn).await.optional()?)
    }

    /// A shop, locked for a change of what only the staff says of it.
    ///
    /// # Errors
    /// `NOT_FOUND` that names `shopId`.
    pub async fn lock(conn: &mut Conn, id: ShopId) -> Result<ManagedShop> {
        let row = shop::table.find(id).select(ManagedShop::as_select()).for_no_key_update();
        row.first(conn).await.optional()?.ok_or_else(|| Error::not_found("Shop not found").of_field("shopId"))
    }
}

#[ComplexObject]
impl ManagedShop {
    /// The shop itself.
    async fn shop(&self) -> Row<&Shop> {
        Row(&self.shop)
    }

    /// Whose it is, with the phone to call.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        load(ctx, UserById(self.shop.owner_id))
            .await?
            .ok_or_else(|| Error::internal("a shop's owner is gone"))
    }

    /// What the vendor said of the business.
    async fn vendor_profile(&self, ctx: &Context<'_>) -> Result<Option<VendorProfile>> {
        load(ctx, VendorProfileOf(self.shop.owner_id)).await
    }

    /// The vendor's papers, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many papers, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Arc<VendorDocument>>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        VendorDocument::page(ctx, self.shop.owner_id, &page).await
    }
}
