//! The SQL that turns a cart into an order.

use std::time::SystemTime;

use futures_util::try_join;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use crate::Result;
use crate::floor::places;
use crate::people::Person;

/// So many statements are sent beside those of the list.
pub const BEGIN_AND_COMMIT: u64 = 2;

/// So many of the statements are sent only for an order that is paid from the wallet.
pub const PAYMENT: u64 = 2;

pub const CONFIRM: &[&str] = &[
    "SELECT shop_id FROM cart WHERE user_id = $1 LIMIT $2 FOR UPDATE",
    "SELECT item.id, item.shop_id, item.title, item.brand, item.description, item.price_paise, item.mrp_paise, \
     item.discount, item.quantity_in_stock, item.unit, item.pack_size, item.category, item.tags, item.sku, \
     item.expiry_date, item.image_url, item.is_available, item.is_active, cart_item.quantity \
     FROM item INNER JOIN cart_item ON cart_item.item_id = item.id \
     WHERE cart_item.user_id = $1 ORDER BY item.id FOR UPDATE",
    "SELECT is_open, city, society FROM shop WHERE id = $1 LIMIT $2",
    "INSERT INTO orders (user_id, shop_id, status, payment_mode, payment_status, total_paise, discount_paise, \
     final_paise, delivery_notes, event_seq, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
    "INSERT INTO order_item (order_id, item_id, name, unit, unit_price_paise, quantity, subtotal_paise) \
     SELECT $1, item.id, item.title, item.unit, item.price_paise, cart_item.quantity, \
     item.price_paise * CAST(cart_item.quantity AS BIGINT) \
     FROM cart_item INNER JOIN item ON cart_item.item_id = item.id WHERE cart_item.user_id = $2 ORDER BY cart_item.id",
    "UPDATE item SET quantity_in_stock = item.quantity_in_stock - \
     (SELECT cart_item.quantity FROM cart_item WHERE cart_item.user_id = $1 AND cart_item.item_id = item.id LIMIT $2) \
     WHERE item.id = ANY(SELECT cart_item.item_id FROM cart_item WHERE cart_item.user_id = $3)",
    "INSERT INTO order_status_log (order_id, status, updated_by, created_at) VALUES ($1, $2, $3, $4)",
    "INSERT INTO order_action_log (order_id, action, actor_id, detail, created_at) VALUES ($1, $2, $3, $4, $5)",
    "INSERT INTO event (kind, order_id, seq, user_id, shop_id, value, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    "DELETE FROM cart_item WHERE user_id = $1",
    "UPDATE cart SET shop_id = $1, updated_at = $2 WHERE user_id = $3",
    "UPDATE consumer_wallet SET balance_paise = balance_paise + $1 \
     WHERE user_id = $2 AND balance_paise + $3 >= $4 RETURNING balance_paise",
    "INSERT INTO wallet_transaction (user_id, kind, source, amount_paise, balance_after_paise, reference, order_id, \
     created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    "SELECT id, user_id, shop_id, status, payment_mode, payment_status, total_paise, discount_paise, final_paise, \
     delivery_notes, event_seq, created_at, updated_at FROM orders WHERE id = $1 LIMIT $2",
];

/// One order of everything in the cart; the orders placed, which is one.
pub async fn confirm(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [
        lock_cart,
        lock_lines,
        shop,
        insert_order,
        lines,
        stock,
        status_log,
        action_log,
        event,
        empty,
        close,
        debit,
        transaction,
        find,
    ] = places(prepared)?;
    let (user, now) = (&person.user_id, &SystemTime::now());
    let (mode, paid) = if person.pays_from_wallet() { ("wallet", "paid") } else { ("cash", "unpaid") };

    client.batch_execute("BEGIN").await?;
    let shop_id: i64 = client.query_one(lock_cart, &[user, &1_i64]).await?.get(0);
    let in_cart = client.query(lock_lines, &[user]).await?;
    let total: i64 = in_cart.iter().map(|row| row.get::<_, i64>(5) * i64::from(row.get::<_, i32>(18))).sum();
    client.query_one(shop, &[&shop_id, &1_i64]).await?;
    let order = client
        .query_one(
            insert_order,
            &[
                user,
                &shop_id,
                &"pending",
                &mode,
                &paid,
                &total,
                &0_i64,
                &total,
                &None::<&str>,
                &1_i32,
                now,
                now,
            ],
        )
        .await?;
    let id: i64 = order.get(0);
    try_join!(
        send(client, lines, [&id, user]),
        send(client, stock, [user, &1_i64, user]),
        send(client, status_log, [&id, &"pending", user, now]),
        send(client, action_log, [&id, &"order_created", user, &"Order placed", now]),
        send(client, event, [&"order_status_changed", &id, &1_i32, user, &shop_id, &"pending", now]),
        send(client, empty, [user]),
        send(client, close, [&None::<i64>, now, user]),
    )?;
    if person.pays_from_wallet() {
        let balance: i64 = client.query_one(debit, &[&-total, user, &-total, &0_i64]).await?.get(0);
        let reference = format!("Order #{id}");
        client
            .query_one(
                transaction,
                &[user, &"debit", &"order_confirm", &total, &balance, &reference, &id, now],
            )
            .await?;
    }
    let placed = client.query(find, &[&id, &1_i64]).await?.len();
    client.batch_execute("COMMIT").await?;
    Ok(placed)
}

/// Owns the parameters, so that several can be under way together.
async fn send<const N: usize>(
    client: &Client,
    statement: &Statement,
    parameters: [&(dyn ToSql + Sync); N],
) -> std::result::Result<u64, tokio_postgres::Error> {
    client.execute(statement, &parameters).await
}
