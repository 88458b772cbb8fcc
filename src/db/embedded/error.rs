//! What can keep the private PostgreSQL from running. Each message says what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the private PostgreSQL did not start or stop.
#[derive(Debug)]
pub enum EmbeddedError {
    /// No usable PostgreSQL is installed and none could be downloaded.
    NotFound {
        /// The major version that an existing cluster needs; none when any from 14 on will do.
        major: Option<u32>,
        /// Why the download did not help.
        download: String,
    },
    /// Another gateway runs on this data folder.
    InUse {
        /// Its process id, unless it has not written it yet.
        pid: Option<u32>,
        /// The data folder, absolute.
        data_dir: PathBuf,
    },
    /// The cluster belongs to another account of this machine, or that account can no longer reach it.
    NotOurs {
        /// The folder at fault.
        folder: PathBuf,
        /// Who is meant, for example ``the account `postgres` ``.
        owner: String,
    },
    /// A file or folder cannot be used.
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// One of PostgreSQL's programs, or one of the system's, failed.
    Program {
        /// What it should have done, as an infinitive.
        act: &'static str,
        /// What it said.
        cause: postgresql_commands::Error,
    },
    /// The server ended while starting, or did not answer in time.
    NoAnswer {
        /// The server's log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The server answered with an error.
    Database(tokio_postgres::Error),
}

impl EmbeddedError {
    pub(super) fn folder(path: &Path, cause: io::Error) -> Self {
        Self::Folder { path: path.to_owned(), cause }
    }

    pub(super) fn program(act: &'static str, cause: impl Into<postgresql_commands::Error>) -> Self {
        Self::Program { act, cause: cause.into() }
    }
}

impl fmt::Display for EmbeddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { major, download } => {
                let (wanted, debian, brew) = match major {
                    Some(major) => (
                        format!("PostgreSQL {major}, which the existing cluster needs,"),
                        format!("postgresql-{major}"),
                        format!("postgresql@{major}"),
                    ),
                    None => ("PostgreSQL 14 or later".into(), "postgresql".into(), "postgresql@17".into()),
                };
                write!(
                    f,
                    "{wanted} is not installed and could not be downloaded ({download}). Install it (Debian, Ubuntu: \
                     `apt install {debian}`; macOS: `brew install {brew}`) and start again, or set DATABASE_URL to a \
                     PostgreSQL of your own."
                )
            }
            Self::InUse { pid, data_dir } => {
                let holder =
                    pid.map_or("another gateway".into(), |pid| format!("the gateway with process id {pid}"));
                write!(
                    f,
                    "The data folder {} is in use by {holder}. Stop that one, or give this one a folder of its own \
                     with DATA_DIR.",
                    data_dir.display()
                )
            }
            Self::NotOurs { folder, owner } => write!(
                f,
                "The private database in {0} belongs to {owner}, and cannot be used from here. Start the gateway as \
                 that account, open the way to {0}, or choose another folder with DATA_DIR.",
                folder.display()
            ),
            Self::Folder { path, cause } => write!(
                f,
                "Cannot use {}: {cause}. Make it writable for this account, or choose another folder with DATA_DIR.",
                path.display()
            ),
            Self::Program { act, cause } => write!(
                f,
                "Could not {act}: {}. Set DATABASE_URL to use a PostgreSQL of your own instead.",
                said(cause)
            ),
            Self::NoAnswer { log, tail } => write!(
                f,
                "The private PostgreSQL does not answer. Its log {} ends with:\n{tail}\nSet DATABASE_URL to use a \
                 PostgreSQL of your own instead.",
                log.display()
            ),
            Self::Database(cause) => write!(
                f,
                "The private PostgreSQL answered with an error: {}. Stop it and start again, or set DATABASE_URL to \
                 use a PostgreSQL of your own.",
                cause.as_db_error().map_or_else(|| cause.to_string(), ToString::to_string)
            ),
        }
    }
}

impl std::error::Error for EmbeddedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder { cause, .. } => Some(cause),
            Self::Program { cause, .. } => Some(cause),
            Self::Database(cause) => Some(cause),
            Self::NotFound { .. } | Self::InUse { .. } | Self::NotOurs { .. } | Self::NoAnswer { .. } => None,
        }
    }
}

/// What a program complained about, on one line.
fn said(cause: &postgresql_commands::Error) -> String {
    let text = match cause {
        postgresql_commands::Error::CommandError { stdout, stderr } if stderr.trim().is_empty() => {
            stdout.clone()
        }
        postgresql_commands::Error::CommandError { stderr, .. } => stderr.clone(),
        other => other.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_postgresql_is_told_what_to_install() {
        let error = EmbeddedError::NotFound { major: None, download: "no route to host".into() };

        assert_eq!(
            error.to_string(),
            "PostgreSQL 14 or later is not installed and could not be downloaded (no route to host). Install it \
             (Debian, Ubuntu: `apt install postgresql`; macOS: `brew install postgresql@17`) and start again, or set \
             DATABASE_URL to a PostgreSQL of your own."
        );
    }

    #[test]
    fn a_cluster_of_another_version_names_the_package_of_that_version() {
        let error = EmbeddedError::NotFound { major: Some(15), download: "no route to host".into() };

        assert!(error.to_string().contains("`apt install postgresql-15`"), "{error}");
        assert!(error.to_string().contains("`brew install postgresql@15`"), "{error}");
    }
}
