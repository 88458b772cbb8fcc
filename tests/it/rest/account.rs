//! Signing in, onboarding and signing out on the legacy paths.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp, assert_lives};
use crate::rest::{Client, Reply, assert_fields};

const CODE: &str = "123456";

async fn start() -> TestApp {
    TestApp::with(&[("DEV_OTP", CODE)]).await
}

async fn public(client: &Client, path: &str, body: Value) -> Reply {
    client.send(Method::POST, path, &[("content-type", "application/json")], body.to_string()).await
}

async fn sign_in(client: &Client, phone: &str) -> Value {
    let sent = public(client, "/send-otp", json!({"phone": phone})).await.ok();
    assert_eq!(sent, json!({"status": "success", "message": "OTP sent"}));
    public(client, "/verify-otp", json!({"phone": phone, "otp": CODE})).await.ok()
}

fn holder(token: &Value) -> Person {
    Person {
        user_id: society_gateway::values::UserId(0),
        phone: String::new(),
        token: token.as_str().unwrap().into(),
    }
}

#[tokio::test]
async fn a_new_consumer_signs_in_and_onboards_with_the_first_token() {
    let app = start().await;
    let client = Client::of(&app).await;
    let signed_in = sign_in(&client, "+919876543210").await;
    assert_fields(
        &signed_in,
        "status str, access_token str, auth_token str, refresh_token str, expires_in int, role str?, \
         basic_onboarding_done bool, role_onboarding_done bool",
    );
    assert_eq!(signed_in["access_token"], signed_in["auth_token"]);
    assert_lives(&signed_in["expires_in"], 30 * 86_400);
    assert_eq!((&signed_in["role"], &signed_in["basic_onboarding_done"]), (&Value::Null, &json!(false)));
    let who = holder(&signed_in["access_token"]);

    assert_eq!(client.post(&who, "/consumer/onboarding", json!({})).await.refused(), (403, "Role missing"));
    let basics = json!({"name": "Asha", "city": "Pune", "society": "Green Meadows", "role": "consumer"});
    let done = client.post(&who, "/onboarding/basic", basics.clone()).await.ok();
    assert_eq!(done, json!({"status": "success", "message": "Basic onboarding complete"}));
    let again = client.post(&who, "/onboarding/basic", basics).await.ok();
    assert_eq!(again["message"], "Basic onboarding already complete");

    let done = client.post(&who, "/consumer/onboarding", json!({"flat_number": "B-1204"})).await.ok();
    assert_eq!(done, json!({"status": "success", "message": "Consumer onboarding done"}));
    let again = client.post(&who, "/onboarding/consumer", json!({"flat_number": "B-1204"})).await;
    assert_eq!(again.refused(), (400, "Role onboarding already done"));
    assert_eq!(app.number("SELECT count(*) FROM consumer_profile WHERE flat_number = 'B-1204'").await, 1);

    // The same person, however the number is written.
    let again = sign_in(&client, "98765 43210").await;
    assert_eq!((&again["role"], &again["role_onboarding_done"]), (&json!("consumer"), &json!(true)));
    assert_eq!(app.number("SELECT count(*) FROM user_profile").await, 1);
}

#[tokio::test]
async fn faults_of_signing_in_are_validation_errors_that_repeat_nothing() {
    let app = start().await;
    let client = Client::of(&app).await;
    for (path, body, place, kind) in [
        ("/send-otp", json!({}), "phone", "missing"),
        ("/send-otp", json!({"phone": null}), "phone", "string_type"),
        ("/send-otp", json!({"phone": 98765}), "phone", "string_type"),
        ("/send-otp", json!({"phone": "12345"}), "phone", "string_pattern_mismatch"),
        ("/send-otp", json!([]), "", "type_error"),
        ("/send-otp", json!(null), "", "type_error"),
        ("/verify-otp", json!({"phone": "9876543210"}), "otp", "missing"),
        ("/verify-otp", json!({"phone": "9876543210", "otp": 123_456}), "otp", "string_type"),
        ("/verify-otp", json!({"phone": "9876543210", "otp": "12345"}), "otp", "string_pattern_mismatch"),
    ] {
        let reply = public(&client, path, body.clone()).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{path} {body}");
    }
    let malformed =
        client.send(Method::POST, "/send-otp", &[("content-type", "application/json")], "{\"phone\"").await;
    assert_eq!(malformed.faults(), [(String::new(), "type_error".to_owned())]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(client.send(Method::POST, "/send-otp", &form, "phone=1").await.refused().0, 415);
    assert_eq!(app.number("SELECT count(*) FROM otp").await, 0);
}

#[tokio::test]
async fn a_wrong_code_signs_nobody_in() {
    let app = start().await;
    let client = Client::of(&app).await;
    public(&client, "/send-otp", json!({"phone": "9876543210"})).await.ok();
    let wrong = public(&client, "/verify-otp", json!({"phone": "9876543210", "otp": "654321"})).await;
    assert_eq!(wrong.refused(), (401, "Invalid or expired OTP"));
    public(&client, "/verify-otp", json!({"phone": "9876543210", "otp": CODE})).await.ok();
    let used = public(&client, "/verify-otp", json!({"phone": "9876543210", "otp": CODE})).await;
    assert_eq!(used.refused(), (401, "Invalid or expired OTP"));
}

#[tokio::test]
async fn too_many_codes_are_refused_with_the_time_to_wait() {
    let app = start().await;
    let client = Client::of(&app).await;
    for _ in 0..3 {
        public(&client, "/send-otp", json!({"phone": "9876543210"})).await.ok();
    }
    let reply = public(&client, "/send-otp", json!({"phone": "9876543210"})).await;
    assert_eq!(reply.refused(), (429, "Rate limit exceeded. Please try again later."));
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
}

#[tokio::test]
async fn faults_of_onboarding_are_told_by_field() {
    let app = start().await;
    let client = Client::of(&app).await;
    let newcomer = app.person("Nobody yet", None, "Green Meadows").await;
    let good = json!({"name": "Asha", "city": "Pune", "society": "Green Meadows", "role": "consumer"});
    for (key, value, kind) in [
        ("role", json!("admin"), "value_error"),
        ("role", json!("CONSUMER"), "value_error"),
        ("role", json!(""), "value_error"),
        ("name", json!("  "), "string_pattern_mismatch"),
        ("name", json!("x".repeat(101)), "string_pattern_mismatch"),
        ("city", json!(5), "string_type"),
    ] {
        let mut body = good.clone();
        body[key] = value;
        let reply = client.post(&newcomer, "/onboarding/basic", body.clone()).await;
        assert_eq!(reply.faults(), [(key.to_owned(), kind.to_owned())], "{body}");
    }
    let reply = client.post(&newcomer, "/onboarding/basic", json!({"city": "Pune"})).await;
    let missing: Vec<_> = reply.faults().into_iter().map(|(place, kind)| format!("{place} {kind}")).collect();
    assert_eq!(missing, ["name missing", "society missing", "role missing"]);
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE role IS NOT NULL").await, 0);

    let consumer = app.consumer("First").await;
    for (body, place) in [
        (json!({"date_of_birth": "31-12-1990"}), "date_of_birth"),
        (json!({"flat_number": "x".repeat(51)}), "flat_number"),
        (json!({"gender": "x".repeat(11)}), "gender"),
    ] {
        let reply = client.post(&consumer, "/consumer/onboarding", body.clone()).await;
        assert_eq!(reply.faults()[0].0, place, "{body}");
    }
    let headers = [("authorization", consumer.token.as_str())];
    let reply = client.send(Method::POST, "/consumer/onboarding", &headers, Body::empty()).await;
    assert_eq!(reply.refused().0, 400);
}

#[tokio::test]
async fn the_refresh_path_gives_new_tokens_and_refuses_others() {
    let app = start().await;
    let client = Client::of(&app).await;
    let signed_in = sign_in(&client, "9876543210").await;
    let refreshed =
        public(&client, "/auth/refresh", json!({"refresh_token": signed_in["refresh_token"]})).await.ok();
    assert_fields(
        &refreshed,
        "status str, access_token str, auth_token str, refresh_token str, expires_in int",
    );
    assert_ne!(refreshed["refresh_token"], signed_in["refresh_token"]);
    for body in [json!({}), json!(null), json!({"refresh_token": 5}), json!({"refresh_token": "x"})] {
        let reply = public(&client, "/auth/refresh", body.clone()).await;
        assert_eq!(reply.refused(), (401, "invalid token"), "{body}");
    }
    let access = json!({"refresh_token": signed_in["access_token"]});
    assert_eq!(public(&client, "/auth/refresh", access).await.refused(), (401, "expected refresh token"));
    let who = holder(&signed_in["refresh_token"]);
    assert_eq!(client.post(&who, "/logout", json!({})).await.refused(), (401, "expected access token"));
}

#[tokio::test]
async fn logout_takes_bare_and_bearer_tokens_and_any_empty_body() {
    let app = start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for (bearer, body) in [("", ""), ("Bearer ", "{}"), ("", "null"), ("bearer ", "{}")] {
        let token = app.sign_in(who.user_id).await;
        let authorization = format!("{bearer}{token}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let reply = client.send(Method::POST, "/logout", &headers, body).await;
        assert_eq!(reply.ok(), json!({"status": "success", "message": "Logged out"}));
        let after = client.send(Method::POST, "/logout", &headers, body).await;
        assert_eq!(after.refused(), (401, "invalid token"));
    }
    let reply = client.send(Method::POST, "/logout", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (401, "Token missing"));
    client.get(&who, "/consumer/wallet").await.ok();

    app.sign_in(who.user_id).await;
    let all = client.post(&who, "/logout-all", Value::Null).await.ok();
    assert_eq!(all, json!({"status": "success", "message": "Logged out from all devices", "revoked": 2}));
    assert_eq!(client.get(&who, "/consumer/wallet").await.refused(), (401, "invalid token"));
    let reply = client.send(Method::POST, "/logout-all", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (401, "Auth header missing"));
}

#[tokio::test]
async fn a_consumers_profile_is_made_once_and_after_the_basics() {
    let app = start().await;
    let client = Client::of(&app).await;
    let (granted, told) = (app.person("", None, "").await, app.consumer("First").await);
    app.sql(&format!("UPDATE user_profile SET role = 'consumer' WHERE id = {}", granted.user_id)).await;
    let early = client.post(&granted, "/consumer/onboarding", json!({})).await;
    assert_eq!(early.refused(), (400, "Basic onboarding incomplete"));

    app.sql(&format!(
        "INSERT INTO consumer_profile (user_phone, name, city, society) VALUES ('{}', 'First', 'Pune', 'Green Meadows')",
        told.phone
    ))
    .await;
    let twice = client.post(&told, "/consumer/onboarding", json!({})).await;
    assert_eq!(twice.refused(), (400, "Profile already exists"));
    let nothing =
        client.send(Method::POST, "/consumer/onboarding", &[("authorization", &told.token)], "").await;
    assert_eq!(nothing.faults(), [(String::new(), "type_error".to_owned())]);
}
