//! What makers of offers may send, and the rules that it has to keep.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::ledger::coupon::DiscountType;
use crate::schema::offer;
use crate::values::{Instant, Paise, ShopId, excerpt, optional_text, required_text};

/// The longest description, in characters.
const PARAGRAPH: usize = 500;
/// The most orders that a limit can name.
const MOST: i32 = 1_000_000;

/// A new offer.
#[derive(Debug, InputObject)]
pub struct CreateOfferInput {
    /// What consumers type: 3 to 20 letters and digits, in any case.
    pub code: String,
    /// One line, 1 to 100 characters.
    pub title: String,
    /// More about it, at most 500 characters.
    pub description: Option<String>,
    /// How the discount is counted.
    pub discount_type: DiscountType,
    /// How much: in percent, at most 100, or in rupees.
    pub discount_value: Paise,
    /// What the lines of the cart must come to; nothing when absent.
    pub min_order_amount: Option<Paise>,
    /// The most that is taken off.
    pub max_discount: Option<Paise>,
    /// The only shop it holds for. For staff; a vendor's offers hold for their own shop.
    pub shop_id: Option<ShopId>,
    /// From when; now when absent.
    pub starts_at: Option<Instant>,
    /// Until before when.
    pub expires_at: Option<Instant>,
    /// How many orders may use it altogether.
    pub total_limit: Option<i32>,
    /// How many orders of one person may use it.
    #[graphql(default = 1)]
    pub per_user_limit: i32,
}

/// What becomes different about an offer. What is absent stays; what it takes off cannot be changed.
#[derive(Debug, InputObject)]
pub struct UpdateOfferInput {
    /// One line, 1 to 100 characters.
    pub title: Option<String>,
    /// More about it, at most 500 characters; null clears it.
    pub description: MaybeUndefined<String>,
    /// Until before when; null takes the end away.
    pub expires_at: MaybeUndefined<Instant>,
    /// How many orders may use it altogether; null takes the limit away.
    pub total_limit: MaybeUndefined<i32>,
    /// False withdraws it, true brings it back.
    pub is_active: Option<bool>,
}

/// An offer about to be written, checked.
#[derive(Debug, Insertable)]
#[diesel(table_name = offer)]
pub struct NewOffer {
    code: String,
    title: String,
    description: Option<String>,
    discount_type: DiscountType,
    discount_value: Paise,
    min_order_paise: Paise,
    max_discount_paise: Option<Paise>,
    starts_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    total_limit: Option<i32>,
    per_user_limit: i32,
}

/// A change about to be written, checked. `None` keeps, `Some(None)` clears.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = offer)]
pub struct OfferChange {
    title: Option<String>,
    description: Option<Option<String>>,
    /// Until before when.
    pub expires_at: Option<Option<DateTime<Utc>>>,
    /// How many orders may use it.
    pub total_limit: Option<Option<i32>>,
    is_active: Option<bool>,
    /// When, in UTC.
    pub updated_at: DateTime<Utc>,
}

impl NewOffer {
    /// What is offered, for the log of the staff.
    pub(super) fn summary(&self) -> String {
        let (code, value) = (&self.code, self.discount_value);
        match self.discount_type {
            DiscountType::Percent => format!("{code}: {value} percent"),
            DiscountType::Flat => format!("{code}: ₹{value}"),
        }
    }
}

impl OfferChange {
    /// What becomes different, for the log of the staff; none when nothing does.
    pub(super) fn summary(&self) -> Option<String> {
        let none = || "none".to_owned();
        let parts = [
            self.title.as_ref().map(|title| format!("title: {title}")),
            self.description
                .as_ref()
                .map(|text| format!("description: {}", text.as_deref().map_or_else(none, excerpt))),
            self.expires_at
                .map(|end| format!("expiresAt: {}", end.map_or_else(none, |end| end.to_rfc3339()))),
            self.total_limit
                .map(|most| format!("totalLimit: {}", most.map_or_else(none, |most| most.to_string()))),
            self.is_active.map(|is_active| format!("isActive: {is_active}")),
        ];
        let changed: Vec<String> = parts.into_iter().flatten().collect();
        (!changed.is_empty()).then(|| changed.join("; "))
    }
}

/// A code as it is kept, whatever people type; nothing for what no code can be.
pub fn read_code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    let is_code = (3..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then_some(code)
}

fn title(text: &str) -> Result<String> {
    required_text(text, 100).map_err(|problem| Error::bad_input("title", format!("title {problem}")))
}

fn description(text: Option<&str>) -> Result<Option<String>> {
    optional_text(text, PARAGRAPH)
        .map_err(|problem| Error::bad_input("description", format!("description {problem}")))
}

fn limit(field: &'static str, limit: i32) -> Result<i32> {
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Error::bad_input(field, format!("{field} is a number from 1 to {MOST}")))
}

/// What becomes of a field that null clears.
fn change<T, U>(given: &MaybeUndefined<T>, read: impl Fn(&T) -> Result<U>) -> Result<Option<Option<U>>> {
    Ok(match given {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(read(value)?)),
    })
}

impl CreateOfferInput {
    /// # Errors
    /// `BAD_INPUT` that names the field.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<NewOffer> {
        let code = read_code(&self.code)
            .ok_or_else(|| Error::bad_input("code", "code has 3 to 20 letters and digits"))?;
        self.check_amounts()?;
        let starts_at = self.starts_at.map_or(now, |at| at.0);
        let expires_at = self.expires_at.map(|at| at.0);
        if expires_at.is_some_and(|end| end <= starts_at) {
            return Err(Error::bad_input("expiresAt", "expiresAt is after startsAt"));
        }
        Ok(NewOffer {
            code,
            title: title(&self.title)?,
            description: description(self.description.as_deref())?,
            discount_type: self.discount_type,
            discount_value: self.discount_value,
            min_order_paise: self.min_order_amount.unwrap_or(Paise::ZERO),
            max_discount_paise: self.max_discount,
            starts_at,
            expires_at,
            total_limit: self.total_limit.map(|most| limit("totalLimit", most)).transpose()?,
            per_user_limit: limit("perUserLimit", self.per_user_limit)?,
        })
    }

    fn check_amounts(&self) -> Result<()> {
        let refuse = |field: &'static str, problem: &'static str| Err(Error::bad_input(field, problem));
        if self.discount_value <= Paise::ZERO {
            return refuse("discountValue", "discountValue is above zero");
        }
        if self.discount_type == DiscountType::Percent && self.discount_value > Paise::rupees(100) {
            return refuse("discountValue", "discountValue is at most 100 percent");
        }
        if self.min_order_amount.is_some_and(|least| least < Paise::ZERO) {
            return refuse("minOrderAmount", "minOrderAmount is not below zero");
        }
        if self.max_discount.is_some_and(|most| most <= Paise::ZERO) {
            return refuse("maxDiscount", "maxDiscount is above zero");
        }
        Ok(())
    }
}

impl UpdateOfferInput {
    /// # Errors
    /// `BAD_INPUT` that names the field.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<OfferChange> {
        let description = change(&self.description, |text| description(Some(text)))?.map(Option::flatten);
        Ok(OfferChange {
            title: self.title.as_deref().map(title).transpose()?,
            description,
            expires_at: change(&self.expires_at, |at| Ok(at.0))?,
            total_limit: change(&self.total_limit, |most| limit("totalLimit", *most))?,
            is_active: self.is_active,
            updated_at: now,
        })
    }
}
