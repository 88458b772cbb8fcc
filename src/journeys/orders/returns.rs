//! What goes back to the shop: asked for by the consumer or taken back by the shop, then paid for.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{InputObject, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::orders::OrderItem;
use crate::journeys::orders::status::Side;
use crate::request::{Relation, columns, grouped};
use crate::schema::order_return;
use crate::values::{Instant, ItemId, OrderId, OrderReturnId, optional_text, word};

pub mod acts;

/// How many returns one order may have.
const MOST: usize = 100;

word! {
    /// Where a return stands.
    ReturnStatus {
        /// The consumer asked for it.
        Requested = "requested",
        /// The shop takes it back.
        Accepted = "accepted",
        /// The shop has it back, and it is paid for.
        Completed = "completed",
        /// The shop does not take it back.
        Rejected = "rejected",
    }
}

/// One item of an order that goes back.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_return)]
pub struct OrderReturn {
    /// Identifies the return.
    pub id: OrderReturnId,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub order_id: OrderId,
    /// What goes back.
    pub item_id: ItemId,
    /// How many of it.
    pub quantity: i32,
    /// Where it stands.
    pub status: ReturnStatus,
    /// Who began it.
    pub initiated_by: Side,
    /// Why; may be empty.
    pub reason: String,
    /// When it began, in UTC.
    pub created_at: Instant,
    /// When it last changed, in UTC.
    pub updated_at: Instant,
}

columns!(OrderReturn {
    "id": id,
    "itemId": item_id,
    "quantity": quantity,
    "status": status,
    "initiatedBy": initiated_by,
    "reason": reason,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

/// Something to give back.
#[derive(Clone, Copy, Debug, InputObject, serde::Serialize)]
pub struct ReturnItemInput {
    /// Which item of the order. May be left out where the order has only one.
    pub item_id: Option<ItemId>,
    /// How many of it, at least 1.
    #[graphql(default = 1)]
    pub quantity: i32,
}

/// What somebody wants to give or take back.
#[derive(Debug, serde::Serialize)]
pub struct NewReturn {
    items: Vec<ReturnItemInput>,
    reason: String,
}

impl NewReturn {
    /// At least one item, and why, at most 255 characters.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `items` or `reason`.
    pub fn new(items: Vec<ReturnItemInput>, reason: Option<&str>) -> Result<NewReturn> {
        if items.is_empty() {
            return Err(Error::bad_input("items", "No items to return"));
        }
        let reason = optional_text(reason, 255)
            .map_err(|problem| Error::bad_input("reason", format!("reason {problem}")))?;
        Ok(NewReturn { items, reason: reason.unwrap_or_default() })
    }

    /// How many of which item, once each and in the order of the ids, within what the order had and is not on its way
    /// back already.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `items`; `CONFLICT` when all of an item is returned already.
    fn check(&self, lines: &[OrderItem], returned: &[OrderReturn]) -> Result<Vec<(ItemId, i32)>> {
        let refuse = |problem| Error::bad_input("items", problem);
        let mut wanted: Vec<(ItemId, i32)> = Vec::new();
        for ReturnItemInput { item_id, quantity } in self.items.iter().copied() {
            let line = match (item_id, lines) {
                (Some(id), _) => lines.iter().find(|line| line.item_id == id),
                (None, [only]) => Some(only),
                (None, _) => None,
            };
            let line = line.ok_or_else(|| refuse("Item not in order"))?;
            if quantity < 1 {
                return Err(refuse("Return quantity must be at least 1"));
            }
            let place = match wanted.iter().position(|(id, _)| *id == line.item_id) {
                Some(place) => place,
                None => {
                    wanted.push((line.item_id, 0));
                    wanted.len() - 1
                }
            };
            wanted[place].1 = wanted[place].1.saturating_add(quantity);
            let gone: i32 = returned
                .iter()
                .filter(|row| row.item_id == line.item_id && row.status != ReturnStatus::Rejected)
                .map(|row| row.quantity)
                .sum();
            if gone >= line.quantity {
                return Err(Error::conflict("Return already requested"));
            }
            if wanted[place].1 > line.quantity - gone {
                return Err(refuse("Return quantity exceeds ordered quantity"));
            }
        }
        wanted.sort_unstable();
        Ok(wanted)
    }

    fn words(wanted: &[(ItemId, i32)], lines: &[OrderItem]) -> Vec<String> {
        let named = |(id, quantity): &(ItemId, i32)| {
            let line = lines.iter().find(|line| line.item_id == *id);
            line.map(|line| format!("{quantity} × {}", line.name))
        };
        wanted.iter().filter_map(named).collect()
    }
}

impl OrderReturn {
    /// The returns of one order, oldest first.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_order(conn: &mut Conn, id: OrderId) -> Result<Vec<OrderReturn>> {
        Ok(order_return::table
            .filter(order_return::order_id.eq(id))
            .order(order_return::id)
            .select(OrderReturn::as_select())
            .load(conn)
            .await?)
    }
}

/// The returns of an order, oldest first; [`MOST`] bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReturnsOfOrder(pub OrderId);

impl Relation for ReturnsOfOrder {
    type Value = Vec<Arc<OrderReturn>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderReturn>>>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_return::table
            .filter(order_return::order_id.eq_any(ids))
            .order((order_return::order_id, order_return::id))
            .select(OrderReturn::as_select())
            .load(conn)
            .await?;
        Ok(grouped(rows, |row| ReturnsOfOrder(row.order_id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    use crate::error::Code;
    use crate::values::{OrderItemId, Paise};

    fn line(id: i64, quantity: i32) -> OrderItem {
        OrderItem {
            id: OrderItemId(id),
            order_id: OrderId(1),
            item_id: ItemId(id),
            name: format!("Item {id}"),
            unit: None,
            unit_price: Paise(100),
            quantity,
            subtotal: Paise(100 * i64::from(quantity)),
            ordered_quantity: quantity,
        }
    }

    fn gone(id: i64, quantity: i32, status: ReturnStatus) -> OrderReturn {
        let now = Instant(DateTime::UNIX_EPOCH);
        let (initiated_by, reason) = (Side::Consumer, String::new());
        let (id, item_id) = (OrderReturnId(id), ItemId(id));
        let (created_at, updated_at) = (now, now);
        OrderReturn {
            id,
            order_id: OrderId(1),
            item_id,
            quantity,
            status,
            initiated_by,
            reason,
            created_at,
            updated_at,
        }
    }

    fn check(
        lines: &[OrderItem],
        gone: &[OrderReturn],
        wanted: &[(Option<i64>, i32)],
    ) -> Result<Vec<(ItemId, i32)>> {
        let items = wanted
            .iter()
            .map(|(id, quantity)| ReturnItemInput { item_id: id.map(ItemId), quantity: *quantity })
            .collect();
        NewReturn::new(items, None)?.check(lines, gone)
    }

    #[test]
    fn quantities_add_up_over_all_returns_and_stay_within_what_was_ordered() {
        let lines = [line(1, 5), line(2, 1)];
        let asked = gone(1, 3, ReturnStatus::Requested);
        let turned_down = gone(2, 1, ReturnStatus::Rejected);
        let returned = [asked, turned_down];
        assert_eq!(
            check(&lines, &returned, &[(Some(2), 1), (Some(1), 1), (Some(1), 1)]).unwrap(),
            [(ItemId(1), 2), (ItemId(2), 1)]
        );
        let problem = |wanted: &[(Option<i64>, i32)]| {
            let error = check(&lines, &returned, wanted).unwrap_err();
            (error.code(), error.message().to_owned())
        };
        for (wanted, message) in [
            (&[][..], "No items to return"),
            (&[(Some(3), 1)], "Item not in order"),
            (&[(None, 1)], "Item not in order"),
            (&[(Some(2), 0)], "Return quantity must be at least 1"),
            (&[(Some(1), 3)], "Return quantity exceeds ordered quantity"),
            (&[(Some(1), 1), (Some(1), 2)], "Return quantity exceeds ordered quantity"),
            (&[(Some(1), i32::MAX), (Some(1), i32::MAX)], "Return quantity exceeds ordered quantity"),
        ] {
            assert_eq!(problem(wanted), (Code::BadInput, message.to_owned()), "{wanted:?}");
        }
    }

    #[test]
    fn an_item_that_is_all_on_its_way_back_cannot_be_returned_again() {
        let returned = [gone(1, 2, ReturnStatus::Completed)];
        let error = check(&[line(1, 2)], &returned, &[(Some(1), 1)]).unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::Conflict, "Return already requested"));
    }

    #[test]
    fn the_only_item_of_an_order_need_not_be_named() {
        assert_eq!(check(&[line(7, 2)], &[], &[(None, 2)]).unwrap(), [(ItemId(7), 2)]);
    }
}
