//! Removes what has served its time: soon after start-up, then every hour. Any number of gateways may do it at once.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::App;
use crate::db::once;
use crate::error::Result;
use crate::events;
use crate::schema::{otp, user_profile, user_session};
use crate::values::UserId;

/// When first: start-up has better things to do.
const FIRST: TimeDelta = TimeDelta::minutes(1);
/// How often.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// How long one-time codes are kept after they expired, for those who ask what was sent to a phone.
const CODES_KEPT: TimeDelta = TimeDelta::days(1);

/// How long after an account was deleted its pictures are looked for again: a failure, or a picture that came at that
/// moment, leaves none behind.
const PICTURES_SOUGHT: TimeDelta = TimeDelta::days(2);

/// How many rows were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Events older than `EVENT_DAYS`.
    pub events: usize,
    /// Outcomes under idempotency keys.
    pub idempotency_keys: usize,
    /// One-time codes.
    pub codes: usize,
    /// Sessions that nobody refreshed.
    pub sessions: usize,
}

impl App {
    /// Removes old events, idempotency keys, one-time codes and sessions.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails; everything else that can be removed is removed all the same.
    pub async fn remove_old(&self) -> Result<Removed> {
        let now = self.clock.now();
        let mut conn = self.read().await?;
        let events = events::prune(&mut conn, now - TimeDelta::days(i64::from(self.config.event_days))).await;
        let idempotency_keys = once::forget_old(&mut conn, now).await;
        let old = otp::table.filter(otp::expires_at.lt(now - CODES_KEPT));
        let codes = diesel::delete(old).execute(&mut conn).await;
        // Ended ones stay until then too: they say why. Their tokens are too old to be read at all.
        let old = user_session::table.filter(user_session::expires_at.le(now));
        let sessions = diesel::delete(old).execute(&mut conn).await;
        Ok(Removed {
            events: events?,
            idempotency_keys: idempotency_keys?,
            codes: codes?,
            sessions: sessions?,
        })
    }
}

impl App {
    /// Forgets the pictures of people who deleted their accounts of late, once more.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database or the pictures' store fails.
    pub async fn forget_pictures(&self) -> Result<()> {
        let since = self.clock.now() - PICTURES_SOUGHT;
        let late = user_profile::table.filter(user_profile::deleted_at.gt(since)).select(user_profile::id);
        let gone: Vec<UserId> = late.load(&mut *self.read().await?).await?;
        for who in gone {
            self.media.forget_all(who).await?;
        }
        Ok(())
    }
}

/// Keeps house until the task is dropped.
pub(super) async fn run(app: Arc<App>) {
    let mut wait = FIRST;
    loop {
        app.clock.sleep_until(app.clock.now() + wait).await;
        wait = EVERY;
        match app.remove_old().await {
            Ok(removed) => tracing::debug!(?removed, "removed what was old"),
            Err(error) => tracing::warn!(cause = ?error.cause(), "old rows stay for another hour"),
        }
        if let Err(error) = app.forget_pictures().await {
            tracing::warn!(cause = ?error.cause(), "pictures of deleted accounts may stay for another hour");
        }
    }
}
