//! When shops open, read for many shops with one statement.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::request::{Relation, columns, grouped};
use crate::schema::shop_hours;
use crate::values::{ShopId, TimeOfDay};

/// When a shop opens on one day of the week. What the shop states; `isOpen` says whether it takes orders.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = shop_hours)]
pub struct ShopHours {
    /// Whose hours.
    #[graphql(skip)]
    pub shop_id: ShopId,
    /// The day: 0 is Monday, 6 is Sunday.
    pub day_of_week: i16,
    /// When it opens.
    pub open_time: TimeOfDay,
    /// When it closes; on the next day, when that is before it opens.
    pub close_time: TimeOfDay,
}

columns!(ShopHours {
    "dayOfWeek": day_of_week,
    "openTime": open_time,
    "closeTime": close_time,
});

/// A shop's hours, from Monday on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HoursOfShop(pub ShopId);

impl Relation for HoursOfShop {
    type Value = Vec<Arc<ShopHours>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<ShopHours>>>> {
        let ids: Vec<ShopId> = keys.iter().map(|key| key.0).collect();
        let rows = shop_hours::table
            .filter(shop_hours::shop_id.eq_any(ids))
            .order((shop_hours::shop_id, shop_hours::day_of_week))
            .select(ShopHours::as_select())
            .load(conn)
            .await?;
        Ok(grouped(rows, |row: &ShopHours| HoursOfShop(row.shop_id)))
    }
}
