//! From a header to a person.

use std::sync::Arc;

use crate::app::{App, TokenKind, Unverified, Viewer};
use crate::error::{Code, Error, Result};

/// Who asks.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// No token came with the request.
    Anonymous,
    /// A token came, and it is not good; what needs a person answers this.
    Refused(Error),
    /// A live session.
    Viewer(Arc<Viewer>),
}

/// Reads an `Authorization` value: `Bearer <token>` in any case, or the bare token.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails. A bad token is not an error here: what needs nobody still works.
pub async fn authenticate(app: &App, authorization: Option<&str>) -> Result<Authentication> {
    let Some(value) = authorization.map(str::trim).filter(|value| !value.is_empty()) else {
        return Ok(Authentication::Anonymous);
    };
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value,
    };
    let refuse = |code, message| Ok(Authentication::Refused(Error::new(code, message)));
    let now = app.clock.now();
    let claims = match app.keys.verify(token, now) {
        Ok(claims) => claims,
        Err(Unverified::Invalid) => return refuse(Code::Unauthenticated, "invalid token"),
        Err(Unverified::Expired) => return refuse(Code::TokenExpired, "token expired"),
    };
    if claims.kind != TokenKind::Access {
        return refuse(Code::Unauthenticated, "expected access token");
    }
    match app.sessions.viewer(app.pool(), claims.sid, now).await? {
        Some(viewer) if viewer.user_id == claims.sub => Ok(Authentication::Viewer(viewer)),
        _ => refuse(Code::Unauthenticated, "invalid token"),
    }
}
