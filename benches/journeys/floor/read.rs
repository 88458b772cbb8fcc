//! The SQL of the screens. Each returns how many rows came.

use std::collections::BTreeSet;

use futures_util::try_join;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::Result;
use crate::floor::places;
use crate::people::Person;

macro_rules! columns_of_shop {
    () => {
        "shop.id, shop.owner_id, shop.shop_name, shop.shop_type, shop.city, shop.society, shop.description, \
         shop.category_tags, shop.logo_url, shop.is_open, shop.delivers, shop.appointment_only, shop.featured, \
         shop.verified, shop.rating"
    };
}

macro_rules! columns_of_item {
    () => {
        "item.id, item.shop_id, item.title, item.brand, item.description, item.price_paise, item.mrp_paise, \
         item.discount, item.quantity_in_stock, item.unit, item.pack_size, item.category, item.tags, item.sku, \
         item.expiry_date, item.image_url, item.is_available, item.is_active"
    };
}

const SHOPS_OF_SOCIETY: &str = concat!(
    "SELECT ",
    columns_of_shop!(),
    " FROM shop WHERE shop.city = $1 AND shop.society = $2 \
     ORDER BY shop.is_open DESC, shop.rating DESC NULLS LAST, shop.id LIMIT $3"
);
const SHOPS_BY_ID: &str = concat!("SELECT ", columns_of_shop!(), " FROM shop WHERE shop.id = ANY($1)");

pub const SHOPS: &[&str] = &[
    SHOPS_OF_SOCIETY,
    concat!(
        "SELECT page.place, ",
        columns_of_item!(),
        " FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[]) WITH ORDINALITY AS page (shop_id, after, size, place) \
         CROSS JOIN LATERAL (SELECT * FROM item \
         WHERE item.shop_id = page.shop_id AND item.id > page.after AND item.is_active AND item.is_available \
         ORDER BY item.id LIMIT page.size) AS item"
    ),
];

pub const ALL_SHOPS: &[&str] = &[SHOPS_OF_SOCIETY];

pub const SEARCH: &[&str] = &[concat!(
    "SELECT ",
    columns_of_shop!(),
    " FROM shop WHERE shop.city = $1 AND shop.society = $2 AND (shop.shop_name ILIKE $3 OR shop.shop_type ILIKE $4) \
     AND shop.rating >= $5 AND EXISTS (SELECT * FROM item WHERE item.shop_id = shop.id AND item.is_active AND \
     item.is_available AND item.title ILIKE $6 AND item.price_paise BETWEEN $7 AND $8) \
     ORDER BY shop.is_open DESC, shop.rating DESC NULLS LAST, shop.id LIMIT $9"
)];

pub const CART: &[&str] = &[
    concat!(
        "SELECT cart_item.id, cart_item.quantity, ",
        columns_of_item!(),
        " FROM cart_item INNER JOIN item ON cart_item.item_id = item.id \
         WHERE cart_item.user_id = $1 ORDER BY cart_item.id"
    ),
    "SELECT cart.shop_id, cart.points, offer.id, offer.code, offer.discount_type, offer.discount_value, \
     offer.min_order_paise, offer.max_discount_paise, offer.shop_id, offer.starts_at, offer.expires_at, \
     offer.total_limit, offer.per_user_limit, offer.redeemed_count, offer.is_active \
     FROM cart LEFT JOIN (coupon_redemption INNER JOIN offer ON coupon_redemption.offer_id = offer.id) \
     ON coupon_redemption.user_id = cart.user_id AND coupon_redemption.status = $2 WHERE cart.user_id = $1 LIMIT $3",
    SHOPS_BY_ID,
];

pub const WALLET: &[&str] = &[
    "SELECT balance_paise FROM consumer_wallet WHERE user_id = $1 LIMIT $2",
    "SELECT id, kind, source, amount_paise, balance_after_paise, reference, order_id, created_at \
     FROM wallet_transaction WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
];

pub const ORDERS: &[&str] = &[
    "SELECT id, user_id, shop_id, status, payment_mode, payment_status, total_paise, discount_paise, final_paise, \
     coupon_code, coupon_discount_paise, points_redeemed, points_discount_paise, delivery_notes, delivery_address, \
     held_paise, event_seq, created_at, updated_at \
     FROM orders WHERE id < $1 AND user_id = $2 ORDER BY id DESC LIMIT $3",
    SHOPS_BY_ID,
    "SELECT id, order_id, item_id, name, unit, unit_price_paise, quantity, subtotal_paise, \
     ordered_quantity FROM order_item WHERE order_id = ANY($1) AND quantity > 0 ORDER BY order_id, id",
];

/// One entry more than is shown tells whether there are more.
const PAGE_OF_20: i64 = 21;
const PAGE_OF_5: i64 = 6;
const WHOLE_LIST: i64 = 10_001;

pub async fn shops(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [shops, items] = places(prepared)?;
    let shops = client.query(shops, &[&person.city, &person.society, &PAGE_OF_20]).await?;
    let ids: Vec<i64> = shops.iter().take(20).map(|row| row.get(0)).collect();
    let (afters, limits) = (vec![0_i64; ids.len()], vec![PAGE_OF_5; ids.len()]);
    let items = client.query(items, &[&ids, &afters, &limits]).await?;
    Ok(shops.len() + items.len())
}

pub async fn all_shops(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [shops] = places(prepared)?;
    Ok(client.query(shops, &[&person.city, &person.society, &WHOLE_LIST]).await?.len())
}

pub async fn search(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [shops] = places(prepared)?;
    let conditions: [&(dyn ToSql + Sync); 9] = [
        &person.city,
        &person.society,
        &"%shop%",
        &"%shop%",
        &2.0_f64,
        &"%number%",
        &2_000_i64,
        &18_000_i64,
        &21_i64,
    ];
    Ok(client.query(shops, &conditions).await?.len())
}

pub async fn cart(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [lines, beside, shops] = places(prepared)?;
    let of_cart: [&(dyn ToSql + Sync); 3] = [&person.user_id, &"applied", &1_i64];
    let of_lines: [&(dyn ToSql + Sync); 1] = [&person.user_id];
    let (lines, _) = try_join!(client.query(lines, &of_lines), client.query(beside, &of_cart))?;
    let shops = client.query(shops, &[&distinct(&lines, 3)]).await?;
    Ok(lines.len() + shops.len())
}

pub async fn wallet(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [wallet, transactions] = places(prepared)?;
    let wallet = client.query(wallet, &[&person.user_id, &1_i64]).await?;
    let transactions = client.query(transactions, &[&person.user_id, &i64::MAX, &PAGE_OF_20]).await?;
    Ok(wallet.len() + transactions.len())
}

pub async fn orders(client: &Client, prepared: &[Statement], person: &Person) -> Result<usize> {
    let [orders, shops, items] = places(prepared)?;
    let orders = client.query(orders, &[&i64::MAX, &person.user_id, &PAGE_OF_20]).await?;
    let (shop_ids, ids) = (distinct(&orders, 2), distinct(&orders, 0));
    let (shops, items) = futures_util::try_join!(async { client.query(shops, &[&shop_ids]).await }, async {
        client.query(items, &[&ids]).await
    })?;
    Ok(orders.len() + shops.len() + items.len())
}

/// The different ids of a column.
fn distinct(rows: &[Row], column: usize) -> Vec<i64> {
    let ids: BTreeSet<i64> = rows.iter().map(|row| row.get(column)).collect();
    ids.into_iter().collect()
}
