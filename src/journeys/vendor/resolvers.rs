//! The shop and what it lists in GraphQL.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};

use crate::error::Result;
use crate::journeys::shops::{Item, Shop};
use crate::journeys::vendor::input::{
    AddItemInput, CreateShopInput, CreateVendorProfileInput, UpdateItemInput, UpdateShopInput,
};
use crate::journeys::vendor::{VendorProfile, verbs};
use crate::request::{List, Page, Reach};
use crate::values::ItemId;

/// Reads of the vendor's own shop.
#[derive(Default)]
pub struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// The signed-in vendor's shop.
    ///
    /// Errors: `NOT_FOUND` before `createShop`.
    async fn my_shop(&self, ctx: &Context<'_>) -> Option<Result<Shop>> {
        // In this shape, an error is null here and leaves the fields beside it as they are.
        Some(own_shop(ctx).await)
    }

    /// Everything the signed-in vendor's shop lists, by id; what cannot be ordered now as well.
    ///
    /// Errors: `NOT_FOUND` before `createShop`.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn my_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many items, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Arc<Item>>> {
        let vendor = ctx.vendor()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let shop = verbs::own_shop(&mut conn, vendor).await?;
        let items = Item::all_of_shop(&mut conn, shop.id, &page).await?;
        Ok(page.list(items.into_iter().map(Arc::new).collect(), |item| item.id.0))
    }
}

async fn own_shop(ctx: &Context<'_>) -> Result<Shop> {
    let vendor = ctx.vendor()?.user_id;
    verbs::own_shop(&mut *ctx.app()?.read().await?, vendor).await
}

/// What came of storing a business.
#[derive(SimpleObject)]
pub struct VendorProfilePayload {
    /// A sentence to show.
    message: &'static str,
    /// The business.
    profile: VendorProfile,
}

/// What came of a change to the shop.
#[derive(SimpleObject)]
pub struct ShopPayload {
    /// A sentence to show.
    pub(super) message: &'static str,
    /// The shop as it is now.
    pub(super) shop: Shop,
}

/// What came of a change to an item.
#[derive(SimpleObject)]
pub struct ItemPayload {
    /// A sentence to show.
    message: &'static str,
    /// The item as it is now.
    item: Item,
}

/// Changes of the vendor's own shop.
#[derive(Default)]
pub struct CatalogueMutation;

#[Object]
impl CatalogueMutation {
    /// Stores the vendor's business: the first step after basic onboarding as a vendor.
    ///
    /// Errors: `BAD_INPUT`; `CONFLICT` when there is one already.
    async fn create_vendor_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The business.")] input: CreateVendorProfileInput,
    ) -> Result<VendorProfilePayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (new, now) = (input.read()?, app.clock.now());
        let profile =
            app.write(async move |conn| verbs::create_profile(conn, vendor, &new, now).await).await?;
        Ok(VendorProfilePayload { message: "Vendor profile created", profile })
    }

    /// Opens the vendor's shop, in the society that the vendor named at onboarding. A vendor has one shop.
    ///
    /// Errors: `BAD_INPUT`; `CONFLICT` before `createVendorProfile`, or when there is a shop already.
    async fn create_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The shop.")] input: CreateShopInput,
    ) -> Result<ShopPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (new, now) = (input.read()?, app.clock.now());
        let shop = app.write(async move |conn| verbs::create_shop(conn, vendor, &new, now).await).await?;
        Ok(ShopPayload { message: "Shop created", shop })
    }

    /// Changes the vendor's shop.
    ///
    /// Errors: `BAD_INPUT`; `NOT_FOUND` before `createShop`.
    async fn update_shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What becomes different.")] input: UpdateShopInput,
    ) -> Result<ShopPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let changes = input.read(app.clock.now())?;
        let shop = app.write(async move |conn| verbs::update_shop(conn, vendor, &changes).await).await?;
        Ok(ShopPayload { message: "Shop updated", shop })
    }

    /// Opens or closes the vendor's shop for orders.
    ///
    /// Errors: `NOT_FOUND` before `createShop`.
    async fn set_shop_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether it takes orders from now on.")] is_open: bool,
    ) -> Result<ShopPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let now = app.clock.now();
        let shop =
            app.write(async move |conn| verbs::set_shop_open(conn, vendor, is_open, now).await).await?;
        let message = if is_open { "Shop marked as opened" } else { "Shop marked as closed" };
        Ok(ShopPayload { message, shop })
    }

    /// Lists a new item in the vendor's shop.
    ///
    /// Errors: `BAD_INPUT`; `NOT_FOUND` before `createShop`.
    async fn add_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The item.")] input: AddItemInput,
    ) -> Result<ItemPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (new, now) = (input.read()?, app.clock.now());
        let item = app.write(async move |conn| verbs::add_item(conn, vendor, &new, now).await).await?;
        Ok(ItemPayload { message: "Item added", item })
    }

    /// Changes an item of the vendor's shop.
    ///
    /// Errors: `BAD_INPUT`; `NOT_FOUND` for an item of another shop.
    async fn update_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which item.")] id: ItemId,
        #[graphql(desc = "What becomes different.")] input: UpdateItemInput,
    ) -> Result<ItemPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let changes = input.read(app.clock.now())?;
        let item = app.write(async move |conn| verbs::update_item(conn, vendor, id, &changes).await).await?;
        Ok(ItemPayload { message: "Item updated", item })
    }

    /// Makes an item of the vendor's shop available for orders, or not so when it was.
    ///
    /// Errors: `NOT_FOUND` for an item of another shop.
    async fn toggle_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which item.")] id: ItemId,
    ) -> Result<ItemPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let now = app.clock.now();
        let item = app.write(async move |conn| verbs::toggle_item(conn, vendor, id, now).await).await?;
        Ok(ItemPayload { message: "Item availability updated", item })
    }
}
