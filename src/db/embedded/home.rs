//! Where the cluster lives: in the data folder, unless root keeps that where the server's account cannot go.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::EmbeddedError;
use super::account::Account;

/// The folder of clusters that cannot live in their data folder.
const APART: &str = "/var/lib/society-gateway";

/// The folder that holds the cluster, its log, its socket and downloaded programs.
pub(super) struct Home {
    pub(super) folder: PathBuf,
    pub(super) account: Account,
    /// Said at start-up when the cluster is not in the data folder.
    pub(super) notice: Option<String>,
}

impl Home {
    /// Chooses for a canonical data folder. An existing cluster is never left for a new one: where it lives, it stays,
    /// and root runs it as whoever owns it.
    pub(super) async fn of(data_dir: &Path) -> Result<Home, EmbeddedError> {
        let us = Account::ourselves().await?;
        let here = data_dir.to_owned();
        let owner = owner_of_cluster(&here).await?;
        if !us.is_root() {
            return match owner {
                Some(owner) if owner.uid != us.uid => {
                    Err(EmbeddedError::NotOurs { folder: cluster_in(&here), owner: owner.name })
                }
                _ => Ok(Home { folder: here, account: us, notice: None }),
            };
        }

        if let Some(account) = owner {
            return if account.can_enter(&cluster_in(&here)).await {
                Ok(Home { folder: here, account, notice: None })
            } else {
                Err(EmbeddedError::NotOurs { folder: cluster_in(&here), owner: account.name })
            };
        }
        let apart = Path::new(APART).join(short_hash(data_dir));
        if let Some(account) = owner_of_cluster(&apart).await? {
            return Ok(Home::apart(data_dir, apart, account));
        }
        let account = Account::unprivileged().await?;
        if account.can_settle(&here).await {
            return Ok(Home { folder: here, account, notice: None });
        }
        prepare_apart(&apart).map_err(|cause| EmbeddedError::folder(&apart, cause))?;
        Ok(Home::apart(data_dir, apart, account))
    }

    fn apart(data_dir: &Path, folder: PathBuf, account: Account) -> Home {
        let notice = format!(
            "PostgreSQL does not run as root, and {} cannot use the data folder {}: the database is kept in {}.",
            account.name,
            data_dir.display(),
            folder.display()
        );
        Home { folder, account, notice: Some(notice) }
    }
}

/// The cluster's folder of a home.
pub(super) fn cluster_in(home: &Path) -> PathBuf {
    home.join("cluster")
}

/// Twelve hexadecimal digits that stay the same for a path.
pub(super) fn short_hash(path: &Path) -> String {
    Sha256::digest(path.as_os_str().as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Who owns the cluster of a home, or nothing when there is none yet.
async fn owner_of_cluster(home: &Path) -> Result<Option<Account>, EmbeddedError> {
    let cluster = cluster_in(home);
    match cluster.symlink_metadata() {
        Ok(found) => Ok(Some(Account::owner(found.uid(), found.gid()).await)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(EmbeddedError::folder(&cluster, cause)),
    }
}

/// Root's folders, open for passing through whatever the umask, so that the server's account gets to its cluster.
fn prepare_apart(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(APART, Permissions::from_mode(0o755))?;
    fs::set_permissions(folder, Permissions::from_mode(0o755))
}
