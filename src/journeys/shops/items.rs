//! What shops sell, read for many shops with one statement.

use std::collections::HashMap;
use std::sync::Arc;

use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::shops::Item;
use crate::request::{InPages, Pages, Relation, by_page};
use crate::values::{ItemId, ShopId};

/// What can be ordered of a shop now: a page of its items by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ItemsOfShop {
    /// The shop.
    pub shop: ShopId,
    /// The item behind which the page starts.
    pub after: ItemId,
    /// How many, at most.
    pub limit: i64,
}

impl InPages for Item {
    const ROWS: &'static str = "(SELECT * FROM item \
        WHERE item.shop_id = page.parent_id AND item.id > page.edge AND item.is_active AND item.is_available \
        ORDER BY item.id LIMIT page.size) AS item";
}

impl Relation for ItemsOfShop {
    /// Shared, since every asker of the same page gets it.
    type Value = Vec<Arc<Item>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<Item>>>> {
        let asked = keys.iter().map(|key| (key.shop.0, key.after.0, key.limit));
        let rows = Pages::<Item>::new(asked).load(conn).await?;
        Ok(by_page(keys, rows, |row: &Item| row.id))
    }
}

#[cfg(test)]
mod tests {
    use diesel::pg::Pg;
    use diesel::query_builder::{QueryFragment, QueryId};

    use super::*;

    #[test]
    fn the_statement_is_prepared_once_per_connection() {
        let pages = Pages::<Item>::new([(1, 0, 6)].into_iter());
        assert_eq!(pages.is_safe_to_cache_prepared(&Pg).ok(), Some(true));
        assert!(Pages::<Item>::query_id().is_some());
    }
}
