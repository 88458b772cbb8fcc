//! Loading a wallet in two steps, in GraphQL.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::app::{CURRENCY, Limit};
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::wallet::payments::{self, Payment, PaymentStatus};
use crate::journeys::wallet::verbs::LARGEST_LOAD;
use crate::journeys::wallet::{Wallet, WalletTransaction, loading};
use crate::ledger::book;
use crate::request::Reach;
use crate::values::{Paise, PaymentId};

/// The least that the provider takes.
const SMALLEST_LOAD: Paise = Paise::rupees(1);

/// Reads of payments.
#[derive(Default)]
pub struct WalletPaymentQuery;

#[Object]
impl WalletPaymentQuery {
    /// A payment that the signed-in consumer began: what became of it, if the app was closed in between. Errors: `NOT_FOUND`.
    async fn wallet_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As `startWalletLoad` named it.")] id: PaymentId,
    ) -> Result<Payment> {
        let user = ctx.consumer()?.user_id;
        Payment::find(&mut *ctx.app()?.read().await?, user, id).await
    }
}

#[ComplexObject]
impl Payment {
    /// What filled the wallet, once it is paid.
    async fn transaction(&self, ctx: &Context<'_>) -> Result<Option<WalletTransaction>> {
        let Some(id) = self.transaction_id else { return Ok(None) };
        Ok(Some(WalletTransaction::find(&mut *ctx.app()?.read().await?, id).await?))
    }
}

/// What Razorpay's checkout is opened with.
#[derive(SimpleObject)]
pub struct WalletCheckout {
    /// Its option `key`.
    key_id: String,
    /// Its option `order_id`.
    provider_order_id: String,
    /// Its option `amount`: in paise, a hundredth of a rupee.
    amount_in_paise: i32,
    /// Its option `currency`.
    currency: &'static str,
}

/// What beginning a load came to.
#[derive(SimpleObject)]
pub struct StartWalletLoadPayload {
    /// A sentence to show.
    message: &'static str,
    /// The payment; `confirmWalletLoad` asks for its id.
    payment: Payment,
    /// What the checkout is opened with.
    checkout: WalletCheckout,
}

/// What confirming a load came to.
#[derive(SimpleObject)]
pub struct ConfirmWalletLoadPayload {
    /// A sentence to show.
    message: &'static str,
    /// The payment. `PENDING`: the bank is not done yet; the wallet fills by itself, and a notification tells of it.
    payment: Payment,
    /// The wallet as it is now.
    wallet: Wallet,
}

/// Loading a wallet through the payment provider.
#[derive(Default)]
pub struct WalletPaymentMutation;

#[Object]
impl WalletPaymentMutation {
    /// Begins to add money: open the provider's checkout with what this answers, then call `confirmWalletLoad`.
    ///
    /// Errors: `BAD_INPUT` for an amount below 1 or above 100000; `RATE_LIMITED` after twenty an hour; `PROVIDER_UNAVAILABLE`
    /// with `retryAfter`: repeat with the same key; `CONFLICT` for a key whose payment is settled, and where payments are
    /// simulated; `FORBIDDEN` where loading is switched off.
    async fn start_wallet_load(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, in rupees: 1 to 100000.")] amount: Paise,
        #[graphql(desc = "Makes repeating safe: the same key answers with the same payment and order.")]
        idempotency_key: Option<String>,
    ) -> Result<StartWalletLoadPayload> {
        let user = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let razorpay = loading::provider(app)?;
        if amount < SMALLEST_LOAD || amount > LARGEST_LOAD {
            return Err(Error::bad_input("amount", "Invalid amount"));
        }
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "startWalletLoad", &amount)?;
        let (limits, now) = (app.clone(), app.clock.now());
        let payment = app
            .write(async move |conn| {
                let id: PaymentId = once(conn, user, ask.as_ref(), now, async |conn| {
                    limits.limiters.check(Limit::LoadsPerUser, &user.to_string())?;
                    payments::begin(conn, user, amount, now).await
                })
                .await?;
                Payment::find(conn, user, id).await
            })
            .await?;
        let is_new = payment.created_at.0 == now;
        let order = loading::order(app, razorpay, &payment, is_new).await?;
        let checkout = WalletCheckout {
            key_id: razorpay.key_id().to_owned(),
            provider_order_id: order,
            amount_in_paise: i32::try_from(amount.0).map_err(Error::internal)?,
            currency: CURRENCY,
        };
        Ok(StartWalletLoadPayload { message: "Pay to add the money", payment, checkout })
    }

    /// Ends a load with what the checkout answered. May be repeated: the wallet is filled once.
    ///
    /// Errors: `NOT_FOUND`; `BAD_INPUT` that names `providerPaymentId` or `signature` when they do not belong to this payment;
    /// `CONFLICT` for a payment that has no order yet.
    async fn confirm_wallet_load(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As `startWalletLoad` named it.")] payment_id: PaymentId,
        #[graphql(desc = "The checkout's `razorpay_payment_id`.")] provider_payment_id: String,
        #[graphql(desc = "The checkout's `razorpay_signature`.")] signature: String,
    ) -> Result<ConfirmWalletLoadPayload> {
        let user_id = ctx.consumer()?.user_id;
        let app = ctx.app()?;
        let razorpay = loading::provider(app)?;
        let begun = Payment::find(&mut *app.read().await?, user_id, payment_id).await?;
        let payment =
            loading::confirm(app, razorpay, begun, provider_payment_id.trim(), signature.trim()).await?;
        let balance = book::find(&mut *app.read().await?, user_id).await?.unwrap_or_default();
        let message = match payment.status {
            PaymentStatus::Paid => "Money added to wallet",
            PaymentStatus::RefundDue => "The wallet cannot take this payment. You get the money back",
            PaymentStatus::Pending | PaymentStatus::Failed => {
                "Your bank is not done yet. The money is added as soon as it is"
            }
        };
        Ok(ConfirmWalletLoadPayload { message, payment, wallet: Wallet { user_id, balance } })
    }
}
