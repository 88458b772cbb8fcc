//! Brings a database to the shape this binary knows.

use diesel_async::AsyncMigrationHarness;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::{Address, Conn, connect};
use crate::error::{Error, Result};
use crate::values::Progress;

/// Every step under `migrations/`, built into the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Names of steps, oldest first; empty when there was nothing to do.
pub type Migrated = Vec<String>;

/// Applies what is missing, step by step, and tells each as it begins. Two gateways that start together wait for each other.
///
/// # Errors
/// `INTERNAL` with the step that failed as its cause.
pub async fn migrate(url: &str, progress: impl Progress) -> Result<Migrated> {
    let mut conn = open(url).await?;
    // The number is only a name that all gateways share; the lock ends with the connection.
    diesel_async::SimpleAsyncConnection::batch_execute(&mut conn, "SELECT pg_advisory_lock(2026112201)")
        .await?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let steps = harness.pending_migrations(MIGRATIONS).map_err(Error::internal)?;
        if !steps.is_empty() {
            progress.begin(steps.len());
        }
        let mut applied = Migrated::new();
        for step in &steps {
            let name = step.name().to_string();
            progress.next(&name);
            harness.run_migration(step).map_err(Error::internal)?;
            applied.push(name);
        }
        Ok(applied)
    })
    .await
    .map_err(Error::internal)?
}

/// The steps that are missing, oldest first.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn pending(url: &str) -> Result<Migrated> {
    let conn = open(url).await?;
    tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let steps = harness.pending_migrations(MIGRATIONS).map_err(Error::internal)?;
        Ok(steps.iter().map(|step| step.name().to_string()).collect())
    })
    .await
    .map_err(Error::internal)?
}

async fn open(url: &str) -> Result<Conn> {
    let address = Address::read(url).map_err(Error::internal)?;
    connect(&address).await.map_err(Error::internal)
}
