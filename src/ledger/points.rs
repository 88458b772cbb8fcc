//! Reward points: what they are worth and how they are earned, pure; and the only SQL that moves them.
//!
//! Always inside the caller's transaction, so that points move with their cause or not at all.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::schema::{reward_account, reward_ledger};
use crate::values::{OrderId, Paise, UserId, word};

/// What one point takes off an order.
pub const WORTH: Paise = Paise(25);
/// What an order must cost for each point it earns.
pub const EARNED_PER: Paise = Paise::rupees(10);
/// The most that one order earns, however dear it is: nobody makes points in bulk.
pub const MOST_EARNED: i64 = 500;
/// The names of the tiers, each with the points ever earned from which it holds.
pub const TIERS: [(&str, i64); 4] = [("Bronze", 0), ("Silver", 500), ("Gold", 2_000), ("Platinum", 5_000)];

word! {
    /// Why points moved.
    #[graphql(name = "RewardKind")]
    PointsKind {
        /// An order was delivered.
        Credit = "credit",
        /// Points paid for a part of an order.
        Debit = "debit",
        /// An order that earned or used points was called off or returned.
        Reversal = "reversal",
    }
}

/// What a delivered order earns.
#[must_use]
pub fn earned(final_amount: Paise) -> i64 {
    (final_amount.0 / EARNED_PER.0).min(MOST_EARNED)
}

/// What points take off at most `payable`, and how many of them are needed for it.
#[must_use]
pub fn discount(points: i64, payable: Paise) -> (i64, Paise) {
    let used = points.min(payable.0 / WORTH.0).max(0);
    (used, Paise(used * WORTH.0))
}

/// The tier of somebody who ever earned so many points, and the next one.
#[must_use]
pub fn tier(lifetime_points: i64) -> (&'static (&'static str, i64), Option<&'static (&'static str, i64)>) {
    let next = TIERS.iter().position(|(_, from)| *from > lifetime_points).unwrap_or(TIERS.len());
    (&TIERS[next.max(1) - 1], TIERS.get(next))
}

/// Points about to move.
#[derive(Debug)]
pub struct PointsPosting<'a> {
    /// Why.
    pub kind: PointsKind,
    /// What the balance changes by.
    pub points: i64,
    /// The order behind it.
    pub order: OrderId,
    /// The text that the consumer sees.
    pub reference: &'a str,
}

/// Moves points: the balance and its entry. Nothing for zero points.
///
/// # Errors
/// `INSUFFICIENT_POINTS` when there are fewer than are taken (nothing is written).
pub async fn post(
    conn: &mut Conn,
    user: UserId,
    posting: &PointsPosting<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    if posting.points == 0 {
        return Ok(());
    }
    diesel::insert_into(reward_account::table)
        .values(reward_account::user_id.eq(user))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let ever = if posting.kind == PointsKind::Credit { posting.points } else { 0 };
    // The condition and the change are one statement: of two debits at once, the second sees what the first left.
    let after = diesel::update(reward_account::table.find(user))
        .filter((reward_account::points + posting.points).ge(0))
        .set((
            reward_account::points.eq(reward_account::points + posting.points),
            reward_account::lifetime_points.eq(reward_account::lifetime_points + ever),
        ))
        .returning(reward_account::points)
        .get_result::<i64>(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::new(Code::InsufficientPoints, "Insufficient points"))?;
    diesel::insert_into(reward_ledger::table)
        .values((
            reward_ledger::user_id.eq(user),
            reward_ledger::kind.eq(posting.kind),
            reward_ledger::points.eq(posting.points),
            reward_ledger::points_after.eq(after),
            reward_ledger::order_id.eq(posting.order),
            reward_ledger::reference.eq(posting.reference),
            reward_ledger::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What a return does to an order's points, where `returned` of `total` goes back: the same part of those that paid for
/// it comes back, and of those that it earned is taken, no more than there are.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn settle_return(
    conn: &mut Conn,
    user: UserId,
    order: OrderId,
    part: Part,
    redeemed: i64,
    earned: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let reference = format!("Order #{order} returned");
    let posting = |points| PointsPosting { kind: PointsKind::Reversal, points, order, reference: &reference };
    post(conn, user, &posting(part.of(redeemed)), now).await?;
    // Locked, so that nothing is spent between the look and the write.
    let held: Option<i64> = reward_account::table
        .find(user)
        .select(reward_account::points)
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    post(conn, user, &posting(-part.of(earned).min(held.unwrap_or(0))), now).await
}

/// How much of an order goes back.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// What the order's prices say of what goes back.
    pub returned: Paise,
    /// What they say of all of it.
    pub total: Paise,
}

impl Part {
    /// This part of so many points, rounded down; all of them when everything goes back.
    #[must_use]
    pub fn of(self, points: i64) -> i64 {
        if self.returned >= self.total {
            return points;
        }
        let share = i128::from(points) * i128::from(self.returned.0) / i128::from(self.total.0);
        i64::try_from(share).unwrap_or(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_earns_a_point_for_every_ten_rupees() {
        assert_eq!([earned(Paise(999)), earned(Paise(1_000)), earned(Paise(15_075))], [0, 1, 15]);
        assert_eq!(earned(Paise::MAX), 500);
    }

    #[test]
    fn points_never_take_off_more_than_there_is_to_pay() {
        assert_eq!(discount(10, Paise(1_000)), (10, Paise(250)));
        assert_eq!(discount(100, Paise(1_010)), (40, Paise(1_000)));
        assert_eq!(discount(100, Paise(24)), (0, Paise(0)));
    }

    #[test]
    fn a_part_is_rounded_down_and_the_whole_is_whole() {
        let part = |returned| Part { returned: Paise(returned), total: Paise(300) }.of(100);
        assert_eq!([part(0), part(100), part(200), part(300)], [0, 33, 66, 100]);
        assert_eq!(Part { returned: Paise(0), total: Paise(0) }.of(7), 7);
    }

    #[test]
    fn tiers_follow_from_what_was_ever_earned() {
        let named = |points| {
            let (tier, next) = tier(points);
            (tier.0, next.map(|next| next.0))
        };
        assert_eq!(named(0), ("Bronze", Some("Silver")));
        assert_eq!(named(499), ("Bronze", Some("Silver")));
        assert_eq!(named(500), ("Silver", Some("Gold")));
        assert_eq!(named(5_000), ("Platinum", None));
    }
}
