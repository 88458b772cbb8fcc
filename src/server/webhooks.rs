//! What payment providers tell on their own. Nobody signs in for it: the body's signature says who speaks.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderValue};
use serde_json::json;

use crate::error::{Code, INTERNAL_MESSAGE};
use crate::journeys::wallet::loading::{self, Heard};
use crate::server::{ServerState, nothing_here, plain};

/// The longest body that is read, in bytes. They have a few thousand.
const LONGEST: usize = 128 * 1024;

/// `POST /webhooks/razorpay`. Whatever is not answered with success is told again, for a day.
///
/// Nothing of a body is logged: it names people, cards and accounts.
pub async fn razorpay(State(state): State<ServerState>, request: Request) -> Response {
    let Some(razorpay) = &state.app.razorpay else { return nothing_here().await };
    let signature = request.headers().get("x-razorpay-signature").map(HeaderValue::to_str);
    let Some(Ok(signature)) = signature.map(|signature| signature.map(ToOwned::to_owned)) else {
        return plain(401, "The signature is missing.");
    };
    let Ok(body) = to_bytes(request.into_body(), LONGEST).await else {
        return plain(413, "The body cannot be read.");
    };
    match loading::hear(&state.app, razorpay, &body, &signature).await {
        Ok(Heard::Done) => Json(json!({"status": "ok"})).into_response(),
        Ok(Heard::Forged) => {
            tracing::warn!("a webhook was not signed by its provider");
            plain(401, "The signature is wrong.")
        }
        Ok(Heard::Unread) => plain(400, "The body is not understood."),
        Ok(Heard::Unknown) => {
            tracing::warn!("a webhook tells of an order that is not known");
            plain(404, "The order is not known.")
        }
        Err(error) => {
            let cause = error.cause().map(ToString::to_string);
            tracing::error!(code = error.code().as_str(), cause, "a webhook was not carried out");
            match error.code() {
                Code::Internal => plain(500, INTERNAL_MESSAGE),
                code => plain(code.http_status(), error.message()),
            }
        }
    }
}
