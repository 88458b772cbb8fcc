//! Pictures that people sent: kept in a folder or in a bucket, shown to whoever has their address.
//!
//! A picture's name is random and its content never changes. Every person has a folder of their own, so that all of it can
//! be forgotten with them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, GetResult, ObjectStore, ObjectStoreExt, RetryConfig};
use rand::RngExt;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::meters::{Asked, Meters, ProviderMeter};
use crate::values::UserId;

/// The path under which the gateway shows pictures.
pub const MEDIA_PATH: &str = "/media/";
/// What a picture is: they are written by us, in one format.
const ENDING: &str = ".jpg";
/// The length of a picture's random name.
const NAME: usize = 32;

/// For how long a bucket that failed is tried again: somebody waits with a picture in hand.
const BUCKET_TIME: Duration = Duration::from_secs(5);
/// When it is worth another try.
const BUCKET_RETRY: Duration = Duration::from_secs(15);

/// Where pictures are kept.
pub struct Media {
    place: Place,
    /// What the address of every picture begins with.
    public: String,
    store: OnceCell<Arc<dyn ObjectStore>>,
    /// Of a bucket: a folder is nobody else's.
    meter: Option<ProviderMeter>,
}

enum Place {
    Folder(PathBuf),
    Bucket(String),
}

impl Media {
    /// As the settings say. Nothing is opened yet.
    #[must_use]
    pub fn new(config: &Config, meters: &Meters) -> Media {
        let place = match &config.media_url {
            Some(url) => Place::Bucket(url.clone()),
            None => Place::Folder(config.data_dir.join("media")),
        };
        let meter = config.media_url.as_ref().map(|_| meters.provider("media", false));
        Media { place, public: format!("{}{MEDIA_PATH}", config.public_url), store: OnceCell::new(), meter }
    }

    /// Keeps a picture of this person. Returns the address that shows it.
    ///
    /// # Errors
    /// `PROVIDER_UNAVAILABLE` when the bucket does not answer, `INTERNAL` when it cannot be kept.
    pub async fn keep(&self, who: UserId, picture: Bytes) -> Result<String> {
        let name: u128 = rand::rng().random();
        let path = format!("{}{name:032x}{ENDING}", folder(who));
        let path_in_store = Path::from(path.as_str());
        let kept = self.ask(self.store().await?.put(&path_in_store, picture.into())).await;
        kept.map_err(|error| self.failed(error))?;
        Ok(format!("{}{path}", self.public))
    }

    /// Forgets the picture at this address, if it is one that this person sent. One that is gone already is no error.
    ///
    /// # Errors
    /// `PROVIDER_UNAVAILABLE` when the bucket does not answer, `INTERNAL` when it cannot be removed.
    pub async fn forget(&self, who: UserId, address: &str) -> Result<()> {
        let Some(path) = address.strip_prefix(&self.public).filter(|path| path.starts_with(&folder(who)))
        else {
            return Ok(());
        };
        let Some(path) = known(path) else { return Ok(()) };
        match self.ask(self.store().await?.delete(&path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Forgets every picture that this person sent.
    ///
    /// # Errors
    /// `PROVIDER_UNAVAILABLE` when the bucket does not answer, `INTERNAL` when one cannot be removed.
    pub async fn forget_all(&self, who: UserId) -> Result<()> {
        let store = self.store().await?;
        let folder = Path::from(folder(who));
        let theirs = store.list(Some(&folder)).map_ok(|picture| picture.location).boxed();
        let removed = self.ask(store.delete_stream(theirs).try_for_each(async |_| Ok(()))).await;
        match removed {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The picture at this path below [`MEDIA_PATH`]; `None` for what is no picture's path, and for one that is gone.
    ///
    /// # Errors
    /// `PROVIDER_UNAVAILABLE` when the bucket does not answer, `INTERNAL` when it cannot be read.
    pub async fn read(&self, path: &str) -> Result<Option<GetResult>> {
        let Some(path) = known(path) else { return Ok(None) };
        match self.ask(self.store().await?.get(&path)).await {
            Ok(picture) => Ok(Some(picture)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Waits for the store. What is asked of a bucket is counted.
    async fn ask<T>(&self, answer: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        let begun = Instant::now();
        let answer = answer.await;
        if let Some(meter) = &self.meter {
            let outcome = match &answer {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => Asked::Ok,
                Err(_) => Asked::Failed,
            };
            meter.asked(outcome, begun.elapsed());
        }
        answer
    }

    /// A bucket is somebody else's, and comes back; a folder of ours does not.
    fn failed(&self, error: object_store::Error) -> Error {
        match self.place {
            Place::Folder(_) => Error::internal(error),
            Place::Bucket(_) => {
                let cause = error.to_string();
                tracing::warn!(provider = "media", cause = without_body(&cause), "the bucket did not answer");
                Error::unavailable(
                    "Pictures are not available at the moment. Please try again.",
                    BUCKET_RETRY,
                )
            }
        }
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>> {
        self.store.get_or_try_init(async || self.place.open()).await
    }
}

impl Place {
    fn open(&self) -> Result<Arc<dyn ObjectStore>> {
        match self {
            Place::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(Error::internal)?;
                Ok(Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(Error::internal)?))
            }
            Place::Bucket(url) => {
                let builder = AmazonS3Builder::from_env().with_url(url);
                let bucket = patient(builder).build().map_err(Error::internal)?;
                let prefix = url.split('/').skip(3).collect::<Vec<_>>().join("/");
                Ok(Arc::new(PrefixStore::new(bucket, prefix)))
            }
        }
    }
}

/// Tries again, but not for minutes, as the library would.
fn patient(builder: AmazonS3Builder) -> AmazonS3Builder {
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() };
    builder
        .with_retry(RetryConfig { backoff, max_retries: 2, retry_timeout: BUCKET_TIME })
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), "10 seconds")
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), "2 seconds")
}

/// What the library says of a failure, up to the server's own words: they may repeat who asked.
fn without_body(cause: &str) -> &str {
    let status = cause.find("status code: ").map_or(0, |at| at + "status code: ".len());
    let end = cause[status..].find(':').filter(|_| status > 0).map_or(cause.len(), |length| status + length);
    &cause[..end]
}

fn folder(who: UserId) -> String {
    format!("people/{who}/")
}

/// The store's path of what can be a picture's: nothing else is looked for, whatever a client asks.
fn known(path: &str) -> Option<Path> {
    let (person, picture) = path.strip_prefix("people/")?.split_once('/')?;
    let name = picture.strip_suffix(ENDING)?;
    let is_person = person.len() <= NAME && person.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_person && is_name).then(|| Path::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_s_own_words_are_not_logged() {
        let cause =
            "PUT http://x/y in 2ms - Server returned non-2xx status code: 403 Forbidden: <Key>AK</Key>";
        let told = "PUT http://x/y in 2ms - Server returned non-2xx status code: 403 Forbidden";
        assert_eq!(without_body(cause), told);
        assert_eq!(without_body("http://x/y: no answer"), "http://x/y: no answer");
    }

    #[test]
    fn only_the_path_of_a_picture_is_looked_for() {
        let name = "0123456789abcdef0123456789abcdef";
        assert!(known(&format!("people/7/{name}.jpg")).is_some());
        for path in [
            String::new(),
            "people/7/".to_owned(),
            format!("people/7/{name}.svg"),
            format!("people/7/{name}"),
            format!("people/x/{name}.jpg"),
            format!("people/../7/{name}.jpg"),
            format!("people/7/../{name}.jpg"),
            format!("/people/7/{name}.jpg"),
            format!("people//{name}.jpg/.jpg"),
            "people/7/../../token-secret".to_owned(),
            "people/7/0123456789abcdef0123456789abcde\0.jpg".to_owned(),
        ] {
            assert!(known(&path).is_none(), "{path}");
        }
    }
}
