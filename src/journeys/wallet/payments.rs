//! Money that a payment provider takes for a wallet: the rows, and what becomes of them.
//!
//! The row is written before the provider is asked. Whoever hears first that the money was taken (the app that confirms, the
//! webhook, or the gateway that asks) fills the wallet, in the transaction that marks the row; the others find it marked.
//! Money that was taken is never refused: a row that was given up on is filled as well.
//!
//! Locks: payment, then wallet.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use rand::RngExt;

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::schema::payment;
use crate::values::{Instant, Paise, PaymentId, UserId, WalletTransactionId, word};

/// When the provider is first asked about a load that nobody confirmed: most are confirmed by then.
const FIRST_LOOK: TimeDelta = TimeDelta::minutes(3);
/// After so long nobody will pay any more: the provider takes no money later than that.
const GIVEN_UP: TimeDelta = TimeDelta::hours(24);
/// So many are asked about at once.
const PORTION: i64 = 50;

word! {
    /// How far a payment for a wallet is.
    #[graphql(name = "WalletPaymentStatus")]
    PaymentStatus {
        /// It was begun. If it is paid, the wallet will be filled, also when nobody confirms it.
        Pending = "pending",
        /// It was paid, and the wallet was filled.
        Paid = "paid",
        /// Nobody paid it within a day.
        Failed = "failed",
        /// It was paid, but the wallet could not take it: it is full, or was closed. The money goes back.
        RefundDue = "refund_due",
    }
}

/// A payment that fills a wallet.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[graphql(name = "WalletPayment", complex)]
#[diesel(table_name = payment)]
pub struct Payment {
    /// Identifies the payment.
    pub id: PaymentId,
    /// Whose wallet.
    #[graphql(skip)]
    pub user_id: UserId,
    /// How much, in rupees.
    #[diesel(column_name = amount_paise)]
    pub amount: Paise,
    /// How far it is.
    pub status: PaymentStatus,
    /// What the provider's order is found by.
    #[graphql(skip)]
    pub receipt: String,
    /// The provider's order, once it is made.
    #[graphql(skip)]
    pub provider_order_id: Option<String>,
    /// What was paid.
    #[graphql(skip)]
    pub provider_payment_id: Option<String>,
    /// What filled the wallet.
    #[graphql(skip)]
    pub transaction_id: Option<WalletTransactionId>,
    /// When it was begun, in UTC.
    pub created_at: Instant,
}

impl Payment {
    /// One of a person's payments.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn find(conn: &mut Conn, user: UserId, id: PaymentId) -> Result<Payment> {
        payment::table
            .find(id)
            .filter(payment::user_id.eq(user))
            .select(Payment::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("Payment not found"))
    }

    async fn lock_of_order(conn: &mut Conn, order_id: &str) -> Result<Option<Payment>> {
        Ok(payment::table
            .filter(payment::provider_order_id.eq(order_id))
            .select(Payment::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?)
    }
}

/// Notes that somebody is about to load their wallet.
///
/// # Errors
/// `CONFLICT` when the account was deleted meanwhile.
pub async fn begin(conn: &mut Conn, user: UserId, amount: Paise, now: DateTime<Utc>) -> Result<PaymentId> {
    book::open(conn, user).await?;
    book::check_open(conn, user).await?;
    let receipt: u128 = rand::rng().random();
    Ok(diesel::insert_into(payment::table)
        .values((
            payment::user_id.eq(user),
            payment::amount_paise.eq(amount),
            payment::receipt.eq(format!("{receipt:032x}")),
            payment::look_at.eq(now + FIRST_LOOK),
            payment::created_at.eq(now),
            payment::updated_at.eq(now),
        ))
        .returning(payment::id)
        .get_result(conn)
        .await?)
}

/// Notes the provider's order. Of two that were made at once the first stays; its id is returned.
///
/// # Errors
/// `CONFLICT` when the payment was given up on meanwhile.
pub async fn keep_order(
    conn: &mut Conn,
    id: PaymentId,
    order_id: &str,
    now: DateTime<Utc>,
) -> Result<String> {
    let pending = payment::table.find(id).filter(payment::status.eq(PaymentStatus::Pending));
    diesel::update(pending.filter(payment::provider_order_id.is_null()))
        .set((payment::provider_order_id.eq(order_id), payment::updated_at.eq(now)))
        .execute(conn)
        .await?;
    let kept: Option<Option<String>> =
        pending.select(payment::provider_order_id).first(conn).await.optional()?;
    kept.flatten().ok_or_else(settled)
}

/// What is said of a load that is begun anew under a key that it was finished with.
pub(super) fn settled() -> Error {
    Error::conflict("This payment is settled. Begin another one, with a new idempotency key")
}

/// What the provider took.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Under which of its orders.
    pub order_id: String,
    /// The provider's payment.
    pub payment_id: String,
    /// How much.
    pub amount: Paise,
}

/// Fills the wallet with what was taken, unless it was filled before. `None` for an order that is none of ours.
///
/// # Errors
/// `CONFLICT` when another amount was taken than was asked for: nothing is changed, somebody has to look.
pub async fn settle(conn: &mut Conn, taken: &Taken, now: DateTime<Utc>) -> Result<Option<Payment>> {
    let Some(found) = Payment::lock_of_order(conn, &taken.order_id).await? else { return Ok(None) };
    if found.amount != taken.amount {
        tracing::error!(payment.id = found.id.0, "another amount was paid than was asked for");
        return Err(Error::conflict("The amount that was paid is not the amount of this load"));
    }
    if let PaymentStatus::Paid | PaymentStatus::RefundDue = found.status {
        if found.provider_payment_id.as_ref() != Some(&taken.payment_id) {
            tracing::error!(payment.id = found.id.0, "it was paid a second time: give that back");
        }
        return Ok(Some(found));
    }
    let reference = format!("Payment #{}", found.id);
    let posting = Posting {
        kind: WalletKind::Recharge,
        source: WalletSource::Payment,
        amount: found.amount,
        reference: &reference,
        order_id: None,
    };
    // Of its own, so that what the wallet refuses can be written down all the same.
    let posted = conn.transaction(async |conn| book::post(conn, found.user_id, &posting, now).await).await;
    let (status, transaction) = match posted {
        Ok(posted) => (PaymentStatus::Paid, Some(posted.id)),
        Err(refused) if refused.code() == Code::Conflict => {
            tracing::error!(payment.id = found.id.0, "a wallet cannot take what was paid: give it back");
            (PaymentStatus::RefundDue, None)
        }
        Err(error) => return Err(error),
    };
    let settled = diesel::update(payment::table.find(found.id))
        .set((
            payment::status.eq(status),
            payment::provider_payment_id.eq(&taken.payment_id),
            payment::transaction_id.eq(transaction),
            payment::look_at.eq(None::<DateTime<Utc>>),
            payment::updated_at.eq(now),
        ))
        .returning(Payment::as_returning())
        .get_result(conn)
        .await?;
    Ok(Some(settled))
}

/// Takes the payments that it is time to ask about, for this gateway alone: at most fifty, longest due first. They
/// come up again, later each time, until they are settled.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn take_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Payment>> {
    let due: Vec<Payment> = payment::table
        .filter(payment::look_at.le(now))
        .order(payment::look_at)
        .limit(PORTION)
        .select(Payment::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await?;
    for row in &due {
        diesel::update(payment::table.find(row.id))
            .set(payment::look_at.eq(next_look(row.created_at.0, now)))
            .execute(conn)
            .await?;
    }
    Ok(due)
}

/// When it is time to ask again: later each time, and once more when it is given up on.
fn next_look(begun: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let later = now + ((now - begun) / 2).max(FIRST_LOOK);
    later.min((begun + GIVEN_UP).max(now + FIRST_LOOK))
}

/// Whether nobody will pay it any more.
#[must_use]
pub fn is_given_up(payment: &Payment, now: DateTime<Utc>) -> bool {
    now - payment.created_at.0 >= GIVEN_UP
}

/// Gives up on a payment that nobody made.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn give_up(conn: &mut Conn, id: PaymentId, now: DateTime<Utc>) -> Result<()> {
    let pending = payment::table.find(id).filter(payment::status.eq(PaymentStatus::Pending));
    diesel::update(pending)
        .set((
            payment::status.eq(PaymentStatus::Failed),
            payment::look_at.eq(None::<DateTime<Utc>>),
            payment::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_asked_about_ever_less_often_and_when_it_is_given_up_on() {
        let begun = DateTime::from_timestamp(0, 0).unwrap();
        let mut looks = vec![FIRST_LOOK];
        while looks[looks.len() - 1] < GIVEN_UP {
            looks.push(next_look(begun, begun + looks[looks.len() - 1]) - begun);
        }
        let minutes: Vec<i64> = looks.iter().map(TimeDelta::num_minutes).collect();
        assert_eq!(minutes, [3, 6, 9, 13, 20, 30, 45, 68, 102, 153, 230, 345, 518, 778, 1167, 1440]);
        // Of one that could not be asked about then.
        assert_eq!(next_look(begun, begun + GIVEN_UP * 2), begun + GIVEN_UP * 2 + FIRST_LOOK);
    }
}
