//! Shops and items as rows, and how they are read.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::request::Relation;
use crate::schema::{item, shop};
use crate::values::{ItemId, Paise, ShopId, UserId};

/// A shop of a society.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = shop)]
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
    pub description: Option<String>,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub category_tags: Option<String>,
    /// The address of its picture.
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

/// Something a shop sells. Prices are in rupees.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = item)]
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
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub tags: Option<String>,
    /// The shop's own number for it.
    pub sku: Option<String>,
    /// Best before.
    pub expiry_date: Option<NaiveDate>,
    /// The address of its picture.
    pub image_url: Option<String>,
    /// Whether it can be ordered now.
    pub is_available: bool,
    /// Whether the shop still lists it.
    #[graphql(skip)]
    pub is_active: bool,
}

impl Shop {
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
