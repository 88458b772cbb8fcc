//! The shop list of a society: what narrows it, its order, and the cursor that stays true while shops change.

use async_graphql::connection::OpaqueCursor;
use async_graphql::{Enum, InputObject};
use diesel::dsl::{AsSelect, exists};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::shops::{Shop, Society};
use crate::request::Page;
use crate::schema::{item, shop};
use crate::values::{Paise, ShopId, optional_text};

/// The longest text to search for, in characters.
const LONGEST_TEXT: usize = 100;
/// The shortest text to search items for, in characters: fewer are in most titles.
const SHORTEST_TITLE: usize = 2;
/// The longest tag, in characters.
const LONGEST_TAG: usize = 50;
/// The most tags at once.
const MOST_TAGS: usize = 10;

/// Whether a shop takes orders now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ShopStatus {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

/// Which shops of the society to list. Every condition that is given must hold; texts match in any case.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ShopFilter {
    /// Open shops only, or closed shops only.
    pub status: Option<ShopStatus>,
    /// Part of the shop type, at most 100 characters.
    #[graphql(name = "type")]
    pub kind: Option<String>,
    /// Parts of the shop's tags, each of which must be there; at most 10 of at most 50 characters.
    pub tags: Option<Vec<String>>,
    /// Part of the shop's name or of its type, 1 to 100 characters.
    pub query: Option<String>,
    /// Part of the shop's name, of its type, or of the title of something that it has to order: what people type into one
    /// search box. 2 to 100 characters.
    pub search: Option<String>,
    /// Part of the title of something that the shop has to order, 2 to 100 characters. With a price: the same item holds
    /// all.
    pub item: Option<String>,
    /// The shop has something to order for at least this price.
    pub min_price: Option<Paise>,
    /// The shop has something to order for at most this price. With `minPrice`: the same item holds both.
    pub max_price: Option<Paise>,
    /// At least this rating, 0 to 5. Shops without a rating count as 0.
    pub min_rating: Option<f64>,
    /// `true`: only shops that have something to order. `false` changes nothing.
    pub available: Option<bool>,
}

/// A filter that was found good.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    is_open: Option<bool>,
    kind: Option<String>,
    tags: Vec<String>,
    query: Option<String>,
    search: Option<String>,
    item: Option<String>,
    prices: Option<(Paise, Paise)>,
    min_rating: f64,
    available: bool,
}

impl ShopFilter {
    /// Checks every condition.
    ///
    /// # Errors
    /// `BAD_INPUT` that names the condition.
    pub fn read(&self) -> Result<Wanted> {
        Ok(Wanted {
            is_open: self.status.map(|status| status == ShopStatus::Open),
            kind: part("type", self.kind.as_deref(), LONGEST_TEXT)?,
            tags: self.tags()?,
            query: self.query()?,
            search: title_part("search", self.search.as_deref())?,
            item: title_part("item", self.item.as_deref())?,
            prices: self.prices()?,
            min_rating: self.min_rating()?,
            available: self.available.unwrap_or(false),
        })
    }

    fn tags(&self) -> Result<Vec<String>> {
        let tags = self.tags.as_deref().unwrap_or_default();
        if tags.len() > MOST_TAGS {
            return Err(Error::bad_input(
                "tags",
                format!("at most {MOST_TAGS} tags can be asked for at once"),
            ));
        }
        tags.iter().filter_map(|tag| part("tags", Some(tag), LONGEST_TAG).transpose()).collect()
    }

    fn query(&self) -> Result<Option<String>> {
        match self.query.as_deref().map(str::trim) {
            None => Ok(None),
            Some("") => Err(Error::bad_input("query", "Missing search query 'q'")),
            Some(text) => part("query", Some(text), LONGEST_TEXT),
        }
    }

    fn prices(&self) -> Result<Option<(Paise, Paise)>> {
        if self.min_price.is_none() && self.max_price.is_none() {
            return Ok(None);
        }
        let (min, max) = (self.min_price.unwrap_or(Paise::ZERO), self.max_price.unwrap_or(Paise::MAX));
        if min < Paise::ZERO {
            return Err(Error::bad_input("minPrice", "Invalid min_price"));
        }
        if max < Paise::ZERO {
            return Err(Error::bad_input("maxPrice", "Invalid max_price"));
        }
        if min > max {
            return Err(Error::bad_input("minPrice", "min_price cannot exceed max_price"));
        }
        Ok(Some((min, max)))
    }

    fn min_rating(&self) -> Result<f64> {
        let rating = self.min_rating.unwrap_or(0.0);
        if !(0.0..=5.0).contains(&rating) {
            return Err(Error::bad_input("minRating", "Invalid rating"));
        }
        Ok(rating)
    }
}

/// As [`part`], of the titles of items.
fn title_part(field: &'static str, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(str::trim);
    if text.is_some_and(|text| text.chars().count() < SHORTEST_TITLE) {
        let problem = format!("{field} must have at least {SHORTEST_TITLE} characters");
        return Err(Error::bad_input(field, problem));
    }
    part(field, text, LONGEST_TEXT)
}

/// A pattern that finds the text anywhere; none for a blank one, which is found everywhere.
///
/// # Errors
/// `BAD_INPUT` that names the field.
pub fn part(field: &'static str, text: Option<&str>, longest: usize) -> Result<Option<String>> {
    let text = optional_text(text, longest)
        .map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))?;
    Ok(text.map(|text| containing(&text)))
}

/// A pattern that finds the text anywhere: what it would read as a sign of its own is text as well.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// A condition on a shop, made at run time.
type Condition = Box<dyn BoxableExpression<shop::table, Pg, SqlType = Nullable<Bool>>>;
/// A query of shops, to be narrowed at run time.
type Shops<'a> = shop::BoxedQuery<'a, Pg, AsSelect<Shop, Pg>>;

impl Wanted {
    fn narrow<'a>(&'a self, mut shops: Shops<'a>) -> Shops<'a> {
        if let Some(is_open) = self.is_open {
            shops = shops.filter(shop::is_open.eq(is_open));
        }
        if let Some(kind) = &self.kind {
            shops = shops.filter(shop::shop_type.ilike(kind));
        }
        for tag in &self.tags {
            shops = shops.filter(shop::category_tags.ilike(tag));
        }
        if let Some(query) = &self.query {
            shops = shops.filter(shop::shop_name.ilike(query).or(shop::shop_type.ilike(query)));
        }
        if self.min_rating > 0.0 {
            shops = shops.filter(shop::rating.ge(self.min_rating));
        }
        let to_order =
            item::table.filter(item::shop_id.eq(shop::id)).filter(item::is_active).filter(item::is_available);
        if let Some(text) = &self.search {
            let named = shop::shop_name.ilike(text).or(shop::shop_type.ilike(text));
            shops = shops.filter(named.or(exists(to_order.filter(item::title.ilike(text)))));
        }
        match (&self.item, self.prices) {
            (Some(title), Some((min, max))) => shops.filter(exists(
                to_order.filter(item::title.ilike(title)).filter(item::price_paise.between(min, max)),
            )),
            (Some(title), None) => shops.filter(exists(to_order.filter(item::title.ilike(title)))),
            (None, Some((min, max))) => {
                shops.filter(exists(to_order.filter(item::price_paise.between(min, max))))
            }
            (None, None) if self.available => shops.filter(exists(to_order)),
            (None, None) => shops,
        }
    }
}

/// A shop's place in the list, as it was when the cursor was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    open: bool,
    /// The bits of the rating: a decimal text of it would not always read back as the same number.
    rating: Option<u64>,
    id: ShopId,
}

/// A cursor of the shop list. It still tells where to go on after its shop closed, or was rated anew.
pub type ShopCursor = OpaqueCursor<Place>;

impl Place {
    /// Where this shop stands.
    #[must_use]
    pub fn of(shop: &Shop) -> ShopCursor {
        OpaqueCursor(Place { open: shop.is_open, rating: shop.rating.map(f64::to_bits), id: shop.id })
    }

    /// What holds for every shop that is listed behind this place.
    fn behind(self) -> Condition {
        let behind_in_rating: Condition = match self.rating.map(f64::from_bits) {
            Some(rating) => Box::new(
                shop::rating
                    .lt(rating)
                    .or(shop::rating.eq(rating).and(shop::id.gt(self.id)))
                    .or(shop::rating.is_null()),
            ),
            None => Box::new(shop::rating.is_null().and(shop::id.gt(self.id)).nullable()),
        };
        match self.open {
            true => Box::new(shop::is_open.eq(false).or(behind_in_rating)),
            false => Box::new(shop::is_open.eq(false).and(behind_in_rating)),
        }
    }
}

impl Shop {
    /// The shops of all societies, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(conn: &mut Conn, page: &Page<ShopCursor>) -> Result<Vec<Shop>> {
        let before = page.after.as_ref().map_or(ShopId(i64::MAX), |OpaqueCursor(place)| place.id);
        Ok(shop::table
            .filter(shop::id.lt(before))
            .order(shop::id.desc())
            .limit(page.limit())
            .select(Shop::as_select())
            .load(conn)
            .await?)
    }

    /// The society's shops: open ones first, then by rating with the unrated last, then by id; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_society(
        conn: &mut Conn,
        society: Society<'_>,
        wanted: &Wanted,
        page: &Page<ShopCursor>,
    ) -> Result<Vec<Shop>> {
        let shops = shop::table
            .filter(shop::city.eq(society.city))
            .filter(shop::society.eq(society.name))
            .order((shop::is_open.desc(), shop::rating.desc().nulls_last(), shop::id))
            .limit(page.limit())
            .select(Shop::as_select())
            .into_boxed();
        let mut shops = wanted.narrow(shops);
        if let Some(OpaqueCursor(place)) = &page.after {
            shops = shops.filter(place.behind());
        }
        Ok(shops.load(conn).await?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_would_read_as_a_sign_is_text() {
        assert_eq!(containing("milk"), "%milk%");
        assert_eq!(containing(r"100%_\"), r"%100\%\_\\%");
    }

    #[test]
    fn a_blank_condition_is_none_but_a_blank_search_is_refused() {
        let filter = ShopFilter {
            kind: Some(" ".to_owned()),
            tags: Some(vec![String::new()]),
            ..ShopFilter::default()
        };
        assert_eq!(filter.read().ok(), Some(Wanted::default()));
        let filter = ShopFilter { query: Some("  ".to_owned()), ..ShopFilter::default() };
        let error = filter.read().unwrap_err();
        assert_eq!((error.field(), error.message()), (Some("query"), "Missing search query 'q'"));
    }
}
