//! From cart to order, in one transaction: stock, money, lines, logs, event, empty cart.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::{TryFutureExt, try_join};

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::events::{Notice, NotificationKind, notify};
use crate::journeys::addresses::Address;
use crate::journeys::orders::record::{Action, Trace};
use crate::journeys::orders::status::Status;
use crate::journeys::orders::{Order, PaymentMode, PaymentStatus};
use crate::journeys::shops::Item;
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::ledger::coupon::{self, Asked, Terms};
use crate::ledger::points::{self, PointsKind, PointsPosting};
use crate::ledger::stock::{Movements, StockReason};
use crate::ledger::{Line, Quote, quote};
use crate::schema::{cart, cart_item, item, order_item, orders, shop};
use crate::values::{AddressId, Paise, ShopId, UserId, optional_text};

/// How the consumer wants the cart to become an order.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Checkout {
    payment_mode: PaymentMode,
    delivery_notes: Option<String>,
    address: Option<AddressId>,
}

impl Checkout {
    /// A way to pay, what is asked of the delivery, at most 500 characters, and one of the consumer's addresses.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `deliveryNotes`.
    pub fn new(
        payment_mode: PaymentMode,
        delivery_notes: Option<&str>,
        address: Option<AddressId>,
    ) -> Result<Checkout> {
        let delivery_notes = optional_text(delivery_notes, 500)
            .map_err(|problem| Error::bad_input("deliveryNotes", format!("deliveryNotes {problem}")))?;
        Ok(Checkout { payment_mode, delivery_notes, address })
    }
}

/// Places an order of everything in the cart and empties it.
///
/// Of two calls at once the second waits for the cart's row and finds the cart empty.
///
/// # Errors
/// `CONFLICT` for an empty cart or a closed shop, `OUT_OF_STOCK` with the item's title, `INSUFFICIENT_BALANCE`,
/// `INSUFFICIENT_POINTS`, `COUPON_INVALID`; `NOT_FOUND` for an address that is not the consumer's.
pub async fn confirm(
    conn: &mut Conn,
    who: &Viewer,
    checkout: &Checkout,
    now: DateTime<Utc>,
) -> Result<Order> {
    let user = who.user_id;
    let (shop, points) = lock_cart(conn, user).await?.ok_or_else(|| Error::conflict("Cart is empty"))?;
    let lines = lock_lines(conn, user).await?;
    let owner = check_shop(conn, who, shop).await?;
    check_lines(&lines)?;
    let coupon = coupon::lock_applied(conn, user).await?;
    let cart = Filled { user, shop, lines: &lines, coupon: coupon.as_ref(), points };
    let quote = price(conn, &cart, now).await?;
    let address = address(conn, user, checkout).await?;

    let order = insert_order(conn, &cart, checkout, address, quote, now).await?;
    let trace = Trace { order: order.id, consumer: user, shop, by: user, at: now };
    write_rest(conn, trace, &lines, notice(owner, &order)).await?;
    if let Some(coupon) = &coupon {
        coupon::redeem(conn, user, coupon.id, order.id, now).await?;
    }
    pay(conn, &order, now).await?;
    Ok(order)
}

/// With points first, then with money.
async fn pay(conn: &mut Conn, order: &Order, now: DateTime<Utc>) -> Result<()> {
    let reference = format!("Order #{}", order.id);
    let points = PointsPosting {
        kind: PointsKind::Debit,
        points: -order.points_redeemed,
        order: order.id,
        reference: &reference,
    };
    points::post(conn, order.user_id, &points, now).await?;
    if order.payment_mode == PaymentMode::Wallet && order.final_amount > Paise::ZERO {
        let payment = Posting {
            kind: WalletKind::Debit,
            source: WalletSource::OrderConfirm,
            amount: order.final_amount,
            reference: &reference,
            order_id: Some(order.id),
        };
        book::post(conn, order.user_id, &payment, now).await?;
    }
    Ok(())
}

/// Locks the cart first: everything else of this order waits behind it. The shop of its lines, and the points in it.
async fn lock_cart(conn: &mut Conn, user: UserId) -> Result<Option<(ShopId, i64)>> {
    let found = cart::table.find(user).select((cart::shop_id, cart::points)).for_update().first(conn).await;
    let found: Option<(Option<ShopId>, i64)> = found.optional()?;
    Ok(found.and_then(|(shop, points)| Some((shop?, points))))
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

/// The shop must be open, and of the viewer's society still. Whose it is.
async fn check_shop(conn: &mut Conn, who: &Viewer, id: ShopId) -> Result<UserId> {
    let (is_open, city, society, owner): (bool, String, String, UserId) = shop::table
        .find(id)
        .select((shop::is_open, shop::city, shop::society, shop::owner_id))
        .first(conn)
        .await?;
    if who.city.as_ref() != Some(&city) || who.society.as_ref() != Some(&society) {
        return Err(Error::conflict("The shop does not serve your society"));
    }
    if is_open { Ok(owner) } else { Err(Error::conflict("Shop is currently closed")) }
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

/// A locked cart with everything in it.
struct Filled<'a> {
    user: UserId,
    shop: ShopId,
    lines: &'a [(Item, i32)],
    coupon: Option<&'a Terms>,
    points: i64,
}

/// The price that the cart showed. A coupon that does not hold any more stops the order: no price changes silently.
async fn price(conn: &mut Conn, cart: &Filled<'_>, now: DateTime<Utc>) -> Result<Quote> {
    let line =
        |(item, quantity): &(Item, i32)| Line { price: item.price, mrp: item.mrp, quantity: *quantity };
    let lines: Vec<Line> = cart.lines.iter().map(line).collect();
    let quote = quote(&lines, cart.coupon, cart.points);
    if let Some(coupon) = cart.coupon {
        let used = coupon::used(conn, cart.user, coupon.id).await?;
        coupon.check(&Asked { shop: Some(cart.shop), total: quote.total, used, now })?;
    }
    if quote.total > Paise::MAX {
        return Err(Error::conflict(format!("An order costs at most {}", Paise::MAX)));
    }
    Ok(quote)
}

/// The address as the order keeps it.
async fn address(conn: &mut Conn, user: UserId, checkout: &Checkout) -> Result<Option<String>> {
    let Some(id) = checkout.address else { return Ok(None) };
    let address = Address::find(conn, user, id).await.map_err(|error| error.of_field("addressId"))?;
    Ok(Some(address.in_one_line()))
}

/// What the shop's vendor is told.
fn notice(to: UserId, order: &Order) -> Notice {
    let body = format!("Order #{} over ₹{} waits for your answer.", order.id, order.final_amount);
    let title = "New order".to_owned();
    Notice { to, kind: NotificationKind::Order, title, body, target_id: Some(order.id.0) }
}

async fn insert_order(
    conn: &mut Conn,
    cart: &Filled<'_>,
    checkout: &Checkout,
    address: Option<String>,
    quote: Quote,
    now: DateTime<Utc>,
) -> Result<Order> {
    let (payment_status, held) = match checkout.payment_mode {
        PaymentMode::Wallet => (PaymentStatus::Paid, quote.payable),
        PaymentMode::Cash => (PaymentStatus::Unpaid, Paise::ZERO),
    };
    Ok(diesel::insert_into(orders::table)
        .values((
            orders::user_id.eq(cart.user),
            orders::shop_id.eq(cart.shop),
            orders::status.eq(Status::Pending),
            orders::payment_mode.eq(checkout.payment_mode),
            orders::payment_status.eq(payment_status),
            orders::total_paise.eq(quote.total),
            orders::discount_paise.eq(quote.discount()),
            orders::coupon_code.eq(cart.coupon.map(|coupon| &coupon.code)),
            orders::coupon_discount_paise.eq(quote.coupon_discount),
            orders::points_redeemed.eq(quote.points),
            orders::points_discount_paise.eq(quote.points_discount),
            orders::final_paise.eq(quote.payable),
            orders::held_paise.eq(held),
            orders::delivery_notes.eq(&checkout.delivery_notes),
            orders::delivery_address.eq(address),
            orders::event_seq.eq(1),
            orders::created_at.eq(now),
            orders::updated_at.eq(now),
        ))
        .returning(Order::as_returning())
        .get_result(conn)
        .await?)
}

/// Everything that follows from the order's row and from the locked cart. The statements do not need each other's
/// answers, so they go to the database in one go; it runs them in this order.
async fn write_rest(conn: &mut Conn, trace: Trace, lines: &[(Item, i32)], notice: Notice) -> Result<()> {
    let conn: &AsyncPgConnection = conn;
    let in_cart = cart_item::table.filter(cart_item::user_id.eq(trace.consumer));

    // Copied inside the database: the prices are those of the locked rows.
    let copied = diesel::insert_into(order_item::table)
        .values(in_cart.inner_join(item::table).order(cart_item::id).select((
            trace.order.into_sql::<diesel::sql_types::BigInt>(),
            item::id,
            item::title,
            item::unit,
            item::price_paise,
            cart_item::quantity,
            item::price_paise * cart_item::quantity.cast::<diesel::sql_types::BigInt>(),
            cart_item::quantity,
        )))
        .into_columns((
            order_item::order_id,
            order_item::item_id,
            order_item::name,
            order_item::unit,
            order_item::unit_price_paise,
            order_item::quantity,
            order_item::subtotal_paise,
            order_item::ordered_quantity,
        ))
        .execute(&mut &*conn)
        .map_err(Error::from);
    let taken = lines.iter().map(|(item, quantity)| (item.id, -quantity));
    let stock = Movements::of_order(trace.order, StockReason::OrderPlaced, taken, trace.at);
    let emptied = diesel::delete(in_cart).execute(&mut &*conn).map_err(Error::from);
    let closed = diesel::update(cart::table.find(trace.consumer))
        .set((cart::shop_id.eq(None::<ShopId>), cart::points.eq(0), cart::updated_at.eq(trace.at)))
        .execute(&mut &*conn)
        .map_err(Error::from);
    try_join!(
        copied,
        stock.write(conn),
        trace.status(conn, Some(Status::Pending), 1),
        trace.action(conn, Action::Created, "Order placed"),
        notify(conn, std::slice::from_ref(&notice), trace.at),
        emptied,
        closed,
    )?;
    Ok(())
}
