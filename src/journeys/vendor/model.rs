//! What a vendor writes, as rows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::request::Relation;
use crate::schema::{item, shop, user_profile, vendor_profile};
use crate::values::{Date, Paise, UserId};

/// A vendor's business.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = vendor_profile)]
pub struct VendorProfile {
    /// What kind of business.
    pub business_type: String,
    /// Its name.
    pub business_name: String,
    /// Where it is.
    pub address: String,
    /// Its number in the goods and services tax.
    pub gst_number: Option<String>,
}

/// The business of a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VendorProfileOf(pub UserId);

impl Relation for VendorProfileOf {
    type Value = VendorProfile;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, VendorProfile>> {
        let ids: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<(UserId, VendorProfile)> = user_profile::table
            .inner_join(vendor_profile::table.on(vendor_profile::user_phone.eq(user_profile::phone)))
            .filter(user_profile::id.eq_any(ids))
            .select((user_profile::id, VendorProfile::as_select()))
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|(id, profile)| (VendorProfileOf(id), profile)).collect())
    }
}

/// A business to be.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = vendor_profile)]
pub struct NewVendorProfile {
    pub business_type: String,
    pub business_name: String,
    pub address: String,
    pub gst_number: Option<String>,
}

/// A shop to be, but for what its owner's profile says.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = shop)]
pub struct NewShop {
    pub shop_name: String,
    pub shop_type: String,
    pub description: Option<String>,
    pub category_tags: Option<String>,
    pub logo_url: Option<String>,
    pub is_open: bool,
    pub delivers: bool,
    pub appointment_only: bool,
}

/// What becomes different about a shop. `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = shop)]
pub struct ShopChanges {
    pub shop_name: Option<String>,
    pub shop_type: Option<String>,
    pub society: Option<String>,
    pub description: Option<Option<String>>,
    pub category_tags: Option<Option<String>>,
    pub logo_url: Option<Option<String>>,
    pub is_open: Option<bool>,
    pub delivers: Option<bool>,
    pub appointment_only: Option<bool>,
    pub updated_at: DateTime<Utc>,
}

/// An item to be.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = item)]
pub struct NewItem {
    pub title: String,
    pub brand: Option<String>,
    pub description: Option<String>,
    #[diesel(column_name = price_paise)]
    pub price: Paise,
    #[diesel(column_name = mrp_paise)]
    pub mrp: Option<Paise>,
    pub discount: Option<f64>,
    pub quantity_in_stock: i32,
    pub unit: Option<String>,
    pub pack_size: Option<String>,
    pub category: Option<String>,
    pub tags: Option<String>,
    pub sku: Option<String>,
    pub expiry_date: Option<Date>,
    pub image_url: Option<String>,
}

/// What becomes different about an item. `None` keeps, `Some(None)` clears.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = item)]
pub struct ItemChanges {
    pub title: Option<String>,
    pub brand: Option<Option<String>>,
    pub description: Option<Option<String>>,
    #[diesel(column_name = price_paise)]
    pub price: Option<Paise>,
    #[diesel(column_name = mrp_paise)]
    pub mrp: Option<Option<Paise>>,
    pub discount: Option<Option<f64>>,
    /// Counted anew. Stock moves by way of the ledger, so this is no column of the change.
    #[diesel(skip_update)]
    pub quantity_in_stock: Option<i32>,
    pub unit: Option<Option<String>>,
    pub pack_size: Option<Option<String>>,
    pub category: Option<Option<String>>,
    pub tags: Option<Option<String>>,
    pub sku: Option<Option<String>>,
    pub expiry_date: Option<Option<Date>>,
    pub image_url: Option<Option<String>>,
    pub is_available: Option<bool>,
    pub is_active: Option<bool>,
    pub updated_at: DateTime<Utc>,
}
