//! What consumers say of delivered orders: ratings.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::lock::{Held, lock};
use crate::journeys::orders::record::{Action, Change, Deed};
use crate::journeys::orders::status::{Act, next};
use crate::request::{Relation, columns};
use crate::schema::{order_rating, shop};
use crate::values::{Instant, OrderId, optional_text};

/// What the consumer says of a delivered order.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_rating)]
pub struct OrderRating {
    /// The order.
    pub order_id: OrderId,
    /// From 1, bad, to 5, good.
    pub rating: i32,
    /// A few words; may be empty.
    pub review: String,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(OrderRating {
    "orderId": order_id,
    "rating": rating,
    "review": review,
    "createdAt": created_at,
});

/// A rating about to be given.
#[derive(Debug, serde::Serialize)]
pub struct NewRating {
    rating: i32,
    review: String,
}

impl NewRating {
    /// One to five, and a few words, at most 250 characters.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `rating` or `review`.
    pub fn new(rating: i32, review: Option<&str>) -> Result<NewRating> {
        if !(1..=5).contains(&rating) {
            return Err(Error::bad_input("rating", "Rating must be between 1 and 5"));
        }
        let review = optional_text(review, 250)
            .map_err(|problem| Error::bad_input("review", format!("review {problem}")))?;
        Ok(NewRating { rating, review: review.unwrap_or_default() })
    }
}

/// Rates a delivered order, once. The shop's rating follows.
///
/// # Errors
/// As [`lock`] and [`next`]; `CONFLICT` when it is rated already.
pub async fn rate(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    new: &NewRating,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<()> {
    let held = lock(conn, who, id, now).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| write(conn, &held, new).await).await
}

async fn write(conn: &mut Conn, held: &Held, new: &NewRating) -> Result<()> {
    next(held.order.status, Act::Rate, held.side)?;
    let (id, shop, stars) = (held.order.id, held.order.shop_id, new.rating);
    let written = diesel::insert_into(order_rating::table)
        .values((
            order_rating::order_id.eq(id),
            order_rating::shop_id.eq(shop),
            order_rating::rating.eq(stars),
            order_rating::review.eq(&new.review),
            order_rating::created_at.eq(held.at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if written == 0 {
        return Err(Error::conflict("Rating already submitted"));
    }
    let deed = Deed {
        action: Action::Rated,
        detail: Cow::Owned(format!("{stars} of 5")),
        message: None,
        title: "New rating",
        body: format!("Order #{id} was rated {stars} of 5."),
    };
    held.write(conn, &Change::default(), &deed).await?;
    // One statement: of two ratings at once, the second adds to what the first left.
    let total = shop::rating_total + i64::from(stars);
    let count = shop::rating_count + 1;
    diesel::update(shop::table.find(shop))
        .set((
            shop::rating_total.eq(total),
            shop::rating_count.eq(count),
            shop::rating
                .eq((total.cast::<diesel::sql_types::Double>() / count.cast::<diesel::sql_types::Double>())
                    .nullable()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the consumer said of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RatingOfOrder(pub OrderId);

impl Relation for RatingOfOrder {
    type Value = OrderRating;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, OrderRating>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows: Vec<OrderRating> = order_rating::table
            .filter(order_rating::order_id.eq_any(ids))
            .select(OrderRating::as_select())
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|row| (RatingOfOrder(row.order_id), row)).collect())
    }
}
