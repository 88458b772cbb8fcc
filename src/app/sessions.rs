//! Who is signed in. Every request checks its session; most find it here.
//!
//! An entry leaves when its session ends or its person's rights change: at once on the node that wrote it, on others by
//! the event. What a lost event would leave behind is bounded by [`FRESH`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use quick_cache::sync::Cache;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::app::App;
use crate::db::Pool;
use crate::error::{Code, Error, Result};
use crate::events::Event;
use crate::schema::{user_profile, user_session};
use crate::values::{Phone, SessionId, UserId, word};

/// How many sessions are kept in memory: about 300 bytes each.
const KEPT: usize = 50_000;
/// How long an entry is believed without a look at the database.
const FRESH: TimeDelta = TimeDelta::seconds(60);
/// How many changes somebody who watches them may miss before they must look at the database themselves.
const CHANGES: usize = 256;
/// How exact `last_used_at` is.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);

word! {
    /// What a person may do. Consumer and vendor are chosen at onboarding; staff and admin are granted by the operator.
    Role {
        /// Buys.
        Consumer = "consumer",
        /// Sells, in one shop.
        Vendor = "vendor",
        /// Helps consumers and vendors.
        Staff = "staff",
        /// Runs the product.
        Admin = "admin",
    }
}

/// Who asks: the person behind a live session, as the database has them.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person.
    pub user_id: UserId,
    /// The session of this request.
    pub session_id: SessionId,
    /// The person's number.
    pub phone: Phone,
    /// The name given at onboarding.
    pub name: Option<String>,
    /// Where the person lives; a consumer sees this city and society only.
    pub city: Option<String>,
    /// Where the person lives.
    pub society: Option<String>,
    /// What the person may do; none before onboarding.
    pub role: Option<Role>,
    loaded_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl Viewer {
    /// A signed-in person with one of these roles.
    ///
    /// # Errors
    /// `ONBOARDING_REQUIRED` before a role was chosen, `FORBIDDEN` with another role.
    pub fn require(&self, role: Role) -> Result<&Viewer> {
        match self.onboarded()?.role {
            Some(held) if held == role => Ok(self),
            _ => Err(Error::forbidden("Forbidden")),
        }
    }

    /// A signed-in person who has a role, whichever it is.
    ///
    /// # Errors
    /// `ONBOARDING_REQUIRED` before a role was chosen.
    pub fn onboarded(&self) -> Result<&Viewer> {
        match self.role {
            Some(_) => Ok(self),
            None => Err(Error::new(Code::OnboardingRequired, "Role missing")),
        }
    }

    /// Whether the person is of the staff; admins are as well.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        matches!(self.role, Some(Role::Staff | Role::Admin))
    }

    /// A signed-in member of the staff.
    ///
    /// # Errors
    /// `ONBOARDING_REQUIRED` before a role was chosen, `FORBIDDEN` for consumers and vendors.
    pub fn require_staff(&self) -> Result<&Viewer> {
        if self.is_staff() { Ok(self) } else { self.require(Role::Staff) }
    }
}

/// The live sessions that requests asked for lately.
pub struct Sessions {
    cache: Cache<SessionId, Arc<Viewer>>,
    /// Raised whenever an entry is thrown out: what was read before must not be put in after.
    generation: AtomicU64,
    changes: broadcast::Sender<Option<UserId>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions {
            cache: Cache::new(KEPT),
            generation: AtomicU64::new(0),
            changes: broadcast::channel(CHANGES).0,
        }
    }
}

impl Sessions {
    /// The person behind a live session; `None` when it ended or never was.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn viewer(
        &self,
        pool: &Pool,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Viewer>>> {
        if let Some(viewer) = self.cache.get(&session)
            && now - viewer.loaded_at < FRESH
            && now < viewer.expires_at
        {
            return Ok(Some(viewer));
        }
        let generation = self.generation();
        let Some(viewer) = read(pool, session, now).await?.map(Arc::new) else {
            self.cache.remove(&session);
            return Ok(None);
        };
        if self.generation() == generation {
            self.cache.insert(session, viewer.clone());
        }
        Ok(Some(viewer))
    }

    /// Whether that person has an account, and did not delete it.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn knows(&self, pool: &Pool, user: UserId) -> Result<bool> {
        let accounts = user_profile::table.find(user).filter(user_profile::deleted_at.is_null());
        Ok(diesel::select(exists(accounts)).get_result(&mut pool.get().await?).await?)
    }

    fn generation(&self) -> u64 {
        AtomicU64::load(&self.generation, Ordering::Acquire)
    }

    /// Forgets a person: the next request of each of their sessions asks the database.
    pub fn forget(&self, user: UserId) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.cache.retain(|_, viewer| viewer.user_id != user);
        // Nobody may be watching.
        let _ = self.changes.send(Some(user));
    }

    /// Who was forgotten, from now on; `None` stands for everybody. Whoever hears of it can ask [`Sessions::viewer`]
    /// at once and gets what the database says.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Option<UserId>> {
        self.changes.subscribe()
    }

    fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.cache.clear();
        let _ = self.changes.send(None);
    }
}

/// Reads a live session and notes now and then that it is in use.
async fn read(pool: &Pool, session: SessionId, now: DateTime<Utc>) -> Result<Option<Viewer>> {
    type Row = (
        (UserId, Phone, Option<String>, Option<String>, Option<String>, Option<Role>),
        (DateTime<Utc>, DateTime<Utc>),
    );
    let mut conn = pool.get().await?;
    let row: Option<Row> = user_session::table
        .inner_join(user_profile::table)
        .filter(user_session::id.eq(session))
        .filter(user_session::revoked_at.is_null())
        .filter(user_session::expires_at.gt(now))
        .select((
            (
                user_profile::id,
                user_profile::phone,
                user_profile::name,
                user_profile::city,
                user_profile::society,
                user_profile::role,
            ),
            (user_session::last_used_at, user_session::expires_at),
        ))
        .first(&mut conn)
        .await
        .optional()?;
    let Some(((user_id, phone, name, city, society, role), (last_used_at, expires_at))) = row else {
        return Ok(None);
    };
    if now - last_used_at > USE_NOTED_EVERY {
        diesel::update(user_session::table.find(session))
            .set(user_session::last_used_at.eq(now))
            .execute(&mut conn)
            .await?;
    }
    Ok(Some(Viewer {
        user_id,
        session_id: session,
        phone,
        name,
        city,
        society,
        role,
        loaded_at: now,
        expires_at,
    }))
}

/// Forgets the sessions whose end this or another node recorded. Ends with the hub.
pub(super) async fn forget_ended(app: Arc<App>, mut ended: broadcast::Receiver<Arc<Event>>) {
    loop {
        match ended.recv().await {
            Ok(event) => match event.user_id {
                Some(user) => app.sessions.forget(user),
                None => app.sessions.forget_all(),
            },
            // Too many at once to know them all.
            Err(RecvError::Lagged(_)) => app.sessions.forget_all(),
            Err(RecvError::Closed) => return,
        }
    }
}
