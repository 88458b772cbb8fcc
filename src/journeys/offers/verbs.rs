//! What happens to offers: made and changed by staff and vendors, put into carts by consumers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::{Role, Viewer};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::cart::Cart;
use crate::journeys::offers::Offer;
use crate::journeys::offers::input::{NewOffer, OfferChange, read_code};
use crate::journeys::shops::Shop;
use crate::journeys::staff::{self, NewStaffAction, StaffActionKind, Target};
use crate::ledger::coupon::{self, Asked, RedemptionStatus, Terms};
use crate::schema::{coupon_redemption, offer, shop};
use crate::values::{OfferId, ShopId, UserId};

/// Puts a coupon into the cart, in place of the one that is there.
///
/// # Errors
/// `BAD_INPUT` without a code; `NOT_FOUND` for a code that is none; `CONFLICT` for an empty cart; `COUPON_INVALID` with
/// the sentence to show.
pub async fn apply(conn: &mut Conn, user: UserId, code: &str, now: DateTime<Utc>) -> Result<()> {
    if code.trim().is_empty() {
        return Err(Error::bad_input("code", "Coupon code required"));
    }
    let shop = Cart::lock(conn, user, now).await?;
    let unknown = || Error::not_found("Invalid coupon code").of_field("code");
    let code = read_code(code).ok_or_else(unknown)?;
    let found = offer::table.filter(offer::code.eq(code)).select(Terms::as_select()).first(conn).await;
    let terms: Terms = found.optional()?.filter(|terms: &Terms| terms.is_active).ok_or_else(unknown)?;
    let cart = Cart::of_user(conn, user, now).await?;
    if cart.lines.is_empty() {
        return Err(Error::conflict("Cart is empty"));
    }
    let used = coupon::used(conn, user, terms.id).await?;
    terms.check(&Asked { shop, total: cart.total, used, now })?;
    take_out(conn, user).await?;
    diesel::insert_into(coupon_redemption::table)
        .values((
            coupon_redemption::offer_id.eq(terms.id),
            coupon_redemption::user_id.eq(user),
            coupon_redemption::status.eq(RedemptionStatus::Applied),
            coupon_redemption::created_at.eq(now),
            coupon_redemption::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the coupon out of the cart, if there is one.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn remove(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<()> {
    Cart::lock(conn, user, now).await?;
    take_out(conn, user).await
}

async fn take_out(conn: &mut Conn, user: UserId) -> Result<()> {
    let applied = coupon_redemption::table
        .filter(coupon_redemption::user_id.eq(user))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Applied));
    diesel::delete(applied).execute(conn).await?;
    Ok(())
}

/// The shop that somebody makes offers for: a vendor for their own, staff for any or for all.
///
/// # Errors
/// `FORBIDDEN` for consumers, and for a vendor who names another shop; `NOT_FOUND` for a shop that is none.
pub async fn maker(conn: &mut Conn, who: &Viewer, asked: Option<ShopId>) -> Result<Option<ShopId>> {
    if who.is_staff() {
        let Some(id) = asked else { return Ok(None) };
        let is_known = diesel::select(diesel::dsl::exists(shop::table.find(id))).get_result(conn).await?;
        return if is_known { Ok(asked) } else { Err(Error::not_found("Shop not found").of_field("shopId")) };
    }
    who.require(Role::Vendor)?;
    let own = Shop::of_owner(conn, who.user_id).await?.ok_or_else(|| Error::not_found("Shop not found"))?.id;
    match asked {
        Some(other) if other != own => Err(Error::forbidden("Unauthorized").of_field("shopId")),
        _ => Ok(Some(own)),
    }
}

/// Makes an offer.
///
/// # Errors
/// As [`maker`]; `CONFLICT` for a code that is taken.
pub async fn create(
    conn: &mut Conn,
    who: &Viewer,
    shop: Option<ShopId>,
    new: &NewOffer,
    now: DateTime<Utc>,
) -> Result<Offer> {
    let shop = maker(conn, who, shop).await?;
    let offer = diesel::insert_into(offer::table)
        .values((
            new,
            offer::shop_id.eq(shop),
            offer::created_by.eq(who.user_id),
            offer::created_at.eq(now),
            offer::updated_at.eq(now),
        ))
        .returning(Offer::as_returning())
        .get_result(conn)
        .await?;
    record(conn, who, StaffActionKind::OfferCreated, &offer, Some(new.summary()), now).await?;
    Ok(offer)
}

/// Writes down what the staff did; what a vendor does with their own offers is nobody's business.
async fn record(
    conn: &mut Conn,
    who: &Viewer,
    action: StaffActionKind,
    offer: &Offer,
    detail: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    if !who.is_staff() {
        return Ok(());
    }
    let target = Target::Offer(offer.id);
    let new = NewStaffAction { action, target, reason: None, detail, transaction: None };
    staff::record(conn, who.user_id, &new, now).await
}

/// Changes an offer. Carts that hold it see the change at once; orders keep what they got.
///
/// # Errors
/// `NOT_FOUND` for an offer that is not the maker's; `BAD_INPUT` for an end before the beginning, or a limit below what
/// was used.
pub async fn update(conn: &mut Conn, who: &Viewer, id: OfferId, change: &OfferChange) -> Result<Offer> {
    let maker = maker(conn, who, None).await?;
    let found = offer::table.find(id).select(Terms::as_select()).for_no_key_update().first(conn).await;
    let unknown = || Error::not_found("Offer not found").of_field("id");
    let before: Terms = found.optional()?.ok_or_else(unknown)?;
    // Staff may change every offer, a vendor those of their own shop.
    if maker.is_some() && before.shop_id != maker {
        return Err(unknown());
    }
    if change.expires_at.flatten().is_some_and(|end| end <= before.starts_at) {
        return Err(Error::bad_input("expiresAt", "expiresAt is after startsAt"));
    }
    if change.total_limit.flatten().is_some_and(|most| most < before.redeemed_count) {
        let used = before.redeemed_count;
        let problem = format!("totalLimit is at least {used}: so many orders use it");
        return Err(Error::bad_input("totalLimit", problem));
    }
    let offer = diesel::update(offer::table.find(id))
        .set(change)
        .returning(Offer::as_returning())
        .get_result(conn)
        .await?;
    record(conn, who, StaffActionKind::OfferUpdated, &offer, change.summary(), change.updated_at).await?;
    Ok(offer)
}
