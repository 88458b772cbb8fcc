//! Wakes the feeds after a commit: this gateway's own at once, those of the other gateways through a carrier.
//!
//! Rung by `App::write`, which never waits for it. A ring says no more than "look": whoever misses one looks at the
//! next, after a reconnect, or when the feed polls. Losing rings costs latency only. A gateway that is alone on its
//! database tells nobody: it greets when it comes, and tells once it was answered or greeted.

mod by_postgres;
mod by_redis;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::Rng;
use tokio::sync::Notify;

use crate::error::{Error, Result};

/// The channel of every carrier. Gateways of several databases may share a Redis: a ring too many costs one look.
const CHANNEL: &str = "society_gateway_doorbell";
/// Rings that come faster than this are carried together: a busy gateway tells the others 100 times a second, no more.
const COALESCE: Duration = Duration::from_millis(10);
/// At the end of a greeting: whoever hears it answers.
const ANSWER_ME: char = '?';
/// How long it takes to see that nobody answers.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before the first try to connect again; doubled from try to try.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// At most this long.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Wakes the feeds. Clones ring the same.
#[derive(Clone, Debug, Default)]
pub struct Doorbell(Arc<Bell>);

#[derive(Debug, Default)]
struct Bell {
    here: Notify,
    elsewhere: Notify,
}

impl Doorbell {
    /// Says, to all gateways, that something may have been recorded.
    pub fn ring(&self) {
        self.ring_here();
        self.ring_elsewhere();
    }

    /// Says so to this gateway's feed alone: another one rang.
    fn ring_here(&self) {
        self.0.here.notify_one();
    }

    fn ring_elsewhere(&self) {
        self.0.elsewhere.notify_one();
    }

    /// Waits for a ring that the feed has not answered.
    pub(super) async fn rung(&self) {
        self.0.here.notified().await;
    }

    /// Waits for a ring that the other gateways were not told of.
    async fn rung_for_others(&self) {
        self.0.elsewhere.notified().await;
    }
}

/// What carries rings from gateway to gateway.
#[derive(Clone, Debug)]
pub enum Carrier {
    /// `NOTIFY` and `LISTEN`, on a connection of their own: inside the transaction of an act, a `NOTIFY` would make its
    /// commit wait for those of all others.
    Postgres {
        /// The database that the gateways share.
        url: String,
    },
    /// Publish and subscribe.
    Redis(Box<redis::Client>),
}

impl Carrier {
    /// Through the database that the gateways share.
    #[must_use]
    pub fn postgres(url: &str) -> Carrier {
        Carrier::Postgres { url: url.to_owned() }
    }

    /// Through a Redis at this address. Does not connect yet.
    ///
    /// # Errors
    /// `INTERNAL` for what is no address of a Redis.
    pub fn redis(url: &str) -> Result<Carrier> {
        by_redis::client(url).map(|client| Carrier::Redis(Box::new(client))).map_err(Error::internal)
    }
}

/// Why rings are not carried any more.
type Lost = Box<dyn std::error::Error + Send + Sync>;

/// What may end with a lost connection.
type Carried<T> = std::result::Result<T, Lost>;

/// Carries rings to the other gateways and back until the task is dropped. A connection that is lost is made again.
pub async fn carry(doorbell: Doorbell, carrier: Carrier) {
    let (stood, company) = (AtomicBool::new(false), AtomicBool::new(false));
    let line = Line { doorbell, name: name(), stood, company };
    let mut wait = FIRST_WAIT;
    loop {
        let Err(cause) = match &carrier {
            Carrier::Postgres { url } => by_postgres::carry(&line, url).await,
            Carrier::Redis(client) => by_redis::carry(&line, client).await,
        };
        if line.stood.swap(false, Ordering::Relaxed) {
            wait = FIRST_WAIT;
        }
        if wait == FIRST_WAIT {
            tracing::warn!(%cause, "other gateways hear of events late, and this one of theirs; it tries again");
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// One end of the line between the gateways.
struct Line {
    doorbell: Doorbell,
    /// What this gateway signs its rings with, to know them when they come back.
    name: String,
    /// Whether there was a connection since the last try.
    stood: AtomicBool,
    /// Whether another gateway was ever heard.
    company: AtomicBool,
}

impl Line {
    /// What the others are greeted with, now that the connection stands in both directions: while there was none, rings
    /// may have been missed on both ends.
    fn greeting(&self) -> String {
        self.stood.store(true, Ordering::Relaxed);
        self.doorbell.ring_here();
        format!("{}{ANSWER_ME}", self.name)
    }

    /// Another gateway's ring or greeting, or our own that came back.
    fn heard(&self, said: &str) {
        let (from, is_greeting) = match said.strip_suffix(ANSWER_ME) {
            Some(from) => (from, true),
            None => (said, false),
        };
        if from == self.name {
            return;
        }
        self.company.store(true, Ordering::Relaxed);
        self.doorbell.ring_here();
        if is_greeting {
            self.doorbell.ring_elsewhere();
        }
    }

    /// Waits for something to tell the others.
    async fn next(&self) {
        loop {
            self.doorbell.rung_for_others().await;
            if self.company.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

fn name() -> String {
    let mut bytes = [0_u8; 8];
    rand::rng().fill_bytes(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}
