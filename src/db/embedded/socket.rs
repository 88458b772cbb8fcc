//! The folder of the server's unix socket.
//!
//! Anyone who can connect is trusted as the superuser, so the folder itself is the lock: it belongs to the server's
//! account and is closed to everyone but that account and root.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::home;

/// Bytes that the path of the folder may have. The socket's full path is limited to 103 bytes on macOS (107 on Linux),
/// and `/.s.PGSQL.5432` takes 14 of them.
const LONGEST: usize = 103 - 14;

/// Where the server listens.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    folder: PathBuf,
}

impl Socket {
    /// In the home, or in `/tmp` under a name that follows from the home where its path does not suit: too long, or
    /// with characters that PostgreSQL's list of socket folders gives a meaning.
    pub(super) fn of(home: &Path) -> Socket {
        let beside = home.join("socket");
        let suits = beside.to_str().is_some_and(|path| path.len() <= LONGEST && path.chars().all(is_plain));
        let folder = if suits {
            beside
        } else {
            Path::new("/tmp").join(format!("society-gateway-{}", home::short_hash(home)))
        };
        Socket { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, or takes the one of an earlier start; refuses one that somebody else has put in its place.
    pub(super) fn prepare(&self, account: &Account) -> io::Result<()> {
        match account.create_private(&self.folder) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                if !account.owns(&self.folder) {
                    return Err(io::Error::other("it belongs to another account"));
                }
                close_to_others(&self.folder)
            }
            created => created,
        }
    }

    /// Removes what a stopped server has left, as far as it is empty.
    pub(super) fn remove(&self) {
        // A socket folder that stays is taken again by the next start.
        let _ = fs::remove_dir(&self.folder);
    }

    /// The folder in the place where a URL has its host.
    pub(super) fn as_url_host(&self) -> String {
        percent_encoded(&self.folder.to_string_lossy())
    }
}

/// Everything but letters, digits and `-._~` as `%XX`.
pub(super) fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "/-._+@ ".contains(character)
}

fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_lives_in_the_data_folder_while_its_path_is_short_and_plain() {
        let beside = Socket::of(Path::new("/home/asha/app/.data"));
        let long = Socket::of(Path::new(&format!("/home/{}", "a".repeat(80))));
        let listed = Socket::of(Path::new("/home/asha/a,b"));

        assert_eq!(beside.folder(), Path::new("/home/asha/app/.data/socket"));
        assert_eq!(long.folder().parent(), Some(Path::new("/tmp")));
        assert_eq!(listed.folder().parent(), Some(Path::new("/tmp")));
        assert_ne!(long.folder(), listed.folder());
    }

    #[test]
    fn a_folder_becomes_the_host_of_a_url() {
        assert_eq!(percent_encoded("/tmp/a b_c"), "%2Ftmp%2Fa%20b_c");
    }
}
