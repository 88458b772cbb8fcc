//! What Twilio knows of the account and its sender, for who looks after the settings. Sends no message, changes nothing.

use reqwest::RequestBuilder;
use serde::Deserialize;

use crate::app::Twilio;
use crate::app::outbound::{Outage, Seen};
use crate::config::{TwilioAccount, TwilioSender};

/// The account, as Twilio sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountState {
    /// `active`, `suspended` or `closed`.
    pub status: String,
    /// `Full` or `Trial`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Where messages come from, as Twilio sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// It sends text messages.
    Ready,
    /// A number without text messages.
    WithoutTexts,
    /// A name: Twilio keeps no list of them.
    Name,
}

#[derive(Deserialize)]
struct Numbers {
    incoming_phone_numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Number {
    phone_number: String,
    capabilities: Capabilities,
}

#[derive(Deserialize)]
struct Capabilities {
    sms: bool,
}

#[derive(Deserialize)]
struct ShortCodes {
    short_codes: Vec<ShortCode>,
}

#[derive(Deserialize)]
struct ShortCode {
    short_code: String,
}

#[derive(Deserialize)]
struct Service {}

impl Twilio {
    /// The account. Only its own token and main keys may look at it: others are refused, and may send all the same.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn account(&self) -> Result<Seen<AccountState>, Outage> {
        self.provider.look(self.get(&self.of_account(".json"))).await
    }

    /// The sender of the settings.
    ///
    /// # Errors
    /// [`Outage`]
    pub async fn sender(&self) -> Result<Seen<Sender>, Outage> {
        match &self.account.sender {
            TwilioSender::Service(service) => self.service(service).await,
            TwilioSender::From(number) if number.starts_with('+') => self.number(number).await,
            TwilioSender::From(code) if code.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.short_code(code).await
            }
            TwilioSender::From(_) => {
                // Any list of the account shows whether it answers us.
                let numbers =
                    self.get(&self.of_account("/IncomingPhoneNumbers.json")).query(&[("PageSize", "1")]);
                Ok(self.provider.look::<Numbers>(numbers).await?.map(|_| Sender::Name))
            }
        }
    }

    async fn number(&self, number: &str) -> Result<Seen<Sender>, Outage> {
        let numbers =
            self.get(&self.of_account("/IncomingPhoneNumbers.json")).query(&[("PhoneNumber", number)]);
        Ok(match self.provider.look::<Numbers>(numbers).await? {
            Seen::There(Numbers { incoming_phone_numbers: found }) => {
                match found.iter().find(|found| found.phone_number == number) {
                    Some(found) if found.capabilities.sms => Seen::There(Sender::Ready),
                    Some(_) => Seen::There(Sender::WithoutTexts),
                    None => Seen::Missing,
                }
            }
            other => other.map(|_| Sender::Ready),
        })
    }

    async fn short_code(&self, code: &str) -> Result<Seen<Sender>, Outage> {
        let codes = self.get(&self.of_account("/SMS/ShortCodes.json")).query(&[("ShortCode", code)]);
        Ok(match self.provider.look::<ShortCodes>(codes).await? {
            Seen::There(found) if found.short_codes.iter().all(|found| found.short_code != code) => {
                Seen::Missing
            }
            other => other.map(|_| Sender::Ready),
        })
    }

    async fn service(&self, service: &str) -> Result<Seen<Sender>, Outage> {
        // Services are at an address of their own, in the same region.
        let url = self.account.url.replacen("https://api.", "https://messaging.", 1);
        let service = self.get(&format!("{url}/v1/Services/{service}"));
        Ok(self.provider.look::<Service>(service).await?.map(|_| Sender::Ready))
    }

    fn get(&self, url: &str) -> RequestBuilder {
        let TwilioAccount { user, password, .. } = &self.account;
        self.provider.client().get(url).basic_auth(user, Some(password.reveal()))
    }
}
