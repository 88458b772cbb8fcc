//! The wishlist's rows and how they are read.

use async_graphql::{ComplexObject, SimpleObject};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::shops::Item;
use crate::request::{Page, Row, columns};
use crate::schema::{item, wishlist_item};
use crate::values::{Instant, UserId, WishlistItemId};

/// Something that a consumer wants to remember.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = wishlist_item)]
#[graphql(complex)]
pub struct WishlistEntry {
    /// Identifies the entry; newer ones have larger ids.
    pub id: WishlistItemId,
    /// When it was added, in UTC.
    #[graphql(name = "addedAt")]
    pub created_at: Instant,
    /// What, at its present price.
    #[diesel(embed)]
    #[graphql(skip)]
    pub item: Item,
}

columns!(WishlistEntry {
    "id": id,
    "addedAt": created_at,
});

#[ComplexObject]
impl WishlistEntry {
    /// What, at its present price.
    async fn item(&self) -> Row<&Item> {
        Row(&self.item)
    }

    /// Whether it can be ordered now.
    async fn available(&self) -> bool {
        self.item.is_available && self.item.is_active
    }
}

impl WishlistEntry {
    /// A person's entries, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId, page: &Page<i64>) -> Result<Vec<WishlistEntry>> {
        Ok(wishlist_item::table
            .inner_join(item::table)
            .filter(wishlist_item::user_id.eq(user))
            .filter(wishlist_item::id.lt(WishlistItemId(page.after.unwrap_or(i64::MAX))))
            .order(wishlist_item::id.desc())
            .limit(page.limit())
            .select(WishlistEntry::as_select())
            .load(conn)
            .await?)
    }
}
