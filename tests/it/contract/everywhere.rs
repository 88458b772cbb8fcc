//! What holds on every path alike (contract 1.2, 1.4, 1.7), also when several things are wrong at once.

use axum::http::{Method, header};
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::contract::paths::{self, OLDER};
use crate::harness::{Person, TestApp};
use crate::rest::{Client, Reply};

struct Everywhere {
    app: TestApp,
    client: Client,
    consumer: Person,
    vendor: Person,
    admin: Person,
    newcomer: Person,
}

/// Whom a path is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    Public,
    Anyone,
    Consumers,
    Vendors,
    Admins,
}

fn audience(path: &str) -> Audience {
    match path {
        "/send-otp" | "/verify-otp" | "/auth/refresh" | "/consumer/support/faqs" => Audience::Public,
        "/onboarding/basic" | "/logout" | "/logout-all" => Audience::Anyone,
        path if path.starts_with("/vendor") => Audience::Vendors,
        path if path.starts_with("/admin") => Audience::Admins,
        _ => Audience::Consumers,
    }
}

/// Every path with values in its places.
fn calls() -> impl Iterator<Item = (Method, String)> {
    let paths = paths::documented().map(|path| path.replace("{}", "1"));
    paths.map(|path| {
        let (method, path) = path.split_once(' ').expect("a method and a path");
        (method.parse().expect("a method"), path.to_owned())
    })
}

impl Everywhere {
    async fn begin() -> Everywhere {
        let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
        let client = Client::of(&app).await;
        let (shop, vendor) = app.shop("Fresh Mart").await;
        app.item(shop, "Rice", "60.50", 5).await;
        let consumer = app.consumer("Buyer").await;
        let admin = app.person("Admin", Some(Role::Admin), "Green Meadows").await;
        let newcomer = app.person("Newcomer", None, "").await;
        Everywhere { app, client, consumer, vendor, admin, newcomer }
    }

    /// As a page of another origin sends it.
    async fn send(&self, method: &Method, path: &str, token: Option<&str>, body: &str) -> Reply {
        let headers = [
            ("origin", "https://app.example.org"),
            ("access-control-request-method", "POST"),
            ("content-type", "application/json"),
        ];
        let headers: Vec<_> =
            headers.into_iter().chain(token.map(|token| ("authorization", token))).collect();
        self.client.send(method.clone(), path, &headers, body.to_owned()).await
    }

    /// Somebody for whom such a path is.
    fn of(&self, audience: Audience) -> &Person {
        match audience {
            Audience::Vendors => &self.vendor,
            Audience::Admins => &self.admin,
            Audience::Public | Audience::Anyone | Audience::Consumers => &self.consumer,
        }
    }

    async fn refused(&self, method: &Method, path: &str, token: Option<&str>, expected: (u16, &str)) {
        // The body is wrong as well: it is not looked at before the person is known.
        let reply = self.send(method, path, token, "{").await;
        let told = json!({"status": "error", "message": expected.1, "code": expected.0});
        assert_eq!((reply.status, reply.body), (expected.0, told), "{method} {path}");
    }
}

#[tokio::test]
async fn who_asks_is_checked_before_what_is_asked_on_every_path() {
    let world = Everywhere::begin().await;
    for (method, path) in calls() {
        let audience = audience(&path);
        if audience == Audience::Public {
            continue;
        }
        let missing = if path == "/logout" { "Token missing" } else { "Auth header missing" };
        world.refused(&method, &path, None, (401, missing)).await;
        world.refused(&method, &path, Some("Bearer nonsense"), (401, "invalid token")).await;
        if audience == Audience::Anyone {
            continue;
        }
        world.refused(&method, &path, Some(&world.newcomer.token), (403, "Role missing")).await;
        let other = if audience == Audience::Consumers { &world.vendor } else { &world.consumer };
        world.refused(&method, &path, Some(&other.token), (403, "Forbidden")).await;
        let bearer = format!("bEaReR {}", other.token);
        world.refused(&method, &path, Some(&bearer), (403, "Forbidden")).await;
    }
    let staff = world.app.person("Staff", Some(Role::Staff), "Green Meadows").await;
    for path in ["/consumer/wallet", "/vendor/wallet", "/admin/users", "/profile/me"] {
        world.refused(&Method::GET, path, Some(&staff.token), (403, "Forbidden")).await;
    }
    world.refused(&Method::GET, "/consumer/wallet", Some(&world.admin.token), (403, "Forbidden")).await;
    // What both a consumer and a vendor may call asks for a role, and the longer way is the consumer's alone.
    for path in ["/profile/me", "/consumer/profile/me"] {
        world.refused(&Method::GET, path, None, (401, "Auth header missing")).await;
        world.refused(&Method::GET, path, Some(&world.newcomer.token), (403, "Role missing")).await;
    }
    world
        .refused(&Method::POST, "/consumer/profile/edit", Some(&world.vendor.token), (403, "Forbidden"))
        .await;
}

#[tokio::test]
async fn every_path_answers_preflights_and_other_methods_and_names_its_requests() {
    let world = Everywhere::begin().await;
    for (method, path) in calls() {
        let preflight = world.send(&Method::OPTIONS, &path, None, "").await;
        assert!(matches!(preflight.status, 200 | 204), "OPTIONS {path}: {}", preflight.status);
        for name in ["access-control-allow-origin", "access-control-allow-methods"] {
            assert!(preflight.headers.contains_key(name), "OPTIONS {path} has no {name}");
        }
        let other = world.send(&Method::DELETE, &path, None, "").await;
        let message = "The method is not allowed for the requested URL.";
        assert_eq!((other.status, &other.body["message"]), (405, &json!(message)), "DELETE {path}");
        let allowed = other.headers[header::ALLOW].to_str().unwrap();
        assert!(allowed.split(',').any(|allowed| allowed == method.as_str()), "{path}: {allowed}");
        let slash = world.send(&method, &format!("{path}/"), None, "").await;
        assert_eq!((slash.status, &slash.body["code"]), (404, &json!(404)), "{path}/");
        let reply = world.send(&method, &path, None, "").await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("access-control-expose-headers", "x-request-id,traceparent"),
        ] {
            assert_eq!(reply.headers[name], value, "{path}");
        }
        assert_eq!(reply.headers["x-request-id"].len(), 32, "{path}");
    }
}

#[tokio::test]
async fn the_ways_of_older_clients_answer_as_their_targets() {
    let world = Everywhere::begin().await;
    // Onboarding can be done once, by each of two.
    let twin = world.app.consumer("Buyer").await;
    for (call, target) in OLDER {
        let (method, path) = call.split_once(' ').expect("a method and a path");
        let method: Method = method.parse().unwrap();
        let (one, other) = match audience(target) {
            Audience::Vendors => (&world.vendor, &world.vendor),
            _ if *target == "/consumer/onboarding" => (&world.consumer, &twin),
            _ => (&world.consumer, &world.consumer),
        };
        for (one, other, body) in
            [(None, None, "{}"), (Some(one), Some(other), "{"), (Some(one), Some(other), "{}")]
        {
            let token = |who: Option<&Person>| who.map(|who| who.token.clone());
            let older = world.send(&method, path, token(one).as_deref(), body).await;
            let newer = world.send(&method, target, token(other).as_deref(), body).await;
            assert_ne!(newer.body, Value::Null, "{target}");
            assert_eq!((older.status, older.body), (newer.status, newer.body), "{call} {body}");
        }
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_comes_before_what_is_not_there() {
    let world = Everywhere::begin().await;
    for (method, path) in calls() {
        let who = Some(world.of(audience(&path)).token.as_str());
        let path = path.replace("/1", "/999999");
        // These read no body: clients send them anything.
        let acts = ["/cancel", "/confirm-modified", "/clear", "/delete", "/toggle", "/accept", "/complete"];
        let reads_none = path.starts_with("/logout") || acts.iter().any(|act| path.ends_with(act));
        if method == Method::GET || reads_none || path.ends_with("/bulk-upload") {
            continue;
        }
        for body in ["{", "[]", "5"] {
            let reply = world.send(&method, &path, who, body).await;
            assert_eq!((reply.status, &reply.body["code"]), (400, &json!(400)), "{path} {body}");
            let is_form = reply.body["message"] == "Validation error";
            assert!(!is_form || reply.body["errors"][0]["loc"] == json!([]), "{path} {body}: {}", reply.body);
            assert!(is_form || reply.body.get("errors").is_none(), "{path} {body}: {}", reply.body);
        }
        let headers: Vec<_> = [("content-type", "text/plain")]
            .into_iter()
            .chain(who.map(|token| ("authorization", token)))
            .collect();
        let reply = world.client.send(method, &path, &headers, "{}").await;
        assert_eq!(reply.refused().0, 415, "{path}");
    }
}

#[tokio::test]
async fn no_body_of_any_kind_makes_a_fault_of_ours() {
    let world = Everywhere::begin().await;
    for (method, path) in calls() {
        let who = world.of(audience(&path));
        // Signing out would end the walk.
        if method == Method::GET || path.starts_with("/logout") {
            continue;
        }
        for body in [
            "",
            "null",
            "{}",
            "[]",
            "1",
            "\"x\"",
            "{",
            "\u{feff}{}",
            "{\"items\": {\"a\": []}}",
            "{\"\": null}",
        ] {
            let reply = world.send(&method, &path, Some(&who.token), body).await;
            assert!((200..500).contains(&reply.status), "{path} {body}: {} {}", reply.status, reply.body);
            assert_eq!(reply.body["status"] == "success", reply.status == 200, "{path} {body}");
        }
    }
}
