//! The explorer: GraphiQL with the prepared operations of every journey, for who develops against the gateway.
//!
//! Its files were built and compressed by `build.rs` and are part of the binary; nothing of them is loaded from elsewhere.
//! A binary that was built without npm serves a plain page that says how to get the real one.

use std::io::Read;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::config::{Environment, OtpDelivery};
use crate::demo;
use crate::error::{Code, INTERNAL_MESSAGE, Result};
use crate::server::{ServerState, etag, nothing_here, plain};

/// Addresses below `/graphiql/`, each with its content, compressed with gzip. Empty without npm at build time.
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/explorer.rs"));

/// What stands in for the page where it was not built.
const UNBUILT: &str = include_str!("explorer/unbuilt.html");

/// The page asks its own origin only; the editor sets styles by itself and brings its fonts inside of a style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; \
     font-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/graphiql` with all that belongs to it; the root leads there.
pub(super) fn router() -> Router<ServerState> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphiql", get(page))
        .route("/graphiql/", get(page))
        .route("/graphiql/people.json", get(people))
        .route("/graphiql/{*path}", get(asset))
}

async fn page(headers: HeaderMap) -> Response {
    let Some(content) = find("index.html") else {
        let about =
            [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
        return (about, UNBUILT).into_response();
    };
    // The next version has other assets: asked for every time.
    serve("index.html", content, etag::tag_of(content), "no-cache", &headers)
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match find(&path) {
        // The name carries a hash of the content.
        Some(content) if path.starts_with("assets/") => {
            serve(&path, content, etag::quoted(&path), "public, max-age=31536000, immutable", &headers)
        }
        _ => nothing_here().await,
    }
}

fn find(address: &str) -> Option<&'static [u8]> {
    let place = FILES.binary_search_by_key(&address, |(known, _)| known).ok()?;
    FILES.get(place).map(|(_, content)| *content)
}

/// A file as it is embedded, or unpacked for a client that takes no gzip.
fn serve(
    address: &str,
    content: &'static [u8],
    tag: String,
    kept: &'static str,
    asked: &HeaderMap,
) -> Response {
    let Ok(etag) = HeaderValue::from_str(&tag) else {
        return plain(Code::Internal.http_status(), INTERNAL_MESSAGE);
    };
    let known = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    if etag::has(asked, &tag) {
        return (axum::http::StatusCode::NOT_MODIFIED, known).into_response();
    }
    let about = [(header::CONTENT_TYPE, media_type(address))];
    if takes_gzip(asked) {
        return (known, about, [(header::CONTENT_ENCODING, "gzip")], content).into_response();
    }
    let mut unpacked = Vec::new();
    match GzDecoder::new(content).read_to_end(&mut unpacked) {
        Ok(_) => (known, about, unpacked).into_response(),
        Err(error) => {
            tracing::error!(%error, address, "a file of the explorer cannot be unpacked");
            plain(Code::Internal.http_status(), INTERNAL_MESSAGE)
        }
    }
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let listed = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|list| list.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        matches!(name.trim(), "gzip" | "*")
            && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn media_type(address: &str) -> &'static str {
    match address.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    }
}

/// Whom the page offers to sign in as, and with which code: in development only, and to the page itself only.
async fn people(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    let from_elsewhere =
        headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if from_elsewhere {
        return plain(403, "This is for the page at /graphiql.");
    }
    match offered(&state) {
        Ok(offered) => ([(header::CACHE_CONTROL, "no-store")], Json(offered)).into_response(),
        Err(error) => {
            tracing::error!(cause = error.cause().map(ToString::to_string), "the demo people cannot be read");
            plain(Code::Internal.http_status(), INTERNAL_MESSAGE)
        }
    }
}

fn offered(state: &ServerState) -> Result<Value> {
    let config = &state.app.config;
    if config.environment != Environment::Development {
        return Ok(json!({"people": [], "code": null, "codesArePrinted": false}));
    }
    let people: Vec<_> = demo::people()?
        .iter()
        .map(|person| {
            json!({
                "phone": person.phone,
                "name": person.name,
                "role": person.role.as_str(),
                "society": person.society,
            })
        })
        .collect();
    let printed = config.otp_delivery == OtpDelivery::Console;
    Ok(json!({"people": people, "code": config.dev_otp, "codesArePrinted": printed}))
}
