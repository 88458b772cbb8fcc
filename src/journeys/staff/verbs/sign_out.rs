//! A person is signed out: somebody else has their phone.

use chrono::{DateTime, Utc};

use crate::app::{Role, Viewer};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::auth::{Ending, Session};
use crate::journeys::staff::people::role_of;
use crate::journeys::staff::{NewStaffAction, StaffActionKind, Target, record};
use crate::values::UserId;

/// Ends all sessions of a person. Returns how many there were.
///
/// # Errors
/// `NOT_FOUND` for nobody; `FORBIDDEN` for the staff, but to an admin: nobody keeps colleagues from looking.
pub async fn sign_out(
    conn: &mut Conn,
    who: &Viewer,
    user: UserId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<usize> {
    let role = role_of(conn, user).await?;
    if matches!(role, Some(Role::Staff | Role::Admin)) && who.role != Some(Role::Admin) {
        return Err(Error::forbidden("Only an admin signs the staff out").of_field("userId"));
    }
    let ended = Session::end_all(conn, user, Ending::Staff, now).await?;
    let new = NewStaffAction {
        action: StaffActionKind::SessionsRevoked,
        target: Target::User(user),
        reason: Some(reason),
        detail: Some(format!("sessions: {ended}")),
        transaction: None,
    };
    record(conn, who.user_id, &new, now).await?;
    Ok(ended)
}
