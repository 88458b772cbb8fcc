//! GraphQL over HTTP, through the router, as a client meets it.

mod persisted;

use std::net::SocketAddr;

use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use society_gateway::db::Pool;
use society_gateway::error::Code;

use crate::harness::{Person, TestApp};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// What came back.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("")
    }

    fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or("")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn served(app: &TestApp) -> Router {
    app.router.clone()
}

async fn send(router: &Router, request: Builder, body: impl Into<Body>) -> Reply {
    let peer = SocketAddr::from(([127, 0, 0, 1], 4711));
    let request = request.extension(ConnectInfo(peer)).body(body.into()).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status: parts.status, headers: parts.headers, body }
}

fn posting() -> Builder {
    Request::post("/graphql").header("content-type", "application/json")
}

/// One operation of a person, or of nobody, as a current client sends it.
async fn post(router: &Router, who: Option<&Person>, query: &str, variables: Value) -> Reply {
    let mut request = posting().header("accept", GRAPHQL_RESPONSE);
    if let Some(who) = who {
        request = request.header("authorization", format!("Bearer {}", who.token));
    }
    send(router, request, json!({"query": query, "variables": variables}).to_string()).await
}

async fn get(router: &Router, query: &str) -> Reply {
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    send(router, Request::get(format!("/graphql?query={query}")).header("accept", GRAPHQL_RESPONSE), "").await
}

#[tokio::test]
async fn a_signed_in_person_reads_and_changes_and_a_stranger_is_told_to_sign_in() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);

    let load = "mutation Load($amount: Money!) { loadWallet(amount: $amount) { wallet { balance } } }";
    let loaded = post(&router, Some(&who), load, json!({"amount": "12.50"})).await;
    assert_eq!(loaded.status, StatusCode::OK);
    assert_eq!(loaded.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert_eq!(loaded.body, json!({"data": {"loadWallet": {"wallet": {"balance": 12.5}}}}));

    let stranger = post(&router, None, "{ wallet { balance } }", json!({})).await;
    assert_eq!((stranger.status, stranger.code()), (StatusCode::OK, "UNAUTHENTICATED"));
    assert_eq!(stranger.body["data"], json!(null));

    let raw = posting().header("authorization", &who.token);
    let raw = send(&router, raw, json!({"query": "{ wallet { balance } }"}).to_string()).await;
    assert_eq!(raw.body, json!({"data": {"wallet": {"balance": 12.5}}}));
    assert_eq!(raw.header("content-type"), "application/json; charset=utf-8");
}

#[tokio::test]
async fn an_error_carries_what_helps_to_act() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let debit = "mutation { debitWallet(amount: 5.25) { message } }";
    let refused = post(&router, Some(&who), debit, json!({})).await;
    assert_eq!(
        refused.body["errors"][0]["extensions"],
        json!({"code": "INSUFFICIENT_BALANCE", "needed": 5.25, "balance": 0})
    );
    let page =
        post(&router, Some(&who), "{ wallet { transactions(first: 0) { nodes { id } } } }", json!({})).await;
    assert_eq!(page.body["errors"][0]["extensions"], json!({"code": "BAD_INPUT", "field": "first"}));
}

#[tokio::test]
async fn a_wrong_variable_stops_a_mutation_before_its_first_field() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let twice = "mutation($then: Money!) { a: loadWallet(amount: 5) { message } b: loadWallet(amount: $then) { message } }";
    for variables in [json!({}), json!({"then": null}), json!({"then": "1.005"}), json!({"then": [1]})] {
        let refused = post(&router, Some(&who), twice, variables).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "BAD_INPUT"));
        assert_eq!(refused.body["errors"][0]["extensions"]["field"], "then");
        assert_eq!(refused.body.get("data"), None);
    }
    assert_eq!(app.number("SELECT count(*) FROM wallet_transaction").await, 0);
}

#[tokio::test]
async fn an_absent_variable_leaves_its_default_in_force() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let (shop, _) = app.shop("Corner").await;
    let item = app.item(shop, "Rice", "10", 9).await;

    let shown = "query($b: Boolean = true) { wallet @include(if: $b) { balance } }";
    let shown = post(&router, Some(&who), shown, json!({})).await;
    assert_eq!(shown.body, json!({"data": {"wallet": {"balance": 0}}}));
    let pages = "query($first: Int, $n: Int = 1) { shops(first: $first) { nodes { items(first: $n) { nodes { title } } } } }";
    let pages = post(&router, Some(&who), pages, json!({})).await;
    assert_eq!(
        pages.body,
        json!({"data": {"shops": {"nodes": [{"items": {"nodes": [{"title": "Rice"}]}}]}}})
    );
    let add =
        "mutation($item: ID!, $quantity: Int) { addToCart(itemId: $item, quantity: $quantity) { message } }";
    let added = post(&router, Some(&who), add, json!({"item": item.0})).await;
    assert_eq!(added.body.get("errors"), None, "{}", added.body);
    assert_eq!(app.number("SELECT quantity FROM cart_item").await, 1);
    let nothing = post(&router, Some(&who), add, json!({"item": item.0, "quantity": null})).await;
    assert!(nothing.message().contains("\"quantity\""), "{}", nothing.body);
}

#[tokio::test]
async fn an_operation_of_many_is_held_to_its_own_cost() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let costly = "shops(first: 100) { nodes { ...S items(first: 20) { nodes { id title } } } }";
    let document: String = (0..10).map(|n| format!("query Q{n} {{ {costly} }} ")).collect();
    let body = |document: &str| json!({"query": document, "operationName": "Q7"}).to_string();
    let request = || posting().header("authorization", &who.token);
    let several = send(&router, request(), body(&(document.clone() + "fragment S on Shop { id }"))).await;
    assert_eq!(several.body, json!({"data": {"shops": {"nodes": []}}}));
    let alone = format!("query Q7 {{ {} }} fragment S on Shop {{ id }}", format!("a: {costly} ").repeat(10));
    let alone = send(&router, request(), body(&alone)).await;
    assert_eq!(alone.message(), "Query is too complex.");
}

#[tokio::test]
async fn get_reads_and_never_changes() {
    let app = TestApp::start().await;
    let router = served(&app);
    assert_eq!(get(&router, "{ __typename }").await.body, json!({"data": {"__typename": "Query"}}));
    let refused = get(&router, "mutation { loadWallet(amount: 5) { message } }").await;
    assert_eq!((refused.status, refused.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let named = "/graphql?query=query%20A(%24b:Boolean!)%7Bwallet%20@include(if:%24b)%7Bbalance%7D%7D%20mutation%20B%7BclearCart%7Bmessage%7D%7D\
                 &operationName=A&variables=%7B%22b%22:false%7D";
    assert_eq!(send(&router, Request::get(named), "").await.body, json!({"data": {}}));
    let broken = send(&router, Request::get("/graphql?query=%7Ba%7D&variables=%7B"), "").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(&router, Request::get("/graphql"), "").await.message(), "query is missing.");
    let put = send(&router, Request::put("/graphql"), "").await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(put.header("allow").contains("POST"), "{}", put.header("allow"));
}

#[tokio::test]
async fn what_is_no_request_is_refused_as_graphql_says() {
    let app = TestApp::start().await;
    let router = served(&app);
    for (body, status, message) in [
        ("", 400, "The body is no JSON"),
        ("{", 400, "The body is no JSON"),
        ("[]", 400, "Batches are not served"),
        (r#"[{"query":"{__typename}"}]"#, 400, "Batches are not served"),
        ("3", 400, "The body is a JSON object"),
        ("{}", 400, "query is missing."),
        (r#"{"query":3}"#, 400, "query is a string."),
        (r#"{"query":"{__typename}","variables":[]}"#, 400, "variables is a JSON object."),
        (r#"{"query":"{__typename}","operationName":1}"#, 400, "operationName is a string."),
        (r#"{"query":"subscription{a}"}"#, 400, "Subscriptions run over WebSocket"),
    ] {
        let reply = send(&router, posting(), body).await;
        assert_eq!(reply.status.as_u16(), status, "{body}");
        assert!(reply.message().starts_with(message), "{body}: {}", reply.message());
        assert_eq!(reply.body.get("data"), None);
    }

    let large = send(&router, posting(), " ".repeat(300 * 1024)).await;
    assert_eq!((large.status.as_u16(), large.code()), (413, "BAD_REQUEST"));
    let stream = futures_util::stream::iter((0..300).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024])));
    assert_eq!(send(&router, posting(), Body::from_stream(stream)).await.status.as_u16(), 413);

    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let simple = Request::post("/graphql").header("content-type", kind);
        assert_eq!(send(&router, simple, r#"{"query":"{__typename}"}"#).await.status.as_u16(), 415, "{kind}");
    }
    let html = posting().header("accept", "text/html");
    assert_eq!(send(&router, html, r#"{"query":"{__typename}"}"#).await.status.as_u16(), 406);
}

#[tokio::test]
async fn a_refused_document_is_400_for_current_clients_and_200_for_older_ones() {
    let app = TestApp::start().await;
    let router = served(&app);
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { __typename }", "BAD_INPUT"),
    ] {
        let body = json!({"query": query}).to_string();
        for (accept, status) in [(GRAPHQL_RESPONSE, 400), ("application/json", 200)] {
            let reply = send(&router, posting().header("accept", accept), body.clone()).await;
            assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{query}");
            assert_eq!(reply.body.get("data"), None, "{query}");
        }
    }
}

#[tokio::test]
async fn documents_that_would_exhaust_the_server_are_refused_at_once() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let bomb = (0..18).map(|n| format!("fragment F{n} on Wallet {{ ...F{} ...F{} }} ", n + 1, n + 1));
    let bomb =
        format!("{{ wallet {{ ...F0 }} }} {}fragment F18 on Wallet {{ balance }}", bomb.collect::<String>());
    let lists = (0..60).map(|n| format!("a{n}: transactions(first: 100) {{ nodes {{ id amount kind }} }} "));
    let before = app.app.pool().statements().count();
    for query in [
        format!("{{ wallet(a: {}", "[".repeat(1_350)),
        format!("{{ wallet(a: {}", "{a:".repeat(1_350)),
        format!("query($a: [Int] = {}) {{ wallet {{ balance }} }}", "[".repeat(1_350)),
        bomb,
        format!("{{ wallet {{ {} }} }}", lists.collect::<String>()),
        format!("{{ {} }}", "wallet { balance } ".repeat(31)),
        "x".repeat(70_000),
    ] {
        let reply = post(&router, Some(&who), &query, json!({})).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{:.40}", query);
        assert!(reply.body.to_string().len() < 5_000, "{:.40}", query);
    }
    let session = app.app.pool().statements().count() - before;
    assert!(session <= 2, "only the session was read: {session}");
}

#[tokio::test]
async fn a_fault_of_ours_shows_one_fixed_sentence() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    post(&router, Some(&who), "{ wallet { balance } }", json!({})).await;
    app.sql("ALTER TABLE consumer_wallet RENAME TO hidden").await;
    let failed = post(&router, Some(&who), "{ wallet { balance } }", json!({})).await;
    assert_eq!((failed.status, failed.code()), (StatusCode::OK, "INTERNAL"));
    assert_eq!(failed.message(), "An unexpected error occurred. Please try again later.");
    assert!(!failed.body.to_string().contains("consumer_wallet"));
}

#[tokio::test]
async fn every_response_is_named_and_hardened() {
    let app = TestApp::start().await;
    let router = served(&app);
    let named = Request::get("/health").header("x-request-id", "order-42");
    let health = send(&router, named, "").await;
    assert_eq!((health.status, health.body.clone()), (StatusCode::OK, json!({"status": "ok"})));
    assert_eq!(health.header("x-request-id"), "order-42");
    for path in ["/health", "/healthz", "/readyz", "/graphql?query=%7B__typename%7D", "/nowhere", "/health/"]
    {
        let reply = send(&router, Request::get(path), "").await;
        assert_eq!(reply.header("x-request-id").len(), 32, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
    }
    let unknown = send(&router, Request::get("/health/"), "").await;
    assert_eq!((unknown.status, unknown.body["code"].clone()), (StatusCode::NOT_FOUND, json!(404)));
}

#[tokio::test]
async fn readiness_says_whether_the_database_answers() {
    let app = TestApp::start().await;
    let router = served(&app);
    assert_eq!(send(&router, Request::get("/readyz"), "").await.status, StatusCode::OK);
    app.app.pool().close();
    let unready = send(&router, Request::get("/readyz"), "").await;
    assert_eq!(
        (unready.status, unready.body["status"].clone()),
        (StatusCode::SERVICE_UNAVAILABLE, json!("error"))
    );
    assert_eq!(send(&router, Request::get("/healthz"), "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_any_origin_may_call_without_credentials_and_a_preflight_needs_no_token() {
    let app = TestApp::start().await;
    let preflight = || {
        Request::options("/graphql")
            .header("origin", "https://shop.example.org")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization, content-type, idempotency-key")
    };
    let reply = send(&served(&app), preflight(), "").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    assert_eq!(reply.header("access-control-allow-headers"), "authorization, content-type, idempotency-key");
    assert!(reply.header("access-control-allow-methods").contains("POST"));
    let answer = Request::get("/health").header("origin", "https://shop.example.org");
    let answer = send(&served(&app), answer, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-expose-headers"), "x-request-id,traceparent");

    let app = TestApp::with(&[("ALLOWED_ORIGINS", "https://shop.example.org")]).await;
    let listed = send(&served(&app), preflight(), "").await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://shop.example.org");
    let other = Request::get("/health").header("origin", "https://other.example.org");
    assert_eq!(send(&served(&app), other, "").await.header("access-control-allow-origin"), "");
}

/// The plain fields of an object type, as a selection.
fn plain_fields(name: &str) -> String {
    let document = async_graphql::parser::parse_schema(society_gateway::graphql::sdl()).unwrap();
    let is_leaf =
        |of: &str| ["ID", "String", "Int", "Float", "Boolean", "Money", "DateTime", "Date"].contains(&of);
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        if definition.node.name.node != name {
            continue;
        }
        let TypeKind::Object(object) = definition.node.kind else { panic!("{name} is no object") };
        let plain = object.fields.iter().filter(|field| {
            let of = field.node.ty.node.to_string();
            let of = of.trim_end_matches('!');
            field.node.arguments.is_empty() && (is_leaf(of) || of.ends_with("Status") || of.ends_with("Mode"))
        });
        return plain.map(|field| format!("{} ", field.node.name.node)).collect();
    }
    panic!("{name} is no type");
}

#[tokio::test]
async fn a_row_shown_at_once_is_the_row_shown_field_by_field() {
    let app = TestApp::start().await;
    let (router, who) = (served(&app), app.consumer("First").await);
    let (shop, _) = app.shop("Corner").await;
    let item = app.item(shop, "Rice", "10.50", 9).await;
    app.sql("UPDATE item SET mrp_paise = 1200, discount = 1.5, expiry_date = '2030-01-31', brand = 'Own'")
        .await;
    app.sql("UPDATE shop SET rating = 4.25, description = 'Near'").await;
    let order =
        "mutation($item: ID!) { loadWallet(amount: 50) { message } addToCart(itemId: $item) { message }
        confirmOrder(input: {paymentMode: WALLET, deliveryNotes: \"Ring\"}) { message }
        again: addToCart(itemId: $item, quantity: 2) { message } }";
    assert_eq!(post(&router, Some(&who), order, json!({"item": item.0})).await.body.get("errors"), None);

    let lists = [
        ("Shop", "shops { nodes { ROW } }"),
        ("Item", "shops { nodes { items { nodes { ROW } } } }"),
        ("Item", "cart { lines { item { ROW } } }"),
        ("CartLine", "cart { lines { ROW } }"),
        ("Order", "orders { nodes { ROW } }"),
        ("OrderItem", "orders { nodes { items { ROW } } }"),
        ("OrderStatusLog", "orders { nodes { statusLog { ROW } } }"),
        ("WalletTransaction", "wallet { transactions { nodes { ROW } } }"),
        ("Session", "sessions { nodes { ROW } }"),
    ];
    for (name, list) in lists {
        let fields = plain_fields(name);
        let direct = format!("{{ {} }}", list.replace("ROW", &format!("__typename x: {fields}")));
        let fragment =
            format!("{{ {} }}", list.replace("ROW", &format!("... on {name} {{ __typename x: {fields} }}")));
        let direct = post(&router, Some(&who), &direct, json!({})).await.body;
        assert_eq!(direct.get("errors"), None, "{name}");
        assert!(direct.to_string().contains("__typename"), "{name} has a row to show");
        assert_eq!(
            direct.to_string(),
            post(&router, Some(&who), &fragment, json!({})).await.body.to_string()
        );
    }
    let merged = "{ shops { nodes { items { nodes { id } } items { nodes { title } } } } }";
    let merged = post(&router, Some(&who), merged, json!({})).await.body;
    let row = &merged["data"]["shops"]["nodes"][0]["items"]["nodes"][0];
    assert_eq!(*row, json!({"id": item.0.to_string(), "title": "Rice"}));
}

#[tokio::test]
async fn a_database_that_is_away_is_a_moment_to_wait_for_and_no_fault() {
    let nobody_listens = Pool::new("postgres://nobody@127.0.0.1:1/none", 1).unwrap();
    let Err(error) = nobody_listens.get().await else { panic!("port 1 answers") };
    assert_eq!((error.code(), error.code().http_status()), (Code::Busy, 503));
    assert!(error.retry_after().is_some() && error.cause().is_some());
}
