//! The only code that changes the stock of an item: the count, and the movement row that explains it.
//!
//! Always inside the caller's transaction, so that the goods move with their cause or not at all.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::schema::{item, stock_movement};
use crate::values::{ItemId, OrderId, word};

word! {
    /// Why stock moved.
    StockReason {
        /// The shop counted what it has.
        Count = "count",
        /// An order took it.
        OrderPlaced = "order_placed",
        /// The shop changed an order.
        OrderModified = "order_modified",
        /// A rejected or cancelled order gave it back.
        OrderClosed = "order_closed",
        /// Returned goods came back.
        ReturnCompleted = "return_completed",
    }
}

/// Goods about to move. An item stands here once, and never with a change of zero.
#[derive(Debug, QueryId)]
pub struct Movements {
    items: Vec<ItemId>,
    changes: Vec<i32>,
    order: Option<OrderId>,
    reason: StockReason,
    at: DateTime<Utc>,
}

impl Movements {
    /// Of an order's goods: below zero is taken, above is given back.
    #[must_use]
    pub fn of_order(
        order: OrderId,
        reason: StockReason,
        changes: impl IntoIterator<Item = (ItemId, i32)>,
        at: DateTime<Utc>,
    ) -> Movements {
        let (items, changes) = changes.into_iter().filter(|(_, change)| *change != 0).unzip();
        Movements { items, changes, order: Some(order), reason, at }
    }

    /// What the shop counted, as the difference to what was known.
    #[must_use]
    pub fn of_count(item: ItemId, change: i32, at: DateTime<Utc>) -> Movements {
        let (items, changes) = if change == 0 { (vec![], vec![]) } else { (vec![item], vec![change]) };
        Movements { items, changes, order: None, reason: StockReason::Count, at }
    }

    /// Writes them. The rows of the items are locked already, and hold enough.
    ///
    /// Takes the connection shared, so that it can be sent together with other statements.
    ///
    /// # Errors
    /// `INTERNAL` when the database refuses: below zero, for want of the look that comes first.
    pub async fn write(&self, conn: &AsyncPgConnection) -> Result<()> {
        if !self.items.is_empty() {
            RunQueryDsl::execute(self, &mut &*conn).await?;
        }
        Ok(())
    }

    /// Locks the items by id, looks whether they suffice, and writes.
    ///
    /// # Errors
    /// `OUT_OF_STOCK` with the item's title.
    pub async fn lock_and_write(&self, conn: &mut Conn) -> Result<()> {
        let held: Vec<(ItemId, String, i32)> = item::table
            .filter(item::id.eq_any(&self.items))
            .order(item::id)
            .select((item::id, item::title, item::quantity_in_stock))
            .for_no_key_update()
            .load(conn)
            .await?;
        for (id, title, stock) in held {
            let change =
                self.items.iter().position(|item| *item == id).map_or(0, |place| self.changes[place]);
            match stock.checked_add(change) {
                Some(left) if left >= 0 => {}
                _ => return Err(Error::new(Code::OutOfStock, format!("Not enough stock for item {title}"))),
            }
        }
        self.write(conn).await
    }
}

/// Notes what new items begin with. Their rows were written with it.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn open(conn: &mut Conn, items: &[(ItemId, i32)], now: DateTime<Utc>) -> Result<()> {
    let rows: Vec<_> = items
        .iter()
        .filter(|(_, stock)| *stock != 0)
        .map(|(id, stock)| {
            (
                stock_movement::item_id.eq(*id),
                stock_movement::change.eq(*stock),
                stock_movement::reason.eq(StockReason::Count),
                stock_movement::created_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(stock_movement::table).values(rows).execute(conn).await?;
    Ok(())
}

/// The update and its explanation in one statement, for any number of items.
///
/// Diesel knows no `UPDATE … FROM unnest`. A fragment of our own with a `QueryId` is prepared once per connection.
impl QueryFragment<Pg> for Movements {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH movement AS (SELECT * FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.items)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.changes)?;
        out.push_sql(
            ") AS movement (item_id, change)), \
             moved AS (UPDATE item SET quantity_in_stock = item.quantity_in_stock + movement.change \
             FROM movement WHERE item.id = movement.item_id) \
             INSERT INTO stock_movement (item_id, order_id, change, reason, created_at) \
             SELECT item_id, ",
        );
        out.push_bind_param::<Nullable<BigInt>, _>(&self.order)?;
        out.push_sql(", change, ");
        out.push_bind_param::<Text, _>(&self.reason)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(" FROM movement");
        Ok(())
    }
}
