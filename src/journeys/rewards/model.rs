//! Points as rows, and how they are read.

use async_graphql::SimpleObject;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::ledger::points::{self, PointsKind};
use crate::request::{Page, columns};
use crate::schema::{reward_account, reward_ledger};
use crate::values::{Instant, OrderId, RewardEntryId, UserId};

/// A consumer's points.
#[derive(Clone, Copy, Debug)]
pub struct Rewards {
    /// Whose they are.
    pub user_id: UserId,
    /// How many there are.
    pub points: i64,
    /// How many were ever earned.
    pub lifetime_points: i64,
}

impl Rewards {
    /// A person's points; none before the first were earned.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user_id: UserId) -> Result<Rewards> {
        let held: Option<(i64, i64)> = reward_account::table
            .find(user_id)
            .select((reward_account::points, reward_account::lifetime_points))
            .first(conn)
            .await
            .optional()?;
        let (points, lifetime_points) = held.unwrap_or_default();
        Ok(Rewards { user_id, points, lifetime_points })
    }
}

/// One movement of points. Written once, never changed.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = reward_ledger)]
pub struct RewardEntry {
    /// Identifies the entry; newer ones have larger ids.
    pub id: RewardEntryId,
    /// Why the points moved.
    pub kind: PointsKind,
    /// What the balance changed by: below zero for what was used or taken back.
    pub points: i64,
    /// How many there were afterwards.
    pub points_after: i64,
    /// The order behind it.
    pub order_id: OrderId,
    /// A text to show, such as "Order #42 delivered".
    pub reference: String,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(RewardEntry {
    "id": id,
    "kind": kind,
    "points": points,
    "pointsAfter": points_after,
    "orderId": order_id,
    "reference": reference,
    "createdAt": created_at,
});

impl RewardEntry {
    /// A person's entries, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId, page: &Page<i64>) -> Result<Vec<RewardEntry>> {
        Ok(reward_ledger::table
            .filter(reward_ledger::user_id.eq(user))
            .filter(reward_ledger::id.lt(RewardEntryId(page.after.unwrap_or(i64::MAX))))
            .order(reward_ledger::id.desc())
            .limit(page.limit())
            .select(RewardEntry::as_select())
            .load(conn)
            .await?)
    }
}

/// How far somebody has come.
#[derive(Clone, Debug, SimpleObject)]
pub struct RewardTier {
    /// Its name.
    pub name: &'static str,
    /// From how many points ever earned it holds.
    pub min_points: i64,
    /// The name of the next one; null in the last.
    pub next_tier: Option<&'static str>,
    /// From how many points ever earned the next one holds; null in the last.
    pub next_tier_points: Option<i64>,
    /// How near the next one is, from 0 to 1; 1 in the last.
    pub progress: f64,
}

impl RewardTier {
    /// The tier of somebody who ever earned so many points.
    #[must_use]
    pub fn of(lifetime_points: i64) -> RewardTier {
        let ((name, min_points), next) = points::tier(lifetime_points);
        let part = |from: &i64| (lifetime_points - min_points) as f64 / (from - min_points) as f64;
        RewardTier {
            name,
            min_points: *min_points,
            next_tier: next.map(|(name, _)| *name),
            next_tier_points: next.map(|(_, from)| *from),
            progress: next.map_or(1.0, |(_, from)| part(from)),
        }
    }
}
