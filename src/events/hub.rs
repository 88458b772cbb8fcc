//! Fans events out to the streams of one order, one person, one shop. Holds nothing that the table does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::Stream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::db::{Conn, Pool};
use crate::error::Result;
use crate::events::feed::event_horizon;
use crate::events::{Event, EventCursor, Kind};
use crate::schema::event;
use crate::values::{OrderId, ShopId, UserId};

/// How many events a topic holds for a slow stream; one that falls further behind reads the table instead.
const BACKLOG: usize = 64;
/// How many events a replay reads at once.
const REPLAY_BATCH: i64 = 200;
/// With this many topics, those that nobody listens to any more are looked for.
const SWEEP: usize = 1024;

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
    board: Arc<Mutex<Board>>,
}

#[derive(Default)]
struct Board {
    topics: HashMap<Topic, broadcast::Sender<Arc<Event>>>,
    /// The newest event that was published. Listeners hear all that follow it.
    position: EventCursor,
    /// So many topics call for the next sweep.
    sweep_at: usize,
}

impl Hub {
    /// Hands one event to all streams of its topics. Never waits.
    pub fn publish(&self, event: &Arc<Event>) {
        let mut board = self.board();
        board.position = event.cursor();
        for topic in Topic::of(event) {
            // A send fails when the last stream of the topic is gone: then the topic goes too.
            if board.topics.get(&topic).is_some_and(|sender| sender.send(event.clone()).is_err()) {
                board.topics.remove(&topic);
            }
        }
    }

    /// The newest event that was published on this node, or behind which it began.
    #[must_use]
    pub fn newest(&self) -> EventCursor {
        self.board().position
    }

    /// Says where the feed begins: events up to here are not published.
    pub(super) fn begin_at(&self, position: EventCursor) {
        self.board().position = position;
    }

    /// How many topics are held; those that nobody listens to any more leave in time.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.board().topics.len()
    }

    /// How many streams listen to topics; one may listen to several.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.board().topics.values().map(broadcast::Sender::receiver_count).sum()
    }

    /// Live events of a topic from now on.
    #[must_use]
    pub fn listen(&self, topic: Topic) -> broadcast::Receiver<Arc<Event>> {
        self.listen_from(topic).0
    }

    /// Live events of a topic, and the event behind which they begin.
    fn listen_from(&self, topic: Topic) -> (broadcast::Receiver<Arc<Event>>, EventCursor) {
        let mut board = self.board();
        // Topics whose streams all left without a later event would pile up otherwise.
        if board.topics.len() >= board.sweep_at.max(SWEEP) {
            board.topics.retain(|_, sender| sender.receiver_count() > 0);
            board.sweep_at = board.topics.len() * 2;
        }
        let position = board.position;
        let live = board.topics.entry(topic).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe();
        (live, position)
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of one kind and topic, in order, each once: those after the cursor from the table, then live ones.
    ///
    /// Without a cursor the stream starts now. It listens before it reads the table, so nothing falls between; what
    /// both deliver is recognised by its place in the order. A stream that falls behind reads the table again. After
    /// an error it ends: whoever still wants it comes back with the last cursor.
    ///
    /// # Errors
    /// `BAD_INPUT` for a cursor that no event can have had, `CURSOR_EXPIRED` when events after it are no longer kept;
    /// `INTERNAL` when the database fails.
    pub async fn stream(
        &self,
        pool: Pool,
        kind: Kind,
        topic: Topic,
        after: Option<EventCursor>,
    ) -> Result<impl Stream<Item = Result<Arc<Event>>> + use<>> {
        let (live, now) = self.listen_from(topic);
        let position = after.unwrap_or(now);
        let mut streaming =
            Streaming { pool, kind, topic, live, position, behind: after.is_some(), ready: Vec::new() };
        if streaming.behind {
            streaming.read_table().await?;
        }
        Ok(futures_util::stream::unfold(Some(streaming), |streaming| async move {
            let mut streaming = streaming?;
            match streaming.next().await? {
                Ok(event) => Some((Ok(event), Some(streaming))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

/// One stream: where it stands and what it has read ahead.
struct Streaming {
    pool: Pool,
    kind: Kind,
    topic: Topic,
    live: broadcast::Receiver<Arc<Event>>,
    /// The event that was delivered last, or behind which the stream began.
    position: EventCursor,
    /// Whether the table may hold events behind `position` that `live` no longer brings.
    behind: bool,
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
            if self.behind {
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
                Err(RecvError::Lagged(_)) => self.behind = true,
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
            .filter(event::xid.lt(event_horizon()))
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
        let ready = query.load(&mut conn).await?;
        // Looked at after the read: what is pruned later was read.
        check_kept(&mut conn, self.position).await?;
        self.behind = ready.len() as i64 == REPLAY_BATCH;
        self.ready = ready;
        self.ready.reverse();
        Ok(())
    }
}

/// Refuses a cursor that lies ahead of all events, or whose successors may have been pruned.
async fn check_kept(conn: &mut Conn, cursor: EventCursor) -> Result<()> {
    let horizon: i64 = diesel::select(event_horizon()).get_result(conn).await?;
    if cursor.xid >= horizon {
        return Err(EventCursor::unknown());
    }
    let oldest = event::table
        .order((event::xid, event::id))
        .select((event::xid, event::id))
        .first::<(i64, i64)>(conn)
        .await
        .optional()?;
    match oldest {
        // The place before the first event of all, which is still there.
        Some((_, 1)) if cursor == EventCursor::default() => Ok(()),
        // Pruning takes a beginning of the order and leaves its last row.
        Some((xid, id)) if cursor < (EventCursor { xid, id }) => Err(EventCursor::expired()),
        _ => Ok(()),
    }
}
