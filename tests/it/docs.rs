//! The REST paths described over HTTP: the document, its page, and what is said of the end of the paths.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use chrono::NaiveDate;
use serde_json::Value;
use society_gateway::config::{Config, Deprecation};
use society_gateway::error::Code;
use society_gateway::rest;
use strum::VariantArray;
use tower::ServiceExt;

use crate::harness::TestApp;

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let request =
        headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[tokio::test]
async fn the_description_is_served_to_everybody_and_only_once() {
    let app = TestApp::start().await;
    let (status, headers, body) = get(&app, "/api/v1/openapi.json", &[]).await;
    assert_eq!((status, &headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(document, rest::openapi().await.unwrap());
    let tag = headers["etag"].to_str().unwrap();
    let (status, _, body) = get(&app, "/api/v1/openapi.json", &[("if-none-match", tag)]).await;
    assert_eq!((status, body.len()), (304, 0));
}

#[tokio::test]
async fn the_description_speaks_of_statuses_and_not_of_codes() {
    let document = rest::openapi().await.unwrap().to_string();
    let named: Vec<_> = Code::VARIANTS.iter().filter(|code| document.contains(code.as_str())).collect();
    assert!(named.is_empty(), "{named:?}");
}

#[tokio::test]
async fn the_page_and_its_files_come_from_the_gateway_under_a_policy_that_allows_nothing_else() {
    let app = TestApp::start().await;
    let (status, headers, page) = get(&app, "/api/v1/docs", &[]).await;
    assert_eq!(status, 200);
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let page = String::from_utf8(page).unwrap();
    let files: Vec<&str> = page.split('"').filter(|text| text.starts_with("/api/v1/docs/")).collect();
    assert_eq!(files.len(), 3);
    assert!(!page.contains("//"), "another origin is named");
    for file in files {
        let (status, headers, body) = get(&app, file, &[]).await;
        assert_eq!(status, 200, "{file}");
        assert!(body.len() > 100 && headers["content-type"].to_str().unwrap().starts_with("text/"), "{file}");
    }
    assert_eq!(get(&app, "/api/v1/docs/other.js", &[]).await.0, 404);
}

#[tokio::test]
async fn a_page_that_is_off_is_not_there_and_the_description_is() {
    let app = TestApp::with(&[("API_DOCS", "off")]).await;
    for path in ["/api/v1/docs", "/api/v1/docs/start.js"] {
        assert_eq!(get(&app, path, &[]).await.0, 404, "{path}");
    }
    assert_eq!(get(&app, "/api/v1/openapi.json", &[]).await.0, 200);
}

#[tokio::test]
async fn an_announced_end_is_told_by_every_answer_and_by_no_other_face() {
    let settings =
        [("REST_DEPRECATION", "2027-01-31,2027-12-31"), ("PUBLIC_URL", "https://shop.example.org")];
    let app = TestApp::with(&settings).await;
    for path in ["/api/v1/consumer/wallet", "/api/v1/nothing", "/api/v1/openapi.json"] {
        let (_, headers, _) = get(&app, path, &[("origin", "https://app.example.org")]).await;
        assert_eq!(headers["deprecation"], "@1801353600", "{path}");
        assert_eq!(headers["sunset"], "Fri, 31 Dec 2027 00:00:00 GMT", "{path}");
        assert_eq!(headers["link"], "<https://shop.example.org/api/v1/docs>; rel=\"deprecation\"", "{path}");
        let exposed = headers["access-control-expose-headers"].to_str().unwrap();
        assert_eq!(exposed, "x-request-id,traceparent,deprecation,sunset,link", "{path}");
    }
    let (_, headers, _) = get(&app, "/health", &[]).await;
    assert!(!headers.contains_key("deprecation"));
    let app = TestApp::start().await;
    let (_, headers, _) = get(&app, "/api/v1/consumer/wallet", &[]).await;
    assert!(["deprecation", "sunset", "link"].iter().all(|name| !headers.contains_key(*name)));
}

#[test]
fn an_end_is_a_day_or_two_in_their_order() {
    let told = |text: &str| {
        let config = Config::read(&|name| (name == "REST_DEPRECATION").then(|| text.to_owned()));
        config.ok().map(|config| config.rest_deprecation)
    };
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let since = day("2027-01-31");
    assert_eq!(told("off"), Some(None));
    assert_eq!(told("2027-01-31"), Some(Some(Deprecation { since, sunset: None })));
    let sunset = Some(day("2027-12-31"));
    assert_eq!(told("2027-01-31, 2027-12-31"), Some(Some(Deprecation { since, sunset })));
    for wrong in
        ["on", "2027-02-30", "2027-12-31,2027-01-31", "2027-01-31,", "2027-01-31,2027-02-01,2027-03-01"]
    {
        assert_eq!(told(wrong), None, "{wrong}");
    }
}

#[tokio::test]
async fn the_table_in_the_documentation_is_the_one_that_is_served() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/REST.md");
    let (begin, end) =
        ("<!-- generated: society-gateway openapi --table -->\n", "<!-- end of what is generated -->");
    let text = std::fs::read_to_string(file).unwrap();
    let (before, rest_of_text) = text.split_once(begin).unwrap();
    let (kept, after) = rest_of_text.split_once(end).unwrap();
    let table = rest::table().await.unwrap();
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(file, [before, begin, &table, end, after].concat()).unwrap();
        return;
    }
    assert!(kept == table, "docs/REST.md is stale: RECORD=1 cargo test --test it docs");
}
