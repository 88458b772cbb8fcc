//! Text messages through Twilio's Messages API.

mod account;

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::app::outbound::{Outage, Provider, Repeat};
use crate::config::{TwilioAccount, TwilioSender};
use crate::meters::Meters;
use crate::values::{Clock, Phone};

pub use account::{AccountState, Sender};

/// Why no message can reach this number, as Twilio numbers it: none of its numbers, no mobile phone, one that said STOP, a
/// country that messages are not sent to.
const UNREACHABLE: [u32; 11] = [21211, 21214, 21217, 21265, 21266, 21407, 21408, 21610, 21612, 21614, 21635];

/// The way to send text messages.
pub struct Twilio {
    provider: Provider,
    account: TwilioAccount,
}

/// A message that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// No message can reach this number.
    Unreachable,
    /// None can be sent at the moment.
    Outage(Outage),
}

#[derive(Deserialize)]
struct Refusal {
    code: u32,
}

impl Twilio {
    /// Messages in the name of this account. Nothing is connected yet.
    ///
    /// # Errors
    /// When this machine's certificates cannot be read.
    pub fn new(
        account: TwilioAccount,
        time: Duration,
        clock: Clock,
        meters: &Meters,
    ) -> reqwest::Result<Twilio> {
        Ok(Twilio { provider: Provider::new("twilio", time, clock, meters)?, account })
    }

    /// Refuses at once while messages are known not to be sent.
    ///
    /// # Errors
    /// [`Outage`]
    pub fn check(&self) -> Result<(), Outage> {
        self.provider.check()
    }

    /// Hands a message over for this phone. The same may arrive twice.
    ///
    /// # Errors
    /// [`Unsent`]
    pub async fn send(&self, to: &Phone, text: &str) -> Result<(), Unsent> {
        let TwilioAccount { user, password, sender, .. } = &self.account;
        let sender = match sender {
            TwilioSender::From(from) => ("From", from.as_str()),
            TwilioSender::Service(service) => ("MessagingServiceSid", service.as_str()),
        };
        let request = self
            .provider
            .client()
            .post(self.of_account("/Messages.json"))
            .basic_auth(user, Some(password.reveal()))
            .form(&[("To", to.as_str()), sender, ("Body", text)]);
        let reply = self.provider.send(request, Repeat::Harmless).await.map_err(Unsent::Outage)?;
        if reply.status.is_success() {
            return Ok(());
        }
        let code = reply.json::<Refusal>().map(|refusal| refusal.code);
        if reply.status == StatusCode::BAD_REQUEST && code.is_some_and(|code| UNREACHABLE.contains(&code)) {
            tracing::info!(phone = to.masked(), code, "a number cannot receive text messages");
            return Err(Unsent::Unreachable);
        }
        // Their sentence may repeat the number: the code says as much.
        let about = code.map_or("no code".to_owned(), |code| format!("code {code}"));
        Err(Unsent::Outage(self.provider.refused(reply.status, &about)))
    }

    fn of_account(&self, rest: &str) -> String {
        let TwilioAccount { url, sid, .. } = &self.account;
        format!("{url}/2010-04-01/Accounts/{sid}{rest}")
    }
}
