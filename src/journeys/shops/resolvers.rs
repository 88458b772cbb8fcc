//! Browsing in GraphQL.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Object};

use crate::app::{Role, Viewer};
use crate::error::{Error, Result};
use crate::journeys::shops::{
    HoursOfShop, Item, ItemsOfShop, Place, Shop, ShopById, ShopCursor, ShopFilter, ShopHours, Society,
    SocietyCursor, SocietyWithShops, part,
};
use crate::request::{List, Page, Reach, Row, load};
use crate::values::{ItemId, Phone, ShopId, optional_text};

/// The longest name of a society, in characters (contract §2.2).
const LONGEST_NAME: usize = 100;

/// Reads of shops and items.
#[derive(Default)]
pub struct ShopQuery;

#[Object]
impl ShopQuery {
    /// The shops of the consumer's society: open ones first, then the best rated.
    ///
    /// Errors: `BAD_INPUT` that names the condition.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn shops(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them; all when absent.")] filter: Option<ShopFilter>,
        #[graphql(desc = "How many shops, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<ShopCursor, Shop>> {
        let society = Society::of(ctx.consumer()?)?;
        let wanted = filter.unwrap_or_default().read()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let shops = Shop::of_society(&mut conn, society, &wanted, &page).await?;
        Ok(page.list(shops, Place::of))
    }

    /// The societies that have shops, by city and name: what somebody new chooses their own from, before
    /// `completeBasicOnboarding`.
    ///
    /// Errors: `BAD_INPUT` that names the argument.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn societies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this city, as its shops spell it; of all when absent.")] city: Option<
            String,
        >,
        #[graphql(desc = "Part of the name, in any case; at most 100 characters.")] search: Option<String>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<SocietyCursor, SocietyWithShops>> {
        ctx.viewer()?;
        let pattern = part("search", search.as_deref(), LONGEST_NAME)?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let city = optional_text(city.as_deref(), LONGEST_NAME)
            .map_err(|problem| Error::bad_input("city", format!("city {problem}")))?;
        let mut conn = ctx.app()?.read().await?;
        let societies = SocietyWithShops::list(&mut conn, city.as_deref(), pattern.as_deref(), &page).await?;
        Ok(page.list(societies, SocietyWithShops::cursor))
    }

    /// One shop of the consumer's society.
    ///
    /// Errors: `NOT_FOUND`; with `openOnly`, `FORBIDDEN` while it is closed.
    async fn shop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which shop.")] id: ShopId,
        #[graphql(desc = "Whether to refuse a shop that is closed now.", default)] open_only: bool,
    ) -> Option<Result<Shop>> {
        // In this shape, a shop that is refused is null and leaves the fields beside it as they are.
        Some(find_shop(ctx, id, open_only).await)
    }

    /// One item that a shop of the consumer's society lists, whether it can be ordered now or not.
    ///
    /// Errors: `NOT_FOUND`.
    async fn item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which item.")] id: ItemId,
    ) -> Option<Result<Item>> {
        Some(find_item(ctx, id).await)
    }
}

async fn find_shop(ctx: &Context<'_>, id: ShopId, open_only: bool) -> Result<Shop> {
    let society = Society::of(ctx.consumer()?)?;
    let found = Shop::find_in(&mut *ctx.app()?.read().await?, society, id).await?;
    let shop = found.ok_or_else(|| Error::not_found("Shop not found"))?;
    if open_only && !shop.is_open {
        return Err(Error::forbidden("Shop is currently closed"));
    }
    Ok(shop)
}

async fn find_item(ctx: &Context<'_>, id: ItemId) -> Result<Item> {
    let society = Society::of(ctx.consumer()?)?;
    let found = Item::find_in(&mut *ctx.app()?.read().await?, society, id).await?;
    found.ok_or_else(|| Error::not_found("Item not found"))
}

impl Shop {
    /// Whether this person may look through its items. An old order still leads a consumer who moved to its shop.
    fn is_open_to(&self, viewer: &Viewer) -> bool {
        viewer.role != Some(Role::Consumer)
            || Society::of(viewer).is_ok_and(|home| home == Society { city: &self.city, name: &self.society })
    }
}

#[ComplexObject]
impl Shop {
    /// Its tags, such as "organic".
    async fn tags(&self) -> Vec<&str> {
        tags(self.category_tags.as_deref())
    }

    /// The owner's number. Shown to the owner only.
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<Phone>> {
        let viewer = ctx.viewer()?;
        Ok((viewer.user_id == self.owner_id).then(|| viewer.phone.clone()))
    }

    /// When it opens, from Monday on; a day that is missing is closed. Empty when it does not say.
    #[graphql(complexity = "2 + 7 * child_complexity")]
    async fn hours(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<ShopHours>>>> {
        let hours = load(ctx, HoursOfShop(self.id)).await?.unwrap_or_default();
        Ok(hours.into_iter().map(Row).collect())
    }

    /// What can be ordered of it now, by id. Empty for a consumer of another society.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many items, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Arc<Item>>> {
        let page: Page<i64> = Page::read(ctx, first, after.as_deref())?;
        if !self.is_open_to(ctx.viewer()?) {
            return Ok(page.list(Vec::new(), |item: &Arc<Item>| item.id.0));
        }
        let wanted =
            ItemsOfShop { shop: self.id, after: ItemId(page.after.unwrap_or(0)), limit: page.limit() };
        let items = load(ctx, wanted).await?.unwrap_or_default();
        Ok(page.list(items, |item| item.id.0))
    }
}

#[ComplexObject]
impl Item {
    /// Its tags, such as "rice".
    async fn tags(&self) -> Vec<&str> {
        tags(self.tags.as_deref())
    }

    /// How many the shop has. Shown to its vendor only.
    async fn quantity_in_stock(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let viewer = ctx.viewer()?;
        if viewer.role != Some(Role::Vendor) {
            return Ok(None);
        }
        let shop = load(ctx, ShopById(self.shop_id)).await?;
        Ok(shop.filter(|shop| shop.owner_id == viewer.user_id).map(|_| self.quantity_in_stock))
    }

    /// The shop that sells it.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Row<Shop>> {
        load(ctx, ShopById(self.shop_id)).await?.map(Row).ok_or_else(|| Error::not_found("Shop not found"))
    }
}

/// The tags of a text that separates them by commas.
fn tags(text: Option<&str>) -> Vec<&str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect()
}
