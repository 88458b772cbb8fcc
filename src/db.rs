//! The way to PostgreSQL: the pool, the embedded server, migrations, idempotency keys.

mod address;
pub mod embedded;
mod migrate;
pub mod once;
mod pool;
mod spans;

pub use address::{Address, BadAddress, Wire};
pub use migrate::{MIGRATIONS, Migrated, migrate, pending};
pub use pool::{Conn, Pool, PooledConn, Statements, connect};
