//! The REST paths described: `/api/v1/openapi.json`, and the page `/api/v1/docs` that shows it and tries calls.
//!
//! The page is Swagger UI, whose files are part of the binary. It asks nobody but this gateway for anything, and its policy keeps
//! it so.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::OnceLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::sync::OnceCell;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

use crate::error::{Code, INTERNAL_MESSAGE};
use crate::rest::{self, Refusal, Unfit};
use crate::server::{ServerState, etag, plain};

/// Where the page is.
pub const PAGE: &str = "/api/v1/docs";

/// Its files beside itself, each with its content type.
const FILES: [(&str, &str); 3] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("start.js", "text/javascript; charset=utf-8"),
];

/// The style sheet of Swagger UI holds its pictures.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A new build has other files under the same names: the client asks whether its own are still the ones.
const REVALIDATED: &str = "no-cache";

/// A file as it is served, with its tag.
struct File {
    bytes: Bytes,
    tag: String,
}

impl File {
    fn of(bytes: impl Into<Bytes>) -> File {
        let bytes = bytes.into();
        File { tag: etag::tag_of(&bytes), bytes }
    }

    fn response(&self, content_type: &'static str, asked: &HeaderMap) -> Response {
        let known = [
            (header::ETAG, self.tag.as_str()),
            (header::CACHE_CONTROL, REVALIDATED),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ];
        if etag::has(asked, &self.tag) {
            return (StatusCode::NOT_MODIFIED, known).into_response();
        }
        (known, [(header::CONTENT_TYPE, content_type)], self.bytes.clone()).into_response()
    }
}

/// `GET` of `/api/v1/openapi.json`.
pub async fn description(headers: HeaderMap) -> Response {
    match described().await {
        Ok(description) => description.response("application/json", &headers),
        Err(unfit) => {
            tracing::error!(cause = %unfit, "the REST paths cannot be described");
            plain(Code::Internal.http_status(), INTERNAL_MESSAGE)
        }
    }
}

/// The description of this build, made when it is first asked for.
async fn described() -> Result<&'static File, Unfit> {
    static MADE: OnceCell<File> = OnceCell::const_new();
    MADE.get_or_try_init(async || Ok(File::of(rest::openapi().await?.to_string()))).await
}

/// `GET` of `/api/v1/docs`.
pub async fn page(State(state): State<ServerState>, headers: HeaderMap) -> Response {
    static INDEX: OnceLock<File> = OnceLock::new();
    if !state.app.config.api_docs {
        return Refusal::unknown_path().into_response();
    }
    let index = INDEX.get_or_init(|| File::of(include_str!("docs/index.html")));
    index.response("text/html; charset=utf-8", &headers)
}

/// `GET` of the page's files.
pub async fn file(
    State(state): State<ServerState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let known = FILES.iter().find(|(known, _)| state.app.config.api_docs && *known == name);
    match known.and_then(|(name, content_type)| Some((files().get(name)?, content_type))) {
        Some((file, content_type)) => file.response(content_type, &headers),
        None => Refusal::unknown_path().into_response(),
    }
}

/// The files of the page, unpacked when the first of them is asked for.
fn files() -> &'static HashMap<&'static str, File> {
    static UNPACKED: OnceLock<HashMap<&'static str, File>> = OnceLock::new();
    UNPACKED.get_or_init(|| {
        let own = ("start.js", File::of(include_str!("docs/start.js")));
        FILES.iter().filter_map(|(name, _)| Some((*name, File::of(unpacked(name)?)))).chain([own]).collect()
    })
}

/// A file of Swagger UI.
fn unpacked(name: &str) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    let mut paths = archive.file_names().filter_map(Result::ok);
    let path = paths.find(|path| path.ends_with(&format!("/dist/{name}")))?.into_owned();
    drop(paths);
    let mut bytes = Vec::new();
    archive.by_name(&path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
