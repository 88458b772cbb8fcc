//! `/metrics`, as Prometheus reads it.

use std::collections::BTreeMap;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use society_gateway::error::Error;
use society_gateway::ledger::book::{self, Posting, WalletKind, WalletSource};
use society_gateway::meters::{Kind, MEASURES};
use society_gateway::values::Paise;
use tower::ServiceExt;

use super::{people, story};
use crate::harness::TestApp;
use crate::providers::twilio::Twilio;
use crate::server::Server;

/// What a scrape says: each series with its value.
pub struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    pub async fn of(app: &TestApp) -> Scrape {
        let (status, text) = scrape(app, None).await;
        assert_eq!(status, 200);
        Scrape::read(&text)
    }

    pub fn read(text: &str) -> Scrape {
        let series = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let series = series.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        Scrape(series.collect())
    }

    /// The value of the one series with this name and these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |series: &str| {
            series.split('{').next() == Some(name)
                && labels.iter().all(|(label, value)| series.contains(&format!("{label}=\"{value}\"")))
        };
        self.0.iter().filter(|(series, _)| fits(series)).map(|(_, value)| value).sum()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.keys().any(|series| series.split('{').next() == Some(name))
    }
}

async fn scrape(app: &TestApp, authorization: Option<&str>) -> (u16, String) {
    let mut request = Request::get("/metrics");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The names of measures in a text.
fn names(text: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let found = text.match_indices("gateway_").filter(|(at, _)| !text[..*at].ends_with(is_part));
    found.map(|(at, _)| text[at..].chars().take_while(|letter| is_part(*letter)).collect()).collect()
}

/// A gateway with a provider: what is counted of those is there where one is set up.
async fn start() -> TestApp {
    TestApp::with(&Twilio::start().await.settings()).await
}

#[tokio::test]
async fn everything_that_the_dashboard_and_the_alerts_look_at_is_there_after_a_story() {
    let app = start().await;
    let (buyer, item, vendor) = people(&app).await;
    story(&app, &buyer, item, &vendor).await;
    let mut live = app.subscribe(&buyer, "subscription { notificationAdded { id } }", json!({})).await;
    app.graphql(&buyer, "mutation { loadWallet(amount: 1) { message } }", json!({})).await.ok();
    futures_util::StreamExt::next(&mut live).await.unwrap();

    let scrape = Scrape::of(&app).await;

    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for file in ["grafana.json", "OPERATIONS.md"] {
        let text = std::fs::read_to_string(docs.join(file)).unwrap();
        let named = names(&text);
        assert!(named.len() > 5, "{file} names {named:?}");
        for name in named {
            let is_shown = scrape.has(&name) || scrape.has(&format!("{name}_bucket"));
            assert!(is_shown, "{file} looks at {name}, which is not there");
        }
    }
}

#[tokio::test]
async fn every_measure_is_shown_with_its_help_and_named_with_its_unit() {
    let app = start().await;
    let (buyer, item, vendor) = people(&app).await;
    story(&app, &buyer, item, &vendor).await;

    let (_, text) = scrape(&app, None).await;

    for (name, kind, help) in MEASURES {
        assert!(text.contains(&format!("# HELP {name} {help}")), "{name} has no help");
        assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
        assert!(name.len() < 64 && help.ends_with('.'), "{name}: {help}");
    }
    let help = text.lines().filter(|line| line.starts_with("# HELP")).count();
    assert_eq!(help, MEASURES.len(), "something is shown that the table does not have");
}

#[tokio::test]
async fn money_and_orders_are_counted_when_their_transaction_commits_and_only_then() {
    let app = TestApp::start().await;
    let (buyer, item, vendor) = people(&app).await;
    let (user, now) = (buyer.user_id, app.clock.now());
    let money = [("wallet", "consumer"), ("kind", "recharge"), ("source", "api")];
    let post = async move |conn: &mut society_gateway::db::Conn, fails: bool| {
        let posting = Posting {
            kind: WalletKind::Recharge,
            source: WalletSource::Api,
            amount: Paise(12_345),
            reference: "r",
            order_id: None,
        };
        book::post(conn, user, &posting, now).await?;
        if fails { Err(Error::conflict("too late")) } else { Ok(()) }
    };

    app.app.write(async move |conn| post(conn, true).await).await.unwrap_err();
    let after_rollback = Scrape::of(&app).await;
    app.app.write(async move |conn| post(conn, false).await).await.unwrap();
    let after_commit = Scrape::of(&app).await;
    story(&app, &buyer, item, &vendor).await;
    let after_story = Scrape::of(&app).await;

    let moved = "gateway_money_moved_paise_total";
    assert!(!after_rollback.has(moved));
    assert_eq!(after_commit.value(moved, &money), 12_345.0);
    assert_eq!(after_story.value(moved, &money), 62_345.0);
    assert_eq!(after_story.value(moved, &[("kind", "debit"), ("source", "order_confirm")]), 10_050.0);
    assert_eq!(after_story.value(moved, &[("wallet", "shop"), ("source", "order_delivered")]), 10_050.0);
    for status in ["pending", "delivered"] {
        assert_eq!(after_story.value("gateway_order_statuses_total", &[("status", status)]), 1.0, "{status}");
    }
    let rolled_back = [("step", "rolled_back")];
    assert_eq!(after_rollback.value("gateway_database_transactions_total", &rolled_back), 1.0);
}

#[tokio::test]
async fn a_repeated_order_is_counted_once() {
    let app = TestApp::start().await;
    let (buyer, item, _) = people(&app).await;
    let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 1) { message } }";
    app.graphql(&buyer, add, json!({"item": item})).await.ok();
    let confirm =
        "mutation { confirmOrder(input: {paymentMode: CASH}, idempotencyKey: \"one\") { order { id } } }";

    for _ in 0..3 {
        app.graphql(&buyer, confirm, json!({})).await.ok();
    }

    let placed = Scrape::of(&app).await.value("gateway_order_statuses_total", &[("status", "pending")]);
    assert_eq!(placed, 1.0);
}

#[tokio::test]
async fn operations_are_told_apart_by_their_field_and_never_by_what_clients_call_them() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let count = async |operation: &str, outcome: &str| {
        let labels = [("face", "graphql"), ("operation", operation), ("outcome", outcome)];
        Scrape::of(&app).await.value("gateway_requests_total", &labels)
    };

    app.graphql(&buyer, "query MyName { w: wallet { balance } }", json!({})).await.ok();
    app.graphql(&buyer, "query { ...F } fragment F on Query { wallet { balance } }", json!({})).await.ok();
    app.graphql(None, "{ wallet { balance } }", json!({})).await.refused();
    app.graphql(&buyer, "{ wallet { balance } cart { total } }", json!({})).await.ok();
    app.graphql(&buyer, "{ inventedField }", json!({})).await.refused();
    app.graphql(&buyer, "{ broken", json!({})).await.refused();

    assert_eq!(count("wallet", "ok").await, 2.0);
    assert_eq!(count("wallet", "failed").await, 1.0);
    assert_eq!(count("several", "ok").await, 1.0);
    assert_eq!(count("unknown", "refused").await, 2.0);
    let (_, text) = scrape(&app, None).await;
    assert!(!text.contains("MyName") && !text.contains("inventedField"), "{text}");
    let scrape = Scrape::of(&app).await;
    for code in ["UNAUTHENTICATED", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"] {
        let told = scrape.value("gateway_errors_total", &[("face", "graphql"), ("code", code)]);
        assert_eq!(told, 1.0, "{code}");
    }
    assert_eq!(scrape.value("gateway_request_duration_seconds_count", &[("face", "graphql")]), 6.0);
    assert_eq!(scrape.value("gateway_document_cost_selections_count", &[("face", "graphql")]), 5.0);
}

#[tokio::test]
async fn who_still_calls_an_old_path_is_seen() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let call = async |path: &str, user_agent: &str, authorization: Option<String>| {
        let mut request = Request::get(format!("/api/v1{path}")).header("user-agent", user_agent);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        app.call(request.body(Body::empty()).unwrap()).await.0
    };

    assert_eq!(call("/wallet", "SocietyVendor/1.4 (Android)", Some(buyer.token.clone())).await, 200);
    let bearer = format!("Bearer {}", buyer.token);
    assert_eq!(call("/consumer/wallet", "Mozilla/5.0 (X11)", Some(bearer)).await, 200);
    assert_eq!(call("/consumer/wallet", "curl\"} 1\\", None).await, 401);
    assert_eq!(call("/no/such/path", "curl/8", None).await, 404);

    let scrape = Scrape::of(&app).await;
    let rest = "gateway_rest_requests_total";
    for (path, status, client, token) in [
        ("/api/v1/wallet", "200", "societyvendor", "raw"),
        ("/api/v1/consumer/wallet", "200", "browser", "bearer"),
        ("/api/v1/consumer/wallet", "401", "other", "none"),
        ("unknown", "404", "curl", "none"),
    ] {
        let labels =
            [("path", path), ("method", "GET"), ("status", status), ("client", client), ("token", token)];
        assert_eq!(scrape.value(rest, &labels), 1.0, "{labels:?}");
    }
    assert_eq!(scrape.value(rest, &[]), 4.0);
    let ok = [("face", "rest"), ("operation", "wallet"), ("outcome", "ok")];
    assert_eq!(scrape.value("gateway_requests_total", &ok), 2.0);
    assert_eq!(scrape.value("gateway_errors_total", &[("face", "rest"), ("code", "NOT_FOUND")]), 1.0);
}

#[tokio::test]
async fn what_a_rate_limit_refuses_and_what_becomes_of_codes_is_counted() {
    let app = TestApp::with(&[("DEV_OTP", "135790"), ("OTP_DELIVERY", "off")]).await;
    let send = "mutation { sendOtp(phone: \"9876500001\") { message } }";
    for _ in 0..3 {
        app.graphql(None, send, json!({})).await.ok();
    }
    app.graphql(None, send, json!({})).await.refused();
    let verify = async |otp: &str| {
        let verify = "mutation($otp: String!) { verifyOtp(phone: \"9876500001\", otp: $otp) { message } }";
        app.graphql(None, verify, json!({"otp": otp})).await
    };
    verify("000000").await.refused();
    verify("135790").await.ok();

    let scrape = Scrape::of(&app).await;

    for (result, count) in [("sent", 3.0), ("verified", 1.0), ("refused", 1.0)] {
        assert_eq!(scrape.value("gateway_otp_total", &[("result", result)]), count, "{result}");
    }
    let refusals = "gateway_rate_limit_refusals_total";
    assert_eq!(scrape.value(refusals, &[("limit", "OtpPerPhone")]), 1.0);
    assert_eq!(scrape.value(refusals, &[]), 1.0);
}

#[tokio::test]
async fn sockets_and_subscriptions_are_counted_while_they_are_open() {
    let server = Server::start().await;
    let buyer = server.app.consumer("Buyer").await;
    let open = |scrape: &Scrape| {
        let live = scrape.value("gateway_subscriptions_live", &[("face", "stream")]);
        (live, scrape.value("gateway_hub_streams", &[]))
    };
    let before = open(&scrape_of(&server).await);

    let stream = reqwest::Client::new()
        .post(format!("http://{}/graphql/stream", server.address))
        .bearer_auth(&buyer.token)
        .json(&json!({"query": "subscription S { notificationAdded { id } }"}))
        .send()
        .await
        .unwrap();
    server.topics(2).await;
    let during = open(&scrape_of(&server).await);
    drop(stream);
    let gone = async {
        while open(&scrape_of(&server).await) != before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::server::PATIENCE, gone).await.expect("it ends with its client");

    assert_eq!(before.0, 0.0);
    assert_eq!(during, (1.0, before.1 + 1.0));
    let ended = [("face", "stream"), ("operation", "notificationAdded"), ("outcome", "ok")];
    assert_eq!(scrape_of(&server).await.value("gateway_requests_total", &ended), 1.0);
}

/// Over HTTP, from the server whose sockets are open.
async fn scrape_of(server: &Server) -> Scrape {
    let answer = reqwest::get(format!("http://{}/metrics", server.address)).await.unwrap();
    Scrape::read(&answer.text().await.unwrap())
}

#[tokio::test]
async fn production_shows_its_metrics_to_who_knows_the_token_and_to_nobody_else() {
    let production = [
        ("APP_ENV", "production"),
        ("DATABASE_URL", "postgres://db/x"),
        ("TOKEN_SECRET", "a secret of at least thirty-two bytes"),
        ("PUBLIC_URL", "https://gateway.example.org"),
    ];
    let closed = TestApp::with(&production).await;
    let token = ("METRICS_TOKEN", "for-prometheus-only");
    let open = closed.beside(&[&production[..], &[token]].concat()).await;
    let nowhere = |body: &str| serde_json::from_str::<Value>(body).unwrap()["code"] == json!(404);

    for authorization in [None, Some("Bearer "), Some("Bearer for-prometheus-only")] {
        let (status, body) = scrape(&closed, authorization).await;
        assert!(status == 404 && nowhere(&body), "{authorization:?}: {status}");
    }
    for authorization in
        [None, Some("Bearer for-prometheus-onl"), Some("for-prometheus-only"), Some("Bearer ")]
    {
        let (status, body) = scrape(&open, authorization).await;
        assert!(status == 404 && nowhere(&body), "{authorization:?}: {status}");
    }
    let (status, text) = scrape(&open, Some("Bearer for-prometheus-only")).await;
    assert_eq!(status, 200);
    assert!(text.contains("gateway_build_info{version=\""), "{text}");
}
