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
pub const PAYMENT: u64 = 3;

const NOTICE: &str = "WITH told AS (INSERT INTO notification (user_id, kind, title, body, target_id, created_at) \
     SELECT user_id, kind, title, body, target_id, $1 \
     FROM unnest($2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::BIGINT[]) \
     AS notice (user_id, kind, title, body, target_id) RETURNING id, user_id, created_at) \
     INSERT INTO event (kind, user_id, value, created_at) SELECT $7, user_id, id::TEXT, created_at FROM told ORDER BY id";

pub const CONFIRM: &[&str] = &[
    "SELECT shop_id, points FROM cart WHERE user_id = $1 LIMIT $2 FOR UPDATE",
    "SELECT item.id, item.shop_id, item.title, item.brand, item.description, item.price_paise, item.mrp_paise, \
     item.discount, item.quantity_in_stock, item.unit, item.pack_size, item.category, item.tags, item.sku, \
     item.expiry_date, item.image_url, item.is_available, item.is_active, cart_item.quantity \
     FROM item INNER JOIN cart_item ON cart_item.item_id = item.id \
     WHERE cart_item.user_id = $1 ORDER BY item.id FOR UPDATE",
    "SELECT is_open, city, society, owner_id FROM shop WHERE id = $1 LIMIT $2",
    "SELECT offer_id FROM coupon_redemption WHERE user_id = $1 AND status = $2 LIMIT $3",
    "INSERT INTO orders (user_id, shop_id, status, payment_mode, payment_status, total_paise, discount_paise, \
     coupon_discount_paise, points_redeemed, points_discount_paise, final_paise, held_paise, delivery_notes, delivery_address, event_seq, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id, user_id, shop_id, status, payment_mode, \
     payment_status, total_paise, discount_paise, coupon_code, coupon_discount_paise, points_redeemed, \
     points_discount_paise, final_paise, delivery_notes, delivery_address, held_paise, event_seq, created_at, updated_at",
    "INSERT INTO order_item (order_id, item_id, name, unit, unit_price_paise, quantity, subtotal_paise, \
     ordered_quantity) \
     SELECT $1, item.id, item.title, item.unit, item.price_paise, cart_item.quantity, \
     item.price_paise * CAST(cart_item.quantity AS BIGINT), cart_item.quantity \
     FROM cart_item INNER JOIN item ON cart_item.item_id = item.id WHERE cart_item.user_id = $2 ORDER BY cart_item.id",
    "WITH movement AS (SELECT * FROM unnest($1::BIGINT[], $2::INTEGER[]) AS movement (item_id, change)), \
     moved AS (UPDATE item SET quantity_in_stock = item.quantity_in_stock + movement.change \
     FROM movement WHERE item.id = movement.item_id) \
     INSERT INTO stock_movement (item_id, order_id, change, reason, created_at) \
     SELECT item_id, $3, change, $4, $5 FROM movement",
    "INSERT INTO order_status_log (order_id, status, updated_by, created_at) VALUES ($1, $2, $3, $4)",
    "INSERT INTO order_action_log (order_id, action, actor_id, detail, created_at) VALUES ($1, $2, $3, $4, $5)",
    "INSERT INTO event (kind, order_id, seq, user_id, shop_id, value, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    NOTICE,
    "DELETE FROM cart_item WHERE user_id = $1",
    "UPDATE cart SET shop_id = $1, points = $2, updated_at = $3 WHERE user_id = $4",
    "UPDATE consumer_wallet SET balance_paise = balance_paise + $1 \
     WHERE user_id = $2 AND balance_paise + $3 >= $4 RETURNING balance_paise",
    "INSERT INTO wallet_transaction (user_id, kind, source, amount_paise, balance_after_paise, reference, order_id, \
     created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    NOTICE,
];

/// One order of everything in the cart; the orders placed, which is one.
pub async fn confirm(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [
        lock_cart,
        lock_lines,
        shop,
        coupon,
        insert_order,
        lines,
        stock,
        status_log,
        action_log,
        event,
        tell_shop,
        empty,
        close,
        debit,
        transaction,
        tell_payer,
    ] = places(prepared)?;
    let (user, now) = (&person.user_id, &SystemTime::now());
    let (mode, paid) = if person.pays_from_wallet() { ("wallet", "paid") } else { ("cash", "unpaid") };

    client.batch_execute("BEGIN").await?;
    let shop_id: i64 = client.query_one(lock_cart, &[user, &1_i64]).await?.get(0);
    let in_cart = client.query(lock_lines, &[user]).await?;
    let total: i64 = in_cart.iter().map(|row| row.get::<_, i64>(5) * i64::from(row.get::<_, i32>(18))).sum();
    let owner: i64 = client.query_one(shop, &[&shop_id, &1_i64]).await?.get(3);
    client.query_opt(coupon, &[user, &"applied", &1_i64]).await?;
    let held = if person.pays_from_wallet() { total } else { 0 };
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
                &0_i64,
                &0_i64,
                &0_i64,
                &total,
                &held,
                &None::<&str>,
                &None::<&str>,
                &1_i32,
                now,
                now,
            ],
        )
        .await?;
    let id: i64 = order.get(0);
    let items: Vec<i64> = in_cart.iter().map(|row| row.get(0)).collect();
    let taken: Vec<i32> = in_cart.iter().map(|row| -row.get::<_, i32>(18)).collect();
    let owner =
        Notice::new(owner, "order", format!("Order #{id} over ₹{total} waits for your answer."), Some(id));
    try_join!(
        send(client, lines, [&id, user]),
        send(client, stock, [&items, &taken, &id, &"order_placed", now]),
        send(client, status_log, [&id, &"pending", user, now]),
        send(client, action_log, [&id, &"order_created", user, &"Order placed", now]),
        send(client, event, [&"order_status_changed", &id, &1_i32, user, &shop_id, &"pending", now]),
        owner.send(client, tell_shop, now),
        send(client, empty, [user]),
        send(client, close, [&None::<i64>, &0_i64, now, user]),
    )?;
    if person.pays_from_wallet() {
        let balance: i64 = client.query_one(debit, &[&-total, user, &-total, &0_i64]).await?.get(0);
        let reference = format!("Order #{id}");
        let payer =
            Notice::new(*user, "wallet", format!("₹{total} was paid from your wallet: {reference}"), None);
        try_join!(
            send(
                client,
                transaction,
                [user, &"debit", &"order_confirm", &total, &balance, &reference, &id, now]
            ),
            payer.send(client, tell_payer, now),
        )?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(1)
}

/// What one person is told.
struct Notice {
    to: [i64; 1],
    kind: [&'static str; 1],
    body: [String; 1],
    target: [Option<i64>; 1],
}

impl Notice {
    fn new(to: i64, kind: &'static str, body: String, target: Option<i64>) -> Notice {
        Notice { to: [to], kind: [kind], body: [body], target: [target] }
    }

    async fn send(
        &self,
        client: &Client,
        tell: &Statement,
        now: &SystemTime,
    ) -> std::result::Result<u64, tokio_postgres::Error> {
        let (to, kind, title) = (&self.to[..], &self.kind[..], &["A title"][..]);
        let (body, target) = (&self.body[..], &self.target[..]);
        send(client, tell, [now, &to, &kind, &title, &body, &target, &"notification_added"]).await
    }
}

/// Owns the parameters, so that several can be under way together.
async fn send<const N: usize>(
    client: &Client,
    statement: &Statement,
    parameters: [&(dyn ToSql + Sync); N],
) -> std::result::Result<u64, tokio_postgres::Error> {
    client.execute(statement, &parameters).await
}
