//! What an order consists of, and every status it had.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::orders::status::Status;
use crate::request::{Relation, columns, grouped};
use crate::schema::{order_item, order_status_log};
use crate::values::{Instant, ItemId, OrderId, OrderItemId, Paise};

/// One line of an order, with the price of the moment it was placed.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_item)]
pub struct OrderItem {
    /// Identifies the line.
    pub id: OrderItemId,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub order_id: OrderId,
    /// What was ordered.
    pub item_id: ItemId,
    /// Its name then.
    pub name: String,
    /// What was counted.
    pub unit: Option<String>,
    /// What one cost.
    #[diesel(column_name = unit_price_paise)]
    pub unit_price: Paise,
    /// How many.
    pub quantity: i32,
    /// Price times quantity.
    #[diesel(column_name = subtotal_paise)]
    pub subtotal: Paise,
    /// How many the consumer ordered, before any change by the shop.
    pub ordered_quantity: i32,
}

columns!(OrderItem {
    "id": id,
    "itemId": item_id,
    "name": name,
    "unit": unit,
    "unitPrice": unit_price,
    "quantity": quantity,
    "subtotal": subtotal,
    "orderedQuantity": ordered_quantity,
});

impl OrderItem {
    /// The lines of one order, but for those that the shop took out.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_order(conn: &mut Conn, id: OrderId) -> Result<Vec<OrderItem>> {
        Ok(order_item::table
            .filter(order_item::order_id.eq(id))
            .filter(order_item::quantity.gt(0))
            .order(order_item::id)
            .select(OrderItem::as_select())
            .load(conn)
            .await?)
    }
}

/// A status that an order had.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_status_log)]
pub struct OrderStatusLog {
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub order_id: OrderId,
    /// The status.
    pub status: Status,
    /// Since when, in UTC.
    pub created_at: Instant,
}

columns!(OrderStatusLog {
    "status": status,
    "createdAt": created_at,
});

/// The lines of an order, but for those that the shop took out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemsOfOrder(pub OrderId);

impl Relation for ItemsOfOrder {
    type Value = Vec<Arc<OrderItem>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderItem>>>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_item::table
            .filter(order_item::order_id.eq_any(ids))
            .filter(order_item::quantity.gt(0))
            .order((order_item::order_id, order_item::id))
            .select(OrderItem::as_select())
            .load(conn)
            .await?;
        Ok(grouped(rows, |row| ItemsOfOrder(row.order_id)))
    }
}

/// The statuses that an order had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusLogOfOrder(pub OrderId);

impl Relation for StatusLogOfOrder {
    type Value = Vec<Arc<OrderStatusLog>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderStatusLog>>>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_status_log::table
            .filter(order_status_log::order_id.eq_any(ids))
            .order((order_status_log::order_id, order_status_log::id))
            .select(OrderStatusLog::as_select())
            .load(conn)
            .await?;
        Ok(grouped(rows, |row| StatusLogOfOrder(row.order_id)))
    }
}
