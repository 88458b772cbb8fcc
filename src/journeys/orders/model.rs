//! Orders as rows, and how they are read.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::orders::status::Status;
use crate::journeys::shops::{Shop, ShopById};
use crate::request::{Page, Reach, Relation, Row, columns, load};
use crate::schema::{order_item, order_status_log, orders, user_profile};
use crate::values::{Instant, ItemId, OrderId, OrderItemId, Paise, Phone, ShopId, UserId, word};

word! {
    /// How an order is paid.
    PaymentMode {
        /// In cash, on delivery.
        Cash = "cash",
        /// From the wallet, when the order is placed.
        Wallet = "wallet",
    }
}

word! {
    /// Whether an order is paid.
    PaymentStatus {
        /// Not yet: cash is due on delivery.
        Unpaid = "unpaid",
        /// Wholly.
        Paid = "paid",
        /// Paid, and given back in part.
        PartiallyRefunded = "partially_refunded",
        /// Paid, and given back wholly.
        Refunded = "refunded",
    }
}

/// An order of one shop, with the prices of the moment it was placed, in rupees.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = orders)]
#[graphql(complex)]
pub struct Order {
    /// Identifies the order; newer ones have larger ids.
    pub id: OrderId,
    /// Whose it is.
    #[graphql(skip)]
    pub user_id: UserId,
    /// Who delivers it.
    #[graphql(skip)]
    pub shop_id: ShopId,
    /// Where it stands.
    pub status: Status,
    /// How it is paid.
    pub payment_mode: PaymentMode,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// The sum of its lines.
    #[diesel(column_name = total_paise)]
    pub total: Paise,
    /// What was deducted.
    #[diesel(column_name = discount_paise)]
    pub discount: Paise,
    /// What it costs: total less discount, as changed by the shop.
    #[diesel(column_name = final_paise)]
    #[graphql(name = "final")]
    pub final_amount: Paise,
    /// What the consumer asks of the delivery.
    #[graphql(complexity = 5)]
    pub delivery_notes: Option<String>,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub event_seq: i32,
    /// When it was placed, in UTC.
    pub created_at: Instant,
    /// When it last changed, in UTC.
    pub updated_at: Instant,
}

columns!(Order {
    "id": id,
    "status": status,
    "paymentMode": payment_mode,
    "paymentStatus": payment_status,
    "total": total,
    "discount": discount,
    "final": final_amount,
    "deliveryNotes": delivery_notes,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

/// What an order leads to.
#[ComplexObject]
impl Order {
    /// What was ordered.
    #[graphql(complexity = "10 + 20 * child_complexity")]
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderItem>>>> {
        let items = load(ctx, ItemsOfOrder(self.id)).await?.unwrap_or_default();
        Ok(items.into_iter().map(Row).collect())
    }

    /// How many different items were ordered.
    #[graphql(complexity = 5)]
    async fn item_count(&self, ctx: &Context<'_>) -> Result<usize> {
        Ok(load(ctx, ItemsOfOrder(self.id)).await?.map_or(0, |items| items.len()))
    }

    /// Every status it had, oldest first.
    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn status_log(&self, ctx: &Context<'_>) -> Result<Vec<Row<Arc<OrderStatusLog>>>> {
        let log = load(ctx, StatusLogOfOrder(self.id)).await?.unwrap_or_default();
        Ok(log.into_iter().map(Row).collect())
    }

    /// The shop that delivers it.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Row<Shop>> {
        let shop = load(ctx, ShopById(self.shop_id)).await?;
        shop.map(Row).ok_or_else(|| Error::internal("an order's shop is gone"))
    }

    /// The consumer's phone: whole while the shop may have to call, masked for it once the order is closed for good.
    async fn customer_phone(&self, ctx: &Context<'_>) -> Result<String> {
        let phone = load(ctx, PhoneOfUser(self.user_id))
            .await?
            .ok_or_else(|| Error::internal("a consumer is gone"))?;
        // A delivered order may yet be returned.
        let is_closed = matches!(self.status, Status::Rejected | Status::Cancelled | Status::ReturnCompleted);
        Ok(if is_closed && ctx.viewer()?.user_id != self.user_id {
            phone.masked()
        } else {
            phone.to_string()
        })
    }
}

impl Order {
    /// One order, whoever asks.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find(conn: &mut Conn, id: OrderId) -> Result<Option<Order>> {
        Ok(orders::table.find(id).select(Order::as_select()).first(conn).await.optional()?)
    }

    /// A person's orders, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(
        conn: &mut Conn,
        user: UserId,
        filter: &OrderFilter,
        page: &Page<i64>,
    ) -> Result<Vec<Order>> {
        let query = filter.on(page).filter(orders::user_id.eq(user));
        Ok(query.load(conn).await?)
    }

    /// A shop's orders, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_shop(
        conn: &mut Conn,
        shop: ShopId,
        filter: &OrderFilter,
        page: &Page<i64>,
    ) -> Result<Vec<Order>> {
        let query = filter.on(page).filter(orders::shop_id.eq(shop));
        Ok(query.load(conn).await?)
    }

    /// Whether this person may see the order: the consumer who placed it, or the vendor of its shop.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn is_seen_by(&self, ctx: &Context<'_>) -> Result<bool> {
        let who = ctx.viewer()?;
        if self.user_id == who.user_id {
            return Ok(true);
        }
        let shop = load(ctx, ShopById(self.shop_id)).await?;
        Ok(who.role == Some(Role::Vendor) && shop.is_some_and(|shop| shop.owner_id == who.user_id))
    }
}

/// Which orders of a list.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct OrderFilter {
    /// Only those that stand here.
    #[graphql(validator(max_items = 9))]
    pub status: Option<Vec<Status>>,
}

type Orders = diesel::dsl::IntoBoxed<
    'static,
    diesel::dsl::Select<orders::table, diesel::dsl::AsSelect<Order, diesel::pg::Pg>>,
    diesel::pg::Pg,
>;

impl OrderFilter {
    fn on(&self, page: &Page<i64>) -> Orders {
        let before = OrderId(page.after.unwrap_or(i64::MAX));
        let query = orders::table
            .select(Order::as_select())
            .into_boxed()
            .filter(orders::id.lt(before))
            .order(orders::id.desc())
            .limit(page.limit());
        match &self.status {
            Some(status) => query.filter(orders::status.eq_any(status.clone())),
            None => query,
        }
    }
}

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
}

columns!(OrderItem {
    "id": id,
    "itemId": item_id,
    "name": name,
    "unit": unit,
    "unitPrice": unit_price,
    "quantity": quantity,
    "subtotal": subtotal,
});

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

/// The lines of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemsOfOrder(pub OrderId);

impl Relation for ItemsOfOrder {
    type Value = Vec<Arc<OrderItem>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderItem>>>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_item::table
            .filter(order_item::order_id.eq_any(ids))
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

/// The phone of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhoneOfUser(pub UserId);

impl Relation for PhoneOfUser {
    type Value = Phone;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Phone>> {
        let ids: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<(UserId, Phone)> = user_profile::table
            .filter(user_profile::id.eq_any(ids))
            .select((user_profile::id, user_profile::phone))
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|(id, phone)| (PhoneOfUser(id), phone)).collect())
    }
}

/// The rows by key, in the order in which they came.
fn grouped<K: Hash + Eq, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, Vec<Arc<R>>> {
    let mut groups: HashMap<K, Vec<Arc<R>>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(Arc::new(row));
    }
    groups
}
