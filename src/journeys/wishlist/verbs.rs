//! Changes of the wishlist.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::shops::{Item, Society};
use crate::schema::wishlist_item;
use crate::values::{ItemId, UserId};

/// How many entries one person may have.
const MOST: i64 = 500;

/// Remembers an item of the viewer's society, also one that cannot be ordered at the moment. Whether it is new.
///
/// # Errors
/// `NOT_FOUND` for an item that no shop of the society lists; `CONFLICT` when the list is full.
pub async fn add(conn: &mut Conn, who: &Viewer, id: ItemId, now: DateTime<Utc>) -> Result<bool> {
    let found = Item::find_in(conn, Society::of(who)?, id).await?;
    found.ok_or_else(|| Error::not_found("Item not available").of_field("itemId"))?;
    let entries = wishlist_item::table.filter(wishlist_item::user_id.eq(who.user_id));
    let is_known = diesel::dsl::exists(entries.filter(wishlist_item::item_id.eq(id)));
    if diesel::select(is_known).get_result(conn).await? {
        return Ok(false);
    }
    if entries.count().get_result::<i64>(conn).await? >= MOST {
        return Err(Error::conflict("Wishlist limit reached"));
    }
    // Of two additions at once, the second finds the first one's row.
    let added = diesel::insert_into(wishlist_item::table)
        .values((
            wishlist_item::user_id.eq(who.user_id),
            wishlist_item::item_id.eq(id),
            wishlist_item::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(added == 1)
}

/// Forgets an item.
///
/// # Errors
/// `NOT_FOUND` when the list does not hold it.
pub async fn remove(conn: &mut Conn, user: UserId, id: ItemId) -> Result<()> {
    let entry =
        wishlist_item::table.filter(wishlist_item::user_id.eq(user)).filter(wishlist_item::item_id.eq(id));
    if diesel::delete(entry).execute(conn).await? == 0 {
        return Err(Error::not_found("Item not found in wishlist").of_field("itemId"));
    }
    Ok(())
}
