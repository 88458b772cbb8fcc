//! Settings that are one of a few words, and how they are read.

use chrono::NaiveDate;

use super::reader::list;
use crate::values::Date;

/// Where the gateway runs; decides which conveniences are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// One machine, demo data, codes on the console.
    Development,
    /// Real people and real money.
    Production,
}

/// How a one-time code reaches its phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpDelivery {
    /// Printed in the log. Development only.
    Console,
    /// As a text message, through Twilio.
    Twilio,
    /// Not at all: nobody can sign in anew.
    Off,
}

/// Who takes the money that is loaded into a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payments {
    /// Every payment succeeds. Development only.
    Simulated,
    /// Razorpay: a load is begun, paid in its checkout, and confirmed.
    Razorpay,
    /// Wallets cannot be loaded.
    Off,
}

/// What clients are told of the end of the REST paths (RFC 9745, RFC 8594).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// From this day on they are deprecated.
    pub since: NaiveDate,
    /// On this day they end.
    pub sunset: Option<NaiveDate>,
}

/// The origins whose pages may call the gateway from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Any page, without credentials.
    Any,
    /// These, such as `https://app.example.org`.
    Only(Vec<String>),
}

impl Environment {
    pub(super) fn parse(text: &str) -> Option<Environment> {
        match text {
            "development" => Some(Environment::Development),
            "production" => Some(Environment::Production),
            _ => None,
        }
    }
}

impl OtpDelivery {
    pub(super) fn parse(text: &str) -> Option<OtpDelivery> {
        match text {
            "console" => Some(OtpDelivery::Console),
            "twilio" => Some(OtpDelivery::Twilio),
            "off" => Some(OtpDelivery::Off),
            _ => None,
        }
    }
}

impl Payments {
    pub(super) fn parse(text: &str) -> Option<Payments> {
        match text {
            "simulated" => Some(Payments::Simulated),
            "razorpay" => Some(Payments::Razorpay),
            "off" => Some(Payments::Off),
            _ => None,
        }
    }
}

impl Deprecation {
    /// A day, or two of them with a comma between, the later one second.
    pub(super) fn parse(text: &str) -> Option<Option<Deprecation>> {
        if text == "off" {
            return Some(None);
        }
        let day = |text: &str| Date::parse(text.trim()).ok().map(|day| day.0);
        let (since, sunset) = match text.split_once(',') {
            Some((since, sunset)) => (day(since)?, Some(day(sunset)?)),
            None => (day(text)?, None),
        };
        sunset.is_none_or(|sunset| sunset >= since).then_some(Some(Deprecation { since, sunset }))
    }
}

impl Origins {
    pub(super) fn parse(text: &str) -> Option<Origins> {
        if text == "any" {
            return Some(Origins::Any);
        }
        list(text, origin).map(Origins::Only)
    }
}

/// Scheme, host and port, such as `https://app.example.org`.
pub(super) fn origin(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    (!host.is_empty() && !host.contains('/')).then(|| text.to_owned())
}
