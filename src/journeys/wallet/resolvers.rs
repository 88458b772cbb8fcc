//! The wallet in GraphQL.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::PhoneOfUser;
use crate::journeys::wallet::verbs::{self, Movement};
use crate::journeys::wallet::{Wallet, WalletTransaction, WalletTransactionStatus};
use crate::ledger::book;
use crate::request::{List, Page, Reach, load};
use crate::values::{Paise, Phone, WalletTransactionId};

/// Reads of the wallet.
#[derive(Default)]
pub struct WalletQuery;

#[Object]
impl WalletQuery {
    /// The signed-in consumer's wallet.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Wallet> {
        let user_id = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let held = book::find(&mut *app.read().await?, user_id).await?;
        let balance = match held {
            Some(balance) => balance,
            None => {
                app.write(async move |conn| book::open(conn, user_id).await).await?;
                Paise::ZERO
            }
        };
        Ok(Wallet { user_id, balance })
    }
}

/// A consumer's wallet. Amounts are in rupees.
#[Object]
impl Wallet {
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
    ) -> Result<List<i64, WalletTransaction>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = WalletTransaction::of_user(&mut conn, self.user_id, &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }
}

#[ComplexObject]
impl WalletTransaction {
    /// Whose wallet it is: the consumer's number.
    async fn user_phone(&self, ctx: &Context<'_>) -> Result<Phone> {
        let viewer = ctx.viewer()?;
        if viewer.user_id == self.user_id {
            return Ok(viewer.phone.clone());
        }
        load(ctx, PhoneOfUser(self.user_id)).await?.ok_or_else(|| Error::internal("a consumer is gone"))
    }

    /// Always `SUCCESS`: what fails leaves no transaction behind.
    async fn status(&self) -> WalletTransactionStatus {
        WalletTransactionStatus::Success
    }
}

/// What a movement of money came to.
#[derive(SimpleObject)]
pub struct WalletPayload {
    /// A sentence to show.
    message: String,
    /// The wallet with its new balance.
    wallet: Wallet,
    /// The new transaction.
    transaction: WalletTransaction,
}

/// Which of the consumer's own movements.
#[derive(Clone, Copy)]
enum Act {
    Load,
    Debit,
    Refund,
}

/// Changes of the wallet.
#[derive(Default)]
pub struct WalletMutation;

#[Object]
impl WalletMutation {
    /// Adds money at once, where payments are simulated. At most 100000 at once.
    ///
    /// Errors: `BAD_INPUT` for the amount; `CONFLICT` where a payment provider takes the money: call `startWalletLoad`;
    /// `FORBIDDEN` where loading is switched off.
    async fn load_wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "A text for the history, at most 255 characters.")] reference: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<WalletPayload> {
        let load = Movement::new(amount, reference.as_deref(), "manual-load")?;
        post(ctx, Act::Load, load, idempotency_key).await
    }

    /// Takes money out of the wallet.
    ///
    /// Errors: `BAD_INPUT` for the amount, `INSUFFICIENT_BALANCE` with `needed` and `balance`.
    async fn debit_wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "Names the debit, for a later refund; at most 255 characters.")] reference: Option<
            String,
        >,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<WalletPayload> {
        let debit = Movement::new(amount, reference.as_deref(), "manual-debit")?;
        post(ctx, Act::Debit, debit, idempotency_key).await
    }

    /// Gives back what your own debits of this reference took, wholly or in part.
    ///
    /// Debits of orders are refunded by cancelling or returning. Errors: `FORBIDDEN` when nothing is left to refund.
    async fn refund_wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "The reference of the debit.")] reference: Option<String>,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<WalletPayload> {
        let refund = Movement::new(amount, reference.as_deref(), "manual-refund")?;
        post(ctx, Act::Refund, refund, idempotency_key).await
    }
}

/// Posts a movement once per idempotency key, and reads what came of it.
async fn post(ctx: &Context<'_>, act: Act, movement: Movement, key: Option<String>) -> Result<WalletPayload> {
    let user = ctx.consumer()?.user_id;
    let app = ctx.app()?;
    let (operation, message) = match act {
        Act::Load => ("loadWallet", "Money added to wallet"),
        Act::Debit => ("debitWallet", "Wallet debited"),
        Act::Refund => ("refundWallet", "Refund added to wallet"),
    };
    let ask = Ask::new(ctx.idempotency_key(key)?, operation, &movement)?;
    let (provider, now) = (app.config.payments, app.clock.now());
    let transaction = app
        .write(async move |conn| {
            let id: WalletTransactionId = once(conn, user, ask.as_ref(), now, async |conn| {
                let posted = match act {
                    Act::Load => verbs::load(conn, user, &movement, provider, now).await?,
                    Act::Debit => verbs::debit(conn, user, &movement, now).await?,
                    Act::Refund => verbs::refund(conn, user, &movement, now).await?,
                };
                Ok(posted.id)
            })
            .await?;
            WalletTransaction::find(conn, id).await
        })
        .await?;
    let wallet = Wallet { user_id: user, balance: transaction.balance_after };
    Ok(WalletPayload { message: message.to_owned(), wallet, transaction })
}
