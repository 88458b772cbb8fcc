//! Offers as rows, and how they are read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::shops::Society;
use crate::ledger::coupon::{DiscountType, RedemptionStatus};
use crate::request::{Page, Relation, columns};
use crate::schema::{coupon_redemption, offer, shop};
use crate::values::{Instant, OfferId, Paise, ShopId, UserId};

/// How many offers a consumer is shown.
const SHOWN: i64 = 100;

/// Something off an order, for who types its code.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = offer)]
#[graphql(complex)]
pub struct Offer {
    /// Identifies the offer; newer ones have larger ids.
    pub id: OfferId,
    /// What is typed into the cart, in capitals. Any spelling of it works.
    pub code: String,
    /// One line.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// How the discount is counted.
    pub discount_type: DiscountType,
    /// How much: in percent or in rupees, as `discountType` says.
    pub discount_value: Paise,
    /// What the lines of the cart must come to.
    #[diesel(column_name = min_order_paise)]
    pub min_order_amount: Paise,
    /// The most that is taken off; null without a limit.
    #[diesel(column_name = max_discount_paise)]
    pub max_discount: Option<Paise>,
    /// The only shop it holds for; null where it holds for all.
    pub shop_id: Option<ShopId>,
    /// From when it holds, in UTC.
    pub starts_at: Instant,
    /// Until before when it holds, in UTC; null without an end.
    pub expires_at: Option<Instant>,
    /// How many orders may use it altogether; null without a limit.
    pub total_limit: Option<i32>,
    /// How many orders of one person may use it.
    pub per_user_limit: i32,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub redeemed_count: i32,
    /// Whether it was not withdrawn.
    pub is_active: bool,
}

columns!(Offer {
    "id": id,
    "code": code,
    "title": title,
    "description": description,
    "discountType": discount_type,
    "discountValue": discount_value,
    "minOrderAmount": min_order_amount,
    "maxDiscount": max_discount,
    "shopId": shop_id,
    "startsAt": starts_at,
    "expiresAt": expires_at,
    "totalLimit": total_limit,
    "perUserLimit": per_user_limit,
    "isActive": is_active,
});

impl Offer {
    /// What holds now for somebody of this society, newest first; at most 100.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn live(conn: &mut Conn, society: Society<'_>, now: DateTime<Utc>) -> Result<Vec<Offer>> {
        let nearby = shop::table
            .filter(shop::city.eq(society.city))
            .filter(shop::society.eq(society.name))
            .select(shop::id.nullable());
        let is_left =
            offer::total_limit.is_null().or(offer::redeemed_count.nullable().lt(offer::total_limit));
        Ok(offer::table
            .filter(offer::is_active)
            .filter(offer::starts_at.le(now))
            .filter(offer::expires_at.is_null().or(offer::expires_at.gt(now)))
            .filter(is_left)
            .filter(offer::shop_id.is_null().or(offer::shop_id.eq_any(nearby)))
            .order(offer::id.desc())
            .limit(SHOWN)
            .select(Offer::as_select())
            .load(conn)
            .await?)
    }

    /// All offers of a shop, or of everybody, newest first; at most `page.limit()`. For who made them.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(conn: &mut Conn, shop: Option<ShopId>, page: &Page<i64>) -> Result<Vec<Offer>> {
        let mut query = offer::table
            .filter(offer::id.lt(OfferId(page.after.unwrap_or(i64::MAX))))
            .order(offer::id.desc())
            .limit(page.limit())
            .select(Offer::as_select())
            .into_boxed();
        if let Some(shop) = shop {
            query = query.filter(offer::shop_id.eq(shop));
        }
        Ok(query.load(conn).await?)
    }
}

/// How many orders of a person use an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsesOfOffer {
    /// The person.
    pub user: UserId,
    /// The offer.
    pub offer: OfferId,
}

impl Relation for UsesOfOffer {
    type Value = i64;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, i64>> {
        let users: Vec<UserId> = keys.iter().map(|key| key.user).collect();
        let offers: Vec<OfferId> = keys.iter().map(|key| key.offer).collect();
        let rows: Vec<(UserId, OfferId, i64)> = coupon_redemption::table
            .filter(coupon_redemption::user_id.eq_any(users))
            .filter(coupon_redemption::offer_id.eq_any(offers))
            .filter(coupon_redemption::status.eq(RedemptionStatus::Redeemed))
            .group_by((coupon_redemption::user_id, coupon_redemption::offer_id))
            .select((coupon_redemption::user_id, coupon_redemption::offer_id, count_star()))
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|(user, offer, uses)| (UsesOfOffer { user, offer }, uses)).collect())
    }
}
