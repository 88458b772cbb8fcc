//! Waiting codes and sessions as rows, and how they are read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::events::{self, NewEvent};
use crate::request::{Face, Page, columns};
use crate::schema::{otp, user_session};
use crate::values::{Instant, Phone, SessionId, UserId, word};

/// The one code of a phone that can still be used.
#[derive(Queryable, Selectable)]
#[diesel(table_name = otp)]
pub struct WaitingCode {
    /// The row's number.
    pub id: i64,
    /// The keyed hash of phone and code.
    pub code_hash: Vec<u8>,
    /// How many wrong attempts were made.
    pub attempts: i32,
    /// When it ends, in UTC.
    pub expires_at: DateTime<Utc>,
}

impl WaitingCode {
    /// The code that waits for this phone, locked until the transaction ends.
    ///
    /// Of several attempts at once, each sees what the one before it left: a used code is no longer found.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn lock(conn: &mut Conn, phone: &Phone) -> Result<Option<WaitingCode>> {
        Ok(otp::table
            .filter(otp::phone.eq(phone))
            .filter(otp::consumed_at.is_null())
            .select(WaitingCode::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?)
    }
}

word! {
    /// Why a session was ended before its time.
    Ending {
        /// Its own device signed out.
        Logout = "logout",
        /// The person signed out everywhere.
        LogoutAll = "logout_all",
        /// The person ended it from another device.
        Revoked = "revoked",
        /// A refresh token came that had been used before: someone has a copy.
        Reuse = "reuse",
        /// The person deleted their account.
        AccountDeleted = "account_deleted",
        /// The staff signed the person out.
        Staff = "staff",
    }
}

/// A device on which the person is signed in.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[graphql(complex)]
#[diesel(table_name = user_session)]
pub struct Session {
    /// Identifies the session; newer ones have larger ids.
    pub id: SessionId,
    /// Whose it is.
    #[graphql(skip)]
    pub user_id: UserId,
    /// What the device called itself when it signed in: the first 200 characters of its `User-Agent`.
    pub device: Option<String>,
    /// Which way it signed in.
    pub face: Face,
    /// When it signed in, in UTC.
    pub created_at: Instant,
    /// When it was last in use, in UTC, to five minutes.
    pub last_used_at: Instant,
    /// When it ends unless it is refreshed before, in UTC.
    pub expires_at: Instant,
    /// When its present tokens were issued.
    #[graphql(skip)]
    pub rotated_at: DateTime<Utc>,
}

columns!(Session {
    "id": id,
    "device": device,
    "face": face,
    "createdAt": created_at,
    "lastUsedAt": last_used_at,
    "expiresAt": expires_at,
});

impl Session {
    /// A person's live sessions, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn live_of_user(
        conn: &mut Conn,
        user: UserId,
        page: &Page<i64>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Session>> {
        let before = SessionId(page.after.unwrap_or(i64::MAX));
        Ok(user_session::table
            .filter(user_session::user_id.eq(user))
            .filter(user_session::revoked_at.is_null())
            .filter(user_session::expires_at.gt(now))
            .filter(user_session::id.lt(before))
            .order(user_session::id.desc())
            .limit(page.limit())
            .select(Session::as_select())
            .load(conn)
            .await?)
    }

    /// Ends all live sessions of a person, and records it. Returns how many there were.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn end_all(conn: &mut Conn, user: UserId, why: Ending, now: DateTime<Utc>) -> Result<usize> {
        let live = user_session::table
            .filter(user_session::user_id.eq(user))
            .filter(user_session::revoked_at.is_null())
            .filter(user_session::expires_at.gt(now));
        let ended = diesel::update(live)
            .set((user_session::revoked_at.eq(now), user_session::revoked_reason.eq(why)))
            .execute(conn)
            .await?;
        events::record(conn, &NewEvent::of_sessions(user, "all", now)).await?;
        Ok(ended)
    }
}

/// A live session with what recognises its refresh tokens.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_session)]
pub struct Refreshable {
    /// The session.
    #[diesel(embed)]
    pub session: Session,
    /// Of the token that gets the next pair.
    pub refresh_hash: Vec<u8>,
    /// Of the token that got the present pair.
    pub previous_refresh_hash: Option<Vec<u8>>,
}

impl Refreshable {
    /// A person's session if it is live, locked until the transaction ends: of two refreshes at once, the second sees
    /// what the first one left.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn lock(
        conn: &mut Conn,
        user: UserId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Refreshable>> {
        Ok(user_session::table
            .find(id)
            .filter(user_session::user_id.eq(user))
            .filter(user_session::revoked_at.is_null())
            .filter(user_session::expires_at.gt(now))
            .select(Refreshable::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()?)
    }
}
