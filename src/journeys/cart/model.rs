//! The cart's rows and how they are read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::try_join;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::profile::User;
use crate::journeys::shops::Item;
use crate::ledger::coupon::{self, Asked, RedemptionStatus, Terms};
use crate::ledger::{Line, quote};
use crate::request::{Row, columns};
use crate::schema::{cart, cart_item, coupon_redemption, item, offer};
use crate::values::{CartItemId, Paise, ShopId, UserId};

/// The most of one item in a cart, or in an order.
pub const MOST_OF_ONE: i32 = 10;

/// One item of the cart.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = cart_item)]
#[graphql(complex)]
pub struct CartLine {
    /// Identifies the line; the cart is ordered by it.
    pub id: CartItemId,
    /// How many, 1 to 10.
    pub quantity: i32,
    /// What, at its present price.
    #[diesel(embed)]
    #[graphql(skip)]
    pub item: Item,
}

columns!(CartLine {
    "id": id,
    "quantity": quantity,
});

/// What each line comes to.
#[async_graphql::ComplexObject]
impl CartLine {
    /// What, at its present price.
    async fn item(&self) -> Row<&Item> {
        Row(&self.item)
    }

    /// Price times quantity.
    async fn subtotal(&self) -> Paise {
        self.line().subtotal()
    }

    /// What this line saves against the printed price.
    async fn savings(&self) -> Paise {
        self.line().savings()
    }

    /// Whether it can be ordered now.
    async fn available(&self) -> bool {
        self.item.is_available && self.item.is_active
    }
}

impl CartLine {
    /// The line as the ledger prices it.
    #[must_use]
    pub fn line(&self) -> Line {
        Line { price: self.item.price, mrp: self.item.mrp, quantity: self.quantity }
    }
}

/// The consumer's cart: lines of one shop at present prices, and what they come to, in rupees.
#[derive(Clone, Debug, async_graphql::SimpleObject)]
#[graphql(complex)]
pub struct Cart {
    /// Whose items it holds; none when it is empty.
    #[graphql(skip)]
    pub shop_id: Option<ShopId>,
    /// The lines, in the order in which they were added.
    pub lines: Vec<Row<CartLine>>,
    /// Sum of the lines, those that are not available included.
    pub total: Paise,
    /// Sum of the savings against printed prices; already part of the prices.
    pub savings: Paise,
    /// The coupon in the cart; null without one.
    pub coupon_code: Option<String>,
    /// Why the coupon does not hold at the moment: take it out, or the order is refused. Null when it holds.
    pub coupon_problem: Option<String>,
    /// What the coupon takes off.
    pub coupon_discount: Paise,
    /// How many points are used: no more than are needed.
    pub points: i64,
    /// What the points take off.
    pub points_discount: Paise,
    /// What is deducted from the total altogether.
    pub discount: Paise,
    /// What an order would cost: total less discount.
    pub payable: Paise,
}

/// What hangs on a cart beside its lines: its shop, the points, and the coupon.
type Beside = (Option<ShopId>, i64, Option<Terms>);

impl Cart {
    /// The person's cart; empty when there is none. Two statements, one more with a coupon.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<Cart> {
        let (lines, beside) = try_join!(Cart::read_lines(conn, user), Cart::beside(conn, user))?;
        let (shop, points, coupon) = beside.unwrap_or_default();
        let priced: Vec<Line> = lines.iter().map(CartLine::line).collect();
        let coupon_code = coupon.as_ref().map(|coupon| coupon.code.clone());
        let (coupon, coupon_problem) = match coupon {
            None => (None, None),
            Some(coupon) => {
                let used = coupon::used(conn, user, coupon.id).await?;
                let total = quote(&priced, None, 0).total;
                match coupon.check(&Asked { shop, total, used, now }) {
                    Ok(()) => (Some(coupon), None),
                    Err(problem) => (None, Some(problem.message().to_owned())),
                }
            }
        };
        let quote = quote(&priced, coupon.as_ref(), points);
        Ok(Cart {
            shop_id: shop,
            lines: lines.into_iter().map(Row).collect(),
            total: quote.total,
            savings: quote.savings,
            coupon_code,
            coupon_problem,
            coupon_discount: quote.coupon_discount,
            points: quote.points,
            points_discount: quote.points_discount,
            discount: quote.discount(),
            payable: quote.payable,
        })
    }

    async fn read_lines(conn: &AsyncPgConnection, user: UserId) -> Result<Vec<CartLine>> {
        Ok(cart_item::table
            .inner_join(item::table)
            .filter(cart_item::user_id.eq(user))
            .order(cart_item::id)
            .select(CartLine::as_select())
            .load(&mut &*conn)
            .await?)
    }

    async fn beside(conn: &AsyncPgConnection, user: UserId) -> Result<Option<Beside>> {
        let applied = coupon_redemption::table.inner_join(offer::table).on(coupon_redemption::user_id
            .eq(cart::user_id)
            .and(coupon_redemption::status.eq(RedemptionStatus::Applied)));
        let beside = cart::table
            .left_join(applied)
            .filter(cart::user_id.eq(user))
            .select((cart::shop_id, cart::points, Option::<Terms>::as_select()))
            .first(&mut &*conn)
            .await;
        Ok(beside.optional()?)
    }

    /// Locks the cart until the transaction ends, making it first if need be; the shop whose items it holds.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when they deleted their account meanwhile; `BUSY` or `INTERNAL` when the database fails.
    pub async fn lock(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<Option<ShopId>> {
        let (shop, closed_at) = diesel::insert_into(cart::table)
            .values((cart::user_id.eq(user), cart::updated_at.eq(now)))
            .on_conflict(cart::user_id)
            .do_update()
            .set(cart::updated_at.eq(now))
            .returning((cart::shop_id, cart::closed_at))
            .get_result::<(Option<ShopId>, Option<DateTime<Utc>>)>(conn)
            .await?;
        if closed_at.is_some() { Err(User::is_gone()) } else { Ok(shop) }
    }
}
