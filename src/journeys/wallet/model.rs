//! The wallet's rows and how they are read.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::ledger::book::{WalletKind, WalletSource};
use crate::request::{Page, columns};
use crate::schema::wallet_transaction;
use crate::values::{Instant, OrderId, Paise, UserId, WalletTransactionId};

/// A consumer's wallet, in rupees. Opened with the first look at it.
pub struct Wallet {
    /// Whose it is.
    pub user_id: UserId,
    /// What it holds.
    pub balance: Paise,
}

/// One movement of money in a wallet. Written once, never changed.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = wallet_transaction)]
#[graphql(complex)]
pub struct WalletTransaction {
    /// Identifies the transaction; newer ones have larger ids.
    pub id: WalletTransactionId,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub user_id: UserId,
    /// Which way the money moved; only `DEBIT` takes money out.
    pub kind: WalletKind,
    /// What moved it.
    pub source: WalletSource,
    /// How much, always above zero.
    #[diesel(column_name = amount_paise)]
    pub amount: Paise,
    /// What the wallet held afterwards.
    #[diesel(column_name = balance_after_paise)]
    pub balance_after: Paise,
    /// A text for the consumer, such as "Order #42".
    pub reference: String,
    /// The order behind it, if any.
    pub order_id: Option<OrderId>,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(WalletTransaction {
    "id": id,
    "kind": kind,
    "source": source,
    "amount": amount,
    "balanceAfter": balance_after,
    "reference": reference,
    "orderId": order_id,
    "createdAt": created_at,
});

/// How a movement of money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum WalletTransactionStatus {
    /// The money moved.
    Success,
}

impl WalletTransaction {
    /// A person's transactions, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId, page: &Page<i64>) -> Result<Vec<WalletTransaction>> {
        let before = WalletTransactionId(page.after.unwrap_or(i64::MAX));
        Ok(wallet_transaction::table
            .filter(wallet_transaction::user_id.eq(user))
            .filter(wallet_transaction::id.lt(before))
            .order(wallet_transaction::id.desc())
            .limit(page.limit())
            .select(WalletTransaction::as_select())
            .load(conn)
            .await?)
    }

    /// One transaction.
    ///
    /// # Errors
    /// `INTERNAL` when it is missing or the database fails.
    pub async fn find(conn: &mut Conn, id: WalletTransactionId) -> Result<WalletTransaction> {
        Ok(wallet_transaction::table.find(id).select(WalletTransaction::as_select()).first(conn).await?)
    }
}
