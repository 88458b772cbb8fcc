//! Accounts with providers. One that is chosen is complete, or everything that it lacks is named.

use std::fmt;

use super::reader::Reader;

/// The message that carries a code.
pub(super) const OTP_TEXT: &str = "{code} is your code to sign in. It is valid for 10 minutes.";
/// Where Twilio is.
pub(super) const TWILIO_URL: &str = "https://api.twilio.com";
/// Where Razorpay is.
pub(super) const RAZORPAY_URL: &str = "https://api.razorpay.com";

/// What proves who asks. It has no `Display`, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// The secret itself, for the one header or signature that it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// An account that sends text messages.
#[derive(Clone, Debug)]
pub struct TwilioAccount {
    /// `TWILIO_URL`, without a slash at its end.
    pub url: String,
    /// `TWILIO_ACCOUNT_SID`
    pub sid: String,
    /// `TWILIO_API_KEY_SID`, or the account's own.
    pub user: String,
    /// `TWILIO_API_KEY_SECRET`, or `TWILIO_AUTH_TOKEN`.
    pub password: Secret,
    /// Where messages come from.
    pub sender: TwilioSender,
}

/// Where messages come from.
#[derive(Clone, Debug)]
pub enum TwilioSender {
    /// `TWILIO_FROM`: a number or a name.
    From(String),
    /// `TWILIO_MESSAGING_SERVICE_SID`: whichever of the service's numbers it chooses.
    Service(String),
}

/// An account that takes money.
#[derive(Clone, Debug)]
pub struct RazorpayAccount {
    /// `RAZORPAY_URL`, without a slash at its end.
    pub url: String,
    /// `RAZORPAY_KEY_ID`: not secret, the checkout shows it.
    pub key_id: String,
    /// `RAZORPAY_KEY_SECRET`
    pub key_secret: Secret,
    /// `RAZORPAY_WEBHOOK_SECRET`
    pub webhook_secret: Secret,
}

impl TwilioAccount {
    pub(super) fn read(reader: &mut Reader<'_>, is_chosen: bool) -> Option<TwilioAccount> {
        let url = read_url(reader, "TWILIO_URL", TWILIO_URL);
        let account = read_sid(reader, "TWILIO_ACCOUNT_SID", "AC");
        let token = read_secret(reader, "TWILIO_AUTH_TOKEN");
        let key = read_sid(reader, "TWILIO_API_KEY_SID", "SK");
        let key_secret = read_secret(reader, "TWILIO_API_KEY_SECRET");
        let from = reader.read("TWILIO_FROM", None, "a number such as +14155550100, or a name", |text| {
            let is_sender = text.len() <= 20 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            is_sender.then(|| Some(text.to_owned()))
        });
        let service = read_sid(reader, "TWILIO_MESSAGING_SERVICE_SID", "MG");
        if !is_chosen {
            return None;
        }
        reader.ask_for("TWILIO_ACCOUNT_SID", account.is_some(), "the account's AC… for OTP_DELIVERY=twilio");
        if key.is_some() || key_secret.is_some() {
            reader.ask_for("TWILIO_API_KEY_SID", key.is_some(), "the SK… of TWILIO_API_KEY_SECRET");
            reader.ask_for("TWILIO_API_KEY_SECRET", key_secret.is_some(), "the secret of TWILIO_API_KEY_SID");
        } else {
            let expected = "the account's token, or TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET";
            reader.ask_for("TWILIO_AUTH_TOKEN", token.is_some(), expected);
        }
        let expected = "a number or a name, or TWILIO_MESSAGING_SERVICE_SID";
        reader.ask_for("TWILIO_FROM", from.is_some() || service.is_some(), expected);
        let sid = account?;
        let (user, password) = match key {
            Some(key) => (key, key_secret?),
            None => (sid.clone(), token?),
        };
        let sender = service.map(TwilioSender::Service).or(from.map(TwilioSender::From))?;
        Some(TwilioAccount { url, sid, user, password, sender })
    }
}

impl RazorpayAccount {
    pub(super) fn read(reader: &mut Reader<'_>, is_chosen: bool) -> Option<RazorpayAccount> {
        let url = read_url(reader, "RAZORPAY_URL", RAZORPAY_URL);
        let key_id = reader.read("RAZORPAY_KEY_ID", None, "rzp_live_… or rzp_test_…", |text| {
            let is_key = text.starts_with("rzp_") && text.len() <= 64 && is_word(text);
            is_key.then(|| Some(text.to_owned()))
        });
        let key_secret = read_secret(reader, "RAZORPAY_KEY_SECRET");
        let webhook_secret = read_secret(reader, "RAZORPAY_WEBHOOK_SECRET");
        if !is_chosen {
            return None;
        }
        reader.ask_for("RAZORPAY_KEY_ID", key_id.is_some(), "the key's id for PAYMENTS=razorpay");
        reader.ask_for("RAZORPAY_KEY_SECRET", key_secret.is_some(), "the secret of RAZORPAY_KEY_ID");
        let expected = "what was given with the webhook: without one, money could be claimed";
        reader.ask_for("RAZORPAY_WEBHOOK_SECRET", webhook_secret.is_some(), expected);
        Some(RazorpayAccount {
            url,
            key_id: key_id?,
            key_secret: key_secret?,
            webhook_secret: webhook_secret?,
        })
    }
}

pub(super) fn read_secret(reader: &mut Reader<'_>, name: &'static str) -> Option<Secret> {
    reader.read(name, None, "a secret", |text| Some(Some(Secret::new(text))))
}

/// Two letters that say what it is of, and 32 hexadecimal digits.
fn read_sid(reader: &mut Reader<'_>, name: &'static str, letters: &str) -> Option<String> {
    reader.read(name, None, &format!("{letters} and 32 hexadecimal digits"), |text| {
        let digits = text.strip_prefix(letters)?;
        let is_sid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sid.then(|| Some(text.to_owned()))
    })
}

/// Secrets are sent there: nobody else may read them on the way.
fn read_url(reader: &mut Reader<'_>, name: &'static str, default: &str) -> String {
    reader.read(name, default.to_owned(), "a URL that starts with https://", |text| {
        let host = text.strip_prefix("http://").and_then(|rest| rest.split(['/', ':']).next());
        let is_private = text.starts_with("https://") || matches!(host, Some("127.0.0.1" | "localhost"));
        is_private.then(|| text.trim_end_matches('/').to_owned())
    })
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::super::{Config, ConfigError};

    fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(&|name| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn missing(settings: &[(&str, &str)]) -> Vec<&'static str> {
        read(settings).map(|_| ()).unwrap_err().names().collect()
    }

    const ACCOUNT: (&str, &str) = ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef");

    #[test]
    fn half_an_account_is_refused_with_all_that_it_lacks() {
        let twilio = ("OTP_DELIVERY", "twilio");
        assert_eq!(missing(&[twilio]), ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"]);
        assert_eq!(missing(&[twilio, ACCOUNT, ("TWILIO_AUTH_TOKEN", "t")]), ["TWILIO_FROM"]);
        let key = ("TWILIO_API_KEY_SID", "SK0123456789abcdef0123456789abcdef");
        assert_eq!(missing(&[twilio, ACCOUNT, ("TWILIO_FROM", "SHOPS"), key]), ["TWILIO_API_KEY_SECRET"]);
        let razorpay = ("PAYMENTS", "razorpay");
        assert_eq!(
            missing(&[razorpay]),
            ["RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"]
        );
        assert!(read(&[ACCOUNT]).is_ok(), "what is not chosen need not be complete");
    }

    #[test]
    fn a_key_of_the_account_goes_before_its_token() {
        let key = ("TWILIO_API_KEY_SID", "SK0123456789abcdef0123456789abcdef");
        let rest = [("TWILIO_AUTH_TOKEN", "t"), ("TWILIO_API_KEY_SECRET", "s"), ("TWILIO_FROM", "SHOPS")];
        let config = read(&[&[("OTP_DELIVERY", "twilio"), ACCOUNT, key][..], &rest].concat()).unwrap();
        let account = config.twilio.unwrap();
        assert_eq!((account.user.as_str(), account.password.reveal()), (key.1, "s"));
    }

    #[test]
    fn no_secret_is_shown() {
        let secret = "whsec-that-nobody-may-read";
        let settings = [
            ("PAYMENTS", "razorpay"),
            ("RAZORPAY_KEY_ID", "rzp_test_1"),
            ("RAZORPAY_KEY_SECRET", secret),
            ("RAZORPAY_WEBHOOK_SECRET", secret),
        ];
        let config = read(&settings).unwrap();
        assert!(!format!("{config:?}").contains(secret));
        let wrong =
            read(&[&settings[..], &[("RAZORPAY_URL", "http://api.example.org"), ("LISTEN", "x")]].concat());
        let text = wrong.map(|_| ()).unwrap_err().to_string();
        assert!(text.contains("RAZORPAY_URL=http://api.example.org") && !text.contains(secret), "{text}");
    }
}
