//! What moves an order on as it is: accepted, rejected, delivered, called off.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::Result;
use crate::journeys::orders::lock::{Held, lock};
use crate::journeys::orders::record::{Acted, Action, Change, Deed, NewMessage};
use crate::journeys::orders::status::{Act, Effect, Side, Transition, next};
use crate::ledger::book::WalletSource;
use crate::ledger::coupon;
use crate::ledger::points::{self, PointsKind, PointsPosting};
use crate::ledger::stock::{Movements, StockReason};
use crate::schema::order_item;
use crate::values::{ItemId, OrderId, Paise};

/// What moves an order on as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Step {
    /// The shop takes it on.
    Accept,
    /// The shop turns it down.
    Reject,
    /// The shop hands it over.
    Deliver,
    /// Either side calls it off.
    Cancel,
}

impl From<Step> for Act {
    fn from(step: Step) -> Act {
        match step {
            Step::Accept => Act::Accept,
            Step::Reject => Act::Reject,
            Step::Deliver => Act::Deliver,
            Step::Cancel => Act::Cancel,
        }
    }
}

/// Accepts, rejects, delivers or cancels an order, with all that follows for money and stock.
///
/// # Errors
/// As [`lock`] and [`next`].
pub async fn take(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    step: Step,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id, now).await?;
    let carry_out = async |conn: &mut Conn| carry_out(conn, &held, step).await;
    let refund = once(conn, who.user_id, ask, now, carry_out).await?;
    Acted::read(conn, id, refund).await
}

/// What the consumer's wallet got back.
async fn carry_out(conn: &mut Conn, held: &Held, step: Step) -> Result<Paise> {
    let transition = next(held.order.status, step.into(), held.side)?;
    match transition.effect {
        Effect::GiveBack => {
            give_goods_back(conn, held).await?;
            give_rewards_back(conn, held).await?;
        }
        Effect::PayShop => earn(conn, held).await?,
        Effect::None | Effect::Settle | Effect::PayReturn => {}
    }
    // Of what is given back; who delivers takes nothing from the consumer's wallet.
    let source = match (step, held.side) {
        (Step::Reject, _) => WalletSource::OrderReject,
        (_, Side::Vendor) => WalletSource::VendorCancel,
        (_, Side::Consumer) => WalletSource::OrderCancel,
    };
    let moved = held.move_money(conn, transition, Paise::ZERO, source).await?;
    held.write(conn, &Change::of(transition, &moved), &deed(held, step, transition)).await?;
    Ok(moved.refund)
}

/// Everything that the order's lines took from the stock.
async fn give_goods_back(conn: &mut Conn, held: &Held) -> Result<()> {
    let lines: Vec<(ItemId, i32)> = order_item::table
        .filter(order_item::order_id.eq(held.order.id))
        .select((order_item::item_id, order_item::quantity))
        .load(conn)
        .await?;
    Movements::of_order(held.order.id, StockReason::OrderClosed, lines, held.at).lock_and_write(conn).await
}

/// The coupon may be used again, and the points are back.
async fn give_rewards_back(conn: &mut Conn, held: &Held) -> Result<()> {
    let order = &held.order;
    if order.coupon_code.is_some() {
        coupon::release(conn, order.id, held.at).await?;
    }
    let posting = PointsPosting {
        kind: PointsKind::Reversal,
        points: order.points_redeemed,
        order: order.id,
        reference: &format!("Order #{} called off", order.id),
    };
    points::post(conn, order.user_id, &posting, held.at).await
}

/// What a delivery is worth in points.
async fn earn(conn: &mut Conn, held: &Held) -> Result<()> {
    let order = &held.order;
    let posting = PointsPosting {
        kind: PointsKind::Credit,
        points: points::earned(order.final_amount),
        order: order.id,
        reference: &format!("Order #{} delivered", order.id),
    };
    points::post(conn, order.user_id, &posting, held.at).await
}

/// What the logs and the other side are told. Both sides read the messages, so they name who acted.
fn deed(held: &Held, step: Step, transition: Transition) -> Deed<'static> {
    let (id, shop) = (held.order.id, &held.shop_name);
    let (title, body) = match (step, held.side) {
        (Step::Accept, _) => ("Order accepted", format!("{shop} accepted order #{id}.")),
        (Step::Reject, _) => ("Order rejected", format!("{shop} could not take order #{id}.")),
        (Step::Deliver, _) => ("Order delivered", format!("{shop} delivered order #{id}. How was it?")),
        (Step::Cancel, Side::Consumer) => ("Order cancelled", format!("The customer cancelled order #{id}.")),
        (Step::Cancel, Side::Vendor) => ("Order cancelled", format!("{shop} cancelled order #{id}.")),
    };
    let automatic = |text| Some(NewMessage { text: Cow::Borrowed(text), is_automatic: true });
    let (action, detail, message) = match (step, held.side) {
        (Step::Cancel, Side::Consumer) => {
            (Action::Cancelled, "Cancelled by consumer", automatic("Order cancelled by the customer."))
        }
        (Step::Cancel, Side::Vendor) => {
            (Action::Cancelled, "Cancelled by vendor", automatic("Order cancelled by the shop."))
        }
        _ => (Action::StatusUpdated, transition.status.as_str(), None),
    };
    Deed { action, detail: Cow::Borrowed(detail), message, title, body }
}
