//! Shops and items as rows, and how they are read.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::request::{Page, Relation, columns};
use crate::schema::{item, shop};
use crate::values::{Date, ItemId, Paise, ShopId, UserId};

/// Where a consumer lives. What they see is sold there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Society<'a> {
    /// Its city.
    pub city: &'a str,
    /// Its name.
    pub name: &'a str,
}

impl<'a> Society<'a> {
    /// The society of a signed-in person.
    ///
    /// # Errors
    /// `ONBOARDING_REQUIRED` before they named it.
    pub fn of(viewer: &'a Viewer) -> Result<Society<'a>> {
        match (&viewer.city, &viewer.society) {
            (Some(city), Some(name)) => Ok(Society { city, name }),
            _ => Err(Error::new(Code::OnboardingRequired, "Basic onboarding incomplete")),
        }
    }
}

/// A shop of a society.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = shop)]
#[graphql(complex)]
pub struct Shop {
    /// Identifies the shop.
    pub id: ShopId,
    /// Whose it is.
    #[graphql(skip)]
    pub owner_id: UserId,
    /// Its name.
    pub shop_name: String,
    /// What kind of shop, such as "Grocery".
    pub shop_type: String,
    /// The city it serves.
    pub city: String,
    /// The society it serves.
    pub society: String,
    /// What it says about itself.
    #[graphql(complexity = 20)]
    pub description: Option<String>,
    /// Its tags as one text, separated by commas.
    #[graphql(skip)]
    pub category_tags: Option<String>,
    /// The address of its picture.
    #[graphql(complexity = 5)]
    pub logo_url: Option<String>,
    /// Whether it takes orders now.
    pub is_open: bool,
    /// Whether it brings what was ordered.
    pub delivers: bool,
    /// Whether it serves by appointment only.
    pub appointment_only: bool,
    /// Whether it is shown on the home screen. Set by staff.
    pub featured: bool,
    /// Whether staff has checked its papers.
    pub verified: bool,
    /// The average of its ratings, 1 to 5; null before the first.
    pub rating: Option<f64>,
}

columns!(Shop {
    "id": id,
    "shopName": shop_name,
    "shopType": shop_type,
    "city": city,
    "society": society,
    "description": description,
    "logoUrl": logo_url,
    "isOpen": is_open,
    "delivers": delivers,
    "appointmentOnly": appointment_only,
    "featured": featured,
    "verified": verified,
    "rating": rating,
});

/// Something a shop sells. Prices are in rupees.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = item)]
#[graphql(complex)]
pub struct Item {
    /// Identifies the item.
    pub id: ItemId,
    /// The shop that sells it.
    pub shop_id: ShopId,
    /// Its name.
    pub title: String,
    /// Who makes it.
    pub brand: Option<String>,
    /// More about it.
    #[graphql(complexity = 20)]
    pub description: Option<String>,
    /// What one costs now.
    #[diesel(column_name = price_paise)]
    pub price: Paise,
    /// The printed price of one, when there is one; never below the price.
    #[diesel(column_name = mrp_paise)]
    pub mrp: Option<Paise>,
    /// The discount as the shop states it.
    pub discount: Option<f64>,
    /// How many the shop has. Shown to its vendor only.
    #[graphql(skip)]
    pub quantity_in_stock: i32,
    /// What is counted, such as "kg" or "packet".
    pub unit: Option<String>,
    /// How much one holds, such as "500 g".
    pub pack_size: Option<String>,
    /// Where it is found in the shop, such as "Dairy".
    pub category: Option<String>,
    /// Its tags as one text, separated by commas.
    #[graphql(skip)]
    pub tags: Option<String>,
    /// The shop's own number for it.
    pub sku: Option<String>,
    /// Best before this day.
    pub expiry_date: Option<Date>,
    /// The address of its picture.
    #[graphql(complexity = 5)]
    pub image_url: Option<String>,
    /// Whether it can be ordered now.
    pub is_available: bool,
    /// Whether the shop still lists it.
    pub is_active: bool,
}

columns!(Item {
    "id": id,
    "shopId": shop_id,
    "title": title,
    "brand": brand,
    "description": description,
    "price": price,
    "mrp": mrp,
    "discount": discount,
    "unit": unit,
    "packSize": pack_size,
    "category": category,
    "sku": sku,
    "expiryDate": expiry_date,
    "imageUrl": image_url,
    "isAvailable": is_available,
    "isActive": is_active,
});

impl Shop {
    /// The shop of that id in this society.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find_in(conn: &mut Conn, society: Society<'_>, id: ShopId) -> Result<Option<Shop>> {
        Ok(shop::table
            .find(id)
            .filter(shop::city.eq(society.city))
            .filter(shop::society.eq(society.name))
            .select(Shop::as_select())
            .first(conn)
            .await
            .optional()?)
    }

    /// The shop of a vendor; each has at most one.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_owner(conn: &mut Conn, owner: UserId) -> Result<Option<Shop>> {
        Ok(shop::table
            .filter(shop::owner_id.eq(owner))
            .select(Shop::as_select())
            .first(conn)
            .await
            .optional()?)
    }
}

impl Item {
    /// The item of that id, when a shop of this society lists it.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find_in(conn: &mut Conn, society: Society<'_>, id: ItemId) -> Result<Option<Item>> {
        Ok(item::table
            .inner_join(shop::table)
            .filter(item::id.eq(id))
            .filter(item::is_active)
            .filter(shop::city.eq(society.city))
            .filter(shop::society.eq(society.name))
            .select(Item::as_select())
            .first(conn)
            .await
            .optional()?)
    }

    /// Everything a shop ever listed, by id; at most `page.limit()`. For its owner.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all_of_shop(conn: &mut Conn, shop: ShopId, page: &Page<i64>) -> Result<Vec<Item>> {
        Ok(item::table
            .filter(item::shop_id.eq(shop))
            .filter(item::id.gt(ItemId(page.after.unwrap_or(0))))
            .order(item::id)
            .limit(page.limit())
            .select(Item::as_select())
            .load(conn)
            .await?)
    }
}

/// The shop of that id, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShopById(pub ShopId);

impl Relation for ShopById {
    type Value = Shop;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Shop>> {
        let ids: Vec<ShopId> = keys.iter().map(|key| key.0).collect();
        let rows = shop::table.filter(shop::id.eq_any(ids)).select(Shop::as_select()).load(conn).await?;
        Ok(rows.into_iter().map(|row| (ShopById(row.id), row)).collect())
    }
}

/// The item of that id, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemById(pub ItemId);

impl Relation for ItemById {
    type Value = Item;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Item>> {
        let ids: Vec<ItemId> = keys.iter().map(|key| key.0).collect();
        let rows = item::table.filter(item::id.eq_any(ids)).select(Item::as_select()).load(conn).await?;
        Ok(rows.into_iter().map(|row| (ItemById(row.id), row)).collect())
    }
}
