//! The private PostgreSQL of one run, in a folder that goes with it.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use society_gateway::db::embedded::{Embedded, Options};
use tokio_postgres::{Client, NoTls};

use crate::Result;

/// Room for the bare client, the gateway and the bench's own hand.
const CONNECTIONS: u32 = 100;

/// A running private PostgreSQL with an empty database.
pub struct Database {
    embedded: Option<Embedded>,
    folder: PathBuf,
    url: String,
    postmaster: u32,
    watcher: Watcher,
}

impl Database {
    /// Starts one. It does not wait for the disk: a bench measures the gateway, not the disk of the machine.
    pub async fn start() -> Result<Database> {
        // Open to other accounts, since PostgreSQL does not run as root.
        let folder = tempfile::Builder::new()
            .prefix("society-gateway-bench-")
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir()?
            .keep();
        let options = Options { data_dir: folder.clone(), durable: false, max_connections: CONNECTIONS };
        let embedded = Embedded::start(options).await?;
        let url = embedded.database_url();
        let mut watcher = Watcher::start(&folder)?;
        let row = connect(&url).await?.query_one("SELECT pg_read_file('postmaster.pid')", &[]).await?;
        let postmaster = row.get::<_, &str>(0).lines().next().unwrap_or_default().trim().parse()?;
        watcher.end_with_us(postmaster)?;
        Ok(Database { embedded: Some(embedded), folder, url, postmaster, watcher })
    }

    /// The address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's first process.
    pub fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// The folder of this run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends this process as well when the bench ends, whichever way.
    pub fn end_with_us(&mut self, process: u32) -> Result<()> {
        self.watcher.end_with_us(process)
    }

    /// Which PostgreSQL, and its settings that make it fast.
    pub async fn settings(&self) -> Result<String> {
        let query = "SELECT format('PostgreSQL %s: fsync %s, synchronous_commit %s, full_page_writes %s, \
                     shared_buffers %s, jit %s', current_setting('server_version'), current_setting('fsync'), \
                     current_setting('synchronous_commit'), current_setting('full_page_writes'), \
                     current_setting('shared_buffers'), current_setting('jit'))";
        Ok(connect(&self.url).await?.query_one(query, &[]).await?.get(0))
    }

    /// Stops the server and removes its folder.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(embedded) = self.embedded.take() {
            embedded.stop().await?;
        }
        self.watcher.dismiss()?;
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}

/// A connection beside all others.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // Ends when the client is dropped; what fails in it fails in the client's own calls.
    tokio::spawn(connection);
    Ok(client)
}

/// A shell that outlives a killed bench: it waits for the end of its input, which closes with this process, then ends the
/// processes that it was told of, newest first, and removes the folder. In a process group of its own, out of reach of
/// the terminal's Ctrl-C.
struct Watcher {
    shell: Child,
    told: ChildStdin,
}

const WATCH: &str = r#"
while read -r word; do
    if [ "$word" = dismissed ]; then exit 0; fi
    processes="$word $processes"
done
kill -INT $processes
for process in $processes; do
    for attempt in $(seq 100); do kill -0 "$process" 2>/dev/null || break; sleep 0.1; done
done
rm -rf "$0"
"#;

impl Watcher {
    fn start(folder: &Path) -> Result<Watcher> {
        let mut shell = Command::new("sh")
            .arg("-c")
            .arg(WATCH)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let told = shell.stdin.take().ok_or("the watching shell has no input")?;
        Ok(Watcher { shell, told })
    }

    fn end_with_us(&mut self, process: u32) -> Result<()> {
        Ok(writeln!(self.told, "{process}")?)
    }

    fn dismiss(&mut self) -> Result<()> {
        writeln!(self.told, "dismissed")?;
        self.shell.wait()?;
        Ok(())
    }
}
