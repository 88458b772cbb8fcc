//! Pooled connections, set up so that no lock and no forgotten transaction can block others for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use diesel::connection::InstrumentationEvent;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{Object, Pool as DeadPool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;

use crate::db::Address;
use crate::db::spans::StatementSpans;
use crate::error::{Error, Result, in_full};
use crate::meters::PoolState;

/// One connection. Verbs take `&mut Conn`.
pub type Conn = AsyncPgConnection;

/// A connection on loan from the pool.
pub type PooledConn = Object<Conn>;

/// How long a request waits for a free connection before it is told that the service is busy.
const WAIT: Duration = Duration::from_secs(5);

/// Counts the statements of a pool, `BEGIN` and `COMMIT` included: the measure of statement budgets.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    statements: AtomicU64,
    begun: AtomicU64,
    committed: AtomicU64,
    rolled_back: AtomicU64,
    timeouts: AtomicU64,
}

impl Statements {
    /// Statements sent since the pool was made.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// Transactions since the pool was made, by what was sent: their beginning, their commit, their rollback.
    #[must_use]
    pub fn transactions(&self) -> [(&'static str, u64); 3] {
        let Counts { begun, committed, rolled_back, .. } = &*self.0;
        [("begun", begun), ("committed", committed), ("rolled_back", rolled_back)]
            .map(|(step, count)| (step, count.load(Ordering::Relaxed)))
    }

    /// How often no connection got free in time.
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        self.0.timeouts.load(Ordering::Relaxed)
    }

    fn note(&self, event: &InstrumentationEvent<'_>) {
        let Counts { statements, begun, committed, rolled_back, .. } = &*self.0;
        let count = match event {
            InstrumentationEvent::StartQuery { .. } => statements,
            InstrumentationEvent::BeginTransaction { .. } => begun,
            InstrumentationEvent::CommitTransaction { .. } => committed,
            InstrumentationEvent::RollbackTransaction { .. } => rolled_back,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The connections of one database.
#[derive(Clone)]
pub struct Pool {
    pool: DeadPool<Conn>,
    statements: Statements,
    url: Arc<str>,
}

impl Pool {
    /// A pool of at most `size` connections; none is opened yet.
    ///
    /// # Errors
    /// `INTERNAL` for an address that cannot be used.
    pub fn new(url: &str, size: usize) -> Result<Pool> {
        let statements = Statements::default();
        let mut config = ManagerConfig::<Conn>::default();
        config.recycling_method = RecyclingMethod::Fast;
        let counter = statements.clone();
        let address = Address::read(url).map_err(Error::internal)?;
        config.custom_setup = Box::new(move |_| connect_counted(address.clone(), counter.clone()).boxed());
        let manager = AsyncDieselConnectionManager::<Conn>::new_with_config(url, config);
        let pool = DeadPool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(Error::internal)?;
        Ok(Pool { pool, statements, url: Arc::from(url) })
    }

    /// A connection on loan. Never hold it while awaiting a loader.
    ///
    /// # Errors
    /// `BUSY` when none gets free in time, or the database cannot be reached: nothing was done yet.
    pub async fn get(&self) -> Result<PooledConn> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => {
                self.statements.0.timeouts.fetch_add(1, Ordering::Relaxed);
                Error::busy(error)
            }
            PoolError::Backend(_) => Error::busy(error),
            other => Error::internal(other),
        })
    }

    /// How it stands now.
    #[must_use]
    pub fn state(&self) -> PoolState {
        let status = self.pool.status();
        PoolState {
            most: status.max_size,
            open: status.size,
            available: status.available,
            waiting: status.waiting,
        }
    }

    /// The statements sent through this pool.
    #[must_use]
    pub fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The address of the database, for connections outside the pool.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes all connections; later calls fail.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// A connection outside of the pool, such as for migrations.
///
/// # Errors
/// When the database cannot be reached.
pub async fn connect(address: &Address) -> ConnectionResult<Conn> {
    let (client, connection) =
        address.connect().await.map_err(|error| ConnectionError::BadConnection(in_full(&error)))?;
    Conn::try_from_client_and_connection(client, connection).await
}

async fn connect_counted(address: Address, statements: Statements) -> ConnectionResult<Conn> {
    let mut conn = connect(&address).await?;
    let mut spans = StatementSpans::default();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        statements.note(&event);
        spans.note(&event);
    });
    Ok(conn)
}
