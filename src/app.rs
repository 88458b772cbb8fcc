//! Everything with a lifetime: the pool, the clock, the keys, the caches, the hub; and the one way to write.

mod housekeeping;
mod keys;
mod language_model;
mod limiters;
mod media;
mod outbound;
mod razorpay;
mod sessions;
mod twilio;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use diesel_async::AsyncConnection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument;

pub use housekeeping::Removed;
pub use keys::{Claims, Keys, TokenKind, Unverified};
pub use language_model::{LanguageModel, ModelError, Prompt};
pub use limiters::{Limit, Limiters};
pub use media::{MEDIA_PATH, Media};
pub use outbound::{Outage, Seen};
pub use razorpay::{CURRENCY, ProviderPayment, Razorpay};
pub use sessions::{Role, Sessions, Viewer};
pub use twilio::{AccountState, Sender, Twilio, Unsent};

use crate::config::Config;
use crate::db::{Conn, Pool, PooledConn, Statements};
use crate::error::{Error, Result};
use crate::events::{Carrier, Doorbell, Feed, Hub, Topic, carry};
use crate::meters::{self, Meters};
use crate::values::{Clock, UserId};

/// What lives as long as the process. Shared by every request.
pub struct App {
    /// The settings.
    pub config: Config,
    /// Now.
    pub clock: Clock,
    /// Signs and checks tokens.
    pub keys: Keys,
    /// Who is signed in, kept in memory for the requests to come.
    pub sessions: Sessions,
    /// How often who may do what.
    pub limiters: Limiters,
    /// What an operator sees.
    pub meters: Arc<Meters>,
    /// What answers questions beside the written answers, where one is set up.
    pub language_model: Option<LanguageModel>,
    /// What carries sign-in codes to phones, where `OTP_DELIVERY` is `twilio`.
    pub text_messages: Option<Twilio>,
    /// What takes money for wallets, where `PAYMENTS` is `razorpay`.
    pub razorpay: Option<Razorpay>,
    /// Pictures that people sent.
    pub media: Media,
    /// Live events.
    pub hub: Hub,
    pool: Pool,
    doorbell: Doorbell,
    turns: Semaphore,
    upload_places: Semaphore,
    uploading: Mutex<HashMap<UserId, usize>>,
}

/// How many operations run at once. Their cost is bounded one by one; this bounds what they hold in memory together.
const TURNS: usize = 64;
/// How many requests with files are read and worked on at once: each holds up to 5 MB, and what is unpacked from it.
const UPLOAD_PLACES: usize = 8;
/// How many of them one person may hold.
const UPLOAD_PLACES_OF_ONE: usize = 2;
/// How long a request with files waits for its place.
const UPLOAD_WAIT: Duration = Duration::from_secs(5);

impl App {
    /// An app on a database that is already migrated.
    #[must_use]
    pub fn new(config: Config, clock: Clock, pool: Pool, secret: &[u8]) -> Arc<App> {
        let keys = Keys::new(secret, config.token_secrets_previous.iter().map(String::as_bytes));
        let meters = Arc::new(Meters::default());
        meters.started(clock.now().timestamp());
        let media = Media::new(&config, &meters);
        let language_model = LanguageModel::of(&config, &meters);
        let time = Duration::from_secs(config.provider_seconds.into());
        let text_messages = config
            .twilio
            .clone()
            .and_then(|account| made(Twilio::new(account, time, clock.clone(), &meters)));
        let razorpay = config
            .razorpay
            .clone()
            .and_then(|account| made(Razorpay::new(account, time, clock.clone(), &meters)));
        let limiters = Limiters::new(&clock, config.rate_limits, meters.clone());
        Arc::new(App {
            config,
            clock,
            keys,
            sessions: Sessions::default(),
            limiters,
            meters,
            language_model,
            text_messages,
            razorpay,
            media,
            hub: Hub::default(),
            pool,
            doorbell: Doorbell::default(),
            turns: Semaphore::new(TURNS),
            upload_places: Semaphore::new(UPLOAD_PLACES),
            uploading: Mutex::default(),
        })
    }

    /// The pool, for what reads on its own: loaders, streams, readiness.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// A connection for reading. Give it back before awaiting a loader.
    ///
    /// # Errors
    /// `BUSY` when none gets free in time.
    pub async fn read(&self) -> Result<PooledConn> {
        self.pool.get().await
    }

    /// Waits until this operation may run; it may while the turn is held.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Only a closed semaphore refuses, and nobody closes it.
        self.turns.acquire().await.ok()
    }

    /// Waits until this person's request may send its files; it may while the place is held.
    ///
    /// Counted here and not in a resolver: to hold the place while sending is what costs.
    ///
    /// # Errors
    /// `RATE_LIMITED`, also while other files of theirs are under way; `BUSY` when none gets free in time.
    pub async fn upload_place(&self, who: UserId) -> Result<UploadPlace<'_>> {
        self.limiters.check(Limit::FilesPerUser, &who.to_string())?;
        let own = OwnPlace::take(&self.uploading, who)?;
        let place = tokio::time::timeout(UPLOAD_WAIT, self.upload_places.acquire()).await;
        let place = place.map_err(Error::busy)?.map_err(Error::internal)?;
        self.meters.upload();
        Ok(UploadPlace { _own: own, _place: place })
    }

    /// One unit of work: a transaction with everything `work` writes, its events included, or nothing of it.
    ///
    /// It runs in a task of its own. A client that leaves drops only the waiting, never a half-done transaction, which
    /// would go back to the pool open and with its locks held.
    ///
    /// # Errors
    /// What `work` answers, after the rollback; `BUSY` or `INTERNAL` when the database fails.
    pub async fn write<T, F>(self: &Arc<Self>, work: F) -> Result<T>
    where
        for<'c> F: AsyncFnOnce(&'c mut Conn) -> Result<T> + UnitOfWork<&'c mut Conn, Result<T>, Fut: Send>,
        F: Send + 'static,
        T: Send + 'static,
    {
        let app = self.clone();
        let task = async move {
            let mut conn = app.pool.get().await?;
            let (value, facts) = meters::gather(Conn::transaction(&mut conn, work)).await;
            let value = value?;
            drop(conn);
            app.doorbell.ring();
            app.meters.committed(facts);
            Ok(value)
        };
        // The task belongs to the request that waits for it, also in logs and traces.
        tokio::spawn(task.in_current_span()).await.map_err(Error::internal)?
    }

    /// Brings up to date what is only looked at now and then: the pool, its statements, what is followed on this node.
    pub fn take_stock(&self, sockets: usize) {
        let statements = self.pool.statements();
        self.meters.pool(self.pool.state());
        self.meters.database(statements.count(), statements.transactions(), statements.timeouts());
        self.meters.live(sockets, self.hub.topics(), self.hub.streams());
    }

    /// Starts what runs beside the requests: the event feed, what rings for it across gateways, the listener that forgets
    /// ended sessions, housekeeping.
    ///
    /// # Errors
    /// `INTERNAL` when the database cannot be read.
    pub async fn start_background(self: &Arc<Self>) -> Result<Background> {
        let listener = tokio::spawn(sessions::forget_ended(self.clone(), self.hub.listen(Topic::Sessions)));
        // A connection of its own: busy requests must not delay events.
        let pool = Pool::new(self.pool.url(), 1)?;
        let feed_statements = pool.statements().clone();
        let feed = Feed::start(pool, self.hub.clone(), self.doorbell.clone()).await?;
        let feed = feed.measured_by(self.meters.clone(), self.clock.clone());
        let carrier = match &self.config.redis_url {
            Some(url) => Carrier::redis(url)?,
            None => Carrier::postgres(self.pool.url()),
        };
        let tasks = vec![
            listener,
            tokio::spawn(feed.run()),
            tokio::spawn(carry(self.doorbell.clone(), carrier)),
            tokio::spawn(housekeeping::run(self.clone())),
            tokio::spawn(keep_up(self.meters.clone())),
        ];
        Ok(Background { tasks, feed_statements })
    }
}

/// A provider, if there can be one on this machine. Without it, what needs it answers that it is not available.
fn made<T>(provider: reqwest::Result<T>) -> Option<T> {
    provider.inspect_err(|error| tracing::error!(cause = %error, "a provider cannot be used")).ok()
}

/// Keeps what histograms gather from piling up where nobody scrapes.
async fn keep_up(meters: Arc<Meters>) {
    loop {
        tokio::time::sleep(meters::UPKEEP).await;
        meters.keep_up();
    }
}

/// A request with files may be read and worked on while this is held.
pub struct UploadPlace<'a> {
    _own: OwnPlace<'a>,
    _place: SemaphorePermit<'a>,
}

/// One of the places that a person may hold: nobody keeps all others waiting by sending slowly.
struct OwnPlace<'a> {
    held: &'a Mutex<HashMap<UserId, usize>>,
    who: UserId,
}

impl OwnPlace<'_> {
    fn take(held: &Mutex<HashMap<UserId, usize>>, who: UserId) -> Result<OwnPlace<'_>> {
        let mut all = held.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(who).or_default();
        if *own == UPLOAD_PLACES_OF_ONE {
            return Err(Error::rate_limited(UPLOAD_WAIT));
        }
        *own += 1;
        Ok(OwnPlace { held, who })
    }
}

impl Drop for OwnPlace<'_> {
    fn drop(&mut self) {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.who);
            }
        }
    }
}

/// Tasks that end when this is dropped.
pub struct Background {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    feed_statements: Statements,
}

impl Background {
    /// Runs this beside as well: what belongs to a journey, which the app does not know.
    #[must_use]
    pub fn with(mut self, work: impl Future<Output = ()> + Send + 'static) -> Background {
        self.tasks.push(tokio::spawn(work));
        self
    }

    /// How often the event feed has looked at the table.
    #[must_use]
    pub fn feed_statements(&self) -> &Statements {
        &self.feed_statements
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Names the future of an async closure, so that it can be required to be `Send`: the language cannot yet.
///
/// Implemented for every async closure; nobody implements it by hand.
pub trait UnitOfWork<A, R>: AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as UnitOfWork<A, R>>::Fut {
    /// What the closure returns when it is called.
    type Fut: Future<Output = R>;
}

impl<F, A, Fut, R> UnitOfWork<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
