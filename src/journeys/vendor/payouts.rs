//! Payouts: what a vendor withdraws, from the request to the day that the operator says what became of it.
//!
//! The money leaves the shop's wallet with the request. An operator pays by hand and says so with
//! `society-gateway payouts`, the only place where an account's number is decrypted; a payout that failed gives the
//! money back.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Keys;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::events::{Notice, NotificationKind, notify};
use crate::journeys::vendor::account::{self, PayoutAccount};
use crate::journeys::vendor::verbs;
use crate::journeys::vendor::wallet::VendorWallet;
use crate::ledger::book::{self, ShopPosting, VendorWalletKind, VendorWalletSource};
use crate::request::{Page, Reach, columns};
use crate::schema::{payout_request, shop, vendor_wallet_transaction};
use crate::values::{
    AccountNumber, Instant, Paise, PayoutRequestId, ShopId, UserId, VendorWalletTransactionId, word,
};

/// How many payouts of one shop can wait: the operator pays them one by one.
const MOST_WAITING: i64 = 20;

/// So many payouts the operator is shown at once, oldest first.
const MOST_SHOWN: i64 = 1_000;

word! {
    /// What became of a payout.
    PayoutStatus {
        /// It was asked for; nobody has paid yet.
        Requested = "requested",
        /// It was paid.
        Paid = "paid",
        /// It could not be paid; the money is back in the shop's wallet.
        Failed = "failed",
    }
}

/// Money on its way from a shop's wallet to its vendor's bank account.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = payout_request)]
#[graphql(complex)]
pub struct Payout {
    /// Identifies the payout; newer ones have larger ids.
    pub id: PayoutRequestId,
    /// How much.
    #[diesel(column_name = amount_paise)]
    pub amount: Paise,
    /// What became of it.
    pub status: PayoutStatus,
    /// The bank it goes to.
    pub bank_name: String,
    /// The account's last digits.
    #[graphql(skip)]
    pub account_last_four: String,
    /// The shop it comes from.
    #[graphql(skip)]
    pub shop_id: ShopId,
    /// What took the money out of the wallet.
    #[graphql(skip)]
    pub transaction_id: VendorWalletTransactionId,
    /// When it was asked for, in UTC.
    pub created_at: Instant,
    /// When it was paid or failed, in UTC; null until then.
    pub settled_at: Option<Instant>,
}

columns!(Payout {
    "id": id,
    "amount": amount,
    "status": status,
    "bankName": bank_name,
    "createdAt": created_at,
    "settledAt": settled_at,
});

#[ComplexObject]
impl Payout {
    /// The number of the account with all but its last four digits hidden, such as "XXXXXX1234".
    async fn account_number(&self) -> String {
        AccountNumber::masked(&self.account_last_four)
    }
}

impl Payout {
    /// A shop's payouts, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_shop(conn: &mut Conn, shop: ShopId, page: &Page<i64>) -> Result<Vec<Payout>> {
        let before = PayoutRequestId(page.after.unwrap_or(i64::MAX));
        Ok(payout_request::table
            .filter(payout_request::shop_id.eq(shop))
            .filter(payout_request::id.lt(before))
            .order(payout_request::id.desc())
            .limit(page.limit())
            .select(Payout::as_select())
            .load(conn)
            .await?)
    }
}

/// Takes money out of the shop's wallet and asks the operator to pay it to the vendor's account.
///
/// # Errors
/// `NOT_FOUND` without a shop; `CONFLICT` without an account; `INSUFFICIENT_BALANCE`.
async fn request(
    conn: &mut Conn,
    vendor: UserId,
    amount: Paise,
    now: DateTime<Utc>,
) -> Result<PayoutRequestId> {
    let shop = verbs::own_shop(conn, vendor).await?.id;
    let account = PayoutAccount::of_vendor(conn, vendor).await?;
    let account = account.ok_or_else(|| Error::conflict("No payout bank setup found"))?;
    let posting = ShopPosting {
        kind: VendorWalletKind::Withdrawal,
        source: VendorWalletSource::Withdrawal,
        amount,
        reference: &format!("Withdraw to {}", AccountNumber::masked(&account.account_last_four)),
        order_id: None,
    };
    // The wallet's row is locked from here on: of two at once, the second counts the first.
    let posted = book::post_shop(conn, shop, &posting, now).await?;
    let waiting = payout_request::table
        .filter(payout_request::shop_id.eq(shop))
        .filter(payout_request::status.eq(PayoutStatus::Requested));
    if waiting.count().get_result::<i64>(conn).await? >= MOST_WAITING {
        return Err(Error::conflict(format!("At most {MOST_WAITING} payouts of a shop can wait at once")));
    }
    Ok(diesel::insert_into(payout_request::table)
        .values((
            payout_request::shop_id.eq(shop),
            payout_request::amount_paise.eq(amount),
            payout_request::bank_name.eq(account.bank_name),
            payout_request::ifsc_code.eq(account.ifsc_code),
            payout_request::account_number_sealed.eq(account.account_number_sealed),
            payout_request::account_last_four.eq(account.account_last_four),
            payout_request::transaction_id.eq(posted.id),
            payout_request::created_at.eq(now),
        ))
        .returning(payout_request::id)
        .get_result(conn)
        .await?)
}

/// A payout, and what the wallet held after it was asked for.
async fn find(conn: &mut Conn, id: PayoutRequestId) -> Result<(Payout, Paise)> {
    let taken_by = payout_request::transaction_id.eq(vendor_wallet_transaction::id);
    Ok(payout_request::table
        .find(id)
        .inner_join(vendor_wallet_transaction::table.on(taken_by))
        .select((Payout::as_select(), vendor_wallet_transaction::balance_after_paise))
        .first(conn)
        .await?)
}

/// What came of asking for a payout.
#[derive(SimpleObject)]
pub struct PayoutPayload {
    /// A sentence to show.
    message: &'static str,
    /// The payout.
    payout: Payout,
    /// The wallet with its new balance.
    wallet: VendorWallet,
}

/// Changes of payouts.
#[derive(Default)]
pub struct PayoutMutation;

#[Object]
impl PayoutMutation {
    /// Asks for a payout to the vendor's bank account. The money leaves the shop's wallet at once, and comes back if
    /// the payout fails.
    ///
    /// Errors: `BAD_INPUT` for the amount; `CONFLICT` before `setUpPayout`; `INSUFFICIENT_BALANCE` with `needed` and
    /// `balance`; `NOT_FOUND` before `createShop`.
    async fn withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<PayoutPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        if amount <= Paise::ZERO {
            return Err(Error::bad_input("amount", "Invalid withdrawal amount"));
        }
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "withdraw", &amount)?;
        let now = app.clock.now();
        let (payout, balance) = app
            .write(async move |conn| {
                let request = async |conn: &mut Conn| request(conn, vendor, amount, now).await;
                let id = once(conn, vendor, ask.as_ref(), now, request).await?;
                find(conn, id).await
            })
            .await?;
        let wallet = VendorWallet { shop: payout.shop_id, balance };
        Ok(PayoutPayload { message: "Withdrawal initiated", payout, wallet })
    }
}

/// A payout that the operator has to make.
#[derive(Debug)]
pub struct DuePayout {
    /// The payout.
    pub payout: Payout,
    /// Whose it is.
    pub shop_name: String,
    /// The code of the bank's branch.
    pub ifsc_code: String,
    /// Where to; `None` when it was encrypted with a secret that this gateway was not told.
    pub account_number: Option<AccountNumber>,
}

/// What nobody has paid yet, oldest first; at most 1,000.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn due(conn: &mut Conn, keys: &Keys) -> Result<Vec<DuePayout>> {
    let rows: Vec<(Payout, String, UserId, String, Vec<u8>)> = payout_request::table
        .inner_join(shop::table)
        .filter(payout_request::status.eq(PayoutStatus::Requested))
        .order(payout_request::id)
        .limit(MOST_SHOWN)
        .select((
            Payout::as_select(),
            shop::shop_name,
            shop::owner_id,
            payout_request::ifsc_code,
            payout_request::account_number_sealed,
        ))
        .load(conn)
        .await?;
    let due = rows.into_iter().map(|(payout, shop_name, vendor, ifsc_code, sealed)| {
        let number = keys.unseal(&account::purpose(vendor), &sealed);
        let account_number = number.and_then(|number| AccountNumber::parse(&number).ok());
        DuePayout { payout, shop_name, ifsc_code, account_number }
    });
    Ok(due.collect())
}

/// Says what became of a payout: paid, or failed with the money back in the shop's wallet. The vendor is told.
///
/// # Errors
/// `NOT_FOUND`; `CONFLICT` when it was said before, or the wallet cannot hold the money.
pub async fn settle(
    conn: &mut Conn,
    id: PayoutRequestId,
    is_paid: bool,
    now: DateTime<Utc>,
) -> Result<Payout> {
    // Locked, so that of two operators one finds it said already.
    let found: Option<Payout> = payout_request::table
        .find(id)
        .select(Payout::as_select())
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    let payout = found.ok_or_else(|| Error::not_found("There is no payout with this id"))?;
    if payout.status != PayoutStatus::Requested {
        return Err(Error::conflict(format!("Payout {id} was settled before: {}", payout.status.as_str())));
    }
    let (status, refund) = match is_paid {
        true => (PayoutStatus::Paid, None),
        false => (PayoutStatus::Failed, Some(give_back(conn, &payout, now).await?)),
    };
    let settled = diesel::update(payout_request::table.find(id))
        .set((
            payout_request::status.eq(status),
            payout_request::refund_id.eq(refund),
            payout_request::settled_at.eq(now),
        ))
        .returning(Payout::as_returning())
        .get_result(conn)
        .await?;
    let owner = shop::table.find(payout.shop_id).select(shop::owner_id).first(conn).await?;
    notify(conn, &[notice(&settled, owner)], now).await?;
    Ok(settled)
}

async fn give_back(
    conn: &mut Conn,
    payout: &Payout,
    now: DateTime<Utc>,
) -> Result<VendorWalletTransactionId> {
    let posting = ShopPosting {
        kind: VendorWalletKind::Credit,
        source: VendorWalletSource::PayoutFailed,
        amount: payout.amount,
        reference: &format!("Payout to {} failed", AccountNumber::masked(&payout.account_last_four)),
        order_id: None,
    };
    Ok(book::post_shop(conn, payout.shop_id, &posting, now).await?.id)
}

fn notice(payout: &Payout, to: UserId) -> Notice {
    let (amount, account) = (payout.amount, AccountNumber::masked(&payout.account_last_four));
    let (title, body) = match payout.status {
        PayoutStatus::Failed => (
            "Payout failed",
            format!("₹{amount} could not be paid to {account} and is back in your shop's wallet."),
        ),
        PayoutStatus::Paid | PayoutStatus::Requested => {
            ("Payout paid", format!("₹{amount} was paid to {account}."))
        }
    };
    Notice { to, kind: NotificationKind::Wallet, title: title.to_owned(), body, target_id: None }
}
