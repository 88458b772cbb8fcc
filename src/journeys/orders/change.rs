//! An order that the shop changes, and the consumer's answer to it.

use std::borrow::Cow;

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join_all;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::cart::MOST_OF_ONE;
use crate::journeys::orders::lock::{Held, lock};
use crate::journeys::orders::record::{Acted, Action, Change, Deed, NewMessage, some_of};
use crate::journeys::orders::status::{Act, next};
use crate::journeys::orders::{Order, OrderItem};
use crate::ledger::book::WalletSource;
use crate::ledger::coupon::{self, Terms};
use crate::ledger::points::{self, PointsKind, PointsPosting};
use crate::ledger::stock::{Movements, StockReason};
use crate::schema::order_item;
use crate::values::{ItemId, OrderId, OrderItemId, Paise};

/// A new quantity for one line of an order.
#[derive(Clone, Copy, Debug, InputObject, serde::Serialize)]
pub struct OrderModificationInput {
    /// Which item of the order.
    pub item_id: ItemId,
    /// How many from now on, at most 10; 0 takes the item out.
    pub quantity: i32,
}

/// A line that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Difference {
    line: OrderItemId,
    item: ItemId,
    name: String,
    unit_price: Paise,
    from: i32,
    to: i32,
}

impl Difference {
    fn words(&self) -> String {
        match self.to {
            0 => format!("{} taken out", self.name),
            to => format!("{} {} → {to}", self.name, self.from),
        }
    }
}

/// Changes quantities of an order. Goods move at once, money when the consumer agrees.
///
/// # Errors
/// As [`lock`] and [`next`]; `BAD_INPUT` for the modifications; `OUT_OF_STOCK` for more than there is.
pub async fn modify(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    wanted: &[OrderModificationInput],
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id, now).await?;
    let change = async |conn: &mut Conn| change(conn, &held, wanted).await;
    once(conn, who.user_id, ask, now, change).await?;
    Acted::read(conn, id, Paise::ZERO).await
}

async fn change(conn: &mut Conn, held: &Held, wanted: &[OrderModificationInput]) -> Result<()> {
    let transition = next(held.order.status, Act::Modify, held.side)?;
    let id = held.order.id;
    let lines = OrderItem::of_order(conn, id).await?;
    let differences = differences(&lines, wanted)?;
    let total = new_total(&lines, &differences)?;
    let final_amount = Reduced::read(conn, &held.order, total).await?.final_amount;

    let goods = differences.iter().map(|line| (line.item, line.from - line.to));
    Movements::of_order(id, StockReason::OrderModified, goods, held.at).lock_and_write(conn).await?;
    write_lines(conn, &differences).await?;
    let change =
        Change { status: Some(transition.status), final_paise: Some(final_amount), ..Change::default() };
    held.write(conn, &change, &modified(held, &differences, final_amount)).await.map(drop)
}

fn modified(held: &Held, differences: &[Difference], final_amount: Paise) -> Deed<'static> {
    let list: Vec<String> = differences.iter().map(Difference::words).collect();
    let shop = &held.shop_name;
    let text = format!(
        "The shop changed the order: {}. It costs ₹{final_amount} now and awaits the customer's confirmation.",
        some_of(&list)
    );
    Deed {
        action: Action::Modified,
        detail: Cow::Owned(list.join(", ")),
        message: Some(NewMessage { text: Cow::Owned(text), is_automatic: true }),
        title: "Order changed",
        body: format!(
            "{shop} changed order #{}: it costs ₹{final_amount} now. Confirm or cancel it.",
            held.order.id
        ),
    }
}

async fn write_lines(conn: &mut Conn, differences: &[Difference]) -> Result<()> {
    let conn: &AsyncPgConnection = conn;
    let writes = differences.iter().map(async |line| {
        let subtotal = Paise(line.unit_price.0 * i64::from(line.to));
        diesel::update(order_item::table.find(line.line))
            .set((order_item::quantity.eq(line.to), order_item::subtotal_paise.eq(subtotal)))
            .execute(&mut &*conn)
            .await
    });
    try_join_all(writes).await?;
    Ok(())
}

/// What really changes.
fn differences(lines: &[OrderItem], wanted: &[OrderModificationInput]) -> Result<Vec<Difference>> {
    let refuse = |problem: String| Err(Error::bad_input("modifications", problem));
    let mut differences: Vec<Difference> = Vec::new();
    for OrderModificationInput { item_id, quantity } in wanted.iter().copied() {
        let Some(line) = lines.iter().find(|line| line.item_id == item_id) else {
            return refuse("Item not in order".to_owned());
        };
        if !(0..=MOST_OF_ONE).contains(&quantity) {
            return refuse(format!("Quantity of {} must be between 0 and {MOST_OF_ONE}", line.name));
        }
        if differences.iter().any(|known| known.item == item_id) {
            return refuse(format!("{} is named twice", line.name));
        }
        differences.push(Difference {
            line: line.id,
            item: item_id,
            name: line.name.clone(),
            unit_price: line.unit_price,
            from: line.quantity,
            to: quantity,
        });
    }
    differences.retain(|line| line.from != line.to);
    if differences.is_empty() {
        return refuse("Nothing is modified".to_owned());
    }
    Ok(differences)
}

/// The sum of the lines afterwards.
fn new_total(lines: &[OrderItem], differences: &[Difference]) -> Result<Paise> {
    let before: i64 = lines.iter().map(|line| line.subtotal.0).sum();
    let change: i64 = differences.iter().map(|line| line.unit_price.0 * i64::from(line.to - line.from)).sum();
    match before + change {
        0 => Err(Error::bad_input("modifications", "Nothing would be left of the order; cancel it instead")),
        total if total > Paise::MAX.0 => {
            Err(Error::bad_input("modifications", format!("An order costs at most {}", Paise::MAX)))
        }
        total => Ok(Paise(total)),
    }
}

/// Agrees to the shop's changes: the wallet gives or gets the difference.
///
/// # Errors
/// As [`lock`] and [`next`]; `INSUFFICIENT_BALANCE` when the changed order costs more than the wallet holds.
pub async fn confirm_modified(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<Acted> {
    let held = lock(conn, who, id, now).await?;
    let agree = async |conn: &mut Conn| agree(conn, &held).await;
    let refund = once(conn, who.user_id, ask, now, agree).await?;
    Acted::read(conn, id, refund).await
}

/// What the wallet got back.
async fn agree(conn: &mut Conn, held: &Held) -> Result<Paise> {
    let transition = next(held.order.status, Act::ConfirmModified, held.side)?;
    let order = &held.order;
    let id = order.id;
    let lines = OrderItem::of_order(conn, id).await?;
    let total = Paise(lines.iter().map(|line| line.subtotal.0).sum());
    let reduced = Reduced::read(conn, order, total).await?;
    let unused = PointsPosting {
        kind: PointsKind::Reversal,
        points: order.points_redeemed - reduced.points,
        order: id,
        reference: &format!("Order #{id} modified"),
    };
    points::post(conn, order.user_id, &unused, held.at).await?;
    let moved = held.move_money(conn, transition, Paise::ZERO, WalletSource::OrderModify).await?;
    let change = Change {
        total_paise: Some(total),
        discount_paise: Some(Paise(total.0 - reduced.final_amount.0)),
        coupon_discount_paise: Some(reduced.coupon_discount),
        points_redeemed: Some(reduced.points),
        points_discount_paise: Some(reduced.points_discount),
        ..Change::of(transition, &moved)
    };
    let deed = Deed {
        action: Action::ModificationConfirmed,
        detail: Cow::Owned(format!("Total {}", held.order.final_amount)),
        message: Some(NewMessage {
            text: Cow::Borrowed("The customer confirmed the changes. Please proceed."),
            is_automatic: true,
        }),
        title: "Changes confirmed",
        body: format!("The customer confirmed the changes of order #{id}."),
    };
    held.write(conn, &change, &deed).await?;
    Ok(moved.refund)
}

/// What is left of an order's discounts when its lines come to another total: the coupon takes off what it would take off
/// of that, at most what it took; of the points those that are still needed, and never more than were used.
struct Reduced {
    coupon_discount: Paise,
    points: i64,
    points_discount: Paise,
    final_amount: Paise,
}

impl Reduced {
    async fn read(conn: &mut Conn, order: &Order, total: Paise) -> Result<Reduced> {
        let terms = match order.coupon_discount {
            Paise::ZERO => None,
            _ => coupon::of_order(conn, order.id).await?,
        };
        Ok(Reduced::of(order, terms.as_ref(), total))
    }

    fn of(order: &Order, terms: Option<&Terms>, total: Paise) -> Reduced {
        let afresh = terms.map_or(order.coupon_discount, |terms| terms.discount(total));
        let coupon_discount = order.coupon_discount.min(afresh).min(total);
        let left = Paise(total.0 - coupon_discount.0);
        let (points, points_discount) = points::discount(order.points_redeemed, left);
        let final_amount = Paise(left.0 - points_discount.0);
        Reduced { coupon_discount, points, points_discount, final_amount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: i64, quantity: i32) -> OrderItem {
        OrderItem {
            id: OrderItemId(id),
            order_id: OrderId(1),
            item_id: ItemId(id * 10),
            name: format!("Item {id}"),
            unit: None,
            unit_price: Paise(1_000),
            quantity,
            subtotal: Paise(1_000 * i64::from(quantity)),
            ordered_quantity: quantity,
        }
    }

    fn asked(wanted: &[(i64, i32)]) -> Result<(Vec<String>, Paise)> {
        let lines = [line(1, 2), line(2, 9)];
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(item, quantity)| OrderModificationInput { item_id: ItemId(*item), quantity: *quantity })
            .collect();
        let differences = differences(&lines, &wanted)?;
        let total = new_total(&lines, &differences)?;
        Ok((differences.iter().map(Difference::words).collect(), total))
    }

    #[test]
    fn only_real_differences_count() {
        let (words, total) = asked(&[(10, 3), (20, 9)]).unwrap();
        assert_eq!((words, total), (vec!["Item 1 2 → 3".to_owned()], Paise(12_000)));
        let (words, total) = asked(&[(10, 0), (20, 8)]).unwrap();
        assert_eq!(words, ["Item 1 taken out", "Item 2 9 → 8"]);
        assert_eq!(total, Paise(8_000));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (wanted, problem) in [
            (&[(99, 1)][..], "Item not in order"),
            (&[(10, -1)], "Quantity of Item 1 must be between 0 and 10"),
            (&[(10, 11)], "Quantity of Item 1 must be between 0 and 10"),
            (&[(10, 1), (10, 3)], "Item 1 is named twice"),
            (&[(10, 2)], "Nothing is modified"),
            (&[], "Nothing is modified"),
            (&[(10, 0), (20, 0)], "Nothing would be left of the order; cancel it instead"),
        ] {
            let refused = asked(wanted).unwrap_err();
            assert_eq!((refused.field(), refused.message()), (Some("modifications"), problem), "{wanted:?}");
        }
    }
}
