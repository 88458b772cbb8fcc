//! What creates, uses up and ends codes and sessions.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Claims;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::events::{self, NewEvent};
use crate::journeys::auth::Session;
use crate::journeys::auth::model::{Ending, Refreshable, WaitingCode};
use crate::journeys::auth::otp::{self, OneTimeCode, Verdict};
use crate::journeys::auth::tokens::Issuer;
use crate::journeys::profile::User;
use crate::request::Face;
use crate::schema::{otp as codes, user_session};
use crate::values::{Phone, SessionId, UserId};

/// For this long the refresh token that was used last gives its pair again: two tabs refresh at once, or an answer got
/// lost on the way.
const LAST_USED_IS_HONOURED: TimeDelta = TimeDelta::seconds(10);

/// Makes this the code that waits for the phone; an earlier one is worth nothing from now on.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn keep_code(conn: &mut Conn, phone: &Phone, code_hash: &[u8], now: DateTime<Utc>) -> Result<()> {
    let row = (
        codes::code_hash.eq(code_hash),
        codes::attempts.eq(0),
        codes::created_at.eq(now),
        codes::expires_at.eq(now + otp::LIFETIME),
    );
    diesel::insert_into(codes::table)
        .values((codes::phone.eq(phone), row))
        .on_conflict(codes::phone)
        .filter_target(codes::consumed_at.is_null())
        .do_update()
        .set(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// An attempt to sign in.
pub struct Attempt {
    /// Whose phone.
    pub phone: Phone,
    /// What was typed.
    pub code: OneTimeCode,
    /// Which way it came in.
    pub face: Face,
    /// What the device calls itself.
    pub device: Option<String>,
}

/// A person with a session and the name of its refresh token.
pub struct SignedIn {
    /// The person.
    pub user: User,
    /// The session.
    pub session: Session,
    /// Of the refresh token.
    pub name: String,
}

/// Uses the waiting code up and opens a session, for a new person if the phone is new.
///
/// `None` when the code is not accepted. That is no error here: the wrong attempt was counted, and must be committed.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn sign_in(
    conn: &mut Conn,
    attempt: &Attempt,
    issuer: &Issuer<'_>,
    now: DateTime<Utc>,
) -> Result<Option<SignedIn>> {
    let Some(waiting) = WaitingCode::lock(conn, &attempt.phone).await? else { return Ok(None) };
    let row = codes::table.find(waiting.id);
    let right = attempt.code.is(issuer.keys(), &attempt.phone, &waiting.code_hash);
    match otp::verify(now, &waiting, right) {
        Verdict::Dead => return Ok(None),
        Verdict::Wrong => {
            diesel::update(row).set(codes::attempts.eq(codes::attempts + 1)).execute(conn).await?;
            return Ok(None);
        }
        Verdict::Right => {
            diesel::update(row).set(codes::consumed_at.eq(now)).execute(conn).await?;
        }
    }
    let user = User::of_phone(conn, &attempt.phone, now).await?;
    let (session, name) = open(conn, user.id, attempt, issuer, now).await?;
    Ok(Some(SignedIn { user, session, name }))
}

/// Opens a session; with the name of its refresh token.
async fn open(
    conn: &mut Conn,
    user: UserId,
    attempt: &Attempt,
    issuer: &Issuer<'_>,
    now: DateTime<Utc>,
) -> Result<(Session, String)> {
    let name = Issuer::first_name();
    let session = diesel::insert_into(user_session::table)
        .values((
            user_session::user_id.eq(user),
            user_session::face.eq(attempt.face),
            user_session::device.eq(&attempt.device),
            user_session::refresh_hash.eq(issuer.seal(&name)),
            user_session::rotated_at.eq(now),
            user_session::created_at.eq(now),
            user_session::last_used_at.eq(now),
            user_session::expires_at.eq(now + issuer.session_life(attempt.face)),
        ))
        .returning(Session::as_returning())
        .get_result(conn)
        .await?;
    Ok((session, name))
}

/// What came of a refresh token.
pub enum Refresh {
    /// The next pair; the same again for a token that was used a moment ago.
    Renewed(Box<SignedIn>),
    /// Nothing: the session has ended.
    Refused,
    /// It had been used before, so someone has a copy of it. Its session was ended, which must be committed.
    Reused,
}

/// Turns a refresh token that is signed by us into the session's next pair.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn refresh(
    conn: &mut Conn,
    claims: &Claims,
    issuer: &Issuer<'_>,
    now: DateTime<Utc>,
) -> Result<Refresh> {
    let Some(name) = claims.jti.as_deref() else { return Ok(Refresh::Refused) };
    let Some(found) = Refreshable::lock(conn, claims.sub, claims.sid, now).await? else {
        return Ok(Refresh::Refused);
    };
    let next = issuer.next_name(name);
    if issuer.is_sealed(name, &found.refresh_hash) {
        let session = rotate(conn, &found, &issuer.seal(&next), issuer, now).await?;
        let user = User::find(conn, session.user_id).await?;
        return Ok(Refresh::Renewed(Box::new(SignedIn { user, session, name: next })));
    }
    let is_last_used =
        found.previous_refresh_hash.as_deref().is_some_and(|seal| issuer.is_sealed(name, seal));
    if is_last_used && now - found.session.rotated_at <= LAST_USED_IS_HONOURED {
        // Does not follow only if the secret was changed within these seconds.
        if !issuer.is_sealed(&next, &found.refresh_hash) {
            return Ok(Refresh::Refused);
        }
        let user = User::find(conn, found.session.user_id).await?;
        return Ok(Refresh::Renewed(Box::new(SignedIn { user, session: found.session, name: next })));
    }
    end(conn, claims.sub, claims.sid, Ending::Reuse, now).await?;
    Ok(Refresh::Reused)
}

async fn rotate(
    conn: &mut Conn,
    found: &Refreshable,
    next_seal: &[u8],
    issuer: &Issuer<'_>,
    now: DateTime<Utc>,
) -> Result<Session> {
    Ok(diesel::update(user_session::table.find(found.session.id))
        .set((
            user_session::refresh_hash.eq(next_seal),
            user_session::previous_refresh_hash.eq(&found.refresh_hash),
            user_session::rotated_at.eq(now),
            user_session::last_used_at.eq(now),
            user_session::expires_at.eq(now + issuer.session_life(found.session.face)),
        ))
        .returning(Session::as_returning())
        .get_result(conn)
        .await?)
}

/// Ends one session of a person, and records it. `false` when there is no such live session.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn end(
    conn: &mut Conn,
    user: UserId,
    session: SessionId,
    why: Ending,
    now: DateTime<Utc>,
) -> Result<bool> {
    let live = user_session::table
        .find(session)
        .filter(user_session::user_id.eq(user))
        .filter(user_session::revoked_at.is_null())
        .filter(user_session::expires_at.gt(now));
    let ended = diesel::update(live)
        .set((user_session::revoked_at.eq(now), user_session::revoked_reason.eq(why)))
        .execute(conn)
        .await?;
    if ended > 0 {
        events::record(conn, &NewEvent::of_sessions(user, &session.to_string(), now)).await?;
    }
    Ok(ended > 0)
}

/// Ends all live sessions of a person but the one that stays, and records it. Returns how many there were.
///
/// # Errors
/// `UNAUTHENTICATED` when the one that is to stay was ended meanwhile.
pub async fn end_others(
    conn: &mut Conn,
    user: UserId,
    staying: SessionId,
    now: DateTime<Utc>,
) -> Result<usize> {
    // Of devices that do this at once the first stays; each other one finds that its own session has ended.
    User::lock(conn, user).await?;
    let live = user_session::table
        .filter(user_session::user_id.eq(user))
        .filter(user_session::revoked_at.is_null())
        .filter(user_session::expires_at.gt(now));
    let stays = live.filter(user_session::id.eq(staying)).select(user_session::id).first::<SessionId>(conn);
    if stays.await.optional()?.is_none() {
        return Err(Error::new(Code::Unauthenticated, "invalid token"));
    }
    let ended = diesel::update(live.filter(user_session::id.ne(staying)))
        .set((user_session::revoked_at.eq(now), user_session::revoked_reason.eq(Ending::Revoked)))
        .execute(conn)
        .await?;
    if ended > 0 {
        events::record(conn, &NewEvent::of_sessions(user, "others", now)).await?;
    }
    Ok(ended)
}
