//! A person is looked up by their phone.

use chrono::{DateTime, Utc};

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::staff::people::ManagedUser;
use crate::journeys::staff::{NewStaffAction, StaffActionKind, Target, record};
use crate::values::Phone;

/// Finds the person with a phone. Whose data were read, and by whom, is written down.
///
/// # Errors
/// `NOT_FOUND` that names `phone`, for a deleted account as well.
pub async fn look_up(
    conn: &mut Conn,
    who: &Viewer,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<ManagedUser> {
    let found = ManagedUser::of_phone(conn, phone, now).await?;
    let found = found.ok_or_else(|| Error::not_found("User not found").of_field("phone"))?;
    let new = NewStaffAction {
        action: StaffActionKind::UserLookedUp,
        target: Target::User(found.user.id),
        reason: None,
        detail: None,
        transaction: None,
    };
    record(conn, who.user_id, &new, now).await?;
    Ok(found)
}
