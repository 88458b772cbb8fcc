//! The account of this machine that the server runs as: ours, or an unprivileged one when we are root, because
//! PostgreSQL refuses to run as root.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::Path;
use std::time::Duration;

use postgresql_commands::AsyncCommandExecutor;
use tokio::process::Command;

use super::EmbeddedError;

/// Time for programs that only look something up.
const LOOKUP: Duration = Duration::from_secs(20);

/// Who the server runs as.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// How messages name it.
    pub(super) name: String,
    pub(super) uid: u32,
    /// The group to switch to; none when the account is our own and nothing is switched.
    switch: Option<u32>,
}

impl Account {
    /// The account of this process.
    pub(super) async fn ourselves() -> Result<Account, EmbeddedError> {
        let uid = number(&["-u"]).await?;
        Ok(Account { name: name_of(uid).await, uid, switch: None })
    }

    /// `postgres` where it exists, else `nobody`.
    pub(super) async fn unprivileged() -> Result<Account, EmbeddedError> {
        let name = if number(&["-u", "postgres"]).await.is_ok() { "postgres" } else { "nobody" };
        let (uid, gid) = (number(&["-u", name]).await?, number(&["-g", name]).await?);
        Ok(Account { name: name_of(uid).await, uid, switch: Some(gid) })
    }

    /// The owner of an existing cluster, for root to run it on behalf of.
    pub(super) async fn owner(uid: u32, gid: u32) -> Account {
        Account { name: name_of(uid).await, uid, switch: Some(gid) }
    }

    pub(super) fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// The command as this account. Runs in `/`: the current folder may be closed to the account, and PostgreSQL's
    /// programs fail in a folder they cannot return to. Switching also drops root's supplementary groups.
    pub(super) fn runs(&self, mut command: Command) -> Command {
        command.current_dir("/").kill_on_drop(true);
        if let Some(gid) = self.switch {
            command.uid(self.uid).gid(gid);
        }
        command
    }

    /// Creates a folder that only this account (and root) can enter.
    pub(super) fn create_private(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(folder)?;
        match self.switch {
            Some(gid) => chown(folder, Some(self.uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// Whether the folder exists and is this account's own, not a link to somewhere else.
    pub(super) fn owns(&self, folder: &Path) -> bool {
        folder.symlink_metadata().is_ok_and(|found| found.is_dir() && found.uid() == self.uid)
    }

    /// Whether this account can enter the folder, through all of its parents. Tried for real: mode bits alone miss
    /// access lists, user namespaces and the like.
    pub(super) async fn can_enter(&self, folder: &Path) -> bool {
        let mut test = Command::new("test");
        test.arg("-x").arg(folder);
        self.runs(test).execute(Some(LOOKUP)).await.is_ok()
    }

    /// Whether a private folder of this account can live in `parent`, tried by making one: file systems shared with
    /// another machine may ignore owners.
    pub(super) async fn can_settle(&self, parent: &Path) -> bool {
        let trial = parent.join(format!(".reach-{}", std::process::id()));
        let created = self.create_private(&trial).is_ok();
        let settled = created && self.owns(&trial) && self.can_enter(&trial).await;
        // It may not exist; a leftover empty folder harms nobody.
        let _ = std::fs::remove_dir(&trial);
        settled
    }
}

/// How messages name an account: by its name where it has one.
async fn name_of(uid: u32) -> String {
    match printed_by_id(&["-nu", &uid.to_string()]).await {
        Ok(name) => format!("the account `{name}`"),
        Err(_) => format!("the account with number {uid}"),
    }
}

async fn number(arguments: &[&str]) -> Result<u32, EmbeddedError> {
    let printed = printed_by_id(arguments).await.map_err(failed)?;
    printed
        .parse()
        .map_err(|_| failed(postgresql_commands::Error::IoError(format!("`id` printed {printed:?}"))))
}

/// `id` asks every source of accounts that the machine has configured.
async fn printed_by_id(arguments: &[&str]) -> postgresql_commands::Result<String> {
    let mut id = Command::new("id");
    id.args(arguments).current_dir("/").kill_on_drop(true);
    let (printed, _) = id.execute(Some(LOOKUP)).await?;
    Ok(printed.trim().to_owned())
}

fn failed(cause: postgresql_commands::Error) -> EmbeddedError {
    EmbeddedError::program("look up the account for the database server", cause)
}
