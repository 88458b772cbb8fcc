//! Orders as rows, and how they are read.

use std::collections::HashMap;

use async_graphql::{Context, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::orders::status::Status;
use crate::journeys::shops::ShopById;
use crate::request::{Page, Reach, Relation, columns, load};
use crate::schema::{orders, user_profile};
use crate::values::{Instant, OrderId, Paise, Phone, ShopId, UserId, word};

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
    /// The sum of its lines as last agreed: it follows a change by the shop when the consumer confirms.
    #[diesel(column_name = total_paise)]
    pub total: Paise,
    /// What was deducted altogether.
    #[diesel(column_name = discount_paise)]
    pub discount: Paise,
    /// The coupon that it used; null without one.
    pub coupon_code: Option<String>,
    /// What the coupon took off.
    #[diesel(column_name = coupon_discount_paise)]
    pub coupon_discount: Paise,
    /// How many points it used.
    pub points_redeemed: i64,
    /// What the points took off.
    #[diesel(column_name = points_discount_paise)]
    pub points_discount: Paise,
    /// What it costs now: total less discount; while it awaits the consumer's confirmation, what it would cost.
    #[diesel(column_name = final_paise)]
    #[graphql(name = "final")]
    pub final_amount: Paise,
    /// What the consumer asks of the delivery.
    #[graphql(complexity = 5)]
    pub delivery_notes: Option<String>,
    /// Where to bring it, as the address was when the order was placed; null where none was chosen.
    #[graphql(complexity = 5)]
    pub delivery_address: Option<String>,
    /// Of what the wallet paid: neither given back nor paid to the shop.
    #[diesel(column_name = held_paise)]
    #[graphql(skip)]
    pub held: Paise,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub event_seq: i32,
    /// When it was placed, in UTC.
    pub created_at: Instant,
    /// When it, or anything said of it, last changed, in UTC.
    pub updated_at: Instant,
}

columns!(Order {
    "id": id,
    "status": status,
    "paymentMode": payment_mode,
    "paymentStatus": payment_status,
    "total": total,
    "discount": discount,
    "couponCode": coupon_code,
    "couponDiscount": coupon_discount,
    "pointsRedeemed": points_redeemed,
    "pointsDiscount": points_discount,
    "final": final_amount,
    "deliveryNotes": delivery_notes,
    "deliveryAddress": delivery_address,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

impl Order {
    /// One order, whoever asks.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn find(conn: &mut Conn, id: OrderId) -> Result<Option<Order>> {
        Ok(orders::table.find(id).select(Order::as_select()).first(conn).await.optional()?)
    }

    /// One order that is known to be there.
    ///
    /// # Errors
    /// `INTERNAL` when it is not, or the database fails.
    pub async fn present(conn: &mut Conn, id: OrderId) -> Result<Order> {
        Order::find(conn, id).await?.ok_or_else(|| Error::internal("an order is gone"))
    }

    /// The orders of all shops, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(conn: &mut Conn, filter: &OrderFilter, page: &Page<i64>) -> Result<Vec<Order>> {
        Ok(filter.on(page).load(conn).await?)
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

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderById(pub OrderId);

impl Relation for OrderById {
    type Value = Order;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Order>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<Order> =
            orders::table.filter(orders::id.eq_any(ids)).select(Order::as_select()).load(conn).await?;
        Ok(rows.into_iter().map(|row| (OrderById(row.id), row)).collect())
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
