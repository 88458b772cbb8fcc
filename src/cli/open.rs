//! What every command stands on: the database, the secret, the app.

use std::error::Error;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rand::Rng;

use crate::app::App;
use crate::cli::bar::Bar;
use crate::config::Config;
use crate::db::embedded::{Embedded, EmbeddedError, Options};
use crate::db::{Migrated, Pool, migrate, pending};
use crate::values::{Clock, Progress};

/// An app on a migrated database.
pub(super) struct Opened {
    pub app: Arc<App>,
    pub migrated: Migrated,
    embedded: Option<Embedded>,
}

impl Opened {
    /// Gives back the connections, then stops the private PostgreSQL if this process runs one.
    pub async fn close(self) -> Result<(), Box<dyn Error>> {
        self.app.pool().close();
        if let Some(embedded) = self.embedded {
            embedded.stop().await?;
        }
        Ok(())
    }
}

/// What becomes of a database of another shape than this version knows.
enum Other<P> {
    /// It is brought up to date, and this is told how far.
    Migrate(P),
    /// It is refused.
    Refuse,
}

/// Opens the database of the settings, the private one if there is none, and brings it up to date. Who waits sees a bar.
pub(super) async fn open(config: Config) -> Result<Opened, Box<dyn Error>> {
    open_or(config, Other::Migrate(Bar::new("Migrating"))).await
}

/// The same without a bar, for who logs.
pub(super) async fn open_quietly(config: Config) -> Result<Opened, Box<dyn Error>> {
    open_or(config, Other::Migrate(())).await
}

/// Opens a database that is up to date already, for who only looks.
pub(super) async fn open_unchanged(config: Config) -> Result<Opened, Box<dyn Error>> {
    open_or(config, Other::<()>::Refuse).await
}

async fn open_or(config: Config, other: Other<impl Progress>) -> Result<Opened, Box<dyn Error>> {
    let Some(url) = config.database_url.clone() else {
        let embedded = start_embedded(&config).await?;
        let url = embedded.database_url();
        return match open_at(config, &url, other).await {
            Ok((app, migrated)) => Ok(Opened { app, migrated, embedded: Some(embedded) }),
            Err(error) => {
                embedded.stop().await?;
                Err(error)
            }
        };
    };
    let (app, migrated) = open_at(config, &url, other).await?;
    Ok(Opened { app, migrated, embedded: None })
}

async fn open_at(
    config: Config,
    url: &str,
    other: Other<impl Progress>,
) -> Result<(Arc<App>, Migrated), Box<dyn Error>> {
    let migrated = match other {
        Other::Migrate(progress) => migrate(url, progress).await?,
        Other::Refuse => match pending(url).await?.as_slice() {
            [] => Migrated::new(),
            [first, ..] => {
                return Err(
                    format!("the database lacks {first}: `society-gateway migrate` comes first").into()
                );
            }
        },
    };
    let secret = match &config.token_secret {
        Some(secret) => secret.clone().into_bytes(),
        None => own_secret(&config.data_dir)?,
    };
    let pool = Pool::new(url, config.database_pool_size)?;
    Ok((App::new(config, Clock::default(), pool, &secret), migrated))
}

/// Starts the private PostgreSQL of the data folder, or adopts it.
pub(super) async fn start_embedded(config: &Config) -> Result<Embedded, EmbeddedError> {
    tracing::info!("using the private PostgreSQL in {}", config.data_dir.display());
    let size = u32::try_from(config.database_pool_size).unwrap_or(u32::MAX);
    // Beside the pool: migrations, and somebody with psql.
    let options = Options {
        data_dir: config.data_dir.clone(),
        durable: true,
        max_connections: size.saturating_add(20),
    };
    let embedded = Embedded::start(options).await?;
    embedded.notices().iter().for_each(|notice| tracing::info!("{notice}"));
    Ok(embedded)
}

/// The secret of this data folder, made at the first start: tokens outlive a restart.
fn own_secret(data_dir: &Path) -> std::io::Result<Vec<u8>> {
    let path = data_dir.join("token-secret");
    match std::fs::read(&path) {
        Ok(secret) if secret.len() >= 32 => return Ok(secret),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::fs::create_dir_all(data_dir)?;
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret.into_bytes())
}
