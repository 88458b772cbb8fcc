//! What shops sell, read for many shops with one statement.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt};
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::shops::Item;
use crate::request::Relation;
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

impl Relation for ItemsOfShop {
    /// Shared, since every asker of the same page gets it.
    type Value = Vec<Arc<Item>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<Item>>>> {
        let pages = Pages::new(keys);
        let rows: Vec<(i64, Item)> = pages.load(conn).await?;
        let mut found: HashMap<Self, Vec<Arc<Item>>> = HashMap::with_capacity(keys.len());
        for (place, item) in rows {
            // PostgreSQL counts from one.
            if let Some(key) = usize::try_from(place - 1).ok().and_then(|place| keys.get(place)) {
                found.entry(*key).or_default().push(Arc::new(item));
            }
        }
        // The statement promises no order of its outer rows. They arrive sorted all the same: one comparison each.
        found.values_mut().for_each(|items| items.sort_by_key(|item| item.id));
        Ok(found)
    }
}

/// One page of each of many shops, each read along `item_of_shop_idx` until it is full.
///
/// Diesel knows no lateral joins. A fragment of our own with a `QueryId` is prepared once per connection; `sql_query`
/// would be prepared anew at every call.
#[derive(QueryId)]
struct Pages {
    shops: Vec<ShopId>,
    afters: Vec<ItemId>,
    limits: Vec<i64>,
    columns: AsSelect<Item, Pg>,
}

impl Pages {
    fn new(keys: &[ItemsOfShop]) -> Pages {
        Pages {
            shops: keys.iter().map(|key| key.shop).collect(),
            afters: keys.iter().map(|key| key.after).collect(),
            limits: keys.iter().map(|key| key.limit).collect(),
            columns: Item::as_select(),
        }
    }
}

impl Query for Pages {
    type SqlType = (BigInt, AsSelect<Item, Pg>);
}

impl QueryFragment<Pg> for Pages {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT page.place, ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.shops)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.afters)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.limits)?;
        out.push_sql(
            ") WITH ORDINALITY AS page (shop_id, after, size, place) \
             CROSS JOIN LATERAL (SELECT * FROM item \
             WHERE item.shop_id = page.shop_id AND item.id > page.after AND item.is_active AND item.is_available \
             ORDER BY item.id LIMIT page.size) AS item",
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_is_prepared_once_per_connection() {
        let keys = [ItemsOfShop { shop: ShopId(1), after: ItemId(0), limit: 6 }];
        assert_eq!(Pages::new(&keys).is_safe_to_cache_prepared(&Pg).ok(), Some(true));
        assert!(Pages::query_id().is_some());
    }
}
