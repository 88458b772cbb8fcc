//! What a vendor does: open a business and a shop, and keep the shop's list.

use chrono::{DateTime, Utc};
use diesel::dsl::not;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::shops::{Item, Shop};
use crate::journeys::vendor::VendorProfile;
use crate::journeys::vendor::model::{ItemChanges, NewItem, NewShop, NewVendorProfile, ShopChanges};
use crate::ledger::stock::{self, Movements};
use crate::schema::{item, shop, user_profile, vendor_profile};
use crate::values::{ItemId, Paise, Phone, UserId};

/// Stores the vendor's business.
///
/// # Errors
/// `CONFLICT` before basic onboarding, or when there is one already.
pub async fn create_profile(
    conn: &mut Conn,
    vendor: UserId,
    profile: &NewVendorProfile,
    now: DateTime<Utc>,
) -> Result<VendorProfile> {
    let onboarded: Option<Phone> = user_profile::table
        .find(vendor)
        .filter(user_profile::basic_onboarding_done)
        .select(user_profile::phone)
        .first(conn)
        .await
        .optional()?;
    let phone = onboarded.ok_or_else(|| Error::conflict("Basic onboarding incomplete"))?;
    Ok(diesel::insert_into(vendor_profile::table)
        .values((
            profile,
            vendor_profile::user_phone.eq(phone),
            vendor_profile::created_at.eq(now),
            vendor_profile::updated_at.eq(now),
        ))
        .returning(VendorProfile::as_returning())
        .get_result(conn)
        .await?)
}

/// Opens the vendor's shop in their own society, which ends their onboarding.
///
/// # Errors
/// `CONFLICT` without a business, or when there is a shop already.
pub async fn create_shop(conn: &mut Conn, vendor: UserId, new: &NewShop, now: DateTime<Utc>) -> Result<Shop> {
    let home: Option<(Option<String>, Option<String>)> = user_profile::table
        .inner_join(vendor_profile::table.on(vendor_profile::user_phone.eq(user_profile::phone)))
        .filter(user_profile::id.eq(vendor))
        .select((user_profile::city, user_profile::society))
        .first(conn)
        .await
        .optional()?;
    let Some((Some(city), Some(society))) = home else {
        return Err(Error::conflict("Vendor profile not found. Please complete vendor onboarding first."));
    };
    let shop = diesel::insert_into(shop::table)
        .values((
            new,
            shop::owner_id.eq(vendor),
            shop::city.eq(city),
            shop::society.eq(society),
            shop::created_at.eq(now),
            shop::updated_at.eq(now),
        ))
        .returning(Shop::as_returning())
        .get_result(conn)
        .await?;
    diesel::update(user_profile::table.find(vendor))
        .set((user_profile::role_onboarding_done.eq(true), user_profile::updated_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(shop)
}

/// Changes the vendor's shop.
///
/// # Errors
/// `NOT_FOUND` without a shop.
pub async fn update_shop(conn: &mut Conn, vendor: UserId, changes: &ShopChanges) -> Result<Shop> {
    diesel::update(shop::table.filter(shop::owner_id.eq(vendor)))
        .set(changes)
        .returning(Shop::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Shop not found"))
}

/// Opens or closes the vendor's shop.
///
/// # Errors
/// `NOT_FOUND` without a shop.
pub async fn set_shop_open(
    conn: &mut Conn,
    vendor: UserId,
    is_open: bool,
    now: DateTime<Utc>,
) -> Result<Shop> {
    diesel::update(shop::table.filter(shop::owner_id.eq(vendor)))
        .set((shop::is_open.eq(is_open), shop::updated_at.eq(now)))
        .returning(Shop::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Shop not found"))
}

/// The vendor's shop.
///
/// # Errors
/// `NOT_FOUND` without a shop.
pub async fn own_shop(conn: &mut Conn, vendor: UserId) -> Result<Shop> {
    Shop::of_owner(conn, vendor).await?.ok_or_else(|| Error::not_found("Shop not found"))
}

/// Lists a new item in the vendor's shop.
///
/// # Errors
/// `NOT_FOUND` without a shop.
pub async fn add_item(conn: &mut Conn, vendor: UserId, new: &NewItem, now: DateTime<Utc>) -> Result<Item> {
    let shop = own_shop(conn, vendor).await?;
    let item = diesel::insert_into(item::table)
        .values((new, item::shop_id.eq(shop.id), item::created_at.eq(now), item::updated_at.eq(now)))
        .returning(Item::as_returning())
        .get_result(conn)
        .await?;
    stock::open(conn, &[(item.id, item.quantity_in_stock)], now).await?;
    Ok(item)
}

/// Changes an item of the vendor's shop. The price rule holds for what it becomes.
///
/// # Errors
/// `NOT_FOUND` for an item of another shop; `BAD_INPUT` for the prices.
pub async fn update_item(conn: &mut Conn, vendor: UserId, id: ItemId, changes: &ItemChanges) -> Result<Item> {
    // Locked, so that no other change of the prices or the stock comes between the look and the write.
    let before: Option<(Paise, Option<Paise>, i32)> = item::table
        .filter(item::id.eq(id))
        .filter(item::shop_id.eq_any(shop::table.filter(shop::owner_id.eq(vendor)).select(shop::id)))
        .select((item::price_paise, item::mrp_paise, item::quantity_in_stock))
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    let (price, mrp, held) = before.ok_or_else(|| Error::not_found("Item not found or unauthorized"))?;
    changes.check_prices(price, mrp)?;
    if let Some(counted) = changes.quantity_in_stock {
        Movements::of_count(id, counted - held, changes.updated_at).write(conn).await?;
    }
    Ok(diesel::update(item::table.find(id))
        .set(changes)
        .returning(Item::as_returning())
        .get_result(conn)
        .await?)
}

/// Makes an item of the vendor's shop available, or not so when it was.
///
/// # Errors
/// `NOT_FOUND` for an item of another shop.
pub async fn toggle_item(conn: &mut Conn, vendor: UserId, id: ItemId, now: DateTime<Utc>) -> Result<Item> {
    let own = shop::table.filter(shop::owner_id.eq(vendor)).select(shop::id);
    diesel::update(item::table.filter(item::id.eq(id)).filter(item::shop_id.eq_any(own)))
        .set((item::is_available.eq(not(item::is_available)), item::updated_at.eq(now)))
        .returning(Item::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Item not found or unauthorized"))
}
