//! Changes of the cart. Each begins by locking the cart's row, so that calls of one person happen one after the other.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::journeys::cart::{Cart, MOST_OF_ONE};
use crate::ledger::coupon::RedemptionStatus;
use crate::schema::{cart, cart_item, coupon_redemption, item, shop};
use crate::values::{ItemId, ShopId, UserId};

/// The most different items.
const MOST_LINES: i64 = 100;

/// Adds to what the cart holds of this item. The first item decides the cart's shop.
///
/// # Errors
/// `NOT_FOUND` for an item that the viewer's society does not sell now; `BAD_INPUT` for the quantity;
/// `OTHER_SHOP_IN_CART`; `CONFLICT` above ten of one item or a hundred items.
pub async fn add(conn: &mut Conn, who: &Viewer, id: ItemId, quantity: i32, now: DateTime<Utc>) -> Result<()> {
    let of = shop_selling(conn, who, id).await?;
    if quantity < 1 {
        return Err(Error::bad_input("quantity", "Quantity must be at least 1"));
    }
    if quantity > MOST_OF_ONE {
        return Err(Error::bad_input("quantity", "Cannot add more than 10 units per item"));
    }
    let held = lock_for(conn, who.user_id, of, now).await?;
    let sum = diesel::insert_into(cart_item::table)
        .values(NewLine { user_id: who.user_id, item_id: id, quantity, created_at: now })
        .on_conflict((cart_item::user_id, cart_item::item_id))
        .do_update()
        .set(cart_item::quantity.eq(cart_item::quantity + excluded(cart_item::quantity)));
    let within = (cart_item::quantity + excluded(cart_item::quantity)).le(MOST_OF_ONE);
    if diesel::query_dsl::methods::FilterDsl::filter(sum, within).execute(conn).await? == 0 {
        return Err(Error::conflict("Max limit is 10 units"));
    }
    settle(conn, who.user_id, held, of).await
}

/// Makes the cart hold so many of an item, whatever it held of it; 0: none. Doing it again changes nothing.
///
/// # Errors
/// As [`add`]; `BAD_INPUT` outside of 0 to 10.
pub async fn put(conn: &mut Conn, who: &Viewer, id: ItemId, quantity: i32, now: DateTime<Utc>) -> Result<()> {
    if !(0..=MOST_OF_ONE).contains(&quantity) {
        return Err(Error::bad_input("quantity", "Quantity must be between 0 and 10"));
    }
    if quantity == 0 {
        Cart::lock(conn, who.user_id, now).await?;
        return take_out(conn, who.user_id, id).await.map(drop);
    }
    let of = shop_selling(conn, who, id).await?;
    let held = lock_for(conn, who.user_id, of, now).await?;
    diesel::insert_into(cart_item::table)
        .values(NewLine { user_id: who.user_id, item_id: id, quantity, created_at: now })
        .on_conflict((cart_item::user_id, cart_item::item_id))
        .do_update()
        .set(cart_item::quantity.eq(quantity))
        .execute(conn)
        .await?;
    settle(conn, who.user_id, held, of).await
}

/// Locks the cart for an item of this shop; the shop whose items it held before.
async fn lock_for(conn: &mut Conn, user: UserId, of: ShopId, now: DateTime<Utc>) -> Result<Option<ShopId>> {
    let held = Cart::lock(conn, user, now).await?;
    if held.is_some_and(|held| held != of) {
        return Err(Error::new(Code::OtherShopInCart, "Cart contains items from a different shop"));
    }
    Ok(held)
}

/// The first item decides the cart's shop, and the last one how full a cart can be.
async fn settle(conn: &mut Conn, user: UserId, held: Option<ShopId>, of: ShopId) -> Result<()> {
    if held.is_none() {
        diesel::update(cart::table.find(user)).set(cart::shop_id.eq(of)).execute(conn).await?;
        return Ok(());
    }
    let lines: i64 =
        cart_item::table.filter(cart_item::user_id.eq(user)).select(count_star()).first(conn).await?;
    if lines > MOST_LINES {
        return Err(Error::conflict("A cart holds at most 100 different items"));
    }
    Ok(())
}

/// A line that a cart may not have yet.
#[derive(Insertable)]
#[diesel(table_name = cart_item)]
struct NewLine {
    user_id: UserId,
    item_id: ItemId,
    quantity: i32,
    created_at: DateTime<Utc>,
}

/// Sets how many of an item the cart holds.
///
/// # Errors
/// `BAD_INPUT` outside of 1 to 10; `NOT_FOUND` when the cart does not hold the item.
pub async fn set_quantity(
    conn: &mut Conn,
    user: UserId,
    id: ItemId,
    quantity: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    if !(1..=MOST_OF_ONE).contains(&quantity) {
        return Err(Error::bad_input("quantity", "Quantity must be between 1 and 10"));
    }
    Cart::lock(conn, user, now).await?;
    let line = cart_item::table.filter(cart_item::user_id.eq(user)).filter(cart_item::item_id.eq(id));
    let changed = diesel::update(line).set(cart_item::quantity.eq(quantity)).execute(conn).await?;
    if changed == 0 { Err(Error::not_found("Item not found in cart")) } else { Ok(()) }
}

/// Takes an item out of the cart.
///
/// # Errors
/// `NOT_FOUND` when the cart does not hold the item.
pub async fn remove(conn: &mut Conn, user: UserId, id: ItemId, now: DateTime<Utc>) -> Result<()> {
    Cart::lock(conn, user, now).await?;
    if take_out(conn, user, id).await? { Ok(()) } else { Err(Error::not_found("Item not found")) }
}

/// Takes an item out of a cart that is locked; whether it was there.
async fn take_out(conn: &mut Conn, user: UserId, id: ItemId) -> Result<bool> {
    let line = cart_item::table.filter(cart_item::user_id.eq(user)).filter(cart_item::item_id.eq(id));
    if diesel::delete(line).execute(conn).await? == 0 {
        return Ok(false);
    }
    let left = diesel::dsl::exists(cart_item::table.filter(cart_item::user_id.eq(user)));
    if !diesel::select(left).get_result::<bool>(conn).await? {
        begin_anew(conn, user).await?;
    }
    Ok(true)
}

/// Empties the cart. An empty one stays as it is.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn clear(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<()> {
    Cart::lock(conn, user, now).await?;
    diesel::delete(cart_item::table.filter(cart_item::user_id.eq(user))).execute(conn).await?;
    begin_anew(conn, user).await
}

/// An empty cart belongs to no shop, and holds no coupon and no points.
async fn begin_anew(conn: &mut Conn, user: UserId) -> Result<()> {
    diesel::update(cart::table.find(user))
        .set((cart::shop_id.eq(None::<ShopId>), cart::points.eq(0)))
        .execute(conn)
        .await?;
    let applied = coupon_redemption::table
        .filter(coupon_redemption::user_id.eq(user))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Applied));
    diesel::delete(applied).execute(conn).await?;
    Ok(())
}

/// The shop that sells this item to the viewer's society now.
async fn shop_selling(conn: &mut Conn, who: &Viewer, id: ItemId) -> Result<ShopId> {
    item::table
        .inner_join(shop::table)
        .filter(item::id.eq(id))
        .filter(item::is_active.and(item::is_available))
        .filter(shop::city.nullable().eq(&who.city).and(shop::society.nullable().eq(&who.society)))
        .select(shop::id)
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Item not available").of_field("itemId"))
}
