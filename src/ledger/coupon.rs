//! What a coupon takes off, and when it holds: pure. And the two places where a coupon is used up and given back.
//!
//! Always inside the caller's transaction, so that a coupon is used with its order or not at all.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::schema::{coupon_redemption, offer};
use crate::values::{OfferId, OrderId, Paise, ShopId, UserId, word};

word! {
    /// How an offer's discount is counted.
    DiscountType {
        /// A part of the order, in percent.
        Percent = "percent",
        /// An amount.
        Flat = "flat",
    }
}

word! {
    /// Where a coupon stands for one person.
    RedemptionStatus {
        /// In the cart.
        Applied = "applied",
        /// Used by an order.
        Redeemed = "redeemed",
        /// Its order was called off: it does not count any more.
        Released = "released",
    }
}

/// What an offer gives, and when.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = offer)]
pub struct Terms {
    /// The offer.
    pub id: OfferId,
    /// What people type, in capitals.
    pub code: String,
    /// How the discount is counted.
    pub discount_type: DiscountType,
    /// Hundredths of a percent, or paise.
    pub discount_value: i64,
    /// The least that the lines must come to.
    pub min_order_paise: Paise,
    /// The most that is taken off.
    pub max_discount_paise: Option<Paise>,
    /// The only shop it holds for.
    pub shop_id: Option<ShopId>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until before when.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many orders may use it.
    pub total_limit: Option<i32>,
    /// How many orders of one person may use it.
    pub per_user_limit: i32,
    /// How many orders use it.
    pub redeemed_count: i32,
    /// Whether it was not withdrawn.
    pub is_active: bool,
}

/// What a cart says to a coupon.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The shop of its lines.
    pub shop: Option<ShopId>,
    /// What they come to.
    pub total: Paise,
    /// How many orders of this person use the coupon already.
    pub used: i64,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Terms {
    /// Whether the coupon holds.
    ///
    /// # Errors
    /// `COUPON_INVALID` with the sentence to show.
    pub fn check(&self, asked: &Asked) -> Result<()> {
        let refuse = |message: &'static str| Err(Error::new(Code::CouponInvalid, message));
        if !self.is_active
            || asked.now < self.starts_at
            || self.expires_at.is_some_and(|end| asked.now >= end)
        {
            return refuse("Coupon expired");
        }
        if self.shop_id.is_some() && self.shop_id != asked.shop {
            return refuse("Coupon not valid for this shop");
        }
        if asked.total < self.min_order_paise {
            return refuse("Minimum order amount not met");
        }
        if asked.used >= i64::from(self.per_user_limit) {
            return refuse("Coupon already used");
        }
        if self.total_limit.is_some_and(|limit| self.redeemed_count >= limit) {
            return refuse("Coupon used up");
        }
        Ok(())
    }

    /// What is taken off lines that come to `total`: half a paisa counts as one, and never more than there is.
    #[must_use]
    pub fn discount(&self, total: Paise) -> Paise {
        let full = match self.discount_type {
            DiscountType::Flat => Paise(self.discount_value),
            DiscountType::Percent => {
                let share = (i128::from(total.0) * i128::from(self.discount_value) + 5_000) / 10_000;
                Paise(i64::try_from(share).unwrap_or(total.0))
            }
        };
        full.min(self.max_discount_paise.unwrap_or(full)).min(total)
    }
}

/// How many orders of a person use an offer.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn used(conn: &mut Conn, user: UserId, id: OfferId) -> Result<i64> {
    Ok(coupon_redemption::table
        .filter(coupon_redemption::user_id.eq(user))
        .filter(coupon_redemption::offer_id.eq(id))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Redeemed))
        .count()
        .get_result(conn)
        .await?)
}

/// The terms of the coupon that an order uses, as they are now.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn of_order(conn: &mut Conn, order: OrderId) -> Result<Option<Terms>> {
    let terms = coupon_redemption::table
        .inner_join(offer::table)
        .filter(coupon_redemption::order_id.eq(order))
        .select(Terms::as_select())
        .first(conn)
        .await;
    Ok(terms.optional()?)
}

/// The coupon in a person's cart, its offer locked: of two orders that want the last use, the second waits here.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn lock_applied(conn: &mut Conn, user: UserId) -> Result<Option<Terms>> {
    let applied: Option<OfferId> = coupon_redemption::table
        .filter(coupon_redemption::user_id.eq(user))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Applied))
        .select(coupon_redemption::offer_id)
        .first(conn)
        .await
        .optional()?;
    let Some(id) = applied else { return Ok(None) };
    Ok(Some(offer::table.find(id).select(Terms::as_select()).for_no_key_update().first(conn).await?))
}

/// Uses the coupon of a person's cart up for an order. Its offer is locked, and it holds.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn redeem(
    conn: &mut Conn,
    user: UserId,
    id: OfferId,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::update(offer::table.find(id))
        .set(offer::redeemed_count.eq(offer::redeemed_count + 1))
        .execute(conn)
        .await?;
    let applied = coupon_redemption::table
        .filter(coupon_redemption::user_id.eq(user))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Applied));
    diesel::update(applied)
        .set((
            coupon_redemption::status.eq(RedemptionStatus::Redeemed),
            coupon_redemption::order_id.eq(order),
            coupon_redemption::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives back the coupon that an order used, if it used one: it may be used again.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn release(conn: &mut Conn, order: OrderId, now: DateTime<Utc>) -> Result<()> {
    let used = coupon_redemption::table
        .filter(coupon_redemption::order_id.eq(order))
        .filter(coupon_redemption::status.eq(RedemptionStatus::Redeemed));
    let released: Option<OfferId> = diesel::update(used)
        .set((
            coupon_redemption::status.eq(RedemptionStatus::Released),
            coupon_redemption::updated_at.eq(now),
        ))
        .returning(coupon_redemption::offer_id)
        .get_result(conn)
        .await
        .optional()?;
    if let Some(id) = released {
        diesel::update(offer::table.find(id))
            .set(offer::redeemed_count.eq(offer::redeemed_count - 1))
            .execute(conn)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn terms(discount_type: DiscountType, discount_value: i64) -> Terms {
        Terms {
            id: OfferId(1),
            code: "FRESH".to_owned(),
            discount_type,
            discount_value,
            min_order_paise: Paise(10_000),
            max_discount_paise: Some(Paise(5_000)),
            shop_id: Some(ShopId(7)),
            starts_at: at(10),
            expires_at: Some(at(20)),
            total_limit: Some(3),
            per_user_limit: 1,
            redeemed_count: 2,
            is_active: true,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_percentage_is_rounded_half_up_and_capped() {
        let percent = terms(DiscountType::Percent, 1_250);
        assert_eq!(percent.discount(Paise(10_004)), Paise(1_251));
        assert_eq!(percent.discount(Paise(10_003)), Paise(1_250));
        assert_eq!(percent.discount(Paise(99_999)), Paise(5_000));
        let flat = terms(DiscountType::Flat, 4_000);
        assert_eq!((flat.discount(Paise(10_000)), flat.discount(Paise(3_000))), (Paise(4_000), Paise(3_000)));
    }

    #[test]
    fn a_coupon_says_why_it_does_not_hold() {
        let fine = Asked { shop: Some(ShopId(7)), total: Paise(10_000), used: 0, now: at(10) };
        let offer = terms(DiscountType::Flat, 4_000);
        assert!(offer.check(&fine).is_ok());
        for (offer, asked, message) in [
            (offer.clone(), Asked { now: at(9), ..fine }, "Coupon expired"),
            (offer.clone(), Asked { now: at(20), ..fine }, "Coupon expired"),
            (Terms { is_active: false, ..offer.clone() }, fine, "Coupon expired"),
            (offer.clone(), Asked { shop: Some(ShopId(8)), ..fine }, "Coupon not valid for this shop"),
            (offer.clone(), Asked { shop: None, ..fine }, "Coupon not valid for this shop"),
            (offer.clone(), Asked { total: Paise(9_999), ..fine }, "Minimum order amount not met"),
            (offer.clone(), Asked { used: 1, ..fine }, "Coupon already used"),
            (Terms { redeemed_count: 3, ..offer.clone() }, fine, "Coupon used up"),
        ] {
            let refused = offer.check(&asked).unwrap_err();
            assert_eq!((refused.code(), refused.message()), (Code::CouponInvalid, message));
        }
        let anywhere = Terms { shop_id: None, expires_at: None, total_limit: None, ..offer };
        assert!(anywhere.check(&Asked { shop: Some(ShopId(8)), now: at(99), ..fine }).is_ok());
    }
}
