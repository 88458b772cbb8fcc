//! The societies that have shops: what somebody new chooses their own from.

use async_graphql::SimpleObject;
use async_graphql::connection::OpaqueCursor;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::request::{Page, columns};
use crate::schema::shop;

/// A society that has shops.
#[derive(Clone, Debug, Queryable, SimpleObject)]
#[graphql(name = "Society")]
pub struct SocietyWithShops {
    /// The city it is in, as its shops spell it.
    pub city: String,
    /// Its name, as its shops spell it.
    pub society: String,
    /// How many shops it has, at least one.
    pub shop_count: i64,
}

columns!(SocietyWithShops {
    "city": city,
    "society": society,
    "shopCount": shop_count,
});

/// A society's place in the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    city: String,
    society: String,
}

/// A cursor of the list of societies.
pub type SocietyCursor = OpaqueCursor<Named>;

impl SocietyWithShops {
    /// Where this society stands.
    #[must_use]
    pub fn cursor(&self) -> SocietyCursor {
        OpaqueCursor(Named { city: self.city.clone(), society: self.society.clone() })
    }

    /// The societies of a city, or of all, whose name fits the pattern, by city and name; at most `page.limit()`.
    ///
    /// # Errors
    /// `BAD_INPUT` for a cursor that no society has; `INTERNAL` when the database fails.
    pub async fn list(
        conn: &mut Conn,
        city: Option<&str>,
        pattern: Option<&str>,
        page: &Page<SocietyCursor>,
    ) -> Result<Vec<SocietyWithShops>> {
        let mut societies = shop::table
            .group_by((shop::city, shop::society))
            .order((shop::city, shop::society))
            .limit(page.limit())
            .select((shop::city, shop::society, count_star()))
            .into_boxed();
        if let Some(city) = city {
            societies = societies.filter(shop::city.eq(city));
        }
        if let Some(pattern) = pattern {
            societies = societies.filter(shop::society.ilike(pattern));
        }
        if let Some(OpaqueCursor(place)) = &page.after {
            // No society has such a name: the cursor is made up.
            if place.city.contains('\0') || place.society.contains('\0') {
                return Err(Error::bad_input("after", "after is the cursor of an entry of this list"));
            }
            // A row comparison, spelt so that the index gives the range.
            societies = societies
                .filter(shop::city.ge(&place.city))
                .filter(shop::city.gt(&place.city).or(shop::society.gt(&place.society)));
        }
        Ok(societies.load(conn).await?)
    }
}
