//! The page at `/graphiql`, as a browser and as a stranger meet it. Whether npm was there at build time or not.

use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::TestApp;

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn ask(app: &TestApp, request: Builder) -> Reply {
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn get(app: &TestApp, path: &str) -> Reply {
    ask(app, Request::get(path)).await
}

#[tokio::test]
async fn in_development_the_root_leads_to_a_page_that_asks_nobody_else() {
    let app = TestApp::start().await;

    let root = get(&app, "/").await;
    let page = get(&app, "/graphiql").await;

    assert_eq!((root.status, root.header("location")), (307, "/graphiql"));
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains("society-gateway explorer"));
    assert!(!page.text().contains("//"), "addresses of elsewhere: {}", page.text());
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("http"), "{policy}");
    assert_eq!(get(&app, "/graphiql/assets/nothing.js").await.status, 404);
}

#[tokio::test]
async fn what_the_page_loads_is_kept_by_the_browser_and_the_page_is_asked_for_again() {
    let app = TestApp::start().await;
    let page = get(&app, "/graphiql").await;
    let Some((_, script)) =
        page.text().split_once("src=\"").map(|(before, after)| (before.len(), after.to_owned()))
    else {
        // Built without npm: the plain page loads nothing.
        assert!(page.text().contains("The explorer is not in this binary"));
        return;
    };
    let script = script.split('"').next().unwrap();

    let plain = get(&app, script).await;
    let packed = ask(&app, Request::get(script).header("accept-encoding", "br, gzip;q=0.8")).await;
    let tag = packed.header("etag").to_owned();
    let again = ask(&app, Request::get(script).header("if-none-match", &tag)).await;

    assert_eq!((plain.status, plain.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), ("", "gzip"));
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
    assert_eq!(packed.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((again.status, again.body.len()), (304, 0));

    assert_eq!(page.header("cache-control"), "no-cache");
    let known = ask(&app, Request::get("/graphiql").header("if-none-match", page.header("etag"))).await;
    assert_eq!(known.status, 304);
}

#[tokio::test]
async fn the_page_is_told_whom_to_sign_in_as_and_other_pages_are_not() {
    let app = TestApp::with(&[("DEV_OTP", "654321")]).await;

    let told: Value = serde_json::from_slice(&get(&app, "/graphiql/people.json").await.body).unwrap();
    let elsewhere =
        ask(&app, Request::get("/graphiql/people.json").header("sec-fetch-site", "cross-site")).await;

    assert_eq!((&told["code"], &told["codesArePrinted"]), (&"654321".into(), &true.into()));
    let people = told["people"].as_array().unwrap();
    let first = json!({
        "phone": "+919000000001", "name": "Demo Consumer One", "role": "consumer", "society": "Green Meadows"
    });
    assert_eq!((people.len(), &people[0]), (18, &first));
    assert_eq!(elsewhere.status, 403);
}

#[tokio::test]
async fn production_has_no_explorer_unless_it_is_wanted_and_then_names_nobody() {
    let production = [
        ("APP_ENV", "production"),
        ("DATABASE_URL", "postgres://unused"),
        ("TOKEN_SECRET", "a secret that only the tests may know"),
        ("PUBLIC_URL", "https://api.example.org"),
    ];
    let app = TestApp::with(&production).await;
    let wanted = app.beside(&[production.as_slice(), &[("EXPLORER", "on")]].concat()).await;

    for path in ["/", "/graphiql", "/graphiql/people.json"] {
        assert_eq!(get(&app, path).await.status, 404, "{path}");
    }
    assert_eq!(get(&wanted, "/graphiql").await.status, 200);
    let told: Value = serde_json::from_slice(&get(&wanted, "/graphiql/people.json").await.body).unwrap();
    assert_eq!(told, json!({"people": [], "code": null, "codesArePrinted": false}));
}

#[tokio::test]
async fn the_explorer_can_be_switched_off() {
    let app = TestApp::with(&[("EXPLORER", "off")]).await;
    assert_eq!(get(&app, "/graphiql").await.status, 404);
}
