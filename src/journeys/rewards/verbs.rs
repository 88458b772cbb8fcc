//! Points put into the cart, and taken out again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::journeys::cart::Cart;
use crate::journeys::rewards::Rewards;
use crate::ledger::points;
use crate::schema::cart;
use crate::values::{Paise, UserId};

/// Uses points for the cart, in place of those that are there. They leave the account with the order.
///
/// # Errors
/// `BAD_INPUT` for no points; `INSUFFICIENT_POINTS`; `CONFLICT` for an empty cart, or for points worth more than the cart
/// comes to.
pub async fn redeem(conn: &mut Conn, user: UserId, points: i64, now: DateTime<Utc>) -> Result<()> {
    if points < 1 {
        return Err(Error::bad_input("points", "Invalid amount"));
    }
    Cart::lock(conn, user, now).await?;
    let cart = Cart::of_user(conn, user, now).await?;
    if cart.lines.is_empty() {
        return Err(Error::conflict("Cart is empty"));
    }
    if Rewards::of_user(conn, user).await?.points < points {
        return Err(Error::new(Code::InsufficientPoints, "Insufficient points").of_field("points"));
    }
    let due = Paise(cart.total.0 - cart.coupon_discount.0);
    if points::discount(points, due).0 < points {
        return Err(Error::conflict("Redemption exceeds order total"));
    }
    put(conn, user, points).await
}

/// Takes the points out of the cart again.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn take_out(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<()> {
    Cart::lock(conn, user, now).await?;
    put(conn, user, 0).await
}

async fn put(conn: &mut Conn, user: UserId, points: i64) -> Result<()> {
    diesel::update(cart::table.find(user)).set(cart::points.eq(points)).execute(conn).await?;
    Ok(())
}
