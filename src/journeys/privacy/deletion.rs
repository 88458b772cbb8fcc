//! A consumer's account is deleted: what says something of the person goes, what money and goods did stays.
//!
//! Locks: cart, orders, wallet, person. Whoever places an order holds the cart, whoever moves the consumer's money the wallet: they
//! come before, and this is refused because of what they did; or after, and find nobody.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::journeys::cart::Cart;
use crate::journeys::orders::status::Status;
use crate::ledger::book;
use crate::schema::{order_return, orders, payment, user_profile};
use crate::values::{OrderId, PaymentId, UserId};

/// For so long after it was begun, a payment may still be made.
const CHECKOUT: TimeDelta = TimeDelta::hours(1);

/// Statements that forget what a person wrote and collected. `$1` is who.
const FORGET: &[&str] = &[
    "UPDATE orders SET delivery_notes = NULL, delivery_address = NULL WHERE user_id = $1",
    "UPDATE order_message SET message = '(deleted)'
     WHERE sender_id = $1 AND (NOT is_automatic OR message LIKE 'Issue raised:%') AND order_id IN (SELECT id FROM orders WHERE user_id = $1)",
    "UPDATE order_action_log SET detail = '(deleted)'
     WHERE actor_id = $1 AND action IN ('message_sent', 'issue_raised')
         AND order_id IN (SELECT id FROM orders WHERE user_id = $1)",
    "UPDATE order_rating SET review = '' WHERE order_id IN (SELECT id FROM orders WHERE user_id = $1)",
    "UPDATE order_issue SET description = '' WHERE order_id IN (SELECT id FROM orders WHERE user_id = $1)",
    "UPDATE order_return SET reason = ''
     WHERE initiated_by = 'consumer' AND order_id IN (SELECT id FROM orders WHERE user_id = $1)",
    // What the shops were told of it, with the words in which it was said.
    "UPDATE notification SET body = '(deleted)'
     WHERE user_id IN (SELECT owner_id FROM shop JOIN orders ON orders.shop_id = shop.id WHERE orders.user_id = $1)
         AND target_id IN (SELECT id FROM orders WHERE user_id = $1)
         AND title IN ('New message', 'New rating', 'Issue reported')",
    "UPDATE support_message SET message = '(deleted)'
     WHERE ticket_id IN (SELECT id FROM support_ticket WHERE user_id = $1)",
    // What the staff noted of them, and what they read of it in the wallet's history.
    "UPDATE staff_action SET reason = '(deleted)'
     WHERE reason IS NOT NULL AND target_kind = 'user' AND target_id = $1",
    "UPDATE wallet_transaction SET reference = 'Adjustment by staff'
     WHERE user_id = $1 AND source = 'staff_adjustment'",
    "DELETE FROM coupon_redemption WHERE user_id = $1 AND status = 'applied'",
    "DELETE FROM cart_item WHERE user_id = $1",
    "DELETE FROM wishlist_item WHERE user_id = $1",
    "DELETE FROM notification WHERE user_id = $1",
    "DELETE FROM idempotency_key WHERE user_id = $1",
    "DELETE FROM otp WHERE phone = (SELECT phone FROM user_profile WHERE id = $1)",
    "DELETE FROM consumer_profile WHERE user_phone = (SELECT phone FROM user_profile WHERE id = $1)",
];

/// Rows that stay, because others refer to them, and say nothing any more. `$1` is who, `$2` is now.
const EMPTY: &[&str] = &[
    "UPDATE consumer_address SET house_number = '-', street = '-', landmark = NULL,
         deleted_at = COALESCE(deleted_at, $2)
     WHERE user_id = $1",
    "UPDATE support_ticket SET subject = '(deleted)', category = NULL, status = 'closed', updated_at = $2
     WHERE user_id = $1",
    "UPDATE cart SET shop_id = NULL, points = 0, updated_at = $2, closed_at = $2 WHERE user_id = $1",
    "UPDATE user_session SET device = NULL, revoked_at = COALESCE(revoked_at, $2),
         revoked_reason = COALESCE(revoked_reason, 'account_deleted')
     WHERE user_id = $1",
    "UPDATE user_profile SET phone = '+999' || lpad(id::TEXT, 10, '0'), name = NULL, city = NULL, society = NULL,
         role = NULL, basic_onboarding_done = FALSE, role_onboarding_done = FALSE, location_allowed = FALSE,
         marketing_opt_in = FALSE, data_sharing_allowed = FALSE, deleted_at = $2, updated_at = $2
     WHERE id = $1",
];

/// Forgets this consumer and ends their sessions.
///
/// # Errors
/// `CONFLICT` while an order, a return or a payment is under way, or there is money in the wallet; it says what to do.
pub async fn delete(conn: &mut Conn, who: UserId, now: DateTime<Utc>) -> Result<()> {
    Cart::lock(conn, who, now).await?;
    // Orders before wallets, as everywhere; an act on one of them is over, or finds the wallet closed.
    let own = orders::table.filter(orders::user_id.eq(who)).order(orders::id).select(orders::id);
    own.for_no_key_update().load::<OrderId>(conn).await?;
    book::close(conn, who, now).await?;
    refuse_under_way(conn, who).await?;
    refuse_unpaid(conn, who, now).await?;
    // Whoever tells people of promotions holds their rows: what was told before is forgotten below, later nobody is told.
    user_profile::table.find(who).select(user_profile::id).for_update().first::<UserId>(conn).await?;
    for statement in FORGET {
        sql_query(*statement).bind::<BigInt, _>(who.0).execute(conn).await?;
    }
    for statement in EMPTY {
        sql_query(*statement).bind::<BigInt, _>(who.0).bind::<Timestamptz, _>(now).execute(conn).await?;
    }
    events::record(conn, &NewEvent::of_sessions(who, "all", now)).await?;
    Ok(())
}

async fn refuse_under_way(conn: &mut Conn, who: UserId) -> Result<()> {
    let closed = [Status::Rejected, Status::Cancelled, Status::Delivered, Status::ReturnCompleted];
    let asked_back = order_return::table
        .filter(order_return::order_id.eq(orders::id))
        .filter(order_return::status.eq("requested"));
    let under_way: Option<OrderId> = orders::table
        .filter(orders::user_id.eq(who))
        .filter(orders::status.ne_all(closed).or(exists(asked_back)))
        .order(orders::id.desc())
        .select(orders::id)
        .first(conn)
        .await
        .optional()?;
    match under_way {
        None => Ok(()),
        Some(id) => Err(Error::conflict(format!(
            "Order #{id} is still under way. Delete the account when it is delivered or cancelled, and its return is completed"
        ))),
    }
}

/// Money may still come while somebody is in the checkout. What comes later finds the wallet closed, and is given back.
async fn refuse_unpaid(conn: &mut Conn, who: UserId, now: DateTime<Utc>) -> Result<()> {
    let in_checkout = payment::table
        .filter(payment::user_id.eq(who))
        .filter(payment::status.eq("pending"))
        .filter(payment::provider_order_id.is_not_null())
        .filter(payment::created_at.gt(now - CHECKOUT));
    let found: Option<PaymentId> = in_checkout.select(payment::id).first(conn).await.optional()?;
    match found {
        None => Ok(()),
        Some(id) => Err(Error::conflict(format!(
            "Payment #{id} for your wallet was begun. Finish it, or delete the account an hour after you left it"
        ))),
    }
}
