//! What the shop does to an order.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Kind, NewEvent};
use crate::journeys::orders::status::{self, Act, Effect, Status};
use crate::journeys::orders::{Order, PaymentMode, PaymentStatus};
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::schema::{item, order_action_log, order_item, order_status_log, orders, shop};
use crate::values::{ItemId, OrderId, UserId};

/// Accepts, rejects or delivers an order of the vendor's shop, with all that follows for money and stock.
///
/// # Errors
/// `NOT_FOUND` for no such order, `FORBIDDEN` for another shop's, `CONFLICT` when its state does not allow the act.
pub async fn act(
    conn: &mut Conn,
    vendor: UserId,
    id: OrderId,
    act: Act,
    now: DateTime<Utc>,
) -> Result<Order> {
    let order = lock(conn, vendor, id).await?;
    let transition = status::next(order.status, act)?;
    let payment_status = match transition.effect {
        Effect::None => order.payment_status,
        Effect::GiveBack => give_back(conn, &order, now).await?,
        Effect::PayShop => pay_shop(conn, &order, now).await?,
    };
    move_on(conn, &order, transition.status, payment_status, vendor, now).await
}

/// Locks the order before anything is written: ids of transactions then grow in the order of the locks.
async fn lock(conn: &mut Conn, vendor: UserId, id: OrderId) -> Result<Order> {
    let order = orders::table
        .find(id)
        .select(Order::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Order not found").of_field("orderId"))?;
    let owner: UserId = shop::table.find(order.shop_id).select(shop::owner_id).first(conn).await?;
    if owner == vendor { Ok(order) } else { Err(Error::forbidden("Unauthorized").of_field("orderId")) }
}

/// Gives the goods back to the stock, and what a wallet paid back to it.
async fn give_back(conn: &mut Conn, order: &Order, now: DateTime<Utc>) -> Result<PaymentStatus> {
    let lines: Vec<(ItemId, i32)> = order_item::table
        .inner_join(item::table)
        .filter(order_item::order_id.eq(order.id))
        .order(item::id)
        .select((item::id, order_item::quantity))
        .for_no_key_update()
        .load(conn)
        .await?;
    for (id, quantity) in lines {
        diesel::update(item::table.find(id))
            .set(item::quantity_in_stock.eq(item::quantity_in_stock + quantity))
            .execute(conn)
            .await?;
    }
    if order.payment_mode == PaymentMode::Cash {
        return Ok(order.payment_status);
    }
    let reference = format!("Order #{} rejected", order.id);
    let refund = Posting {
        kind: WalletKind::Refund,
        source: WalletSource::OrderReject,
        amount: order.final_amount,
        reference: &reference,
        order_id: Some(order.id),
    };
    book::post(conn, order.user_id, &refund, now).await?;
    Ok(PaymentStatus::Refunded)
}

/// Pays the shop what the wallet paid. Cash was paid at the door.
async fn pay_shop(conn: &mut Conn, order: &Order, now: DateTime<Utc>) -> Result<PaymentStatus> {
    if order.payment_mode == PaymentMode::Wallet {
        book::pay_shop(conn, order.shop_id, order.id, order.final_amount, now).await?;
    }
    Ok(PaymentStatus::Paid)
}

/// Writes the new state, its logs and its event.
async fn move_on(
    conn: &mut Conn,
    order: &Order,
    to: Status,
    payment_status: PaymentStatus,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<Order> {
    let moved = diesel::update(orders::table.find(order.id))
        .set((
            orders::status.eq(to),
            orders::payment_status.eq(payment_status),
            orders::event_seq.eq(orders::event_seq + 1),
            orders::updated_at.eq(now),
        ))
        .returning(Order::as_returning())
        .get_result(conn)
        .await?;
    diesel::insert_into(order_status_log::table)
        .values((
            order_status_log::order_id.eq(order.id),
            order_status_log::status.eq(to),
            order_status_log::updated_by.eq(by),
            order_status_log::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    diesel::insert_into(order_action_log::table)
        .values((
            order_action_log::order_id.eq(order.id),
            order_action_log::action.eq("status_updated"),
            order_action_log::actor_id.eq(by),
            order_action_log::detail.eq(to.as_str()),
            order_action_log::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    let changed = NewEvent {
        kind: Kind::OrderStatusChanged,
        order_id: Some(order.id),
        seq: Some(moved.event_seq),
        user_id: Some(order.user_id),
        shop_id: Some(order.shop_id),
        value: to.as_str(),
        created_at: now,
    };
    events::record(conn, &changed).await?;
    Ok(moved)
}
