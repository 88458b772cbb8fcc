//! Codes that go out as text messages.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::auth::Console;
use crate::harness::{Answer, TestApp};
use crate::providers::line::{PROVIDERS_WORDS, Trouble};
use crate::providers::twilio::{FROM, KEY, KEY_SECRET, SERVICE, SID, TOKEN, Twilio, basic};

const PHONE: &str = "+919876500001";
const SEND: &str = "mutation($phone: Phone!) { sendOtp(phone: $phone) { message expiresIn } }";
const VERIFY: &str =
    "mutation($phone: Phone!, $otp: String!) { verifyOtp(phone: $phone, otp: $otp) { user { phone } } }";

async fn start() -> (Twilio, TestApp) {
    let twilio = Twilio::start().await;
    let app = TestApp::with(&twilio.settings()).await;
    (twilio, app)
}

async fn send(app: &TestApp, phone: &str) -> Answer {
    app.graphql(None, SEND, json!({"phone": phone})).await
}

async fn verify(app: &TestApp, code: &str) -> Answer {
    app.graphql(None, VERIFY, json!({"phone": PHONE, "otp": code})).await
}

fn assert_not_sent(answer: &Answer) {
    let sentence = "The code could not be sent. Please try again in a moment.";
    assert_eq!(answer.refused(), ("PROVIDER_UNAVAILABLE", sentence));
    let wait = answer.errors[0]["extensions"]["retryAfter"].as_u64().unwrap();
    assert!((1..=15).contains(&wait), "{answer:?}");
}

#[tokio::test]
async fn a_code_goes_out_as_a_text_message_and_signs_in() {
    let (twilio, app) = start().await;

    let sent = send(&app, "98765 00001").await.ok();

    assert_eq!(sent["sendOtp"], json!({"message": "OTP sent", "expiresIn": 600}));
    let asked = twilio.line.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].what, format!("POST /2010-04-01/Accounts/{SID}/Messages.json"));
    assert_eq!(asked[0].headers["authorization"], basic(SID, TOKEN));
    let message = &twilio.messages()[0];
    assert_eq!((message["To"].as_str(), message["From"].as_str(), message.len()), (PHONE, FROM, 3));
    let code = twilio.code();
    assert_eq!(message["Body"], format!("{code} is your code to sign in. It is valid for 10 minutes."));
    assert_eq!(verify(&app, &code).await.ok()["verifyOtp"]["user"]["phone"], PHONE);
}

#[tokio::test]
async fn a_key_a_service_and_a_text_of_ones_own_are_used() {
    let twilio = Twilio::start().await;
    let own = [
        ("TWILIO_API_KEY_SID", KEY),
        ("TWILIO_API_KEY_SECRET", KEY_SECRET),
        ("TWILIO_MESSAGING_SERVICE_SID", SERVICE),
        ("OTP_TEXT", "Green Meadows: {code}"),
    ];
    let app = TestApp::with(&[&own[..], &twilio.settings()].concat()).await;
    send(&app, PHONE).await.ok();
    let message = &twilio.messages()[0];
    assert_eq!((message["MessagingServiceSid"].as_str(), message.get("From")), (SERVICE, None));
    assert_eq!(message["Body"], format!("Green Meadows: {}", twilio.code()));
    assert_eq!(twilio.line.asked()[0].headers["authorization"], basic(KEY, KEY_SECRET));
}

#[tokio::test]
async fn a_failure_of_theirs_is_tried_again() {
    let (twilio, app) = start().await;
    twilio.line.next(&[Trouble::Answers(503), Trouble::Answers(429)]);
    send(&app, PHONE).await.ok();
    let messages = twilio.messages();
    assert_eq!(messages.len(), 3);
    assert!(messages.iter().all(|message| message == &messages[0]), "the same code: {messages:?}");
    verify(&app, &twilio.code()).await.ok();
}

#[tokio::test]
async fn a_number_that_no_message_reaches_is_refused_as_input_on_both_faces() {
    let (twilio, app) = start().await;
    let problem = "phone cannot receive text messages. Check the number, or use another one";
    for code in [21211, 21614, 21610] {
        twilio.refuse(code);
        let answer = send(&app, &format!("+9198765{code}")).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", problem), "phone"));
    }
    let (status, body) = app.rest(None, "POST", "/send-otp", Some(json!({"phone": PHONE}))).await;
    assert_eq!(
        (status, &body["message"], &body["errors"][0]["loc"]),
        (400, &json!("Validation error"), &json!(["phone"]))
    );
    assert_eq!(twilio.messages().len(), 4, "none was tried again");
    twilio.refuse(None);
    send(&app, "+919876500009").await.ok();
}

#[tokio::test]
async fn what_they_refuse_for_a_reason_of_ours_is_no_fault_of_the_person() {
    let (twilio, app) = start().await;
    let console = Console::open();
    // The sender is not ours; then the token is wrong.
    twilio.refuse(21606);
    assert_not_sent(&send(&app, PHONE).await);
    twilio.line.next(&[Trouble::Answers(401)]);
    assert_not_sent(&send(&app, "+919876500002").await);
    twilio.line.next(&[Trouble::Redirects, Trouble::GoesOn]);
    assert_not_sent(&send(&app, "+919876500003").await);
    assert_not_sent(&send(&app, "+919876500004").await);
    let log = console.text();
    assert_eq!(log.matches("a provider refused a request").count(), 3, "{log}");
    assert!(log.contains("code 21606") && log.contains("status=401") && log.contains("too long"), "{log}");
    assert_eq!(twilio.line.asked().len(), 4, "nobody follows where they point");
}

#[tokio::test]
async fn who_asks_while_messages_hang_is_told_in_time_and_the_log_keeps_their_secrets() {
    let (twilio, app) = start().await;
    let console = Console::open();
    twilio.line.next(&[Trouble::Hangs]);
    let begun = Instant::now();
    assert_not_sent(&send(&app, PHONE).await);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    twilio.line.always(Trouble::Answers(500));
    assert_not_sent(&send(&app, PHONE).await);
    assert_eq!(twilio.line.asked().len(), 4);

    let (log, code) = (console.text(), twilio.code());
    assert_eq!(log.matches("a provider did not answer").count(), 2, "{log}");
    for secret in [PHONE, code.as_str(), TOKEN, SID, PROVIDERS_WORDS] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn while_they_are_down_nobody_is_asked_nothing_is_counted_and_the_code_that_waits_stays_good() {
    let (twilio, app) = start().await;
    send(&app, PHONE).await.ok();
    let code = twilio.code();
    twilio.line.always(Trouble::Answers(502));
    // Three attempts each: the second runs into the fifth failure.
    assert_not_sent(&send(&app, "+919876500002").await);
    assert_not_sent(&send(&app, "+919876500003").await);
    assert_eq!(twilio.line.asked().len(), 6);

    let begun = Instant::now();
    for _ in 0..50 {
        assert_not_sent(&send(&app, PHONE).await);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(twilio.line.asked().len(), 6);
    let body = json!({"phone": PHONE}).to_string();
    let request = Request::post("/api/v1/send-otp").header("content-type", "application/json");
    let response = app.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["status"], &body["code"]), (&json!("error"), &json!(503)));

    // After the rest one finds out that they are still down, and after the next that they are back.
    app.clock.advance(TimeDelta::seconds(16));
    assert_not_sent(&send(&app, "+919876500004").await);
    assert_eq!(twilio.line.asked().len(), 7);
    twilio.line.always(None);
    assert_not_sent(&send(&app, PHONE).await);
    app.clock.advance(TimeDelta::seconds(16));
    verify(&app, &code).await.ok();
    for _ in 0..2 {
        send(&app, PHONE).await.ok();
    }
    assert_eq!(twilio.line.asked().len(), 9);
}
