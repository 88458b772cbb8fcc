//! Money through Razorpay's orders and payments. Amounts are in paise, as with us.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::app::outbound::{Outage, Provider, Repeat, Reply, Seen};
use crate::config::{RazorpayAccount, Secret};
use crate::meters::Meters;
use crate::values::{Clock, Paise};

/// The one currency.
pub const CURRENCY: &str = "INR";
/// For so many minutes a payment that its bank allowed late is still taken; after that it goes back by itself.
const TAKEN_MINUTES: u32 = 24 * 60;

/// The way to take money.
pub struct Razorpay {
    provider: Provider,
    account: RazorpayAccount,
}

/// What somebody pays under an order.
#[derive(Clone, Debug, Deserialize)]
pub struct ProviderPayment {
    /// `pay_…`
    pub id: String,
    /// `order_…`
    pub order_id: Option<String>,
    /// In paise.
    pub amount: Paise,
    currency: String,
    status: String,
    #[serde(default)]
    amount_refunded: Option<i64>,
}

impl ProviderPayment {
    /// Whether the money is there: taken, in rupees, and not given back.
    #[must_use]
    pub fn is_captured(&self) -> bool {
        self.status == "captured" && self.currency == CURRENCY && self.amount_refunded.unwrap_or(0) == 0
    }
}

#[derive(Deserialize)]
struct ProviderOrder {
    id: String,
    amount: Paise,
    receipt: Option<String>,
}

#[derive(Deserialize)]
struct Collection<T> {
    items: Vec<T>,
}

impl Razorpay {
    /// Payments to this account. Nothing is connected yet.
    ///
    /// # Errors
    /// When this machine's certificates cannot be read.
    pub fn new(
        account: RazorpayAccount,
        time: Duration,
        clock: Clock,
        meters: &Meters,
    ) -> reqwest::Result<Razorpay> {
        Ok(Razorpay { provider: Provider::new("razorpay", time, clock, meters)?, account })
    }

    /// What the checkout names the account by.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.account.key_id
    }

    /// Makes an order to pay so much under. Returns its id.
    ///
    /// # Errors
    /// [`Outage`]; the order may have been made all the same: [`Razorpay::find_order`] tells.
    pub async fn create_order(&self, receipt: &str, amount: Paise) -> Result<String, Outage> {
        let order = json!({
            "amount": amount.0,
            "currency": CURRENCY,
            "receipt": receipt,
            // Whatever the account's own settings say: nobody has to take the money by hand.
            "payment": {"capture": "automatic", "capture_options": {
                "automatic_expiry_period": TAKEN_MINUTES,
                "manual_expiry_period": TAKEN_MINUTES,
                "refund_speed": "normal",
            }},
        });
        let request = self.provider.client().post(self.address("orders")).json(&order);
        let reply = self.ask(request, Repeat::Never).await?;
        match reply.json::<ProviderOrder>() {
            Some(order) if reply.status.is_success() && order.amount == amount => Ok(order.id),
            _ => Err(self.provider.refused(reply.status, "a new order")),
        }
    }

    /// The order that was made with this receipt and amount, if one was.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn find_order(&self, receipt: &str, amount: Paise) -> Result<Option<String>, Outage> {
        let request = self.provider.client().get(self.address("orders")).query(&[("receipt", receipt)]);
        let reply = self.ask(request, Repeat::Harmless).await?;
        let Some(found) = reply.json::<Collection<ProviderOrder>>().filter(|_| reply.status.is_success())
        else {
            return Err(self.provider.refused(reply.status, "orders of a receipt"));
        };
        let is_it =
            |order: &ProviderOrder| order.receipt.as_deref() == Some(receipt) && order.amount == amount;
        Ok(found.items.into_iter().find(is_it).map(|order| order.id))
    }

    /// The payment with this id; `None` when there is none.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn payment(&self, id: &str) -> Result<Option<ProviderPayment>, Outage> {
        let request = self.provider.client().get(self.address(&format!("payments/{id}")));
        let reply = self.ask(request, Repeat::Harmless).await?;
        match reply.json() {
            Some(payment) if reply.status.is_success() => Ok(Some(payment)),
            _ if [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&reply.status) => Ok(None),
            _ => Err(self.provider.refused(reply.status, "a payment")),
        }
    }

    /// What was paid, or tried to be paid, under an order.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn payments_of(&self, order_id: &str) -> Result<Vec<ProviderPayment>, Outage> {
        let request = self.provider.client().get(self.address(&format!("orders/{order_id}/payments")));
        let reply = self.ask(request, Repeat::Harmless).await?;
        match reply.json::<Collection<ProviderPayment>>() {
            Some(payments) if reply.status.is_success() => Ok(payments.items),
            _ => Err(self.provider.refused(reply.status, "the payments of an order")),
        }
    }

    /// Whether the key is accepted: looks at one order, if there is one, and tells nothing of it. Makes nothing.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn try_key(&self) -> Result<Seen<()>, Outage> {
        let request = self.provider.client().get(self.address("orders")).query(&[("count", "1")]);
        let secret = self.account.key_secret.reveal();
        let request = request.basic_auth(&self.account.key_id, Some(secret));
        Ok(self.provider.look::<Collection<ProviderOrder>>(request).await?.map(drop))
    }

    /// Whether the checkout signed that this payment belongs to this order. Takes the same time for any signature.
    #[must_use]
    pub fn is_signed(&self, order_id: &str, payment_id: &str, signature: &str) -> bool {
        signs(&self.account.key_secret, format!("{order_id}|{payment_id}").as_bytes(), signature)
    }

    /// Whether the body of a webhook comes from Razorpay. Takes the same time for any signature.
    #[must_use]
    pub fn is_webhook_signed(&self, body: &[u8], signature: &str) -> bool {
        signs(&self.account.webhook_secret, body, signature)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.account.url)
    }

    async fn ask(&self, request: RequestBuilder, repeat: Repeat) -> Result<Reply, Outage> {
        let secret = self.account.key_secret.reveal();
        self.provider.send(request.basic_auth(&self.account.key_id, Some(secret)), repeat).await
    }
}

fn signs(secret: &Secret, text: &[u8], signature: &str) -> bool {
    // HMAC takes secrets of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else { return false };
    mac.update(text);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    expected.as_bytes().ct_eq(signature.as_bytes()).into()
}
