//! The legacy REST paths: statuses, keys and JSON types as the contract states them.

mod account;
mod addresses;
mod assistant;
mod envelope;
mod notifications;
mod offers;
mod orders;
mod payouts;
mod profile;
mod settings;
mod shopkeeping;
mod shopping;
mod support;
mod upload;
mod vendor;
mod wallet;
mod wishlist;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};
use society_gateway::server::{self, ServerState};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::described;
use crate::harness::{Person, TestApp};

/// What a client sees.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.body["status"], "success", "{self:?}");
        self.body
    }

    /// Status and message of a failure, whose envelope is whole.
    pub fn refused(&self) -> (u16, &str) {
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

/// A legacy client of a gateway.
pub struct Client {
    router: Router,
    prefix: &'static str,
}

impl Client {
    pub async fn of(app: &TestApp) -> Client {
        let state = ServerState::new(app.app.clone(), CancellationToken::new()).await.unwrap();
        let router = server::router(state).await.expect("the table fits the schema");
        Client { router, prefix: "/api/v1" }
    }

    /// One that knows no prefix.
    pub async fn at_root(app: &TestApp) -> Client {
        Client { prefix: "", ..Client::of(app).await }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method.clone()).uri(format!("{}{path}", self.prefix));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        // The description is of what is below the prefix.
        if !self.prefix.is_empty() {
            described::hold(&method, path, &reply).await;
        }
        reply
    }

    pub async fn get(&self, who: &Person, path: &str) -> Reply {
        let token = format!("Bearer {}", who.token);
        self.send(Method::GET, path, &[("authorization", &token)], Body::empty()).await
    }

    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Reply {
        let token = format!("Bearer {}", who.token);
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string()).await
    }
}

/// Exactly these members, each of its type: `id int, brand str?`; a question mark allows null.
fn assert_fields(object: &Value, fields: &str) {
    let object = object.as_object().expect("an object");
    let mut told: Vec<&str> = object.keys().map(String::as_str).collect();
    let expected: Vec<(&str, &str)> =
        fields.split(", ").map(|field| field.split_once(' ').expect("a name and a type")).collect();
    let mut keys: Vec<&str> = expected.iter().map(|(key, _)| *key).collect();
    told.sort_unstable();
    keys.sort_unstable();
    assert_eq!(told, keys);
    for (key, of) in expected {
        let value = &object[key];
        let fits = match of.trim_end_matches('?') {
            _ if value.is_null() => of.ends_with('?'),
            "int" => value.is_i64(),
            "number" => value.is_number(),
            "str" => value.is_string(),
            "bool" => value.is_boolean(),
            "list" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other} is no type"),
        };
        assert!(fits, "{key} is {value}, not {of}");
    }
}

/// Whether the text is a time as the legacy backend sent most of them: `Sun, 22 Nov 2026 07:32:29 GMT`.
fn is_rfc_1123(value: &Value) -> bool {
    let text = value.as_str().unwrap_or("");
    text.len() == 29 && text.ends_with(" GMT") && chrono::DateTime::parse_from_rfc2822(text).is_ok()
}
