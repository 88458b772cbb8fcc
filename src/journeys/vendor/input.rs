//! What a vendor may send, and the rules that it has to keep before anything is written.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Datelike, Utc};

use crate::error::{Error, Result};
use crate::journeys::vendor::model::{ItemChanges, NewItem, NewShop, NewVendorProfile, ShopChanges};
use crate::values::{Date, Paise, optional_text, required_text};

/// The longest name, title, type, category or address line, in characters.
pub(super) const LINE: usize = 100;
/// The longest description, in characters.
const PARAGRAPH: usize = 2_000;
/// The longest address of a picture, in characters.
pub(super) const URL: usize = 500;
/// The longest tag, in characters.
const TAG: usize = 50;
/// The most tags of one shop or item.
const MOST_TAGS: usize = 20;
/// The most of one item that a shop may say to have.
const MOST_STOCK: i32 = 1_000_000;
/// Beyond this a discount is a slip of the finger, whether it is meant in rupees or in percent.
const LARGEST_DISCOUNT: f64 = 99_999_999.0;

/// A vendor's business, for onboarding.
#[derive(Debug, InputObject)]
pub struct CreateVendorProfileInput {
    /// What kind of business, 1 to 100 characters.
    pub business_type: String,
    /// Its name, 1 to 100 characters.
    pub business_name: String,
    /// Where it is, 1 to 500 characters.
    pub address: String,
    /// Its number in the goods and services tax, at most 20 characters.
    pub gst_number: Option<String>,
}

impl CreateVendorProfileInput {
    pub(super) fn read(&self) -> Result<NewVendorProfile> {
        let required =
            |field, value, longest| needed(field, value, longest, "Missing required vendor details");
        Ok(NewVendorProfile {
            business_type: required("businessType", &self.business_type, LINE)?,
            business_name: required("businessName", &self.business_name, LINE)?,
            address: required("address", &self.address, 500)?,
            gst_number: optional("gstNumber", self.gst_number.as_deref(), 20)?,
        })
    }
}

/// A new shop. It serves its owner's society.
#[derive(Debug, InputObject)]
pub struct CreateShopInput {
    /// Its name, 1 to 100 characters.
    pub shop_name: String,
    /// What kind of shop, such as "Grocery"; 1 to 100 characters.
    pub shop_type: String,
    /// What it says about itself, at most 2000 characters.
    pub description: Option<String>,
    /// Whether it brings what was ordered.
    #[graphql(default)]
    pub delivers: bool,
    /// Whether it serves by appointment only.
    #[graphql(default)]
    pub appointment_only: bool,
    /// Whether it takes orders from now on.
    #[graphql(default = true)]
    pub is_open: bool,
    /// Its tags, at most 20 of at most 50 characters. A comma separates as well: `"dairy, milk"` is two tags.
    pub tags: Option<Vec<String>>,
    /// The address of its picture, at most 500 characters.
    pub logo_url: Option<String>,
}

impl CreateShopInput {
    pub(super) fn read(&self) -> Result<NewShop> {
        Ok(NewShop {
            shop_name: needed("shopName", &self.shop_name, LINE, "Missing required fields")?,
            shop_type: needed("shopType", &self.shop_type, LINE, "Missing required fields")?,
            description: optional("description", self.description.as_deref(), PARAGRAPH)?,
            category_tags: tags(self.tags.as_deref().unwrap_or_default())?,
            logo_url: optional("logoUrl", self.logo_url.as_deref(), URL)?,
            is_open: self.is_open,
            delivers: self.delivers,
            appointment_only: self.appointment_only,
        })
    }
}

/// What becomes different about a shop. What is absent stays; `null` clears a description, tags or a picture, and
/// keeps anything else.
#[derive(Debug, InputObject)]
pub struct UpdateShopInput {
    /// Its name, 1 to 100 characters.
    pub shop_name: Option<String>,
    /// What kind of shop, 1 to 100 characters.
    pub shop_type: Option<String>,
    /// The society of its city that it serves, 1 to 100 characters.
    pub society: Option<String>,
    /// What it says about itself, at most 2000 characters.
    pub description: MaybeUndefined<String>,
    /// Whether it brings what was ordered.
    pub delivers: Option<bool>,
    /// Whether it serves by appointment only.
    pub appointment_only: Option<bool>,
    /// Whether it takes orders from now on.
    pub is_open: Option<bool>,
    /// Its tags, all of them; at most 20 of at most 50 characters. A comma separates as well.
    pub tags: MaybeUndefined<Vec<String>>,
    /// The address of its picture, at most 500 characters.
    pub logo_url: MaybeUndefined<String>,
}

impl UpdateShopInput {
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<ShopChanges> {
        Ok(ShopChanges {
            shop_name: kept_or("shopName", self.shop_name.as_deref(), LINE)?,
            shop_type: kept_or("shopType", self.shop_type.as_deref(), LINE)?,
            society: kept_or("society", self.society.as_deref(), LINE)?,
            description: change("description", &self.description, PARAGRAPH)?,
            category_tags: changed_tags(&self.tags)?,
            logo_url: change("logoUrl", &self.logo_url, URL)?,
            is_open: self.is_open,
            delivers: self.delivers,
            appointment_only: self.appointment_only,
            updated_at: now,
        })
    }
}

/// A new item. It can be ordered at once.
#[derive(Debug, InputObject)]
pub struct AddItemInput {
    /// Its name, 1 to 100 characters.
    pub title: String,
    /// What one costs, above zero.
    pub price: Paise,
    /// Who makes it, at most 100 characters.
    pub brand: Option<String>,
    /// More about it, at most 2000 characters.
    pub description: Option<String>,
    /// The printed price of one, not below the price.
    pub mrp: Option<Paise>,
    /// The discount as the shop states it, not below zero.
    pub discount: Option<f64>,
    /// How many the shop has, 0 to 1000000.
    #[graphql(default = 100)]
    pub quantity_in_stock: i32,
    /// What is counted, such as "kg" or "packet"; at most 50 characters.
    #[graphql(default_with = "\"pcs\".to_owned()")]
    pub unit: String,
    /// How much one holds, such as "500 g"; at most 50 characters.
    pub pack_size: Option<String>,
    /// Where it is found in the shop, such as "Dairy"; at most 100 characters.
    pub category: Option<String>,
    /// Its tags, at most 20 of at most 50 characters. A comma separates as well: `"rice, basmati"` is two tags.
    pub tags: Option<Vec<String>>,
    /// The shop's own number for it, at most 50 characters.
    pub sku: Option<String>,
    /// Best before this day, from 2000 to 2099.
    pub expiry_date: Option<Date>,
    /// The address of its picture, at most 500 characters.
    pub image_url: Option<String>,
}

impl AddItemInput {
    pub(super) fn read(&self) -> Result<NewItem> {
        price_rule(self.price, self.mrp, "mrp")?;
        Ok(NewItem {
            title: text("title", &self.title, LINE)?,
            brand: optional("brand", self.brand.as_deref(), LINE)?,
            description: optional("description", self.description.as_deref(), PARAGRAPH)?,
            price: self.price,
            mrp: self.mrp,
            discount: self.discount.map(discount).transpose()?,
            quantity_in_stock: stock(self.quantity_in_stock)?,
            unit: optional("unit", Some(&self.unit), 50)?,
            pack_size: optional("packSize", self.pack_size.as_deref(), 50)?,
            category: optional("category", self.category.as_deref(), LINE)?,
            tags: tags(self.tags.as_deref().unwrap_or_default())?,
            sku: optional("sku", self.sku.as_deref(), 50)?,
            expiry_date: self.expiry_date.map(expiry_date).transpose()?,
            image_url: optional("imageUrl", self.image_url.as_deref(), URL)?,
        })
    }
}

/// What becomes different about an item. What is absent stays; `null` keeps title, price, stock and availability, and
/// clears anything else.
#[derive(Debug, InputObject)]
pub struct UpdateItemInput {
    /// Its name, 1 to 100 characters.
    pub title: Option<String>,
    /// What one costs, above zero.
    pub price: Option<Paise>,
    /// Who makes it, at most 100 characters.
    pub brand: MaybeUndefined<String>,
    /// More about it, at most 2000 characters.
    pub description: MaybeUndefined<String>,
    /// The printed price of one, not below the price.
    pub mrp: MaybeUndefined<Paise>,
    /// The discount as the shop states it, not below zero.
    pub discount: MaybeUndefined<f64>,
    /// How many the shop has, 0 to 1000000.
    pub quantity_in_stock: Option<i32>,
    /// What is counted, such as "kg" or "packet"; at most 50 characters.
    pub unit: MaybeUndefined<String>,
    /// How much one holds, such as "500 g"; at most 50 characters.
    pub pack_size: MaybeUndefined<String>,
    /// Where it is found in the shop, such as "Dairy"; at most 100 characters.
    pub category: MaybeUndefined<String>,
    /// Its tags, all of them; at most 20 of at most 50 characters. A comma separates as well.
    pub tags: MaybeUndefined<Vec<String>>,
    /// The shop's own number for it, at most 50 characters.
    pub sku: MaybeUndefined<String>,
    /// Best before this day, from 2000 to 2099.
    pub expiry_date: MaybeUndefined<Date>,
    /// The address of its picture, at most 500 characters.
    pub image_url: MaybeUndefined<String>,
    /// Whether it can be ordered from now on.
    pub is_available: Option<bool>,
    /// Whether the shop still lists it; `false` retires it, and consumers no longer see it.
    pub is_active: Option<bool>,
}

impl UpdateItemInput {
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<ItemChanges> {
        Ok(ItemChanges {
            title: kept_or("title", self.title.as_deref(), LINE)?,
            brand: change("brand", &self.brand, LINE)?,
            description: change("description", &self.description, PARAGRAPH)?,
            price: self.price,
            mrp: change_of(&self.mrp, Ok)?,
            discount: change_of(&self.discount, discount)?,
            quantity_in_stock: self.quantity_in_stock.map(stock).transpose()?,
            unit: change("unit", &self.unit, 50)?,
            pack_size: change("packSize", &self.pack_size, 50)?,
            category: change("category", &self.category, LINE)?,
            tags: changed_tags(&self.tags)?,
            sku: change("sku", &self.sku, 50)?,
            expiry_date: change_of(&self.expiry_date, expiry_date)?,
            image_url: change("imageUrl", &self.image_url, URL)?,
            is_available: self.is_available,
            is_active: self.is_active,
            updated_at: now,
        })
    }
}

impl ItemChanges {
    /// The price rule for what the item becomes: the changes over what it was.
    ///
    /// # Errors
    /// `BAD_INPUT` that names what was changed: `price` or `mrp`.
    pub(super) fn check_prices(&self, price: Paise, mrp: Option<Paise>) -> Result<()> {
        let field = if matches!(self.mrp, Some(Some(_))) { "mrp" } else { "price" };
        price_rule(self.price.unwrap_or(price), self.mrp.unwrap_or(mrp), field)
    }
}

/// A price is above zero, and the printed price not below it.
fn price_rule(price: Paise, mrp: Option<Paise>, field_of_mrp: &'static str) -> Result<()> {
    if price <= Paise::ZERO {
        return Err(Error::bad_input("price", "price must be above zero"));
    }
    match mrp {
        Some(mrp) if mrp < price => Err(Error::bad_input(field_of_mrp, "mrp must not be below price")),
        _ => Ok(()),
    }
}

fn stock(count: i32) -> Result<i32> {
    if !(0..=MOST_STOCK).contains(&count) {
        let problem = format!("quantityInStock is a number from 0 to {MOST_STOCK}");
        return Err(Error::bad_input("quantityInStock", problem));
    }
    Ok(count)
}

fn discount(discount: f64) -> Result<f64> {
    if !(0.0..=LARGEST_DISCOUNT).contains(&discount) {
        return Err(Error::bad_input("discount", "discount must not be below zero"));
    }
    Ok(discount)
}

fn expiry_date(day: Date) -> Result<Date> {
    if !(2000..2100).contains(&day.0.year()) {
        return Err(Error::bad_input("expiryDate", "expiryDate is a day from 2000 to 2099"));
    }
    Ok(day)
}

/// A text that must be there.
pub(super) fn text(field: &'static str, value: &str, longest: usize) -> Result<String> {
    required_text(value, longest).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

/// A text that must not be blank: the sentence for one that is.
fn needed(field: &'static str, value: &str, longest: usize, missing: &'static str) -> Result<String> {
    if value.trim().is_empty() {
        return Err(Error::bad_input(field, missing));
    }
    text(field, value, longest)
}

fn optional(field: &'static str, value: Option<&str>, longest: usize) -> Result<Option<String>> {
    optional_text(value, longest).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

fn kept_or(field: &'static str, value: Option<&str>, longest: usize) -> Result<Option<String>> {
    value.map(|value| text(field, value, longest)).transpose()
}

/// A text that may be cleared: by `null` or by a blank one.
fn change(
    field: &'static str,
    value: &MaybeUndefined<String>,
    longest: usize,
) -> Result<Option<Option<String>>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Ok(Some(None)),
        MaybeUndefined::Value(value) => optional(field, Some(value), longest).map(Some),
    }
}

/// A value that may be cleared by `null`.
fn change_of<T: Copy>(
    value: &MaybeUndefined<T>,
    check: impl Fn(T) -> Result<T>,
) -> Result<Option<Option<T>>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Ok(Some(None)),
        MaybeUndefined::Value(value) => check(*value).map(|value| Some(Some(value))),
    }
}

fn changed_tags(value: &MaybeUndefined<Vec<String>>) -> Result<Option<Option<String>>> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Ok(Some(None)),
        MaybeUndefined::Value(given) => tags(given).map(Some),
    }
}

/// Tags as one text, separated by commas, as the REST clients send and read them.
fn tags(given: &[String]) -> Result<Option<String>> {
    let mut tags = Vec::new();
    for tag in given.iter().flat_map(|text| text.split(',')) {
        if let Some(tag) = optional("tags", Some(tag), TAG)?
            && !tags.contains(&tag)
        {
            tags.push(tag);
        }
    }
    if tags.len() > MOST_TAGS {
        return Err(Error::bad_input("tags", format!("at most {MOST_TAGS} tags are allowed")));
    }
    Ok((!tags.is_empty()).then(|| tags.join(",")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_price_is_never_below_the_price() {
        for (price, mrp, good) in [
            (1, None, true),
            (100, Some(100), true),
            (100, Some(101), true),
            (100, Some(99), false),
            (0, None, false),
            (-1, Some(5), false),
        ] {
            assert_eq!(price_rule(Paise(price), mrp.map(Paise), "mrp").is_ok(), good, "{price} {mrp:?}");
        }
    }

    #[test]
    fn tags_are_separated_by_commas_and_kept_once() {
        let given = ["dairy, milk".to_owned(), " ".to_owned(), "milk".to_owned()];
        assert_eq!(tags(&given).ok(), Some(Some("dairy,milk".to_owned())));
        assert_eq!(tags(&[]).ok(), Some(None));
        assert_eq!(tags(&["x".repeat(51)]).unwrap_err().field(), Some("tags"));
        assert!(tags(&[(0..21).map(|tag| tag.to_string()).collect::<Vec<_>>().join(",")]).is_err());
    }
}
