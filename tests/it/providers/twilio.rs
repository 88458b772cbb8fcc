//! Twilio's Messages API, and what it tells of an account and its senders.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::providers::line::Line;

pub const SID: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "token-of-the-account";
pub const FROM: &str = "+14155550100";
/// A number of the account that only speaks.
pub const SPEAKS: &str = "+14155550101";
/// A short code of the account.
pub const SHORT: &str = "52015";
pub const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
/// A standard key: it may do everything but look at the account.
pub const KEY: &str = "SK0123456789abcdef0123456789abcdef";
pub const KEY_SECRET: &str = "secret-of-the-key";

#[derive(Clone)]
pub struct Twilio {
    pub url: String,
    pub line: Line,
    refusing: Arc<Mutex<Option<u32>>>,
    standing: Arc<Mutex<(&'static str, &'static str)>>,
}

impl Twilio {
    pub async fn start() -> Twilio {
        let mut twilio = Twilio {
            url: String::new(),
            line: Line::default(),
            refusing: Arc::default(),
            standing: Arc::new(Mutex::new(("active", "Full"))),
        };
        let router = Router::new()
            .route("/2010-04-01/Accounts/{sid}/Messages.json", post(send))
            .route("/2010-04-01/Accounts/{sid}", get(account))
            .route("/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json", get(numbers))
            .route("/2010-04-01/Accounts/{sid}/SMS/ShortCodes.json", get(short_codes))
            .route("/v1/Services/{sid}", get(service))
            .with_state(twilio.clone());
        twilio.url = twilio.line.serve(router).await;
        twilio
    }

    /// What a gateway is set up with to send through it.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("OTP_DELIVERY", "twilio"),
            ("TWILIO_URL", &self.url),
            ("TWILIO_ACCOUNT_SID", SID),
            ("TWILIO_AUTH_TOKEN", TOKEN),
            ("TWILIO_FROM", FROM),
            ("PROVIDER_SECONDS", "1"),
        ]
    }

    /// Every number is refused for this reason, or none any more.
    pub fn refuse(&self, code: impl Into<Option<u32>>) {
        *self.refusing.lock().unwrap() = code.into();
    }

    /// How the account stands, and whether it is a trial.
    pub fn stands(&self, status: &'static str, kind: &'static str) {
        *self.standing.lock().unwrap() = (status, kind);
    }

    /// The forms that came.
    pub fn messages(&self) -> Vec<HashMap<String, String>> {
        let asked = self.line.asked();
        let posted = asked.iter().filter(|asked| asked.what.starts_with("POST"));
        posted.map(|asked| form_urlencoded::parse(&asked.body).into_owned().collect()).collect()
    }

    /// The code in the last message.
    pub fn code(&self) -> String {
        let text = self.messages().last().unwrap()["Body"].clone();
        text.split(|letter: char| !letter.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned()
    }
}

async fn send(
    State(twilio): State<Twilio>,
    Path(sid): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let to = &form["To"];
    match *twilio.refusing.lock().unwrap() {
        None => {
            let message = json!({"sid": "SM0123456789abcdef0123456789abcdef", "account_sid": sid, "to": to,
                "from": form.get("From"), "body": form["Body"], "status": "queued", "error_code": null});
            (StatusCode::CREATED, Json(message))
        }
        Some(code) => {
            let message = format!("Invalid 'To' Phone Number: {to}");
            let more_info = format!("https://www.twilio.com/docs/errors/{code}");
            let refusal = json!({"code": code, "message": message, "more_info": more_info, "status": 400});
            (StatusCode::BAD_REQUEST, Json(refusal))
        }
    }
}

type Answer = (StatusCode, Json<Value>);

/// The header that says who asks.
pub fn basic(user: &str, password: &str) -> HeaderValue {
    let request = reqwest::Client::new().get("http://localhost").basic_auth(user, Some(password));
    request.build().unwrap().headers()["authorization"].clone()
}

fn is_account(headers: &HeaderMap) -> bool {
    headers["authorization"] == basic(SID, TOKEN)
}

fn is_known(headers: &HeaderMap) -> bool {
    is_account(headers) || headers["authorization"] == basic(KEY, KEY_SECRET)
}

fn told(may: bool, answer: Value) -> Answer {
    match may {
        true => (StatusCode::OK, Json(answer)),
        false => {
            let refusal = json!({"code": 20003, "message": "Authenticate", "status": 401});
            (StatusCode::UNAUTHORIZED, Json(refusal))
        }
    }
}

async fn account(State(twilio): State<Twilio>, Path(sid): Path<String>, headers: HeaderMap) -> Answer {
    let (status, kind) = *twilio.standing.lock().unwrap();
    let is_ours = sid == format!("{SID}.json") && is_account(&headers);
    told(is_ours, json!({"sid": SID, "friendly_name": "Society", "status": status, "type": kind}))
}

async fn numbers(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Answer {
    let asked = query.get("PhoneNumber").map_or("", String::as_str).trim_start_matches('+');
    let number = |number: &str, sms| json!({"phone_number": number, "capabilities": {"voice": true, "sms": sms, "mms": false}});
    // A part of a number finds it as well.
    let all = [(FROM, true), (SPEAKS, false)];
    let found: Vec<Value> =
        all.into_iter().filter(|(own, _)| own.contains(asked)).map(|(own, sms)| number(own, sms)).collect();
    told(is_known(&headers), json!({"page": 0, "incoming_phone_numbers": found}))
}

async fn short_codes(headers: HeaderMap) -> Answer {
    told(is_known(&headers), json!({"page": 0, "short_codes": [{"short_code": SHORT}]}))
}

async fn service(headers: HeaderMap, Path(sid): Path<String>) -> Answer {
    if sid != SERVICE && is_known(&headers) {
        return (StatusCode::NOT_FOUND, Json(json!({"code": 20404, "status": 404})));
    }
    told(is_known(&headers), json!({"sid": SERVICE, "account_sid": SID, "friendly_name": "Codes"}))
}
