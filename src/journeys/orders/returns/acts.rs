//! The acts of a return. Each begins with the order's lock.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::OrderItem;
use crate::journeys::orders::lock::{Held, lock};
use crate::journeys::orders::money::value_of_return;
use crate::journeys::orders::record::{Acted, Action, Change, Deed, some_of};
use crate::journeys::orders::returns::{MOST, NewReturn, OrderReturn, ReturnStatus};
use crate::journeys::orders::status::{Act, Transition, next};
use crate::ledger::book::{self, WalletSource};
use crate::ledger::points::{self, Part};
use crate::ledger::stock::{Movements, StockReason};
use crate::schema::order_return;
use crate::values::{ItemId, OrderId, OrderReturnId, Paise};

/// Asks to give something back. The order stays delivered until the shop agrees. The new returns' ids.
///
/// # Errors
/// As [`lock`] and [`next`]; `BAD_INPUT` for the items; `CONFLICT` when all of one is returned already.
pub async fn request(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    new: &NewReturn,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Vec<OrderReturnId>> {
    let held = lock(conn, who, id, now).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| {
        next(held.order.status, Act::RequestReturn, held.side)?;
        let (ids, goods) = insert(conn, &held, new, ReturnStatus::Requested).await?;
        let body = format!("The customer wants to return {} of order #{id}.", some_of(&goods));
        let detail = Cow::Owned(goods.join(", "));
        let title = "Return requested";
        let deed = Deed { action: Action::ReturnRequested, detail, message: None, title, body };
        held.write(conn, &Change::default(), &deed).await?;
        Ok(ids)
    })
    .await
}

/// Agrees to everything that the consumer asked to give back.
///
/// # Errors
/// As [`lock`] and [`next`]; `CONFLICT` when nothing was asked.
pub async fn accept(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id, now).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| {
        let transition = next(held.order.status, Act::AcceptReturn, held.side)?;
        let accepted = move_on(conn, &held, ReturnStatus::Requested, ReturnStatus::Accepted).await?;
        if accepted.is_empty() {
            return Err(Error::conflict("No pending return requests"));
        }
        let detail = Cow::Borrowed("Return accepted");
        let body = format!("{} takes back what you want to return of order #{id}.", held.shop_name);
        let title = "Return accepted";
        let deed = Deed { action: Action::ReturnAccepted, detail, message: None, title, body };
        held.write(conn, &moved_to(transition), &deed).await.map(drop)
    })
    .await?;
    Acted::read(conn, id, Paise::ZERO).await
}

/// Takes something back without being asked. The new returns' ids.
///
/// # Errors
/// As [`lock`] and [`next`]; `BAD_INPUT` for the items; `CONFLICT` while the consumer's own request waits.
pub async fn initiate(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    new: &NewReturn,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Vec<OrderReturnId>> {
    let held = lock(conn, who, id, now).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| {
        let transition = next(held.order.status, Act::InitiateReturn, held.side)?;
        book::check_open(conn, held.order.user_id).await?;
        let asked = OrderReturn::of_order(conn, id).await?;
        // It could never be accepted afterwards.
        if asked.iter().any(|row| row.status == ReturnStatus::Requested) {
            return Err(Error::conflict("The customer has asked for a return: accept it instead"));
        }
        let (ids, goods) = insert(conn, &held, new, ReturnStatus::Accepted).await?;
        let body = format!("{} takes back {} of order #{id}.", held.shop_name, some_of(&goods));
        let detail = Cow::Owned(goods.join(", "));
        let title = "Return initiated";
        let deed = Deed { action: Action::ReturnForced, detail, message: None, title, body };
        held.write(conn, &moved_to(transition), &deed).await?;
        Ok(ids)
    })
    .await
}

/// The goods are back: they go to the stock, and their share of what was paid goes to the consumer, out of the shop's
/// wallet.
///
/// # Errors
/// As [`lock`] and [`next`]; `INSUFFICIENT_BALANCE` when the shop's wallet holds too little.
pub async fn complete(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id, now).await?;
    let pay = async |conn: &mut Conn| pay(conn, &held).await;
    let refund = once(conn, who.user_id, ask, now, pay).await?;
    Acted::read(conn, id, refund).await
}

/// What the consumer's wallet got back.
async fn pay(conn: &mut Conn, held: &Held) -> Result<Paise> {
    let order = &held.order;
    let transition = next(order.status, Act::CompleteReturn, held.side)?;
    let goods = move_on(conn, held, ReturnStatus::Accepted, ReturnStatus::Completed).await?;
    if goods.is_empty() {
        return Err(Error::conflict("No accepted returns found"));
    }
    let lines = OrderItem::of_order(conn, order.id).await?;
    let returned = worth(&lines, &goods);
    let worth = value_of_return(order.total, order.final_amount, returned);
    let movements = Movements::of_order(order.id, StockReason::ReturnCompleted, sums(&goods), held.at);
    movements.lock_and_write(conn).await?;
    let part = Part { returned, total: order.total };
    let earned = points::earned(order.final_amount);
    points::settle_return(conn, order.user_id, order.id, part, order.points_redeemed, earned, held.at)
        .await?;
    let moved = held.move_money(conn, transition, worth, WalletSource::ReturnCompleted).await?;
    let body = format!("{} has back what you returned of order #{}.", held.shop_name, order.id);
    let detail = Cow::Owned(format!("Worth {worth}"));
    let title = "Return completed";
    let deed = Deed { action: Action::ReturnCompleted, detail, message: None, title, body };
    held.write(conn, &Change::of(transition, &moved), &deed).await?;
    Ok(moved.refund)
}

/// What the order's prices say of these goods.
fn worth(lines: &[OrderItem], returned: &[(ItemId, i32)]) -> Paise {
    let price = |id| lines.iter().find(|line| line.item_id == id).map_or(0, |line| line.unit_price.0);
    Paise(returned.iter().map(|(id, quantity)| price(*id) * i64::from(*quantity)).sum())
}

/// Once each item: several returns may bring back the same.
fn sums(returned: &[(ItemId, i32)]) -> Vec<(ItemId, i32)> {
    let mut sums: Vec<(ItemId, i32)> = Vec::new();
    for (id, quantity) in returned {
        match sums.iter_mut().find(|(known, _)| known == id) {
            Some((_, sum)) => *sum += quantity,
            None => sums.push((*id, *quantity)),
        }
    }
    sums
}

fn moved_to(transition: Transition) -> Change {
    Change { status: Some(transition.status), ..Change::default() }
}

/// Writes the rows of a new return; their ids, and what they are in words.
async fn insert(
    conn: &mut Conn,
    held: &Held,
    new: &NewReturn,
    status: ReturnStatus,
) -> Result<(Vec<OrderReturnId>, Vec<String>)> {
    let id = held.order.id;
    let lines = OrderItem::of_order(conn, id).await?;
    let before = OrderReturn::of_order(conn, id).await?;
    let wanted = new.check(&lines, &before)?;
    if before.len() + wanted.len() > MOST {
        return Err(Error::conflict(format!("An order can have at most {MOST} returns")));
    }
    let rows: Vec<_> = wanted
        .iter()
        .map(|(item, quantity)| {
            (
                order_return::order_id.eq(id),
                order_return::item_id.eq(*item),
                order_return::quantity.eq(*quantity),
                order_return::status.eq(status),
                order_return::initiated_by.eq(held.side),
                order_return::reason.eq(&new.reason),
                order_return::created_at.eq(held.at),
                order_return::updated_at.eq(held.at),
            )
        })
        .collect();
    let ids = diesel::insert_into(order_return::table)
        .values(rows)
        .returning(order_return::id)
        .get_results(conn)
        .await?;
    Ok((ids, NewReturn::words(&wanted, &lines)))
}

/// Moves an order's returns on; what they bring back.
async fn move_on(
    conn: &mut Conn,
    held: &Held,
    from: ReturnStatus,
    to: ReturnStatus,
) -> Result<Vec<(ItemId, i32)>> {
    let rows = order_return::table
        .filter(order_return::order_id.eq(held.order.id))
        .filter(order_return::status.eq(from));
    Ok(diesel::update(rows)
        .set((order_return::status.eq(to), order_return::updated_at.eq(held.at)))
        .returning((order_return::item_id, order_return::quantity))
        .get_results(conn)
        .await?)
}
