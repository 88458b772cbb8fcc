//! Tails the event table, one feed per node.
//!
//! Reads in `(xid, id)` order and stops at the snapshot horizon: a transaction that is still running may yet write
//! rows that sort before those of others, so nothing at or above it is delivered. It can delay events, never hide one.

use std::sync::Arc;
use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use tokio::time::Instant;

use crate::db::{Conn, Pool};
use crate::error::{Error, Result};
use crate::events::sequence::{Disorder, Sequences};
use crate::events::{Doorbell, Event, EventCursor, Hub, Kind};
use crate::meters::Meters;
use crate::schema::event;
use crate::values::Clock;

/// How many events are read at once.
const BATCH: i64 = 500;
/// When a ring was lost, its events are found this late.
const POLL: Duration = Duration::from_millis(500);
/// While a running transaction holds events back, the feed looks again this soon.
const HELD_BACK: Duration = Duration::from_millis(10);
/// Rings that come faster than this are answered together, the first of them at once.
const COALESCE: Duration = Duration::from_millis(2);

#[diesel::declare_sql_function]
extern "SQL" {
    /// Every transaction below this one has ended: nothing more is written there (migration `events`).
    fn event_horizon() -> BigInt;
}

/// The tail of the event table: where it stands, and whom it feeds.
pub struct Feed {
    pool: Pool,
    hub: Hub,
    doorbell: Doorbell,
    poll: Duration,
    position: EventCursor,
    sequences: Sequences,
    meters: Arc<Meters>,
    clock: Clock,
    /// Since when a running transaction holds events back.
    held_since: Option<Instant>,
    /// Whether the last look failed.
    is_failing: bool,
}

impl Feed {
    /// A feed that starts behind the newest event that is below the horizon now. Streams of the hub start there too.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn start(pool: Pool, hub: Hub, doorbell: Doorbell) -> Result<Feed> {
        let mut conn = pool.get().await?;
        forget_foreign(&mut conn).await?;
        let position = newest(&mut conn).await?;
        hub.begin_at(position);
        Ok(Feed {
            pool,
            hub,
            doorbell,
            poll: POLL,
            position,
            sequences: Sequences::default(),
            meters: Arc::default(),
            clock: Clock::default(),
            held_since: None,
            is_failing: false,
        })
    }

    /// The same, with what it delivers counted there, by this clock.
    #[must_use]
    pub fn measured_by(self, meters: Arc<Meters>, clock: Clock) -> Feed {
        Feed { meters, clock, ..self }
    }

    /// The same, looking this seldom unless it is rung for: for tests of the doorbell.
    #[must_use]
    pub fn polling_every(self, poll: Duration) -> Feed {
        Feed { poll, ..self }
    }

    /// Feeds the hub until the task is dropped. A database that fails is tried again.
    pub async fn run(mut self) {
        loop {
            let looked_at = Instant::now();
            let advance = self.advance().await;
            self.measure(advance.as_ref().ok(), looked_at);
            let wait = match advance {
                Ok(Advance::More) => continue,
                Ok(Advance::HeldBack) => HELD_BACK,
                Ok(Advance::Dry) => self.poll,
                Err(error) => {
                    self.complain(&error);
                    POLL
                }
            };
            let rung = tokio::time::timeout(wait, self.doorbell.rung()).await.is_ok();
            if rung {
                tokio::time::sleep_until(looked_at + COALESCE).await;
            }
        }
    }

    /// Notes that the table was read, and for how long events have been held back.
    fn measure(&mut self, advance: Option<&Advance>, looked_at: Instant) {
        let Some(advance) = advance else { return };
        if std::mem::take(&mut self.is_failing) {
            tracing::info!("the event feed reads again");
        }
        self.held_since = match advance {
            Advance::HeldBack => Some(self.held_since.unwrap_or(looked_at)),
            Advance::More | Advance::Dry => None,
        };
        let held_back = self.held_since.map_or(Duration::ZERO, |since| since.elapsed());
        self.meters.feed_looked(self.clock.now().timestamp(), held_back);
    }

    /// Logs a failure, once for all that follow each other: it looks twice a second.
    fn complain(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(cause = ?error.cause(), "the event feed cannot read; it tries again");
        }
    }

    /// Delivers one batch.
    async fn advance(&mut self) -> Result<Advance> {
        let mut conn = self.pool.get().await?;
        let rows = read_after(&mut conn, self.position).await?;
        drop(conn);
        let full = rows.len() >= BATCH as usize;
        for (event, below_horizon) in rows {
            if !below_horizon {
                return Ok(Advance::HeldBack);
            }
            self.position = event.cursor();
            let number = event.order_id.zip(event.seq);
            // Recorded by another gateway's clock, it may seem to be of the future.
            let after = (self.clock.now() - event.created_at).to_std().unwrap_or_default();
            self.meters.delivered(event.kind.as_str(), after);
            self.hub.publish(&Arc::new(event));
            if let Some(disorder) = number.and_then(|(order_id, seq)| self.sequences.note(order_id, seq)) {
                self.report(disorder).await;
            }
        }
        Ok(if full { Advance::More } else { Advance::Dry })
    }

    /// Logs that something was delivered out of order or not at all, unless a newer gateway recorded what is missing.
    async fn report(&self, disorder: Disorder) {
        let Disorder { order_id, expected, found } = disorder;
        if self
            .unknown_to_us(disorder)
            .await
            .is_ok_and(|unknown| unknown == i64::from(found) - i64::from(expected))
        {
            return;
        }
        tracing::error!(order.id = order_id.0, expected, found, "the events of an order are not in sequence");
    }

    /// How many of the numbers that were passed over belong to events of kinds that this gateway does not know.
    async fn unknown_to_us(&self, Disorder { order_id, expected, found }: Disorder) -> Result<i64> {
        let unknown = event::table
            .filter(event::order_id.eq(order_id))
            .filter(event::seq.ge(expected).and(event::seq.lt(found)))
            .filter(event::kind.ne_all(Kind::ALL))
            .count()
            .get_result(&mut self.pool.get().await?)
            .await?;
        Ok(unknown)
    }
}

/// What a look at the table came to.
enum Advance {
    /// There is more to read at once.
    More,
    /// A running transaction holds events back.
    HeldBack,
    /// Nothing more for now.
    Dry,
}

/// The next events behind `position`, each with whether it is below the horizon of this very statement.
async fn read_after(conn: &mut Conn, position: EventCursor) -> Result<Vec<(Event, bool)>> {
    let rows = event::table
        // A row comparison, spelt so that the index on (xid, id) gives the range.
        .filter(event::xid.ge(position.xid))
        .filter(event::xid.gt(position.xid).or(event::id.gt(position.id)))
        // A newer gateway on the same database may record kinds that this one does not know.
        .filter(event::kind.eq_any(Kind::ALL))
        .order((event::xid, event::id))
        .limit(BATCH)
        .select((Event::as_select(), event::xid.lt(event_horizon())))
        .load(conn)
        .await?;
    Ok(rows)
}

/// Removes the events of transactions that have not begun yet: they came with a dump of another cluster, which had
/// counted further. The feed would wait for them before it delivers anything new.
async fn forget_foreign(conn: &mut Conn) -> Result<()> {
    let foreign = sql::<Bool>("xid >= pg_snapshot_xmax(pg_current_snapshot())::TEXT::BIGINT");
    let removed = diesel::delete(event::table.filter(foreign)).execute(conn).await?;
    if removed > 0 {
        tracing::warn!(removed, "events of another database cluster were removed; subscribers start anew");
    }
    Ok(())
}

/// The cursor of the newest event below the horizon; the beginning when there is none.
async fn newest(conn: &mut Conn) -> Result<EventCursor> {
    let newest = event::table
        .filter(event::xid.lt(event_horizon()))
        .order((event::xid.desc(), event::id.desc()))
        .select((event::xid, event::id))
        .first::<(i64, i64)>(conn)
        .await
        .optional()?;
    Ok(newest.map_or_else(EventCursor::default, |(xid, id)| EventCursor { xid, id }))
}
