//! Everything that is kept of a consumer, as one JSON object with a list for each kind of thing.
//!
//! A table of what is told: every column is named, so that a secret that a row may get one day is not told by accident.

use diesel::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Jsonb, Nullable};
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::error::Result;
use crate::values::UserId;

/// What is one object, not a list of them.
const OBJECTS: &[(&str, &str)] = &[
    (
        "profile",
        "SELECT user_profile.phone, user_profile.name, user_profile.city, user_profile.society, role, flat_number,
             profile_image_url, gender, date_of_birth, preferred_language, user_profile.created_at
         FROM user_profile LEFT JOIN consumer_profile ON user_phone = user_profile.phone
         WHERE user_profile.id = $1",
    ),
    (
        "settings",
        "SELECT location_allowed, marketing_opt_in, data_sharing_allowed FROM user_profile WHERE id = $1",
    ),
    (
        "wallet",
        "SELECT balance_paise / 100.0::NUMERIC(14, 2) AS balance, created_at FROM consumer_wallet WHERE user_id = $1",
    ),
    ("rewards", "SELECT points, lifetime_points FROM reward_account WHERE user_id = $1"),
];

/// Lists, newest first.
const LISTS: &[(&str, &str)] = &[
    (
        "addresses",
        "SELECT id, house_number, street, landmark, created_at, updated_at, deleted_at
         FROM consumer_address WHERE user_id = $1",
    ),
    (
        "cart",
        "SELECT cart_item.id, item_id, title, quantity FROM cart_item JOIN item ON item.id = item_id WHERE user_id = $1",
    ),
    (
        "wishlist",
        "SELECT wishlist_item.id, item_id, title, wishlist_item.created_at AS added_at
         FROM wishlist_item JOIN item ON item.id = item_id WHERE user_id = $1",
    ),
    (
        "orders",
        "SELECT orders.id, shop_name, status, payment_mode, payment_status,
             total_paise / 100.0::NUMERIC(14, 2) AS total, final_paise / 100.0::NUMERIC(14, 2) AS final,
             delivery_notes, delivery_address, coupon_code, points_redeemed, orders.created_at, orders.updated_at,
             (SELECT jsonb_agg(jsonb_build_object('name', name, 'quantity', quantity,
                  'unit_price', unit_price_paise / 100.0::NUMERIC(14, 2)) ORDER BY id)
              FROM order_item WHERE order_id = orders.id) AS items
         FROM orders JOIN shop ON shop.id = shop_id WHERE user_id = $1",
    ),
    (
        "order_messages",
        "SELECT order_message.id, order_id, message, order_message.created_at
         FROM order_message JOIN orders ON orders.id = order_id
         WHERE user_id = $1 AND sender_id = $1 AND NOT is_automatic",
    ),
    (
        "ratings",
        "SELECT order_id AS id, rating, review, order_rating.created_at
         FROM order_rating JOIN orders ON orders.id = order_id WHERE user_id = $1",
    ),
    (
        "issues",
        "SELECT order_issue.id, order_id, issue_type, description, order_issue.status, order_issue.created_at
         FROM order_issue JOIN orders ON orders.id = order_id WHERE orders.user_id = $1",
    ),
    (
        "returns",
        "SELECT order_return.id, order_id, item_id, quantity, order_return.status, initiated_by, reason,
             order_return.created_at
         FROM order_return JOIN orders ON orders.id = order_id WHERE user_id = $1",
    ),
    (
        "wallet_transactions",
        "SELECT id, kind, source, amount_paise / 100.0::NUMERIC(14, 2) AS amount,
             balance_after_paise / 100.0::NUMERIC(14, 2) AS balance_after, reference, order_id, created_at
         FROM wallet_transaction WHERE user_id = $1",
    ),
    (
        "payments",
        "SELECT id, status, amount_paise / 100.0::NUMERIC(14, 2) AS amount, provider_order_id, provider_payment_id,
             transaction_id, created_at, updated_at
         FROM payment WHERE user_id = $1",
    ),
    (
        "rewards_ledger",
        "SELECT id, kind, points, points_after, reference, order_id, created_at
         FROM reward_ledger WHERE user_id = $1",
    ),
    (
        "coupons",
        "SELECT coupon_redemption.id, code, status, order_id, coupon_redemption.created_at
         FROM coupon_redemption JOIN offer ON offer.id = offer_id WHERE user_id = $1",
    ),
    (
        "notifications",
        "SELECT id, kind, title, body, read_at, created_at FROM notification WHERE user_id = $1",
    ),
    (
        "support_tickets",
        "SELECT id, subject, category, status, order_id, created_at,
             (SELECT jsonb_agg(jsonb_build_object('sender', sender, 'message', message,
                  'created_at', support_message.created_at) ORDER BY support_message.id)
              FROM support_message WHERE ticket_id = support_ticket.id) AS messages
         FROM support_ticket WHERE user_id = $1",
    ),
    (
        "staff_actions",
        "SELECT id, action, reason, detail, created_at FROM staff_action WHERE target_kind = 'user' AND target_id = $1",
    ),
    (
        "sessions",
        "SELECT id, face, device, created_at, last_used_at, expires_at, revoked_at FROM user_session WHERE user_id = $1",
    ),
];

/// The most entries of a list: more than a person can order, write or be told in years.
const MOST: i64 = 10_000;

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Nullable<Jsonb>)]
    told: Option<Value>,
}

/// All of it, as it is at one moment. Lists have at most [`MOST`] entries, the newest.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn export(conn: &mut Conn, who: UserId) -> Result<Map<String, Value>> {
    conn.build_transaction()
        .read_only()
        .repeatable_read()
        .run(async |conn| {
            let mut all = Map::new();
            for (kind, query) in OBJECTS {
                let text = format!("SELECT to_jsonb((SELECT told FROM ({query}) AS told)) AS told");
                all.insert((*kind).to_owned(), tell(conn, &text, who).await?);
            }
            for (kind, query) in LISTS {
                let newest = format!("SELECT * FROM ({query}) AS entry ORDER BY id DESC LIMIT {MOST}");
                let text = format!("SELECT COALESCE(jsonb_agg(told), '[]') AS told FROM ({newest}) AS told");
                all.insert((*kind).to_owned(), tell(conn, &text, who).await?);
            }
            Ok(all)
        })
        .await
}

async fn tell(conn: &mut Conn, text: &str, who: UserId) -> Result<Value> {
    let row: Told = sql_query(text).bind::<BigInt, _>(who.0).get_result(conn).await?;
    Ok(row.told.unwrap_or_default())
}
