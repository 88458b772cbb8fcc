//! Twilio's Messages API.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::providers::line::Line;

pub const SID: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "token-of-the-account";
pub const FROM: &str = "+14155550100";

#[derive(Clone)]
pub struct Twilio {
    pub url: String,
    pub line: Line,
    refusing: Arc<Mutex<Option<u32>>>,
}

impl Twilio {
    pub async fn start() -> Twilio {
        let mut twilio = Twilio { url: String::new(), line: Line::default(), refusing: Arc::default() };
        let router = Router::new()
            .route("/2010-04-01/Accounts/{sid}/Messages.json", post(send))
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

    /// The forms that came.
    pub fn messages(&self) -> Vec<HashMap<String, String>> {
        let asked = self.line.asked();
        asked.iter().map(|asked| form_urlencoded::parse(&asked.body).into_owned().collect()).collect()
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
