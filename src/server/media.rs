//! Pictures over HTTP. A page of any origin may show them; none of them can run, whatever a browser takes it for.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::{Code, INTERNAL_MESSAGE};
use crate::server::{ServerState, etag, plain};

/// The content behind an address never changes.
const KEPT: &str = "public, max-age=31536000, immutable";

/// `GET` and `HEAD` of `/media/{path}`.
pub async fn get(State(state): State<ServerState>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let picture = match state.app.media.read(&path).await {
        Ok(Some(picture)) => picture,
        Ok(None) => return plain(404, "There is no such picture."),
        Err(error) if error.code() == Code::ProviderUnavailable => {
            return plain(error.code().http_status(), error.message());
        }
        Err(error) => {
            tracing::error!(cause = error.cause().map(ToString::to_string), "a picture cannot be read");
            return plain(Code::Internal.http_status(), INTERNAL_MESSAGE);
        }
    };
    // The name is random and never used twice: it says which content this is.
    let tag = etag::quoted(path.rsplit('/').next().unwrap_or(&path));
    let known = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, KEPT),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    if etag::has(&headers, &tag) {
        return (StatusCode::NOT_MODIFIED, known).into_response();
    }
    let about = [
        (header::CONTENT_TYPE, "image/jpeg".to_owned()),
        (header::CONTENT_LENGTH, picture.meta.size.to_string()),
    ];
    (known, about, Body::from_stream(picture.into_stream())).into_response()
}
