//! Loading a wallet through a payment provider, from the first step to what asks the provider on its own.
//!
//! Everything here waits for the provider outside of transactions, and writes what it heard in one of its own.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::app::{App, Outage, ProviderPayment, Razorpay};
use crate::config::Payments;
use crate::error::{Error, Result};
use crate::journeys::wallet::payments::{self, Payment, PaymentStatus, Taken};

/// How often the provider is asked what became of payments.
const EVERY: TimeDelta = TimeDelta::minutes(1);
/// When it is worth another try where somebody has to set something right first.
const NOT_SET_UP: Duration = Duration::from_secs(60);
/// The longest id of the provider that is believed to be one. They have 18 characters.
const LONGEST_ID: usize = 64;

/// The provider that wallets are loaded through in two steps.
///
/// # Errors
/// `CONFLICT` where one step is enough, `FORBIDDEN` where loading is off, `PROVIDER_UNAVAILABLE` where it cannot work.
pub(super) fn provider(app: &App) -> Result<&Razorpay> {
    match (app.config.payments, &app.razorpay) {
        (Payments::Razorpay, Some(razorpay)) => Ok(razorpay),
        (Payments::Razorpay, None) => Err(unavailable(Outage { retry_after: NOT_SET_UP })),
        (Payments::Simulated, _) => {
            Err(Error::conflict("Payments are simulated here: loadWallet adds the money at once"))
        }
        (Payments::Off, _) => Err(Error::forbidden("Wallet top-up is not available")),
    }
}

fn unavailable(outage: Outage) -> Error {
    Error::unavailable("Payments are not available at the moment. Please try again.", outage.retry_after)
}

/// The provider's order of a payment: the one that it has, or one that is made now.
///
/// # Errors
/// `PROVIDER_UNAVAILABLE`: repeated under the same key, it finds what was made. `CONFLICT` for a payment that is settled.
pub(super) async fn order(
    app: &Arc<App>,
    razorpay: &Razorpay,
    payment: &Payment,
    is_new: bool,
) -> Result<String> {
    if payment.status != PaymentStatus::Pending {
        return Err(payments::settled());
    }
    if let Some(order) = &payment.provider_order_id {
        return Ok(order.clone());
    }
    // Of a payment that is not new, an answer may have been lost.
    let found = match is_new {
        true => None,
        false => razorpay.find_order(&payment.receipt, payment.amount).await.map_err(unavailable)?,
    };
    let order = match found {
        Some(order) => order,
        None => razorpay.create_order(&payment.receipt, payment.amount).await.map_err(unavailable)?,
    };
    let (id, now) = (payment.id, app.clock.now());
    app.write(async move |conn| payments::keep_order(conn, id, &order, now).await).await
}

/// What came of a payment that the checkout signed. It stays pending while the money is not there, or nobody can say.
///
/// # Errors
/// `BAD_INPUT` that names `signature` or `providerPaymentId`; `CONFLICT` before the payment has an order.
pub(super) async fn confirm(
    app: &Arc<App>,
    razorpay: &Razorpay,
    payment: Payment,
    paid_by: &str,
    signature: &str,
) -> Result<Payment> {
    let Some(order_id) = payment.provider_order_id.clone() else {
        return Err(Error::conflict("This payment was not begun to the end. Repeat startWalletLoad"));
    };
    if !is_id(paid_by) {
        return Err(Error::bad_input("providerPaymentId", "providerPaymentId is none of Razorpay"));
    }
    if !razorpay.is_signed(&order_id, paid_by, signature) {
        return Err(Error::bad_input("signature", "signature does not belong to this payment"));
    }
    if let PaymentStatus::Paid | PaymentStatus::RefundDue = payment.status {
        return Ok(payment);
    }
    // Signed means allowed by the bank, not yet taken. Who cannot be asked now is asked later.
    let found = match razorpay.payment(paid_by).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Error::bad_input("providerPaymentId", "providerPaymentId is not known")),
        Err(Outage { .. }) => return Ok(payment),
    };
    if found.order_id.as_ref() != Some(&order_id) {
        return Err(Error::bad_input("providerPaymentId", "providerPaymentId belongs to another order"));
    }
    Ok(settle(app, &found).await?.unwrap_or(payment))
}

/// Fills the wallet if the money is there; `None` when it is not, or not for us.
async fn settle(app: &Arc<App>, found: &ProviderPayment) -> Result<Option<Payment>> {
    let Some(order_id) = found.order_id.clone().filter(|_| found.is_captured()) else { return Ok(None) };
    let taken = Taken { order_id, payment_id: found.id.clone(), amount: found.amount };
    let now = app.clock.now();
    app.write(async move |conn| payments::settle(conn, &taken, now).await).await
}

/// What becomes of what Razorpay tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is done, or was done before, or says nothing that matters here.
    Done,
    /// It is not from Razorpay.
    Forged,
    /// It is not what Razorpay tells.
    Unread,
    /// It is of an order that is none of ours.
    Unknown,
}

#[derive(Deserialize)]
struct Told {
    event: String,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
struct Payload {
    payment: Option<Entity>,
}

#[derive(Deserialize)]
struct Entity {
    entity: ProviderPayment,
}

/// Takes what Razorpay tells on its own, as often as it likes. Only that money was taken matters.
///
/// # Errors
/// `CONFLICT` for another amount than was asked for; `BUSY` or `INTERNAL` when the database fails: it will be told again.
pub async fn hear(app: &Arc<App>, razorpay: &Razorpay, body: &[u8], signature: &str) -> Result<Heard> {
    if !razorpay.is_webhook_signed(body, signature) {
        return Ok(Heard::Forged);
    }
    let Ok(told) = serde_json::from_slice::<Told>(body) else { return Ok(Heard::Unread) };
    if !["payment.captured", "order.paid"].contains(&told.event.as_str()) {
        return Ok(Heard::Done);
    }
    let Some(Entity { entity: found }) = told.payload.payment else { return Ok(Heard::Unread) };
    if !found.is_captured() {
        return Ok(Heard::Done);
    }
    Ok(settle(app, &found).await?.map_or(Heard::Unknown, |_| Heard::Done))
}

/// Asks the provider what became of the payments that are due. Returns how many it could say something of.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn look_after(app: &Arc<App>) -> Result<usize> {
    let Some(razorpay) = &app.razorpay else { return Ok(0) };
    let mut known = 0;
    loop {
        let now = app.clock.now();
        let due = app.write(async move |conn| payments::take_due(conn, now).await).await?;
        if due.is_empty() {
            return Ok(known);
        }
        for payment in due {
            match look_at(app, razorpay, &payment, now).await {
                Ok(()) => known += 1,
                // They come up again; meanwhile the others wait as well.
                Err(Unknown::Outage) => return Ok(known),
                Err(Unknown::Failed(error)) => {
                    tracing::warn!(payment.id = payment.id.0, cause = ?error.cause(), "a payment stays open");
                }
            }
        }
    }
}

enum Unknown {
    Outage,
    Failed(Error),
}

async fn look_at(
    app: &Arc<App>,
    razorpay: &Razorpay,
    payment: &Payment,
    now: DateTime<Utc>,
) -> std::result::Result<(), Unknown> {
    // Without an order nobody was told where to pay.
    if let Some(order_id) = &payment.provider_order_id {
        let found = razorpay.payments_of(order_id).await.map_err(|Outage { .. }| Unknown::Outage)?;
        if let Some(taken) = found.iter().find(|found| found.is_captured()) {
            return settle(app, taken).await.map(drop).map_err(Unknown::Failed);
        }
    }
    if payments::is_given_up(payment, now) {
        let id = payment.id;
        let give_up = app.write(async move |conn| payments::give_up(conn, id, now).await);
        give_up.await.map_err(Unknown::Failed)?;
    }
    Ok(())
}

/// Looks after payments until the task is dropped. Any number of gateways may do it at once.
pub async fn keep_looking(app: Arc<App>) {
    loop {
        app.clock.sleep_until(app.clock.now() + EVERY).await;
        if let Err(error) = look_after(&app).await {
            tracing::warn!(cause = ?error.cause(), "payments are looked after a minute later");
        }
    }
}

/// What can stand in an address of the provider's.
fn is_id(text: &str) -> bool {
    text.len() <= LONGEST_ID
        && text
            .strip_prefix("pay_")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
