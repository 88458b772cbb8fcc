//! Who sends the codes and who takes the money: whether they know us. Sends nobody anything, and takes nothing.

use std::time::Duration;

use super::Finding;
use crate::app::{AccountState, Outage, Razorpay, Seen, Sender, Twilio};
use crate::config::{
    Config, Environment, OtpDelivery, Payments, RazorpayAccount, TwilioAccount, TwilioSender,
};
use crate::meters::Meters;
use crate::values::Clock;

const CODES: &str = "codes";
const PAYMENTS: &str = "payments";
/// What a machine without certificates needs.
const CERTIFICATES: &str = "install the certificates of the authorities (ca-certificates)";

/// How sign-in codes reach their phones.
pub(super) async fn codes(config: &Config) -> Vec<Finding> {
    match (config.otp_delivery, &config.twilio) {
        (OtpDelivery::Twilio, Some(account)) => {
            match Twilio::new(account.clone(), patience(config), Clock::default(), &Meters::default()) {
                Ok(twilio) => text_messages(&twilio, account).await,
                Err(error) => vec![Finding::wrong(CODES, error.to_string(), CERTIFICATES)],
            }
        }
        (OtpDelivery::Console, _) => {
            let seen = match &config.dev_otp {
                Some(_) => "OTP_DELIVERY is console: no message is sent; every phone's code is DEV_OTP",
                None => "OTP_DELIVERY is console: no message is sent; codes are in the log",
            };
            vec![Finding::note(CODES, seen)]
        }
        _ => vec![Finding::note(
            CODES,
            "OTP_DELIVERY is off: who is signed in stays so, nobody else can sign in",
        )],
    }
}

/// How money gets into wallets.
pub(super) async fn payments(config: &Config) -> Vec<Finding> {
    match (config.payments, &config.razorpay) {
        (Payments::Razorpay, Some(account)) => {
            match Razorpay::new(account.clone(), patience(config), Clock::default(), &Meters::default()) {
                Ok(razorpay) => checkout(&razorpay, account, config).await,
                Err(error) => vec![Finding::wrong(PAYMENTS, error.to_string(), CERTIFICATES)],
            }
        }
        (Payments::Simulated, _) => {
            vec![Finding::note(
                PAYMENTS,
                "PAYMENTS is simulated: wallets are filled with money that nobody paid",
            )]
        }
        _ => vec![Finding::note(
            PAYMENTS,
            "PAYMENTS is off: wallets cannot be loaded, and pay with what they hold",
        )],
    }
}

fn patience(config: &Config) -> Duration {
    Duration::from_secs(config.provider_seconds.into())
}

fn silent(subject: &'static str, name: &str, url: &str, status_page: &str) -> Finding {
    Finding::wrong(
        subject,
        format!("{name} gives no usable answer at {url}; the log above says why"),
        format!("let this machine reach it, and look at {status_page} whether it is down"),
    )
}

async fn text_messages(twilio: &Twilio, account: &TwilioAccount) -> Vec<Finding> {
    match look_at_twilio(twilio, account).await {
        Ok(findings) => findings,
        Err(Outage { .. }) => vec![silent(CODES, "Twilio", &account.url, "status.twilio.com")],
    }
}

async fn look_at_twilio(twilio: &Twilio, account: &TwilioAccount) -> Result<Vec<Finding>, Outage> {
    let (state, by_key) = (twilio.account().await?, account.user != account.sid);
    // Standard and restricted keys may not look at the account: what they may look at shows whether they hold.
    if !matches!(state, Seen::There(_)) && !by_key {
        return Ok(vec![account_finding(&state, account)]);
    }
    let sender = twilio.sender().await?;
    if !matches!(state, Seen::There(_)) && matches!(sender, Seen::Refused(_)) {
        return Ok(vec![key_refused(&sender, account)]);
    }
    Ok(vec![account_finding(&state, account), sender_finding(&sender, account)])
}

fn account_finding(state: &Seen<AccountState>, account: &TwilioAccount) -> Finding {
    let sid = &account.sid;
    match state {
        Seen::There(AccountState { status, kind }) if status == "active" => match kind.as_str() {
            "Trial" => Finding::note(
                CODES,
                format!(
                    "Twilio's account {sid} is a trial: only numbers that its console verified get messages"
                ),
            ),
            _ => Finding::good(CODES, format!("Twilio's account {sid} is active")),
        },
        Seen::There(AccountState { status, .. }) => Finding::wrong(
            CODES,
            format!("Twilio's account {sid} is {status}: no message is sent"),
            "sign in at console.twilio.com, where it says what is owed or missing; or set TWILIO_ACCOUNT_SID to another account",
        ),
        _ if account.user != account.sid => Finding::good(
            CODES,
            format!("Twilio accepts the key {}; only main keys may ask how the account stands", account.user),
        ),
        Seen::Missing | Seen::Refused(_) => Finding::wrong(
            CODES,
            format!("Twilio does not let us in as {sid}{}", status_of(state)),
            "copy Account SID and Auth Token from the first page of console.twilio.com into TWILIO_ACCOUNT_SID and \
             TWILIO_AUTH_TOKEN; there it also says when the account was suspended",
        ),
    }
}

fn key_refused(sender: &Seen<Sender>, account: &TwilioAccount) -> Finding {
    Finding::wrong(
        CODES,
        format!("Twilio does not let us in with the key {}{}", account.user, status_of(sender)),
        "in console.twilio.com under API keys & tokens, make a standard key of the account TWILIO_ACCOUNT_SID, and copy it into \
         TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET; a restricted one needs the right to read what messages come from",
    )
}

fn sender_finding(sender: &Seen<Sender>, account: &TwilioAccount) -> Finding {
    match (&account.sender, sender) {
        (TwilioSender::From(name), Seen::There(Sender::Name)) => Finding::note(
            CODES,
            format!(
                "messages come from the name {name}; Twilio has no list of names: a first message shows whether it is allowed"
            ),
        ),
        (TwilioSender::From(from), Seen::There(Sender::Ready)) => {
            Finding::good(CODES, format!("messages come from {from}, which sends texts"))
        }
        (TwilioSender::From(from), Seen::There(Sender::WithoutTexts)) => Finding::wrong(
            CODES,
            format!("TWILIO_FROM is {from}, which sends no texts"),
            "in console.twilio.com under Phone Numbers, choose a number with the capability SMS",
        ),
        (TwilioSender::From(from), Seen::Missing) => Finding::wrong(
            CODES,
            format!("TWILIO_FROM is {from}, which the account does not have"),
            "set it to one of console.twilio.com under Phone Numbers, Active numbers",
        ),
        (TwilioSender::From(from), Seen::Refused(_)) => Finding::note(
            CODES,
            format!("Twilio does not tell whether the account has {from}{}", status_of(sender)),
        ),
        (TwilioSender::Service(service), Seen::There(_)) => {
            Finding::good(CODES, format!("messages come from the service {service}"))
        }
        (TwilioSender::Service(service), Seen::Missing | Seen::Refused(_)) => Finding::wrong(
            CODES,
            format!(
                "TWILIO_MESSAGING_SERVICE_SID is {service}, which the account does not have{}",
                status_of(sender)
            ),
            "set it to one of console.twilio.com under Messaging, Services",
        ),
    }
}

async fn checkout(razorpay: &Razorpay, account: &RazorpayAccount, config: &Config) -> Vec<Finding> {
    let key = match razorpay.try_key().await {
        Ok(Seen::There(())) => mode(account, config.environment),
        Ok(refused) => Finding::wrong(
            PAYMENTS,
            format!("Razorpay does not accept the key {}{}", account.key_id, status_of(&refused)),
            "in dashboard.razorpay.com under Account & Settings, API keys, make a new key, and copy both of its parts into \
             RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET",
        ),
        Err(Outage { .. }) => silent(PAYMENTS, "Razorpay", &account.url, "status.razorpay.com"),
    };
    // What is set up there cannot be asked for with a merchant's key.
    let webhook = format!(
        "compare in Razorpay's dashboard: the webhook {}/webhooks/razorpay, for payment.captured and order.paid, with \
         RAZORPAY_WEBHOOK_SECRET",
        config.public_url
    );
    vec![key, Finding::note("webhook", webhook)]
}

/// A key that is accepted: whether what it takes is money.
fn mode(account: &RazorpayAccount, environment: Environment) -> Finding {
    let (key, is_test) = (&account.key_id, account.key_id.starts_with("rzp_test_"));
    match (is_test, environment) {
        (true, Environment::Production) => Finding::wrong(
            PAYMENTS,
            format!(
                "Razorpay accepts {key}, a key of its test mode: wallets would be filled with money that nobody paid"
            ),
            "in dashboard.razorpay.com switch to the live mode, make a key and a webhook there, and copy them into RAZORPAY_KEY_ID, \
             RAZORPAY_KEY_SECRET and RAZORPAY_WEBHOOK_SECRET",
        ),
        (true, Environment::Development) => {
            Finding::good(PAYMENTS, format!("Razorpay accepts {key}, a key of its test mode"))
        }
        (false, Environment::Production) => Finding::good(PAYMENTS, format!("Razorpay accepts {key}")),
        (false, Environment::Development) => {
            Finding::note(PAYMENTS, format!("Razorpay accepts {key}, a live key: real money, in development"))
        }
    }
}

fn status_of<T>(seen: &Seen<T>) -> String {
    match seen {
        Seen::Refused(status) => format!(" (status {status})"),
        Seen::Missing => " (status 404)".to_owned(),
        Seen::There(_) => String::new(),
    }
}
