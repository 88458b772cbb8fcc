//! The only code that moves a balance: a conditional update and the transaction row that explains it.
//!
//! Always inside the caller's transaction, so that the money moves with its cause or not at all.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::schema::{consumer_wallet, vendor_wallet, vendor_wallet_transaction, wallet_transaction};
use crate::values::{OrderId, Paise, ShopId, UserId, WalletTransactionId, word};

word! {
    /// Which way money moved in a consumer's wallet. Only `DEBIT` takes money out.
    #[graphql(name = "WalletTransactionKind")]
    WalletKind {
        /// Money was added by the consumer.
        Recharge = "recharge",
        /// Money was taken out: a payment.
        Debit = "debit",
        /// An earlier debit was given back, wholly or in part.
        Refund = "refund",
        /// Money was granted.
        Credit = "credit",
    }
}

word! {
    /// What moved the money of a consumer's wallet.
    #[graphql(name = "WalletTransactionSource")]
    WalletSource {
        /// A request of the consumer: load, debit or refund.
        Api = "api",
        /// An order was placed.
        OrderConfirm = "order_confirm",
        /// A changed order became cheaper or dearer.
        OrderModify = "order_modify",
        /// The consumer cancelled an order.
        OrderCancel = "order_cancel",
        /// The shop cancelled an order.
        VendorCancel = "vendor_cancel",
        /// The shop rejected an order.
        OrderReject = "order_reject",
        /// A return was completed.
        ReturnCompleted = "return_completed",
    }
}

word! {
    /// Which way money moved in a shop's wallet.
    VendorWalletKind {
        /// The shop was paid.
        Credit = "credit",
        /// The shop gave money back.
        Debit = "debit",
        /// The shop asked for a payout.
        Withdrawal = "withdrawal",
    }
}

word! {
    /// What moved the money of a shop's wallet.
    VendorWalletSource {
        /// An order was delivered.
        OrderDelivered = "order_delivered",
        /// A return was completed.
        ReturnCompleted = "return_completed",
        /// A payout was asked for.
        Withdrawal = "withdrawal",
    }
}

/// One movement of a consumer's wallet, about to be posted. `amount` is above zero; the kind gives the direction.
#[derive(Debug)]
pub struct Posting<'a> {
    /// Which way.
    pub kind: WalletKind,
    /// Why.
    pub source: WalletSource,
    /// How much, above zero.
    pub amount: Paise,
    /// The text that the consumer sees.
    pub reference: &'a str,
    /// The order behind it; none exactly when the source is `Api`.
    pub order_id: Option<OrderId>,
}

/// A posted movement of a consumer's wallet.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    /// The transaction row.
    pub id: WalletTransactionId,
    /// The balance after it.
    pub balance: Paise,
}

/// Creates the person's wallet if it is missing. Any number of callers at once make one.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn open(conn: &mut Conn, user: UserId) -> Result<()> {
    diesel::insert_into(consumer_wallet::table)
        .values(consumer_wallet::user_id.eq(user))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves money in a consumer's wallet: the balance and its transaction row.
///
/// # Errors
/// `INSUFFICIENT_BALANCE` when a debit finds too little (nothing is written); `CONFLICT` beyond the largest balance.
pub async fn post(
    conn: &mut Conn,
    user: UserId,
    posting: &Posting<'_>,
    now: DateTime<Utc>,
) -> Result<Posted> {
    let signed = match posting.kind {
        WalletKind::Debit => -posting.amount.0,
        WalletKind::Recharge | WalletKind::Refund | WalletKind::Credit => posting.amount.0,
    };
    if posting.kind != WalletKind::Debit {
        open(conn, user).await?;
    }
    // The condition and the change are one statement: of two debits at once, the second sees what the first left.
    let balance = diesel::update(consumer_wallet::table.find(user))
        .filter((consumer_wallet::balance_paise + signed).ge(0))
        .set(consumer_wallet::balance_paise.eq(consumer_wallet::balance_paise + signed))
        .returning(consumer_wallet::balance_paise)
        .get_result::<Paise>(conn)
        .await
        .optional()?;
    let Some(balance) = balance else {
        return Err(Error::insufficient_balance(
            posting.amount,
            find(conn, user).await?.unwrap_or(Paise::ZERO),
        ));
    };
    let id = diesel::insert_into(wallet_transaction::table)
        .values((
            wallet_transaction::user_id.eq(user),
            wallet_transaction::kind.eq(posting.kind),
            wallet_transaction::source.eq(posting.source),
            wallet_transaction::amount_paise.eq(posting.amount),
            wallet_transaction::balance_after_paise.eq(balance),
            wallet_transaction::reference.eq(posting.reference),
            wallet_transaction::order_id.eq(posting.order_id),
            wallet_transaction::created_at.eq(now),
        ))
        .returning(wallet_transaction::id)
        .get_result(conn)
        .await?;
    Ok(Posted { id, balance })
}

/// What the wallet holds; `None` when there is none yet.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn find(conn: &mut Conn, user: UserId) -> Result<Option<Paise>> {
    Ok(consumer_wallet::table
        .find(user)
        .select(consumer_wallet::balance_paise)
        .first(conn)
        .await
        .optional()?)
}

/// Pays a shop for a delivered order. The database lets it happen once per order.
///
/// # Errors
/// `INTERNAL` when the order was paid before; `CONFLICT` beyond the largest balance.
pub async fn pay_shop(
    conn: &mut Conn,
    shop: ShopId,
    order: OrderId,
    amount: Paise,
    now: DateTime<Utc>,
) -> Result<()> {
    let balance: Paise = diesel::insert_into(vendor_wallet::table)
        .values((vendor_wallet::shop_id.eq(shop), vendor_wallet::balance_paise.eq(amount)))
        .on_conflict(vendor_wallet::shop_id)
        .do_update()
        .set(vendor_wallet::balance_paise.eq(vendor_wallet::balance_paise + amount.0))
        .returning(vendor_wallet::balance_paise)
        .get_result(conn)
        .await?;
    diesel::insert_into(vendor_wallet_transaction::table)
        .values((
            vendor_wallet_transaction::shop_id.eq(shop),
            vendor_wallet_transaction::kind.eq(VendorWalletKind::Credit),
            vendor_wallet_transaction::source.eq(VendorWalletSource::OrderDelivered),
            vendor_wallet_transaction::amount_paise.eq(amount),
            vendor_wallet_transaction::balance_after_paise.eq(balance),
            vendor_wallet_transaction::reference.eq(format!("Order #{order} delivered")),
            vendor_wallet_transaction::order_id.eq(order),
            vendor_wallet_transaction::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
