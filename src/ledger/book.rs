//! The only code that moves a balance: a conditional update, the transaction row that explains it and, for a consumer,
//! the notice that tells of it.
//!
//! Always inside the caller's transaction, so that the money moves with its cause or not at all.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::{TryFutureExt, try_join};

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{Notice, NotificationKind, notify};
use crate::meters::{self, Fact};
use crate::schema::{consumer_wallet, vendor_wallet, vendor_wallet_transaction, wallet_transaction};
use crate::values::{OrderId, Paise, ShopId, UserId, VendorWalletTransactionId, WalletTransactionId, word};

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
        /// Money that the payment provider took: see `walletPayment`.
        Payment = "payment",
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
        /// The staff put something right.
        StaffAdjustment = "staff_adjustment",
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
        /// The vendor took it out for a use of their own.
        Api = "api",
        /// An order was delivered.
        OrderDelivered = "order_delivered",
        /// A return was completed.
        ReturnCompleted = "return_completed",
        /// A payout was asked for.
        Withdrawal = "withdrawal",
        /// A payout could not be made: the money came back.
        PayoutFailed = "payout_failed",
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
    /// The order behind it; none exactly when the source is `Api`, `Payment` or `StaffAdjustment`.
    pub order_id: Option<OrderId>,
}

impl Posting<'_> {
    /// What the wallet's owner is told.
    fn notice(&self, to: UserId) -> Notice {
        let (amount, reference) = (self.amount, self.reference);
        let (title, body) = match self.kind {
            WalletKind::Recharge => ("Money added", format!("₹{amount} was added to your wallet.")),
            WalletKind::Credit => {
                ("Money credited", format!("₹{amount} was credited to your wallet: {reference}"))
            }
            WalletKind::Debit if self.source == WalletSource::StaffAdjustment => {
                ("Money taken out", format!("₹{amount} was taken out of your wallet: {reference}"))
            }
            WalletKind::Debit => ("Payment", format!("₹{amount} was paid from your wallet: {reference}")),
            WalletKind::Refund => ("Refund", format!("₹{amount} is back in your wallet: {reference}")),
        };
        Notice { to, kind: NotificationKind::Wallet, title: title.to_owned(), body, target_id: None }
    }
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

/// Closes a consumer's wallet for good, locked until the transaction ends: no money goes into it any more.
///
/// # Errors
/// `CONFLICT` while there is money in it.
pub async fn close(conn: &mut Conn, user: UserId, now: DateTime<Utc>) -> Result<()> {
    open(conn, user).await?;
    let balance: Paise = consumer_wallet::table
        .find(user)
        .select(consumer_wallet::balance_paise)
        .for_no_key_update()
        .first(conn)
        .await?;
    if balance > Paise::ZERO {
        return Err(Error::conflict(format!(
            "There are ₹{balance} in your wallet. Spend them first, or ask support to pay them out"
        )));
    }
    diesel::update(consumer_wallet::table.find(user))
        .set(consumer_wallet::closed_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Refuses what could only end with money for a wallet that is closed. It is not closed before the transaction ends.
///
/// # Errors
/// `CONFLICT` when the wallet is closed.
pub async fn check_open(conn: &mut Conn, user: UserId) -> Result<()> {
    let closed_at: Option<Option<DateTime<Utc>>> = consumer_wallet::table
        .find(user)
        .select(consumer_wallet::closed_at)
        .for_share()
        .first(conn)
        .await
        .optional()?;
    refuse_closed(closed_at.flatten())
}

/// The same for who is about to move money in it: opened if it is missing, and locked until the transaction ends.
///
/// # Errors
/// `CONFLICT` when the wallet is closed.
pub async fn lock_open(conn: &mut Conn, user: UserId) -> Result<()> {
    open(conn, user).await?;
    let closed_at: Option<DateTime<Utc>> = consumer_wallet::table
        .find(user)
        .select(consumer_wallet::closed_at)
        .for_no_key_update()
        .first(conn)
        .await?;
    refuse_closed(closed_at)
}

fn refuse_closed(closed_at: Option<DateTime<Utc>>) -> Result<()> {
    match closed_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("The customer deleted their account")),
    }
}

/// Moves money in a consumer's wallet: the balance, its transaction row, and the notice of it.
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
    // The row and the notice do not need each other: they go to the database together.
    let conn: &AsyncPgConnection = conn;
    let transaction = diesel::insert_into(wallet_transaction::table)
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
        .get_result(&mut &*conn)
        .map_err(Error::from);
    let notice = [posting.notice(user)];
    let (id, ()) = try_join!(transaction, notify(conn, &notice, now))?;
    let (kind, source) = (posting.kind.as_str(), posting.source.as_str());
    meters::note(Fact::Money { wallet: "consumer", kind, source, amount: posting.amount });
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

/// One movement of a shop's wallet, about to be posted. `amount` is above zero; the kind gives the direction.
#[derive(Debug)]
pub struct ShopPosting<'a> {
    /// Which way.
    pub kind: VendorWalletKind,
    /// Why.
    pub source: VendorWalletSource,
    /// How much, above zero.
    pub amount: Paise,
    /// The text that the vendor sees.
    pub reference: &'a str,
    /// The order behind it.
    pub order_id: Option<OrderId>,
}

/// A posted movement of a shop's wallet.
#[derive(Clone, Copy, Debug)]
pub struct ShopPosted {
    /// The transaction row.
    pub id: VendorWalletTransactionId,
    /// The balance after it.
    pub balance: Paise,
}

/// Moves money in a shop's wallet: the balance and its transaction row. The wallet is opened with its first credit.
///
/// # Errors
/// `INSUFFICIENT_BALANCE` when a debit finds too little (nothing is written); `CONFLICT` beyond the largest balance;
/// `INTERNAL` when an order pays or takes back a second time.
pub async fn post_shop(
    conn: &mut Conn,
    shop: ShopId,
    posting: &ShopPosting<'_>,
    now: DateTime<Utc>,
) -> Result<ShopPosted> {
    let amount = posting.amount;
    let balance = match posting.kind {
        VendorWalletKind::Credit => Some(credit_shop(conn, shop, amount).await?),
        VendorWalletKind::Debit | VendorWalletKind::Withdrawal => debit_shop(conn, shop, amount).await?,
    };
    let Some(balance) = balance else {
        let held = find_shop(conn, shop).await?.unwrap_or(Paise::ZERO);
        return Err(Error::insufficient_balance(amount, held));
    };
    let id = diesel::insert_into(vendor_wallet_transaction::table)
        .values((
            vendor_wallet_transaction::shop_id.eq(shop),
            vendor_wallet_transaction::kind.eq(posting.kind),
            vendor_wallet_transaction::source.eq(posting.source),
            vendor_wallet_transaction::amount_paise.eq(amount),
            vendor_wallet_transaction::balance_after_paise.eq(balance),
            vendor_wallet_transaction::reference.eq(posting.reference),
            vendor_wallet_transaction::order_id.eq(posting.order_id),
            vendor_wallet_transaction::created_at.eq(now),
        ))
        .returning(vendor_wallet_transaction::id)
        .get_result(conn)
        .await?;
    let (kind, source) = (posting.kind.as_str(), posting.source.as_str());
    meters::note(Fact::Money { wallet: "shop", kind, source, amount });
    Ok(ShopPosted { id, balance })
}

async fn credit_shop(conn: &mut Conn, shop: ShopId, amount: Paise) -> Result<Paise> {
    Ok(diesel::insert_into(vendor_wallet::table)
        .values((vendor_wallet::shop_id.eq(shop), vendor_wallet::balance_paise.eq(amount)))
        .on_conflict(vendor_wallet::shop_id)
        .do_update()
        .set(vendor_wallet::balance_paise.eq(vendor_wallet::balance_paise + amount.0))
        .returning(vendor_wallet::balance_paise)
        .get_result(conn)
        .await?)
}

/// `None` when the wallet holds less: the condition and the change are one statement.
async fn debit_shop(conn: &mut Conn, shop: ShopId, amount: Paise) -> Result<Option<Paise>> {
    Ok(diesel::update(vendor_wallet::table.find(shop))
        .filter(vendor_wallet::balance_paise.ge(amount))
        .set(vendor_wallet::balance_paise.eq(vendor_wallet::balance_paise - amount.0))
        .returning(vendor_wallet::balance_paise)
        .get_result(conn)
        .await
        .optional()?)
}

/// What the shop's wallet holds; `None` when there is none yet.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn find_shop(conn: &mut Conn, shop: ShopId) -> Result<Option<Paise>> {
    Ok(vendor_wallet::table.find(shop).select(vendor_wallet::balance_paise).first(conn).await.optional()?)
}
