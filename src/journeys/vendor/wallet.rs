//! The shop's wallet: what deliveries paid in, and what its vendor takes out.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::vendor::payouts::Payout;
use crate::journeys::vendor::verbs;
use crate::journeys::wallet::WalletTransactionStatus;
use crate::ledger::book::{self, ShopPosting, VendorWalletKind, VendorWalletSource};
use crate::request::{List, Page, Reach, columns};
use crate::schema::vendor_wallet_transaction;
use crate::values::{
    Instant, OrderId, Paise, Phone, ShopId, UserId, VendorWalletTransactionId, required_text,
};

/// A shop's wallet, in rupees.
pub struct VendorWallet {
    /// Whose it is.
    pub shop: ShopId,
    /// What it holds.
    pub balance: Paise,
}

/// One movement of money in a shop's wallet. Written once, never changed.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = vendor_wallet_transaction)]
#[graphql(complex)]
pub struct VendorWalletTransaction {
    /// Identifies the transaction; newer ones have larger ids.
    pub id: VendorWalletTransactionId,
    /// Which way the money moved; only `CREDIT` brings money in.
    pub kind: VendorWalletKind,
    /// What moved it.
    pub source: VendorWalletSource,
    /// How much, always above zero.
    #[diesel(column_name = amount_paise)]
    pub amount: Paise,
    /// What the wallet held afterwards.
    #[diesel(column_name = balance_after_paise)]
    pub balance_after: Paise,
    /// A text for the vendor, such as "Order #42 delivered".
    pub reference: String,
    /// The order behind it, if any.
    pub order_id: Option<OrderId>,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(VendorWalletTransaction {
    "id": id,
    "kind": kind,
    "source": source,
    "amount": amount,
    "balanceAfter": balance_after,
    "reference": reference,
    "orderId": order_id,
    "createdAt": created_at,
});

#[ComplexObject]
impl VendorWalletTransaction {
    /// Whose shop's wallet it is: the signed-in vendor's number.
    async fn user_phone(&self, ctx: &Context<'_>) -> Result<Phone> {
        Ok(ctx.vendor()?.phone.clone())
    }

    /// Always `SUCCESS`: what fails leaves no transaction behind.
    async fn status(&self) -> WalletTransactionStatus {
        WalletTransactionStatus::Success
    }
}

impl VendorWalletTransaction {
    /// A shop's transactions, newest first; at most `page.limit()`.
    async fn of_shop(
        conn: &mut Conn,
        shop: ShopId,
        page: &Page<i64>,
    ) -> Result<Vec<VendorWalletTransaction>> {
        let before = VendorWalletTransactionId(page.after.unwrap_or(i64::MAX));
        Ok(vendor_wallet_transaction::table
            .filter(vendor_wallet_transaction::shop_id.eq(shop))
            .filter(vendor_wallet_transaction::id.lt(before))
            .order(vendor_wallet_transaction::id.desc())
            .limit(page.limit())
            .select(VendorWalletTransaction::as_select())
            .load(conn)
            .await?)
    }

    async fn find(conn: &mut Conn, id: VendorWalletTransactionId) -> Result<VendorWalletTransaction> {
        Ok(vendor_wallet_transaction::table
            .find(id)
            .select(VendorWalletTransaction::as_select())
            .first(conn)
            .await?)
    }
}

/// The wallet of a vendor's shop. Amounts are in rupees.
#[Object]
impl VendorWallet {
    /// What the wallet holds now.
    async fn balance(&self) -> Paise {
        self.balance
    }

    /// The movements of money, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, VendorWalletTransaction>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = VendorWalletTransaction::of_shop(&mut conn, self.shop, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// The payouts that were asked for, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many payouts, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Payout>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = Payout::of_shop(&mut conn, self.shop, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

/// Money that the vendor takes out for a use of their own.
#[derive(Debug, Serialize)]
struct Spending {
    amount: Paise,
    reference: String,
}

impl Spending {
    /// # Errors
    /// `BAD_INPUT` that names `amount` or `reference`.
    fn new(amount: Paise, reference: Option<&str>) -> Result<Spending> {
        if amount <= Paise::ZERO {
            return Err(Error::bad_input("amount", "Invalid debit amount"));
        }
        let reference = match reference.map(str::trim) {
            None | Some("") => "manual-debit".to_owned(),
            Some(text) => required_text(text, 255)
                .map_err(|problem| Error::bad_input("reference", format!("reference {problem}")))?,
        };
        Ok(Spending { amount, reference })
    }

    /// Takes the money out of the vendor's shop's wallet.
    ///
    /// # Errors
    /// `NOT_FOUND` without a shop; `INSUFFICIENT_BALANCE`.
    async fn post(
        &self,
        conn: &mut Conn,
        vendor: UserId,
        now: DateTime<Utc>,
    ) -> Result<VendorWalletTransactionId> {
        let shop = verbs::own_shop(conn, vendor).await?.id;
        let posting = ShopPosting {
            kind: VendorWalletKind::Debit,
            source: VendorWalletSource::Api,
            amount: self.amount,
            reference: &self.reference,
            order_id: None,
        };
        Ok(book::post_shop(conn, shop, &posting, now).await?.id)
    }
}

/// Reads of the shop's wallet.
#[derive(Default)]
pub struct VendorWalletQuery;

#[Object]
impl VendorWalletQuery {
    /// The wallet of the signed-in vendor's shop.
    ///
    /// Errors: `NOT_FOUND` before `createShop`.
    async fn vendor_wallet(&self, ctx: &Context<'_>) -> Result<VendorWallet> {
        let vendor = ctx.vendor()?.user_id;
        let mut conn = ctx.app()?.read().await?;
        let shop = verbs::own_shop(&mut conn, vendor).await?.id;
        let balance = book::find_shop(&mut conn, shop).await?.unwrap_or(Paise::ZERO);
        Ok(VendorWallet { shop, balance })
    }
}

/// What a movement of money came to.
#[derive(SimpleObject)]
pub struct VendorWalletPayload {
    /// A sentence to show.
    message: &'static str,
    /// The wallet with its new balance.
    wallet: VendorWallet,
    /// The new transaction.
    transaction: VendorWalletTransaction,
}

/// Changes of the shop's wallet. Nobody adds money to it but the delivery of an order.
#[derive(Default)]
pub struct VendorWalletMutation;

#[Object]
impl VendorWalletMutation {
    /// Takes money out of the shop's wallet for a use of the vendor's own. For a payout to the bank: `withdraw`.
    ///
    /// Errors: `BAD_INPUT` for the amount; `INSUFFICIENT_BALANCE` with `needed` and `balance`; `NOT_FOUND` before
    /// `createShop`.
    async fn debit_vendor_wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "A text for the history, at most 255 characters.")] reference: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<VendorWalletPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let spending = Spending::new(amount, reference.as_deref())?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "debitVendorWallet", &spending)?;
        let now = app.clock.now();
        let (shop, transaction) = app
            .write(async move |conn| {
                let post = async |conn: &mut Conn| spending.post(conn, vendor, now).await;
                let id = once(conn, vendor, ask.as_ref(), now, post).await?;
                let shop = verbs::own_shop(conn, vendor).await?.id;
                Ok((shop, VendorWalletTransaction::find(conn, id).await?))
            })
            .await?;
        let wallet = VendorWallet { shop, balance: transaction.balance_after };
        Ok(VendorWalletPayload { message: "Wallet debited", wallet, transaction })
    }
}
