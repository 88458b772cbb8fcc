//! Fans events out to the streams of one order, one person, one shop. Holds nothing that the table does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::futures_util::Stream;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::db::Pool;
use crate::error::{Code, Error, Result};
use crate::events::feed::BELOW_HORIZON;
use crate::events::{Event, EventCursor, Kind};
use crate::schema::event;
use crate::values::{OrderId, ShopId, UserId};

/// How many events a topic holds for a slow stream; one that falls further behind reads the table instead.
const BACKLOG: usize = 64;
/// How many events a replay reads at once.
const REPLAY_BATCH: i64 = 200;

/// Whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Of one order.
    Order(OrderId),
    /// That one person hears of.
    User(UserId),
    /// That the owner of one shop hears of.
    Shop(ShopId),
    /// About sessions and rights, of everyone: for the gateway itself.
    Sessions,
}

impl Topic {
    fn of(event: &Event) -> impl Iterator<Item = Topic> {
        let sessions = (event.kind == Kind::SessionsEnded).then_some(Topic::Sessions);
        [
            event.order_id.map(Topic::Order),
            event.user_id.map(Topic::User),
            event.shop_id.map(Topic::Shop),
            sessions,
        ]
        .into_iter()
        .flatten()
    }
}

/// Delivers events to whoever listens on this node.
#[derive(Clone, Default)]
pub struct Hub {
    topics: Arc<Mutex<HashMap<Topic, broadcast::Sender<Arc<Event>>>>>,
}

impl Hub {
    /// Hands one event to all streams of its topics. Never waits.
    pub fn publish(&self, event: &Arc<Event>) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        for topic in Topic::of(event) {
            // A send fails when the last stream of the topic is gone: then the topic goes too.
            if topics.get(&topic).is_some_and(|sender| sender.send(event.clone()).is_err()) {
                topics.remove(&topic);
            }
        }
    }

    /// How many topics have listeners.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Live events of a topic from now on.
    #[must_use]
    pub fn listen(&self, topic: Topic) -> broadcast::Receiver<Arc<Event>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Topics whose streams all left without a later event would pile up otherwise.
        if topics.len() % 1024 == 1023 {
            topics.retain(|_, sender| sender.receiver_count() > 0);
        }
        topics.entry(topic).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// The events of one kind and topic, in order, each once: those after the cursor from the table, then live ones.
    ///
    /// Without a cursor the stream starts now. It listens before it reads the table, so nothing falls between; what
    /// both deliver is recognised by its place in the order. A stream that falls behind reads the table again.
    ///
    /// # Errors
    /// `CURSOR_EXPIRED` when events after the cursor are no longer kept; `INTERNAL` when the database fails.
    pub async fn stream(
        &self,
        pool: Pool,
        kind: Kind,
        topic: Topic,
        after: Option<EventCursor>,
    ) -> Result<impl Stream<Item = Result<Arc<Event>>> + use<>> {
        let live = self.listen(topic);
        let start = match after {
            Some(cursor) => {
                check_kept(&pool, cursor).await?;
                cursor
            }
            None => EventCursor::default(),
        };
        let replay = after.is_some();
        let state = Streaming { pool, kind, topic, live, position: start, replay, ready: Vec::new() };
        Ok(async_graphql::futures_util::stream::unfold(state, |mut state| async move {
            let next = state.next().await?;
            Some((next, state))
        }))
    }
}

/// One stream: where it stands and what it has read ahead.
struct Streaming {
    pool: Pool,
    kind: Kind,
    topic: Topic,
    live: broadcast::Receiver<Arc<Event>>,
    position: EventCursor,
    /// Whether the table may hold events behind `position` that were not delivered.
    replay: bool,
    /// Events read from the table, newest first.
    ready: Vec<Event>,
}

impl Streaming {
    async fn next(&mut self) -> Option<Result<Arc<Event>>> {
        loop {
            if let Some(event) = self.ready.pop() {
                self.position = event.cursor();
                return Some(Ok(Arc::new(event)));
            }
            if self.replay {
                match self.read_table().await {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.live.recv().await {
                Ok(event) if event.kind == self.kind && event.cursor() > self.position => {
                    self.position = event.cursor();
                    return Some(Ok(event));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) if self.position == EventCursor::default() => {}
                Err(RecvError::Lagged(_)) => self.replay = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads the next events behind the position; a short batch ends the replay.
    async fn read_table(&mut self) -> Result<()> {
        let mut conn = self.pool.get().await?;
        let mut query = event::table
            .filter(event::xid.ge(self.position.xid))
            .filter(event::xid.gt(self.position.xid).or(event::id.gt(self.position.id)))
            .filter(sql::<Bool>(BELOW_HORIZON))
            .filter(event::kind.eq(self.kind))
            .order((event::xid, event::id))
            .limit(REPLAY_BATCH)
            .select(Event::as_select())
            .into_boxed();
        query = match self.topic {
            Topic::Order(id) => query.filter(event::order_id.eq(id)),
            Topic::User(id) => query.filter(event::user_id.eq(id)),
            Topic::Shop(id) => query.filter(event::shop_id.eq(id)),
            Topic::Sessions => query,
        };
        self.ready = query.load(&mut conn).await?;
        self.replay = self.ready.len() as i64 == REPLAY_BATCH;
        self.ready.reverse();
        Ok(())
    }
}

/// Refuses a cursor whose successors may have been pruned.
async fn check_kept(pool: &Pool, cursor: EventCursor) -> Result<()> {
    let mut conn = pool.get().await?;
    let oldest = event::table
        .order((event::xid, event::id))
        .select((event::xid, event::id))
        .first::<(i64, i64)>(&mut conn)
        .await
        .optional()?;
    match oldest {
        // The cursor's own row is still there, or nothing older than it was ever removed.
        Some((xid, id)) if cursor < (EventCursor { xid, id }) && id > 1 => Err(Error::new(
            Code::CursorExpired,
            "Events after this cursor are no longer kept. Read the present state and subscribe without after.",
        )
        .of_field("after")),
        _ => Ok(()),
    }
}
