//! A name for each request, for logs and for the client's report of a fault.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span};

/// The header that carries it, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// So much of the client's own name is taken (contract §1.7).
const MAX_LENGTH: usize = 100;

/// This request's name: the client's own, or 32 hex digits. A request extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// The printable ASCII of the client's own name; 32 hex digits where there is none.
    fn of(given: Option<&HeaderValue>) -> RequestId {
        let bytes = given.map(HeaderValue::as_bytes).unwrap_or_default();
        let printable = bytes.iter().filter(|byte| (b' '..=b'~').contains(byte)).take(MAX_LENGTH);
        let name: String = printable.map(|byte| char::from(*byte)).collect();
        match name.trim() {
            "" => RequestId(format!("{:032x}", rand::random::<u128>())),
            name => RequestId(name.to_owned()),
        }
    }
}

impl RequestId {
    /// What every log line of this request is in. At the error level, so that the name is there whatever is logged.
    #[must_use]
    pub fn span(&self) -> Span {
        tracing::error_span!(parent: None, "request", id = self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RequestId, Infallible> {
        Ok(parts.extensions.get::<RequestId>().cloned().unwrap_or_else(|| RequestId::of(None)))
    }
}

/// Names the request: in its extensions, in every log line written for it, and in the response.
pub async fn name_request(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers().get(X_REQUEST_ID));
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(id.span()).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[u8]) -> String {
        RequestId::of(Some(&HeaderValue::from_bytes(given).unwrap())).0
    }

    #[test]
    fn the_clients_name_is_kept_as_far_as_it_is_printable() {
        assert_eq!(of(b"order-42"), "order-42");
        assert_eq!(of(" caf\u{e9} 1\t".as_bytes()), "caf 1");
        assert_eq!(of("x".repeat(300).as_bytes()), "x".repeat(100));
    }

    #[test]
    fn a_request_without_a_name_gets_one_of_its_own() {
        let (first, second) = (RequestId::of(None).0, of("\u{e9}".as_bytes()));
        for name in [&first, &second] {
            assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        }
        assert_ne!(first, second);
    }
}
