//! Signing in with a one-time code, and the life of sessions.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::values::UserId;

use crate::harness::{Answer, Person, TestApp, assert_lives};

mod sessions;

const PHONE: &str = "+919876500001";
const CODE: &str = "246813";
const SEND: &str = "mutation($phone: Phone!) { sendOtp(phone: $phone) { message expiresIn } }";
const VERIFY: &str = "mutation($phone: Phone!, $otp: String!) { verifyOtp(phone: $phone, otp: $otp) {
    message accessToken refreshToken expiresIn user { id phone role basicOnboardingDone roleOnboardingDone } } }";
const REFRESH: &str = "mutation($token: String!) { refreshSession(refreshToken: $token) {
    message accessToken refreshToken expiresIn user { phone } } }";
const SESSIONS: &str = "query($first: Int, $after: String) { sessions(first: $first, after: $after) {
    nodes { id device face isCurrent createdAt lastUsedAt expiresAt } pageInfo { hasNextPage endCursor } } }";
const LOGOUT: &str = "mutation { logout { message } }";
const LOGOUT_OTHERS: &str = "mutation { logoutOthers { message revoked } }";

/// A gateway that sends the same code to every phone.
async fn start() -> TestApp {
    TestApp::with(&[("DEV_OTP", CODE)]).await
}

async fn send(app: &TestApp, phone: &str) -> Answer {
    app.graphql(None, SEND, json!({"phone": phone})).await
}

async fn verify(app: &TestApp, phone: &str, otp: &str) -> Answer {
    app.graphql(None, VERIFY, json!({"phone": phone, "otp": otp})).await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.graphql(None, REFRESH, json!({"token": token})).await
}

/// A code is asked for from an address that the proxy in front names.
async fn send_from(app: &TestApp, address: &str, phone: &str) -> u16 {
    let body = json!({"phone": phone}).to_string();
    let request = Request::post("/api/v1/send-otp")
        .header("content-type", "application/json")
        .header("x-forwarded-for", address)
        .body(Body::from(body));
    app.call(request.unwrap()).await.0
}

/// Behind a proxy that is believed.
async fn start_behind_proxy() -> TestApp {
    TestApp::with(&[("DEV_OTP", CODE), ("TRUSTED_PROXIES", "0.0.0.0")]).await
}

/// A device that signed in.
struct Device {
    person: Person,
    refresh_token: String,
}

impl Device {
    /// The device behind the payload of `verifyOtp` or `refreshSession`.
    fn of(payload: &Value) -> Device {
        let text = |key: &str| payload[key].as_str().unwrap().to_owned();
        let id = payload["user"]["id"].as_str().map_or(0, |id| id.parse().unwrap());
        let person = Person {
            user_id: UserId(id),
            phone: payload["user"]["phone"].as_str().unwrap().to_owned(),
            token: text("accessToken"),
        };
        Device { person, refresh_token: text("refreshToken") }
    }

    async fn sign_in(app: &TestApp, phone: &str) -> Device {
        send(app, phone).await.ok();
        Device::of(&verify(app, phone, CODE).await.ok()["verifyOtp"])
    }

    async fn me(&self, app: &TestApp) -> Answer {
        app.graphql(&self.person, "{ me { phone } }", json!({})).await
    }
}

/// What this test's thread logs. The subscriber is the whole run's: one that comes and goes with a test can miss lines
/// while others do.
#[derive(Clone, Copy)]
pub struct Console;

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Console {
    pub fn open() -> Console {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let subscriber = tracing_subscriber::fmt().with_writer(|| Console).with_ansi(false).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
        });
        Console
    }

    pub fn text(&self) -> String {
        LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
    }

    /// The codes in the order in which they were sent to a phone.
    fn codes(&self, phone: &str) -> Vec<String> {
        let sentence = format!("the code of {phone} is ");
        self.text().lines().filter_map(|line| Some(line.split_once(&sentence)?.1.to_owned())).collect()
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const REFUSED: (&str, &str) = ("OTP_INVALID", "Invalid or expired OTP");
const INVALID: (&str, &str) = ("UNAUTHENTICATED", "invalid token");

#[tokio::test]
async fn the_code_on_the_console_signs_in_and_the_first_sign_in_creates_the_user() {
    let app = TestApp::start().await;
    let console = Console::open();

    let sent = send(&app, "9876500001").await.ok();
    assert_eq!(sent["sendOtp"], json!({"message": "OTP sent", "expiresIn": 600}));
    let code = console.codes(PHONE).pop().unwrap();
    let payload = verify(&app, "+91-98765 00001", &code).await.ok()["verifyOtp"].clone();

    assert_eq!(payload["message"], "Signed in");
    assert_lives(&payload["expiresIn"], 900);
    let user = json!({"id": payload["user"]["id"], "phone": PHONE, "role": null,
        "basicOnboardingDone": false, "roleOnboardingDone": false});
    assert_eq!(payload["user"], user);
    assert_eq!(Device::of(&payload).me(&app).await.ok(), json!({"me": {"phone": PHONE}}));
    assert!(!console.text().contains(payload["accessToken"].as_str().unwrap()));
}

#[tokio::test]
async fn a_known_phone_signs_in_as_the_user_that_it_is() {
    let app = start().await;
    let who = app.consumer("First").await;
    let device = Device::sign_in(&app, &who.phone).await;
    assert_eq!(device.person.user_id, who.user_id);
    let name = app.graphql(&device.person, "{ me { name role } }", json!({})).await.ok();
    assert_eq!(name["me"], json!({"name": "First", "role": "CONSUMER"}));
}

#[tokio::test]
async fn a_code_signs_in_once() {
    let app = start().await;
    Device::sign_in(&app, PHONE).await;
    assert_eq!(verify(&app, PHONE, CODE).await.refused(), REFUSED);
    assert_eq!(app.number("SELECT count(*) FROM user_session").await, 1);
}

#[tokio::test]
async fn one_code_verified_eight_times_at_once_signs_in_once() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    let answers = join_all((0..8).map(|_| verify(&app, PHONE, CODE))).await;
    let (signed_in, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.errors.is_empty());
    assert_eq!((signed_in.len(), refused.len()), (1, 7));
    assert!(refused.iter().all(|answer| answer.refused() == REFUSED));
    assert_eq!(app.number("SELECT count(*) FROM user_profile").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM user_session").await, 1);
}

#[tokio::test]
async fn five_wrong_attempts_make_a_code_worthless_and_a_new_one_is_fresh() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    for _ in 0..5 {
        assert_eq!(verify(&app, PHONE, "111111").await.refused(), REFUSED);
    }
    assert_eq!(verify(&app, PHONE, CODE).await.refused(), REFUSED);
    assert_eq!(app.number("SELECT attempts FROM otp").await, 5);
    assert_eq!(app.number("SELECT count(*) FROM user_session").await, 0);

    send(&app, PHONE).await.ok();
    verify(&app, PHONE, CODE).await.ok();
}

#[tokio::test]
async fn eight_wrong_attempts_at_once_all_count_and_the_code_is_worthless() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    let answers = join_all((0..8).map(|_| verify(&app, PHONE, "111111"))).await;
    assert!(answers.iter().all(|answer| answer.refused() == REFUSED), "{answers:?}");
    assert_eq!(app.number("SELECT attempts FROM otp").await, 5);
    assert_eq!(verify(&app, PHONE, CODE).await.refused(), REFUSED);
}

#[tokio::test]
async fn four_wrong_attempts_leave_a_code_good() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    for _ in 0..4 {
        assert_eq!(verify(&app, PHONE, "111111").await.refused(), REFUSED);
    }
    verify(&app, PHONE, CODE).await.ok();
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes_and_the_answer_does_not_tell_that_it_was_right() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(verify(&app, PHONE, CODE).await.refused(), REFUSED);

    send(&app, PHONE).await.ok();
    app.clock.advance(TimeDelta::minutes(9));
    verify(&app, PHONE, CODE).await.ok();
}

#[tokio::test]
async fn only_the_newest_code_of_a_phone_is_good() {
    let app = TestApp::start().await;
    let console = Console::open();
    send(&app, PHONE).await.ok();
    send(&app, PHONE).await.ok();
    let codes = console.codes(PHONE);
    assert_eq!(codes.len(), 2);
    assert_eq!(verify(&app, PHONE, &codes[0]).await.refused(), REFUSED);
    verify(&app, PHONE, &codes[1]).await.ok();
}

#[tokio::test]
async fn a_code_is_good_for_its_own_phone_only_and_is_stored_as_a_hash() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    assert_eq!(verify(&app, "+919876500002", CODE).await.refused(), REFUSED);
    let readable = format!("SELECT count(*) FROM otp WHERE position('{CODE}'::bytea IN code_hash) > 0");
    assert_eq!(app.number(&readable).await, 0);
    assert_eq!(app.number("SELECT octet_length(code_hash) FROM otp").await, 32);
}

#[tokio::test]
async fn what_is_not_six_digits_is_refused_by_name_and_does_not_count() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    for otp in ["", "12345", "1234567", "12345a", "24681３", " 246813"] {
        let answer = verify(&app, PHONE, otp).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "otp"), "{otp}");
    }
    assert_eq!(app.number("SELECT attempts FROM otp").await, 0);
}

#[tokio::test]
async fn what_is_no_phone_is_refused_by_name() {
    let app = start().await;
    for phone in [json!("12345"), json!(""), json!("phone"), json!(9876500001_i64), json!(null)] {
        let answers = [
            app.graphql(None, SEND, json!({"phone": phone})).await,
            app.graphql(None, VERIFY, json!({"phone": phone, "otp": CODE})).await,
        ];
        for answer in answers {
            assert!(answer.errors[0]["message"].as_str().unwrap().contains("phone"), "{answer:?}");
        }
    }
    assert_eq!(app.number("SELECT count(*) FROM otp").await, 0);
}

#[tokio::test]
async fn a_document_with_ten_sends_to_one_phone_sends_three() {
    let app = TestApp::start().await;
    let console = Console::open();
    let fields: String =
        (0..10).map(|n| format!("a{n}: sendOtp(phone: \"{PHONE}\") {{ message }} ")).collect();

    let answer = app.graphql(None, &format!("mutation {{ {fields} }}"), json!({})).await;

    assert_eq!(answer.refused(), ("RATE_LIMITED", "Rate limit exceeded. Please try again later."));
    assert_eq!(console.codes(PHONE).len(), 3);
    assert_eq!(send(&app, "98765 00001").await.refused().0, "RATE_LIMITED");
    send(&app, "+919876500002").await.ok();
    app.clock.advance(TimeDelta::minutes(15));
    send(&app, PHONE).await.ok();
}

#[tokio::test]
async fn one_address_is_sent_twenty_codes_at_most() {
    let app = start().await;
    for number in 0..20 {
        send(&app, &format!("+9198765{number:05}")).await.ok();
    }
    assert_eq!(send(&app, "+919876500099").await.refused().0, "RATE_LIMITED");
}

#[tokio::test]
async fn the_eleventh_attempt_at_a_phone_is_refused_even_if_it_is_right() {
    let app = start().await;
    for _ in 0..10 {
        assert_eq!(verify(&app, PHONE, "111111").await.refused(), REFUSED);
    }
    send(&app, PHONE).await.ok();
    assert_eq!(verify(&app, PHONE, CODE).await.refused().0, "RATE_LIMITED");
    assert_eq!(app.number("SELECT count(*) FROM user_session").await, 0);
}

#[tokio::test]
async fn one_code_verified_on_both_faces_at_once_signs_in_once() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    let body = json!({"phone": PHONE, "otp": CODE});
    let legacy = (0..4).map(|_| app.rest(None, "POST", "/verify-otp", Some(body.clone())));
    let (legacy, modern) =
        tokio::join!(join_all(legacy), join_all((0..4).map(|_| verify(&app, PHONE, CODE))));
    let refused = legacy.iter().filter(|(status, _)| *status == 401).count()
        + modern.iter().filter(|answer| answer.errors.len() == 1 && answer.refused() == REFUSED).count();
    let signed_in = legacy.iter().filter(|(status, _)| *status == 200).count()
        + modern.iter().filter(|answer| answer.errors.is_empty()).count();
    assert_eq!((signed_in, refused), (1, 7));
    assert_eq!(app.number("SELECT count(*) FROM user_session").await, 1);
}

#[tokio::test]
async fn both_faces_share_the_limit_of_a_phone() {
    let app = start().await;
    for _ in 0..2 {
        send(&app, PHONE).await.ok();
    }
    let again = || app.rest(None, "POST", "/send-otp", Some(json!({"phone": PHONE})));
    assert_eq!(again().await, (200, json!({"status": "success", "message": "OTP sent"})));
    assert_eq!(again().await.0, 429);
    assert_eq!(send(&app, PHONE).await.refused().0, "RATE_LIMITED");
}

#[tokio::test]
async fn numbers_that_share_their_first_digits_are_sent_fifty_codes_from_wherever_it_is_asked() {
    let app = start_behind_proxy().await;
    for number in 0..50 {
        let phone = format!("+91987654{number:04}");
        assert_eq!(send_from(&app, &format!("203.0.113.{number}"), &phone).await, 200);
    }
    assert_eq!(send_from(&app, "203.0.113.99", "+919876540050").await, 429);
    assert_eq!(send_from(&app, "203.0.113.99", "+919876400050").await, 200);
}

#[tokio::test]
async fn the_addresses_of_one_ipv6_network_count_as_one_client() {
    let app = start_behind_proxy().await;
    for number in 0..20 {
        let phone = format!("+919876{number:02}0000");
        assert_eq!(send_from(&app, &format!("2001:db8:0:1::{number:x}"), &phone).await, 200);
    }
    assert_eq!(send_from(&app, "2001:db8:0:1:ffff::1", "+919876300000").await, 429);
    assert_eq!(send_from(&app, "2001:db8:0:2::1", "+919876310000").await, 200);
}
