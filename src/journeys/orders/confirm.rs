//! From cart to order, in one transaction: stock, money, lines, logs, event, empty cart.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::events::{Kind, NewEvent};
use crate::journeys::orders::status::Status;
use crate::journeys::orders::{PaymentMode, PaymentStatus};
use crate::journeys::shops::Item;
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::ledger::{Line, Quote, quote};
use crate::schema::{
    cart, cart_item, event, item, order_action_log, order_item, order_status_log, orders, shop,
};
use crate::values::{OrderId, Paise, ShopId, UserId, optional_text};

/// How the consumer wants the cart to become an order.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Checkout {
    payment_mode: PaymentMode,
    delivery_notes: Option<String>,
}

impl Checkout {
    /// A way to pay, and what is asked of the delivery, at most 500 characters.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `deliveryNotes`.
    pub fn new(payment_mode: PaymentMode, delivery_notes: Option<&str>) -> Result<Checkout> {
        let delivery_notes = optional_text(delivery_notes, 500)
            .map_err(|problem| Error::bad_input("deliveryNotes", format!("deliveryNotes {problem}")))?;
        Ok(Checkout { payment_mode, delivery_notes })
    }
}

/// Places an order of everything in the cart and empties it.
///
/// Of two calls at once the second waits for the cart's row and finds the cart empty.
///
/// # Errors
/// `CONFLICT` for an empty cart or a closed shop, `OUT_OF_STOCK` with the item's title, `INSUFFICIENT_BALANCE`.
pub async fn confirm(
    conn: &mut Conn,
    who: &Viewer,
    checkout: &Checkout,
    now: DateTime<Utc>,
) -> Result<OrderId> {
    let shop = lock_cart(conn, who.user_id).await?.ok_or_else(|| Error::conflict("Cart is empty"))?;
    let lines = lock_lines(conn, who.user_id).await?;
    check_shop(conn, who, shop).await?;
    check_lines(&lines)?;
    let quote = price(&lines)?;

    let order = insert_order(conn, who.user_id, shop, checkout, quote, now).await?;
    write_rest(conn, who.user_id, shop, order, now).await?;
    if checkout.payment_mode == PaymentMode::Wallet {
        let reference = format!("Order #{order}");
        let payment = Posting {
            kind: WalletKind::Debit,
            source: WalletSource::OrderConfirm,
            amount: quote.payable,
            reference: &reference,
            order_id: Some(order),
        };
        book::post(conn, who.user_id, &payment, now).await?;
    }
    Ok(order)
}

/// Locks the cart first: everything else of this order waits behind it. The shop of its lines.
async fn lock_cart(conn: &mut Conn, user: UserId) -> Result<Option<ShopId>> {
    let shop = cart::table.find(user).select(cart::shop_id).for_update().first::<Option<ShopId>>(conn).await;
    Ok(shop.optional()?.flatten())
}

/// Locks the items by id, so that two carts with the same items never wait for each other in a circle.
///
/// What is read is what the lock found: stock that another order took meanwhile is seen.
async fn lock_lines(conn: &mut Conn, user: UserId) -> Result<Vec<(Item, i32)>> {
    Ok(item::table
        .inner_join(cart_item::table)
        .filter(cart_item::user_id.eq(user))
        .order(item::id)
        .select((Item::as_select(), cart_item::quantity))
        // Others may go on putting these items into their carts.
        .for_no_key_update()
        .load(conn)
        .await?)
}

/// The shop must be open, and of the viewer's society still.
async fn check_shop(conn: &mut Conn, who: &Viewer, id: ShopId) -> Result<()> {
    let (is_open, city, society): (bool, String, String) =
        shop::table.find(id).select((shop::is_open, shop::city, shop::society)).first(conn).await?;
    if who.city.as_ref() != Some(&city) || who.society.as_ref() != Some(&society) {
        return Err(Error::conflict("The shop does not serve your society"));
    }
    if is_open { Ok(()) } else { Err(Error::conflict("Shop is currently closed")) }
}

fn check_lines(lines: &[(Item, i32)]) -> Result<()> {
    if lines.is_empty() {
        return Err(Error::conflict("Cart is empty"));
    }
    for (item, quantity) in lines {
        if !item.is_active || !item.is_available {
            return Err(Error::new(Code::OutOfStock, format!("Item not available: {}", item.title)));
        }
        if item.quantity_in_stock < *quantity {
            return Err(Error::new(Code::OutOfStock, format!("Not enough stock for item {}", item.title)));
        }
    }
    Ok(())
}

fn price(lines: &[(Item, i32)]) -> Result<Quote> {
    let lines: Vec<Line> = lines
        .iter()
        .map(|(item, quantity)| Line { price: item.price, mrp: item.mrp, quantity: *quantity })
        .collect();
    let quote = quote(&lines);
    if quote.total > Paise::MAX {
        return Err(Error::conflict(format!("An order costs at most {}", Paise::MAX)));
    }
    Ok(quote)
}

async fn insert_order(
    conn: &mut Conn,
    user: UserId,
    shop: ShopId,
    checkout: &Checkout,
    quote: Quote,
    now: DateTime<Utc>,
) -> Result<OrderId> {
    let payment_status = match checkout.payment_mode {
        PaymentMode::Wallet => PaymentStatus::Paid,
        PaymentMode::Cash => PaymentStatus::Unpaid,
    };
    Ok(diesel::insert_into(orders::table)
        .values((
            orders::user_id.eq(user),
            orders::shop_id.eq(shop),
            orders::status.eq(Status::Pending),
            orders::payment_mode.eq(checkout.payment_mode),
            orders::payment_status.eq(payment_status),
            orders::total_paise.eq(quote.total),
            orders::discount_paise.eq(quote.discount),
            orders::final_paise.eq(quote.payable),
            orders::delivery_notes.eq(&checkout.delivery_notes),
            orders::event_seq.eq(1),
            orders::created_at.eq(now),
            orders::updated_at.eq(now),
        ))
        .returning(orders::id)
        .get_result(conn)
        .await?)
}

/// Everything that follows from the order's row and from the locked cart. The statements do not need each other's
/// answers, so they go to the database in one go; it runs them in this order.
async fn write_rest(
    conn: &mut Conn,
    user: UserId,
    shop: ShopId,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<()> {
    let conn: &AsyncPgConnection = conn;
    let in_cart = cart_item::table.filter(cart_item::user_id.eq(user));

    // Copied inside the database: the prices are those of the locked rows.
    let lines = diesel::insert_into(order_item::table)
        .values(in_cart.inner_join(item::table).order(cart_item::id).select((
            order.into_sql::<diesel::sql_types::BigInt>(),
            item::id,
            item::title,
            item::unit,
            item::price_paise,
            cart_item::quantity,
            item::price_paise * cart_item::quantity.cast::<diesel::sql_types::BigInt>(),
        )))
        .into_columns((
            order_item::order_id,
            order_item::item_id,
            order_item::name,
            order_item::unit,
            order_item::unit_price_paise,
            order_item::quantity,
            order_item::subtotal_paise,
        ))
        .execute(&mut &*conn);
    let taken = cart_item::table
        .filter(cart_item::user_id.eq(user))
        .filter(cart_item::item_id.eq(item::id))
        .select(cart_item::quantity)
        .single_value()
        .assume_not_null();
    let stock = diesel::update(item::table.filter(item::id.eq_any(in_cart.select(cart_item::item_id))))
        .set(item::quantity_in_stock.eq(item::quantity_in_stock - taken))
        .execute(&mut &*conn);
    let status_log = diesel::insert_into(order_status_log::table)
        .values((
            order_status_log::order_id.eq(order),
            order_status_log::status.eq(Status::Pending),
            order_status_log::updated_by.eq(user),
            order_status_log::created_at.eq(now),
        ))
        .execute(&mut &*conn);
    let action_log = diesel::insert_into(order_action_log::table)
        .values((
            order_action_log::order_id.eq(order),
            order_action_log::action.eq("order_created"),
            order_action_log::actor_id.eq(user),
            order_action_log::detail.eq("Order placed"),
            order_action_log::created_at.eq(now),
        ))
        .execute(&mut &*conn);
    let placed = NewEvent {
        kind: Kind::OrderStatusChanged,
        order_id: Some(order),
        seq: Some(1),
        user_id: Some(user),
        shop_id: Some(shop),
        value: Status::Pending.as_str(),
        created_at: now,
    };
    let event = diesel::insert_into(event::table).values(&placed).execute(&mut &*conn);
    let emptied = diesel::delete(in_cart).execute(&mut &*conn);
    let closed = diesel::update(cart::table.find(user))
        .set((cart::shop_id.eq(None::<ShopId>), cart::updated_at.eq(now)))
        .execute(&mut &*conn);
    try_join!(lines, stock, status_log, action_log, event, emptied, closed)?;
    Ok(())
}
