//! The legacy REST paths: statuses, keys and JSON types as the contract states them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::request::{Face, Loaders, PageLimits, Scope, authenticate};
use society_gateway::rest::{self, Prepared};
use tower::ServiceExt;

use crate::harness::{Person, TestApp};

/// What a client sees.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    /// The body of a success.
    fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.body["status"], "success", "{self:?}");
        self.body
    }

    /// Status and message of a failure, whose envelope is whole.
    fn refused(&self) -> (u16, &str) {
        assert_eq!(self.body["status"], "error", "{self:?}");
        assert_eq!(self.body["code"], json!(self.status), "{self:?}");
        (self.status, self.body["message"].as_str().expect("a message"))
    }

    /// The places and kinds of a `Validation error`.
    fn faults(&self) -> Vec<(String, String)> {
        assert_eq!(self.refused(), (400, "Validation error"));
        let faults = self.body["errors"].as_array().expect("errors");
        faults
            .iter()
            .map(|fault| {
                assert!(fault["msg"].is_string() && fault.get("input").is_none(), "{fault}");
                let loc: Vec<_> =
                    fault["loc"].as_array().expect("loc").iter().filter_map(Value::as_str).collect();
                (loc.join("."), fault["type"].as_str().expect("type").to_owned())
            })
            .collect()
    }
}

/// A legacy client's view of a gateway.
struct Client<'a> {
    app: &'a TestApp,
    router: Router,
}

impl<'a> Client<'a> {
    async fn of(app: &'a TestApp) -> Client<'a> {
        Client { app, router: rest::router().await.expect("the table fits the schema") }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        let header =
            |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let app = self.app.app.clone();
        let scope = Scope {
            face: Face::Rest,
            authentication: authenticate(&app, header("authorization").as_deref()).await.unwrap(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: header("user-agent"),
            idempotency_key: header("idempotency-key"),
            page_limits: PageLimits::REST,
            loaders: Loaders::new(app.pool().clone()),
            app,
        };
        request.extensions_mut().insert::<Prepared>(Ok(Arc::new(scope)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, who: &Person, path: &str) -> Reply {
        let token = format!("Bearer {}", who.token);
        self.send(Method::GET, path, &[("authorization", &token)], Body::empty()).await
    }

    async fn post(&self, who: &Person, path: &str, body: Value) -> Reply {
        let token = format!("Bearer {}", who.token);
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string()).await
    }
}

/// The type of every key, in a notation of its own: `{balance: number}`; a list shows its first entry.
fn types(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("bool"),
        Value::Number(number) => json!(if number.is_i64() { "int" } else { "money" }),
        Value::String(_) => json!("str"),
        Value::Array(entries) => entries.iter().take(1).map(types).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), types(value))).collect(),
    }
}

#[tokio::test]
async fn the_wallet_is_loaded_debited_refunded_and_told_in_numbers() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;

    assert_eq!(client.get(&who, "/consumer/wallet").await.ok(), json!({"status": "success", "balance": 0}));
    let loaded = client.post(&who, "/consumer/wallet/load", json!({"amount": "500.50"})).await.ok();
    assert_eq!(loaded, json!({"status": "success", "balance": 500.5}));
    let debit = json!({"amount": 100, "reference": "gate pass", "unknown": {"key": 1}});
    let debited = client.post(&who, "/consumer/wallet/debit", debit).await.ok();
    assert_eq!(debited, json!({"status": "success", "balance": 400.5}));
    let refund = json!({"amount": 40, "reference": "gate pass"});
    let refunded = client.post(&who, "/consumer/wallet/refund", refund).await.ok();
    assert_eq!(refunded, json!({"status": "success", "balance": 440.5}));
    assert_eq!(client.get(&who, "/consumer/wallet").await.ok()["balance"], json!(440.5));

    let history = client.get(&who, "/consumer/wallet/history").await.ok();
    assert_eq!(history["next_before"], Value::Null);
    let told: Vec<_> = history["transactions"].as_array().unwrap().iter().collect();
    let kinds: Vec<_> = told.iter().map(|transaction| transaction["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["refund", "debit", "recharge"]);
    assert_eq!(
        types(told[2]),
        json!({
            "id": "int", "user_phone": "str", "amount": "money", "type": "str", "reference": "str", "status": "str",
            "source": "str", "created_at": "str",
        })
    );
    assert_eq!(told[2]["user_phone"], json!(who.phone));
    assert_eq!(told[2]["status"], "success");
    assert_eq!(told[2]["source"], "api");
    assert_eq!(told[2]["reference"], "manual-load");
    let created_at = told[2]["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z') && created_at.contains('T'), "{created_at}");
}

#[tokio::test]
async fn the_history_is_read_in_pages_by_the_id_of_the_last_entry() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for amount in 1..=3 {
        client.post(&who, "/consumer/wallet/load", json!({"amount": amount})).await.ok();
    }
    let first = client.get(&who, "/consumer/wallet/history?limit=2").await.ok();
    let amounts = |page: &Value| -> Vec<Value> {
        page["transactions"].as_array().unwrap().iter().map(|entry| entry["amount"].clone()).collect()
    };
    assert_eq!(amounts(&first), [3, 2]);
    assert_eq!(first["next_before"], first["transactions"][1]["id"]);
    let before = first["next_before"].as_i64().unwrap();
    let second = client.get(&who, &format!("/consumer/wallet/history?limit=2&before={before}")).await.ok();
    assert_eq!((amounts(&second), &second["next_before"]), (vec![json!(1)], &Value::Null));

    for (query, message) in [
        ("limit=0", "Invalid limit"),
        ("limit=201", "Invalid limit"),
        ("limit=x", "Invalid limit"),
        ("before=x", "Invalid before"),
    ] {
        let reply = client.get(&who, &format!("/consumer/wallet/history?{query}")).await;
        assert_eq!(reply.refused(), (400, message), "{query}");
    }
}

#[tokio::test]
async fn what_is_no_amount_is_an_invalid_amount_and_moves_nothing() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for path in ["/consumer/wallet/load", "/consumer/wallet/debit", "/consumer/wallet/refund"] {
        for body in [
            json!({}),
            json!(null),
            json!({"amount": null}),
            json!({"amount": 0}),
            json!({"amount": -5}),
            json!({"amount": "abc"}),
            json!({"amount": "NaN"}),
            json!({"amount": "Infinity"}),
            json!({"amount": 1.005}),
            json!({"amount": 1e12}),
            json!({"amount": true}),
            json!({"amount": [5]}),
        ] {
            let reply = client.post(&who, path, body.clone()).await;
            assert_eq!(reply.refused(), (400, "Invalid amount"), "{path} {body}");
        }
    }
    let reply = client.post(&who, "/consumer/wallet/debit", json!({"amount": 5})).await;
    assert_eq!(reply.refused(), (400, "Insufficient balance"));
    let reply = client.post(&who, "/consumer/wallet/refund", json!({"amount": 5})).await;
    assert_eq!(reply.refused(), (403, "Refund not allowed"));
    let reply = client.post(&who, "/consumer/wallet/load", json!({"amount": 5, "reference": 7})).await;
    assert_eq!(reply.refused(), (400, "Invalid reference"));
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 0);
}

#[tokio::test]
async fn an_idempotency_key_makes_repeating_safe() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for _ in 0..2 {
        let headers = [
            ("authorization", who.token.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "once"),
        ];
        let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, r#"{"amount": 5}"#).await;
        assert_eq!(reply.ok()["balance"], json!(5));
    }
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 1);
}

#[tokio::test]
async fn older_paths_answer_as_their_targets() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    assert_eq!(client.post(&who, "/wallet/load", json!({"amount": 7})).await.ok()["balance"], json!(7));
    assert_eq!(client.get(&who, "/wallet").await.ok()["balance"], json!(7));
    assert_eq!(client.get(&who, "/wallet/history").await.ok()["transactions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_token_may_be_bare_or_bearer_and_its_faults_are_told_apart() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for value in [who.token.clone(), format!("Bearer {}", who.token), format!("bearer {}", who.token)] {
        client.send(Method::GET, "/consumer/wallet", &[("authorization", &value)], Body::empty()).await.ok();
    }
    let with = async |value: &str| {
        let reply =
            client.send(Method::GET, "/consumer/wallet", &[("authorization", value)], Body::empty()).await;
        let (status, message) = reply.refused();
        (status, message.to_owned())
    };
    assert_eq!(with("Bearer nonsense").await, (401, "invalid token".to_owned()));
    let reply = client.send(Method::GET, "/consumer/wallet", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (401, "Auth header missing"));
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(with(&who.token).await, (401, "token expired".to_owned()));
}

#[tokio::test]
async fn authentication_comes_before_role_and_role_before_the_body() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let newcomer = app.person("Nobody yet", None, "Green Meadows").await;
    let vendor = app.vendor("Seller").await;
    let path = "/consumer/wallet/load";
    for (token, body, expected) in [
        (None, "{", (401, "Auth header missing")),
        (Some(&newcomer), "{", (403, "Role missing")),
        (Some(&vendor), "{", (403, "Forbidden")),
    ] {
        let token = token.map_or("", |person| person.token.as_str());
        let reply = client.send(Method::POST, path, &[("authorization", token)], body).await;
        assert_eq!(reply.refused(), expected);
    }
}

#[tokio::test]
async fn a_role_chosen_after_the_token_was_issued_counts() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let newcomer = app.person("Nobody yet", None, "Green Meadows").await;
    app.sql(
        "UPDATE user_profile SET role = 'consumer', name = 'N', city = 'Pune', society = 'Green Meadows', \
         basic_onboarding_done = true",
    )
    .await;
    client.get(&newcomer, "/consumer/wallet").await.ok();
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_told_apart() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let json_type = ("content-type", "application/json");
    for (content_type, body, expected) in [
        (json_type, "{", 400),
        (json_type, "[1]", 400),
        (json_type, "\"amount\"", 400),
        (("content-type", "application/json; charset=utf-8"), "{\"amount\": 5}", 200),
        (("content-type", "text/plain"), "{\"amount\": 5}", 415),
        (("content-type", "application/x-www-form-urlencoded"), "amount=5", 415),
        (("accept", "*/*"), "{\"amount\": 5}", 415),
        // An empty body is an empty object: the amount is missing.
        (("accept", "*/*"), "", 400),
    ] {
        let headers = [("authorization", who.token.as_str()), content_type];
        let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, body).await;
        assert_eq!(reply.status, expected, "{content_type:?} {body} {reply:?}");
        if expected != 200 {
            reply.refused();
        }
    }
    let headers = [("authorization", who.token.as_str()), json_type];
    let large = format!("{{\"amount\": 5, \"reference\": \"{}\"}}", "x".repeat(300_000));
    let reply = client.send(Method::POST, "/consumer/wallet/load", &headers, large).await;
    assert_eq!(reply.refused(), (413, "The request body is too large."));
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_answer_in_the_envelope() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for path in ["/", "/nothing", "/consumer/wallet/", "/consumer//wallet"] {
        assert_eq!(client.get(&who, path).await.refused().0, 404, "{path}");
    }
    let reply = client.send(Method::DELETE, "/consumer/wallet", &[], Body::empty()).await;
    assert_eq!(reply.refused(), (405, "The method is not allowed for the requested URL."));
    assert_eq!(reply.headers[header::ALLOW], "GET,HEAD");
    assert_eq!(client.get(&who, "/consumer/wallet/load").await.refused().0, 405);
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    for path in ["/consumer/wallet", "/consumer/wallet/load"] {
        let reply =
            client.send(Method::OPTIONS, path, &[("origin", "https://shop.example")], Body::empty()).await;
        assert_eq!(reply.status, 204, "{path}");
    }
}

#[tokio::test]
async fn a_vendor_has_no_wallet_of_a_consumer() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.person("Seller", Some(Role::Vendor), "Green Meadows").await;
    assert_eq!(client.get(&vendor, "/consumer/wallet").await.refused(), (403, "Forbidden"));
}
