//! Contract 1.2 and 1.4: what a token may be, and what is said of one that is not good.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use society_gateway::values::UserId;

use crate::contract::world::CODE;
use crate::harness::{TestApp, assert_lives};
use crate::rest::{Client, Reply};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn begin() -> (TestApp, Client, Value) {
    let app = TestApp::with(&[("DEV_OTP", CODE), ("RATE_LIMITS", "off")]).await;
    let client = Client::of(&app).await;
    let who = app.consumer("Buyer").await;
    let phone = json!({"phone": who.phone});
    client.send(Method::POST, "/send-otp", &[JSON], phone.to_string()).await.ok();
    let code = json!({"phone": who.phone, "otp": CODE});
    let tokens = client.send(Method::POST, "/verify-otp", &[JSON], code.to_string()).await.ok();
    (app, client, tokens)
}

async fn wallet(client: &Client, authorization: &str) -> Reply {
    client.send(Method::GET, "/consumer/wallet", &[("authorization", authorization)], Body::empty()).await
}

#[tokio::test]
async fn every_fault_of_a_token_has_its_sentence() {
    let (app, client, tokens) = begin().await;
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(tokens["auth_token"], tokens["access_token"]);
    assert_lives(&tokens["expires_in"], 30 * 24 * 60 * 60);
    for good in [access.to_owned(), format!("Bearer {access}"), format!("BEARER  {access}")] {
        wallet(&client, &good).await.ok();
    }
    let forged = format!("{}x", &access[..access.len() - 1]);
    for (token, message) in [
        ("", "Auth header missing"),
        ("Bearer", "invalid token"),
        ("Basic YTpi", "invalid token"),
        ("a.b.c", "invalid token"),
        (forged.as_str(), "invalid token"),
        (refresh, "expected access token"),
    ] {
        assert_eq!(wallet(&client, token).await.refused(), (401, message), "{token}");
    }
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(wallet(&client, access).await.refused(), (401, "token expired"));
    let body = json!({"refresh_token": refresh}).to_string();
    let refreshed = client.send(Method::POST, "/auth/refresh", &[JSON], body).await;
    assert_eq!(refreshed.refused(), (401, "token expired"));
}

#[tokio::test]
async fn the_token_of_a_deleted_account_belongs_to_no_user() {
    let (app, client, tokens) = begin().await;
    let access = tokens["access_token"].as_str().unwrap();
    let other = app.sign_in(UserId(app.number("SELECT min(id) FROM user_profile").await)).await;
    // Who signed out is told apart from who left.
    client.send(Method::POST, "/logout", &[("authorization", other.as_str())], "").await.ok();
    assert_eq!(wallet(&client, &other).await.refused(), (401, "invalid token"));

    let phone = app.text("SELECT phone FROM user_profile").await;
    let delete =
        json!({"query": format!("mutation {{ deleteMyAccount(confirmPhone: \"{phone}\") {{ message }} }}")});
    let request = Request::post("/graphql")
        .header("authorization", access)
        .header(JSON.0, JSON.1)
        .body(Body::from(delete.to_string()))
        .unwrap();
    assert_eq!(app.call(request).await.1.get("errors"), None);
    for token in [access, &other] {
        assert_eq!(wallet(&client, token).await.refused(), (401, "Invalid user"));
    }
}
