//! From a header to a person.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::app::{App, TokenKind, Unverified, Viewer};
use crate::error::{Code, Error, Result};
use crate::values::UserId;

/// After the database failed to say whether a session is still live, it is asked again this much later.
const ASK_AGAIN: TimeDelta = TimeDelta::seconds(1);

/// Who asks.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// No token came with the request.
    Anonymous,
    /// A token came, and it is not good; what needs a person answers this.
    Refused(Error),
    /// A live session.
    Viewer {
        /// The person.
        viewer: Arc<Viewer>,
        /// When the token is no longer believed.
        expires_at: DateTime<Utc>,
    },
}

impl Authentication {
    /// The same person as the database has them now; refused when the session ended meanwhile.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn present(&self, app: &App) -> Result<Authentication> {
        let Authentication::Viewer { viewer, expires_at } = self else { return Ok(self.clone()) };
        let now = app.clock.now();
        if now >= *expires_at {
            return Ok(Authentication::Refused(Error::new(Code::TokenExpired, "token expired")));
        }
        Ok(match app.sessions.viewer(app.pool(), viewer.session_id, now).await? {
            Some(viewer) => Authentication::Viewer { viewer, expires_at: *expires_at },
            None => Authentication::Refused(Error::new(Code::Unauthenticated, "invalid token")),
        })
    }

    /// Waits until this no longer holds: the token expired, the session ended, or the person's role was taken away.
    ///
    /// For what outlives its request: sockets and streams end with it. Never comes for nobody.
    pub async fn ended(&self, app: &App) {
        let Authentication::Viewer { viewer, expires_at } = self else { return std::future::pending().await };
        let mut changes = app.sessions.changes();
        loop {
            // Boxed: thousands wait here, and what reads the database takes some room.
            let ask_again = match Box::pin(holds(app, viewer)).await {
                Ok(true) => None,
                Ok(false) => return,
                Err(_) => Some(app.clock.now() + ASK_AGAIN),
            };
            tokio::select! {
                () = app.clock.sleep_until(ask_again.unwrap_or(*expires_at).min(*expires_at)) => {
                    if app.clock.now() >= *expires_at {
                        return;
                    }
                }
                () = change_of(&mut changes, viewer.user_id) => {}
            }
        }
    }
}

/// Whether the session is still live, and the role that it began with is still the person's.
async fn holds(app: &App, viewer: &Viewer) -> Result<bool> {
    let present = app.sessions.viewer(app.pool(), viewer.session_id, app.clock.now()).await?;
    Ok(present.is_some_and(|present| viewer.role.is_none() || viewer.role == present.role))
}

/// Waits until a person's sessions or rights may have changed.
async fn change_of(changes: &mut broadcast::Receiver<Option<UserId>>, user: UserId) {
    loop {
        match changes.recv().await {
            Ok(Some(other)) if other != user => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // The sender lives as long as the app.
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
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
        Some(viewer) if viewer.user_id == claims.sub => {
            // A time that cannot be written as a date lies beyond everybody's patience.
            let expires_at = DateTime::from_timestamp(claims.exp, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
            Ok(Authentication::Viewer { viewer, expires_at })
        }
        // A good token, and no session of it. Whether the person left as well is told apart (contract §1.4).
        _ if app.sessions.knows(app.pool(), claims.sub).await? => {
            refuse(Code::Unauthenticated, "invalid token")
        }
        _ => refuse(Code::Unauthenticated, "Invalid user"),
    }
}
