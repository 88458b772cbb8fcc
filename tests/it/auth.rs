//! Signing in with a one-time code, and the life of sessions.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::values::UserId;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Answer, Person, TestApp};

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

/// What the developer reads on the console of this test's thread.
#[derive(Clone, Default)]
struct Console(Arc<Mutex<Vec<u8>>>);

impl Console {
    fn open() -> (Console, tracing::subscriber::DefaultGuard) {
        let console = Console::default();
        let subscriber = tracing_subscriber::fmt().with_writer(console.clone()).with_ansi(false).finish();
        (console, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The codes in the order in which they were sent to a phone.
    fn codes(&self, phone: &str) -> Vec<String> {
        let sentence = format!("the code of {phone} is ");
        self.text().lines().filter_map(|line| Some(line.split_once(&sentence)?.1.to_owned())).collect()
    }
}

impl<'a> MakeWriter<'a> for Console {
    type Writer = Console;

    fn make_writer(&'a self) -> Console {
        self.clone()
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const REFUSED: (&str, &str) = ("UNAUTHENTICATED", "Invalid or expired OTP");
const INVALID: (&str, &str) = ("UNAUTHENTICATED", "invalid token");

#[tokio::test]
async fn the_code_on_the_console_signs_in_and_the_first_sign_in_creates_the_user() {
    let app = TestApp::start().await;
    let (console, _guard) = Console::open();

    let sent = send(&app, "9876500001").await.ok();
    assert_eq!(sent["sendOtp"], json!({"message": "OTP sent", "expiresIn": 600}));
    let code = console.codes(PHONE).pop().unwrap();
    let payload = verify(&app, "+91-98765 00001", &code).await.ok()["verifyOtp"].clone();

    assert_eq!(payload["message"], "Signed in");
    assert_eq!(payload["expiresIn"], 900);
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
    let (console, _guard) = Console::open();
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
    let (console, _guard) = Console::open();
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
async fn an_access_token_ends_after_fifteen_minutes_and_a_refresh_gives_the_next() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(device.me(&app).await.refused(), ("TOKEN_EXPIRED", "token expired"));

    let payload = refresh(&app, &device.refresh_token).await.ok()["refreshSession"].clone();

    assert_eq!((&payload["message"], &payload["expiresIn"]), (&json!("Session refreshed"), &json!(900)));
    let next = Device::of(&payload);
    assert_ne!(next.refresh_token, device.refresh_token);
    next.me(&app).await.ok();
    refresh(&app, &next.refresh_token).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_at IS NULL").await, 1);
}

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_refreshed_within_thirty_days() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    app.clock.advance(TimeDelta::days(29));
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    app.clock.advance(TimeDelta::days(29));
    let last = Device::of(&refresh(&app, &next.refresh_token).await.ok()["refreshSession"]);
    app.clock.advance(TimeDelta::days(30));
    assert_eq!(refresh(&app, &last.refresh_token).await.refused(), ("TOKEN_EXPIRED", "token expired"));
}

#[tokio::test]
async fn a_refresh_token_used_again_at_once_gives_the_same_pair() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let answers = join_all((0..8).map(|_| refresh(&app, &device.refresh_token))).await;
    let pairs: Vec<Device> =
        answers.into_iter().map(|answer| Device::of(&answer.ok()["refreshSession"])).collect();
    app.clock.advance(TimeDelta::seconds(8));
    let late = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    for pair in &pairs {
        assert_eq!(pair.refresh_token, late.refresh_token);
        assert_eq!(pair.person.token, late.person.token);
    }
    late.me(&app).await.ok();
    refresh(&app, &late.refresh_token).await.ok();
}

#[tokio::test]
async fn a_refresh_token_used_again_later_ends_its_session_and_no_other() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let other = Device::sign_in(&app, PHONE).await;
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    next.me(&app).await.ok();

    app.clock.advance(TimeDelta::seconds(11));
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);

    assert_eq!(next.me(&app).await.refused(), INVALID);
    assert_eq!(refresh(&app, &next.refresh_token).await.refused(), INVALID);
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_reason = 'reuse'").await, 1);
    let told = "SELECT count(*) FROM event e JOIN user_session s ON e.value = s.id::text
        WHERE e.kind = 'sessions_ended' AND e.user_id = s.user_id AND s.revoked_reason = 'reuse'";
    assert_eq!(app.number(told).await, 1);
    other.me(&app).await.ok();
}

#[tokio::test]
async fn a_refresh_token_two_uses_old_ends_its_session_even_within_ten_seconds() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    let last = Device::of(&refresh(&app, &next.refresh_token).await.ok()["refreshSession"]);
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    assert_eq!(last.me(&app).await.refused(), INVALID);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_says_why() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    for (token, answer) in [
        ("", INVALID),
        ("x", INVALID),
        (&device.refresh_token[..device.refresh_token.len() - 1], INVALID),
        (&device.person.token, ("UNAUTHENTICATED", "expected refresh token")),
    ] {
        assert_eq!(refresh(&app, token).await.refused(), answer, "{token}");
    }
    let as_access = Person { token: device.refresh_token.clone(), ..device.person.clone() };
    let answer = app.graphql(&as_access, "{ me { phone } }", json!({})).await;
    assert_eq!(answer.refused(), ("UNAUTHENTICATED", "expected access token"));
    refresh(&app, &device.refresh_token).await.ok();
}

#[tokio::test]
async fn logging_out_takes_effect_at_once_on_this_device_only() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let other = Device::sign_in(&app, PHONE).await;
    device.me(&app).await.ok();

    let answer = app.graphql(&device.person, LOGOUT, json!({})).await.ok();

    assert_eq!(answer["logout"]["message"], "Logged out");
    assert_eq!(device.me(&app).await.refused(), INVALID);
    assert_eq!(app.graphql(&device.person, LOGOUT, json!({})).await.refused(), INVALID);
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    other.me(&app).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM event WHERE kind = 'sessions_ended'").await, 1);
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions_of_the_person_and_says_how_many() {
    let app = start().await;
    let devices = [
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
    ];
    let neighbour = Device::sign_in(&app, "+919876500002").await;
    app.graphql(&devices[2].person, LOGOUT, json!({})).await.ok();

    let everywhere = "mutation { logoutAll { message revoked } }";
    let answer = app.graphql(&devices[0].person, everywhere, json!({})).await.ok();

    assert_eq!(answer["logoutAll"], json!({"message": "Logged out from all devices", "revoked": 2}));
    for device in &devices {
        assert_eq!(device.me(&app).await.refused(), INVALID);
        assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    }
    neighbour.me(&app).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM event WHERE value = 'all'").await, 1);
}

#[tokio::test]
async fn a_person_sees_their_own_live_sessions_newest_first() {
    let app = start().await;
    let devices = [
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
    ];
    Device::sign_in(&app, "+919876500002").await;
    app.graphql(&devices[1].person, LOGOUT, json!({})).await.ok();

    let page = app.graphql(&devices[0].person, SESSIONS, json!({"first": 1})).await.ok()["sessions"].clone();
    let newest = &page["nodes"][0];
    assert_eq!(page["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    assert_eq!((&newest["isCurrent"], &newest["face"]), (&json!(false), &json!("GRAPHQL")));

    let variables = json!({"after": page["pageInfo"]["endCursor"]});
    let rest = app.graphql(&devices[0].person, SESSIONS, variables).await.ok()["sessions"].clone();
    assert_eq!(rest["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(rest["nodes"][0]["isCurrent"], true);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);

    app.clock.advance(TimeDelta::days(30));
    let later = Device::sign_in(&app, PHONE).await;
    let page = app.graphql(&later.person, SESSIONS, json!({})).await.ok()["sessions"].clone();
    assert_eq!(page["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_page_of_sessions_is_refused_by_name() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    for (field, variables) in [
        ("first", json!({"first": 0})),
        ("first", json!({"first": 101})),
        ("first", json!({"first": -1})),
        ("after", json!({"after": "x"})),
    ] {
        let answer = app.graphql(&device.person, SESSIONS, variables).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field));
    }
}

#[tokio::test]
async fn a_person_ends_another_device_of_their_own_but_nobody_elses() {
    let app = start().await;
    let mine = Device::sign_in(&app, PHONE).await;
    let lost = Device::sign_in(&app, PHONE).await;
    let neighbour = Device::sign_in(&app, "+919876500002").await;
    let revoke = "mutation($id: ID!) { revokeSession(id: $id) { message id } }";
    let current = async |device: &Device| {
        let nodes = app.graphql(&device.person, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
        let session = nodes.as_array().unwrap().iter().find(|node| node["isCurrent"] == json!(true)).cloned();
        session.unwrap()["id"].clone()
    };
    let (lost_id, neighbour_id) = (current(&lost).await, current(&neighbour).await);

    let answer = app.graphql(&mine.person, revoke, json!({"id": lost_id})).await.ok();
    assert_eq!(answer["revokeSession"], json!({"message": "Session ended", "id": lost_id}));
    assert_eq!(lost.me(&app).await.refused(), INVALID);

    for id in [lost_id, neighbour_id, json!("999999")] {
        let answer = app.graphql(&mine.person, revoke, json!({"id": id})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Session not found"));
    }
    mine.me(&app).await.ok();
    neighbour.me(&app).await.ok();
    let answer = app.graphql(&mine.person, revoke, json!({"id": "x"})).await;
    assert!(answer.errors[0]["message"].as_str().unwrap().contains("id"), "{answer:?}");
}

#[tokio::test]
async fn a_session_of_the_rest_face_keeps_its_long_life_whichever_way_it_is_refreshed() {
    let app = TestApp::with(&[("DEV_OTP", CODE), ("REST_TOKEN_DAYS", "45")]).await;
    let life = json!(45 * 86_400);
    send(&app, PHONE).await.ok();
    let (status, body) =
        app.rest(None, "POST", "/verify-otp", Some(json!({"phone": PHONE, "otp": CODE}))).await;
    assert_eq!((status, &body["expires_in"]), (200, &life));
    let who = Person {
        user_id: UserId(0),
        phone: PHONE.to_owned(),
        token: body["access_token"].as_str().unwrap().to_owned(),
    };

    app.clock.advance(TimeDelta::days(44));
    let nodes = app.graphql(&who, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
    assert_eq!(nodes[0]["face"], "REST");
    let payload = refresh(&app, body["refresh_token"].as_str().unwrap()).await.ok()["refreshSession"].clone();
    assert_eq!(payload["expiresIn"], life);
    app.clock.advance(TimeDelta::days(44));
    Device::of(&payload).me(&app).await.ok();
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(Device::of(&payload).me(&app).await.refused().0, "TOKEN_EXPIRED");
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

#[tokio::test]
async fn a_session_is_named_after_its_device() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    let body = json!({"query": VERIFY, "variables": {"phone": PHONE, "otp": CODE}}).to_string();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("user-agent", format!("Firefox {}", "x".repeat(300)));
    let (_, answer) = app.call(request.body(Body::from(body)).unwrap()).await;
    let device = Device::of(&answer["data"]["verifyOtp"]);
    let nodes = app.graphql(&device.person, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
    assert_eq!(nodes[0]["device"], format!("Firefox {}", "x".repeat(192)));
}

#[tokio::test]
async fn sessions_are_for_those_who_are_signed_in() {
    let app = start().await;
    for query in [
        "{ sessions { nodes { id } } }",
        "{ me { id } }",
        LOGOUT,
        "mutation { logoutAll { message } }",
        "mutation { revokeSession(id: 1) { message } }",
    ] {
        let answer = app.graphql(None, query, json!({})).await;
        assert_eq!(answer.refused(), ("UNAUTHENTICATED", "Auth header missing"), "{query}");
    }
}
