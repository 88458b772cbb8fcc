//! The private PostgreSQL of development and tests, used when no `DATABASE_URL` is set.
//!
//! Start-up calls [`Embedded::start`] with the data folder and gets a server of its own: found or downloaded, created
//! once, reachable only through a unix socket in a folder closed to other accounts. The server outlives a killed
//! gateway; the next start adopts it or starts it again. Production never comes here.

mod account;
mod binaries;
mod cluster;
mod error;
mod home;
mod lock;
mod socket;

use std::io;
use std::path::{Path, PathBuf};

use binaries::Binaries;
use cluster::Cluster;
pub use error::EmbeddedError;
use home::Home;
use lock::Lock;
use tokio::process::Child;

/// The superuser role as which the gateway connects.
const ROLE: &str = "society";

/// The database that the gateway's tables live in.
const DATABASE: &str = "society_gateway";

/// How to run the private PostgreSQL.
#[derive(Clone, Debug)]
pub struct Options {
    /// The gateway's data folder, created when missing; one running gateway per folder.
    pub data_dir: PathBuf,
    /// False trades safety for speed: a power cut may ruin the cluster, and a killed server loses the last second of
    /// commits. For tests only.
    pub durable: bool,
    /// Connections that the server allows at once.
    pub max_connections: u32,
}

/// A running private PostgreSQL, and the claim on its data folder.
///
/// Dropping it gives the claim up but leaves the server running, as a killed gateway does; [`Embedded::stop`] is the
/// orderly end.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    /// Present when this gateway started the server, so that its exit is collected; absent when it was adopted.
    server: Option<Child>,
    notices: Vec<String>,
    /// Last, so that the claim outlasts everything else here.
    _lock: Lock,
}

impl Embedded {
    /// Finds or downloads PostgreSQL, claims the data folder, creates or adopts the cluster, waits until it answers.
    ///
    /// Effects: writes only under the data folder, or in a folder of its own under `/var/lib/society-gateway` and
    /// `/tmp` where [`Embedded::notices`] or a long path make that necessary. The first start takes seconds.
    pub async fn start(options: Options) -> Result<Embedded, EmbeddedError> {
        let data_dir = prepared(&options.data_dir)?;
        let lock = Lock::take(&data_dir)?;

        let home = Home::of(&data_dir).await?;
        let binaries = Binaries::find_or_download(&home).await?;
        let mut notices: Vec<String> = home.notice.into_iter().collect();
        notices.extend(binaries.notice.clone());

        let cluster = Cluster::new(home.folder, home.account, binaries);
        cluster.create_if_missing(options.durable).await?;
        let server = cluster.run(&options).await?;
        cluster.create_database(DATABASE).await?;

        Ok(Embedded { cluster, server, notices, _lock: lock })
    }

    /// The address of the gateway's database, as [`Embedded::url_of`] spells it.
    pub fn database_url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The address of any database of this server, whether it exists or not.
    ///
    /// *shapes*: `postgres://society@<socket folder, percent-encoded>/<database>`, which tokio-postgres, diesel-async
    /// and psql all read; the port is the default one and there is no password.
    pub fn url_of(&self, database: &str) -> String {
        format!(
            "postgres://{ROLE}@{}/{}",
            self.cluster.socket().as_url_host(),
            socket::percent_encoded(database)
        )
    }

    /// What start-up should tell the person, in whole sentences; mostly empty.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Stops the server in order (open transactions are rolled back), then gives up the claim on the data folder.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        self.cluster.stop().await?;
        if let Some(server) = &mut self.server {
            server.wait().await.map_err(|cause| EmbeddedError::program("wait for the server", cause))?;
        }
        self.cluster.socket().remove();
        Ok(())
    }
}

/// Creates the data folder when missing; its absolute form, without symbolic links, is what names the cluster.
fn prepared(data_dir: &Path) -> Result<PathBuf, EmbeddedError> {
    let folder = std::fs::create_dir_all(data_dir)
        .and_then(|()| data_dir.canonicalize())
        .map_err(|cause| EmbeddedError::folder(data_dir, cause))?;
    // PostgreSQL reports its folder as text, by which the cluster is recognised.
    match folder.to_str() {
        Some(_) => Ok(folder),
        None => Err(EmbeddedError::folder(&folder, io::Error::other("its path is not UTF-8"))),
    }
}
