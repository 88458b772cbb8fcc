//! What moves money at the consumer's own request.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;

use crate::config::Payments;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ledger::book::{self, Posted, Posting, WalletKind, WalletSource};
use crate::schema::{consumer_wallet, wallet_transaction};
use crate::values::{Paise, UserId, required_text};

/// The most that one load may add. Clients offer up to 50,000.
pub(super) const LARGEST_LOAD: Paise = Paise::rupees(100_000);

/// A movement that the consumer asks for.
#[derive(Debug, serde::Serialize)]
pub struct Movement {
    amount: Paise,
    reference: String,
}

impl Movement {
    /// An amount above zero, and a text for the history.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `amount` or `reference`.
    pub fn new(amount: Paise, reference: Option<&str>, default: &'static str) -> Result<Movement> {
        if amount <= Paise::ZERO {
            return Err(Error::bad_input("amount", "Invalid amount"));
        }
        let reference = match reference.map(str::trim) {
            None | Some("") => default.to_owned(),
            Some(text) => required_text(text, 255)
                .map_err(|problem| Error::bad_input("reference", format!("reference {problem}")))?,
        };
        Ok(Movement { amount, reference })
    }

    fn posting(&self, kind: WalletKind) -> Posting<'_> {
        Posting {
            kind,
            source: WalletSource::Api,
            amount: self.amount,
            reference: &self.reference,
            order_id: None,
        }
    }
}

/// Adds money that the payment provider took.
///
/// # Errors
/// `BAD_INPUT` above the cap of one load; `CONFLICT` where a load has two steps; `FORBIDDEN` when no provider is configured.
pub async fn load(
    conn: &mut Conn,
    user: UserId,
    load: &Movement,
    provider: Payments,
    now: DateTime<Utc>,
) -> Result<Posted> {
    if load.amount > LARGEST_LOAD {
        return Err(Error::bad_input("amount", "Invalid amount"));
    }
    match provider {
        Payments::Simulated => book::post(conn, user, &load.posting(WalletKind::Recharge), now).await,
        Payments::Razorpay => Err(Error::conflict(
            "Wallets are loaded in two steps: startWalletLoad, then confirmWalletLoad (GraphQL)",
        )),
        Payments::Off => Err(Error::forbidden("Wallet top-up is not available")),
    }
}

/// Takes money out.
///
/// # Errors
/// `INSUFFICIENT_BALANCE` when the wallet holds less.
pub async fn debit(conn: &mut Conn, user: UserId, debit: &Movement, now: DateTime<Utc>) -> Result<Posted> {
    book::post(conn, user, &debit.posting(WalletKind::Debit), now).await
}

/// Gives back what own debits of this reference took, and no more. Debits of orders are given back by their orders.
///
/// # Errors
/// `FORBIDDEN` when there is no such debit, or less of it is left.
pub async fn refund(conn: &mut Conn, user: UserId, refund: &Movement, now: DateTime<Utc>) -> Result<Posted> {
    // Two refunds at once: the second waits here, and then sees the first one's row.
    consumer_wallet::table
        .find(user)
        .select(consumer_wallet::user_id)
        .for_update()
        .first::<UserId>(conn)
        .await
        .optional()?;
    if refundable(conn, user, &refund.reference).await? < refund.amount {
        return Err(Error::forbidden("Refund not allowed"));
    }
    book::post(conn, user, &refund.posting(WalletKind::Refund), now).await
}

/// What the consumer's own debits of this reference took and refunds have not given back.
async fn refundable(conn: &mut Conn, user: UserId, reference: &str) -> Result<Paise> {
    // PostgreSQL sums BIGINT as NUMERIC; balances are bounded, so the sum fits and is cast back.
    let net = "SUM(CASE kind WHEN 'debit' THEN amount_paise ELSE -amount_paise END)::BIGINT";
    let left = wallet_transaction::table
        .filter(wallet_transaction::user_id.eq(user))
        .filter(wallet_transaction::reference.eq(reference))
        .filter(wallet_transaction::source.eq(WalletSource::Api))
        .filter(wallet_transaction::kind.eq_any([WalletKind::Debit, WalletKind::Refund]))
        .select(sql::<Nullable<BigInt>>(net))
        .first::<Option<Paise>>(conn)
        .await?;
    Ok(left.unwrap_or(Paise::ZERO))
}
