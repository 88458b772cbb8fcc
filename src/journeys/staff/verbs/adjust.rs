//! A wallet is put right by hand.

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::app::{Role, Viewer};
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::staff::people::role_of;
use crate::journeys::staff::verbs::read_reason;
use crate::journeys::staff::{NewStaffAction, StaffActionKind, Target, record};
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::values::{Paise, UserId, WalletTransactionId};

/// The most that one adjustment may move: as much as one load.
const LARGEST: Paise = Paise::rupees(100_000);

/// Which way an adjustment moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
pub enum AdjustmentDirection {
    /// Into the wallet.
    Credit,
    /// Out of the wallet.
    Debit,
}

/// An adjustment that was found good.
#[derive(Debug, Serialize)]
pub struct Adjustment {
    user: UserId,
    direction: AdjustmentDirection,
    amount: Paise,
    reason: String,
}

impl Adjustment {
    /// # Errors
    /// `BAD_INPUT` that names `amount` or `reason`.
    pub fn read(
        user: UserId,
        direction: AdjustmentDirection,
        amount: Paise,
        reason: &str,
    ) -> Result<Adjustment> {
        if amount <= Paise::ZERO || amount > LARGEST {
            return Err(Error::bad_input("amount", format!("amount is above zero and at most {LARGEST}")));
        }
        Ok(Adjustment { user, direction, amount, reason: read_reason(reason)? })
    }
}

/// Moves money into a consumer's wallet, or out of it. The consumer is told, with the reason.
///
/// # Errors
/// `FORBIDDEN` for the own wallet; `NOT_FOUND` for nobody; `CONFLICT` for who is no consumer, or deleted the account;
/// `INSUFFICIENT_BALANCE` when a debit finds too little.
pub async fn adjust(
    conn: &mut Conn,
    who: &Viewer,
    adjustment: &Adjustment,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<WalletTransactionId> {
    if adjustment.user == who.user_id {
        return Err(Error::forbidden("Nobody adjusts their own wallet").of_field("userId"));
    }
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| post(conn, who, adjustment, now).await).await
}

async fn post(
    conn: &mut Conn,
    who: &Viewer,
    adjustment: &Adjustment,
    now: DateTime<Utc>,
) -> Result<WalletTransactionId> {
    let Adjustment { user, direction, amount, reason } = adjustment;
    let role = role_of(conn, *user).await?;
    // Locked before anything is looked at: an account is deleted before this, or waits for it.
    book::lock_open(conn, *user).await?;
    if role != Some(Role::Consumer) {
        return Err(Error::conflict("Only consumers have a wallet").of_field("userId"));
    }
    let (kind, word) = match direction {
        AdjustmentDirection::Credit => (WalletKind::Credit, "credit"),
        AdjustmentDirection::Debit => (WalletKind::Debit, "debit"),
    };
    let posting = Posting {
        kind,
        source: WalletSource::StaffAdjustment,
        amount: *amount,
        reference: &format!("Adjustment by staff: {reason}"),
        order_id: None,
    };
    let posted = book::post(conn, *user, &posting, now).await?;
    let new = NewStaffAction {
        action: StaffActionKind::WalletAdjusted,
        target: Target::User(*user),
        reason: Some(reason),
        detail: Some(format!("{word} of ₹{amount}, ₹{} afterwards", posted.balance)),
        transaction: Some(posted.id),
    };
    record(conn, who.user_id, &new, now).await?;
    Ok(posted.id)
}
