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
use crate::journeys::orders::money::{Funds, Moves, moves};
use crate::journeys::orders::record::{Acted, Action, Change, Deed, NewMessage};
use crate::journeys::orders::status::{Act, Effect, Side, Transition, next};
use crate::ledger::book::{
    self, Posting, ShopPosting, VendorWalletKind, VendorWalletSource, WalletKind, WalletSource,
};
use crate::ledger::stock::{Movements, StockReason};
use crate::schema::order_item;
use crate::values::{ItemId, OrderId, Paise};

/// Accepts, rejects, delivers or cancels an order, with all that follows for money and stock.
///
/// # Errors
/// As [`lock`] and [`next`].
pub async fn act(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    act: Act,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id).await?;
    let carry_out = async |conn: &mut Conn| carry_out(conn, &held, act, now).await;
    let refund = once(conn, who.user_id, ask, now, carry_out).await?;
    Acted::read(conn, id, refund).await
}

/// What the consumer's wallet got back.
async fn carry_out(conn: &mut Conn, held: &Held, act: Act, now: DateTime<Utc>) -> Result<Paise> {
    let transition = next(held.order.status, act, held.side)?;
    if transition.effect == Effect::GiveBack {
        give_goods_back(conn, held, now).await?;
    }
    let source = match (act, held.side) {
        (Act::Reject, _) => WalletSource::OrderReject,
        (_, Side::Vendor) => WalletSource::VendorCancel,
        (_, Side::Consumer) => WalletSource::OrderCancel,
    };
    let moved = held.move_money(conn, transition, Paise::ZERO, source, now).await?;
    let change = Change::of(transition, &moved);
    held.write(conn, &change, &deed(held, act, transition), now).await?;
    Ok(moved.refund)
}

/// Everything that the order's lines took from the stock.
async fn give_goods_back(conn: &mut Conn, held: &Held, now: DateTime<Utc>) -> Result<()> {
    let lines: Vec<(ItemId, i32)> = order_item::table
        .filter(order_item::order_id.eq(held.order.id))
        .select((order_item::item_id, order_item::quantity))
        .load(conn)
        .await?;
    Movements::of_order(held.order.id, StockReason::OrderClosed, lines, now).lock_and_write(conn).await
}

impl Change {
    /// What a transition and its money leave in the order's row.
    pub fn of(transition: Transition, moved: &Moves) -> Change {
        Change {
            status: Some(transition.status),
            payment_status: Some(moved.payment_status),
            held_paise: Some(moved.held),
            ..Change::default()
        }
    }
}

impl Held {
    /// Carries out what a transition moves: first in the consumer's wallet, then in the shop's.
    ///
    /// # Errors
    /// `INSUFFICIENT_BALANCE` of whoever has to pay.
    pub async fn move_money(
        &self,
        conn: &mut Conn,
        transition: Transition,
        returned: Paise,
        source: WalletSource,
        now: DateTime<Utc>,
    ) -> Result<Moves> {
        let order = &self.order;
        let funds = Funds {
            mode: order.payment_mode,
            payment_status: order.payment_status,
            held: order.held,
            final_amount: order.final_amount,
        };
        let moved = moves(transition.effect, &funds, returned);
        for (kind, amount) in [(WalletKind::Debit, moved.debit), (WalletKind::Refund, moved.refund)] {
            if amount > Paise::ZERO {
                let reference = reference(order.id, source);
                let posting =
                    Posting { kind, source, amount, reference: &reference, order_id: Some(order.id) };
                book::post(conn, order.user_id, &posting, now).await?;
            }
        }
        if moved.to_shop > Paise::ZERO {
            let reference = format!("Order #{} delivered", order.id);
            self.post_shop(conn, VendorWalletKind::Credit, moved.to_shop, &reference, now).await?;
        }
        if moved.from_shop > Paise::ZERO {
            let reference = format!("Return refund for order #{}", order.id);
            self.post_shop(conn, VendorWalletKind::Debit, moved.from_shop, &reference, now).await?;
        }
        Ok(moved)
    }

    async fn post_shop(
        &self,
        conn: &mut Conn,
        kind: VendorWalletKind,
        amount: Paise,
        reference: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let source = match kind {
            VendorWalletKind::Credit => VendorWalletSource::OrderDelivered,
            VendorWalletKind::Debit | VendorWalletKind::Withdrawal => VendorWalletSource::ReturnCompleted,
        };
        let posting = ShopPosting { kind, source, amount, reference, order_id: Some(self.order.id) };
        book::post_shop(conn, self.order.shop_id, &posting, now).await.map(drop)
    }
}

/// The text that the consumer reads in the wallet's history.
fn reference(id: OrderId, source: WalletSource) -> String {
    match source {
        WalletSource::Api | WalletSource::OrderConfirm => format!("Order #{id}"),
        WalletSource::OrderModify => format!("Order #{id} modification"),
        WalletSource::OrderCancel => format!("Order #{id} cancel refund"),
        WalletSource::VendorCancel => format!("Order #{id} vendor cancel"),
        WalletSource::OrderReject => format!("Order #{id} rejected"),
        WalletSource::ReturnCompleted => format!("Return refund for order #{id}"),
    }
}

/// What the logs and the other side are told. Both sides read the messages, so they name who acted.
fn deed(held: &Held, act: Act, transition: Transition) -> Deed<'static> {
    let (id, shop) = (held.order.id, &held.shop_name);
    let (title, body) = match (act, held.side) {
        (Act::Accept, _) => ("Order accepted", format!("{shop} accepted order #{id}.")),
        (Act::Reject, _) => ("Order rejected", format!("{shop} could not take order #{id}.")),
        (Act::Cancel, Side::Consumer) => ("Order cancelled", format!("The customer cancelled order #{id}.")),
        (Act::Cancel, Side::Vendor) => ("Order cancelled", format!("{shop} cancelled order #{id}.")),
        _ => ("Order delivered", format!("{shop} delivered order #{id}. How was it?")),
    };
    let automatic = |text| Some(NewMessage { text: Cow::Borrowed(text), is_automatic: true });
    let (action, detail, message) = match (act, held.side) {
        (Act::Cancel, Side::Consumer) => {
            (Action::Cancelled, "Cancelled by consumer", automatic("Order cancelled by the customer."))
        }
        (Act::Cancel, Side::Vendor) => {
            (Action::Cancelled, "Cancelled by vendor", automatic("Order cancelled by the shop."))
        }
        _ => (Action::StatusUpdated, transition.status.as_str(), None),
    };
    Deed { action, detail: Cow::Borrowed(detail), message, title, body }
}
