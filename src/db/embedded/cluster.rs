//! The cluster and its server: create, adopt or start, stop.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use postgresql_commands::initdb::InitDbBuilder;
use postgresql_commands::pg_ctl::{Mode, PgCtlBuilder, ShutdownMode};
use postgresql_commands::postgres::PostgresBuilder;
use postgresql_commands::{AsyncCommandExecutor, CommandBuilder};
use tokio::process::Child;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::account::Account;
use super::binaries::Binaries;
use super::socket::Socket;
use super::{EmbeddedError, Options, ROLE, home};

/// Recovery after a kill can take a while on a slow disk.
const START_DEADLINE: Duration = Duration::from_secs(120);

/// `initdb` takes one second on a quiet machine; much more when it compiles beside it.
const CREATE_DEADLINE: Duration = Duration::from_secs(300);

/// What a fast shutdown may take, its closing checkpoint included; after that the server is told to drop everything.
const STOP_DEADLINE: Duration = Duration::from_secs(60);

/// The processes of a server that was killed end by themselves, as soon as they look up from a statement.
const LEFTOVER_DEADLINE: Duration = Duration::from_secs(20);

/// Between two looks at a server that is on its way up or down.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A cluster in its home, with what runs it.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: PathBuf,
    /// Beside the cluster's folder, where the server's account cannot replace it by a link for root to follow.
    log: PathBuf,
    socket: Socket,
    account: Account,
    programs: PathBuf,
}

/// How a server answers.
enum Answer {
    /// It is this cluster's, set up as wanted.
    Wanted,
    /// It runs, but for another folder or with other settings.
    Otherwise,
    /// Nothing listens, or it is still starting or stopping.
    Silence,
}

impl Cluster {
    pub(super) fn new(home: PathBuf, account: Account, binaries: Binaries) -> Cluster {
        Cluster {
            folder: home::cluster_in(&home),
            log: home.join("postgresql.log"),
            socket: Socket::of(&home),
            account,
            programs: binaries.folder,
        }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Creates the cluster under another name and renames it when it is complete, so that a kill leaves no half one.
    pub(super) async fn create_if_missing(&self, durable: bool) -> Result<(), EmbeddedError> {
        if self.folder.exists() {
            return Ok(());
        }
        remove_unfinished(&self.folder);
        let unfinished = self.folder.with_extension(format!("new-{}", std::process::id()));
        self.account
            .create_private(&unfinished)
            .map_err(|cause| EmbeddedError::folder(&unfinished, cause))?;

        let mut initdb = InitDbBuilder::new()
            .program_dir(&self.programs)
            .pgdata(&unfinished)
            .username(ROLE)
            .auth_local("trust")
            .auth_host("reject")
            .encoding("UTF8")
            .no_locale()
            .no_instructions();
        if !durable {
            initdb = initdb.no_sync();
        }
        self.account
            .runs(initdb.build_tokio())
            .execute(Some(CREATE_DEADLINE))
            .await
            .map_err(|cause| EmbeddedError::program("create the private database cluster", cause))?;
        fs::rename(&unfinished, &self.folder).map_err(|cause| EmbeddedError::folder(&self.folder, cause))
    }

    /// Adopts the server that a killed gateway left, unless it runs with other settings; starts one otherwise.
    /// Returns the process when it is ours to wait for.
    pub(super) async fn run(&self, options: &Options) -> Result<Option<Child>, EmbeddedError> {
        let deadline = Instant::now() + START_DEADLINE;
        while self.is_running().await {
            match self.answer(options).await? {
                Answer::Wanted => return Ok(None),
                Answer::Otherwise => self.stop().await?,
                // Ready but out of reach: the socket is gone, or the data folder was moved under the server.
                Answer::Silence if self.calls_itself_ready() => self.stop().await?,
                Answer::Silence if Instant::now() > deadline => return Err(self.no_answer()),
                Answer::Silence => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        self.start(options).await.map(Some)
    }

    /// A fast shutdown of whatever server runs this cluster; an immediate one (repaired at the next start) if that
    /// takes too long.
    pub(super) async fn stop(&self) -> Result<(), EmbeddedError> {
        for (mode, deadline) in
            [(ShutdownMode::Fast, STOP_DEADLINE), (ShutdownMode::Immediate, STOP_DEADLINE / 2)]
        {
            if !self.is_running().await {
                return Ok(());
            }
            let stop = self.pg_ctl().mode(Mode::Stop).shutdown_mode(mode).wait().timeout(deadline.as_secs());
            let stopped = self.account.runs(stop.build_tokio()).execute(Some(deadline * 2)).await;
            match stopped {
                Ok(_) => return Ok(()),
                Err(cause) => tracing::warn!(%cause, "the private PostgreSQL did not stop as asked"),
            }
        }
        if self.is_running().await { Err(self.no_answer()) } else { Ok(()) }
    }

    /// Creates a database unless it exists.
    pub(super) async fn create_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let client = self.connect().await.map_err(EmbeddedError::Database)?;
        let exists = client
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
            .await
            .map_err(EmbeddedError::Database)?;
        if exists.is_none() {
            client
                .batch_execute(&format!("CREATE DATABASE \"{name}\""))
                .await
                .map_err(EmbeddedError::Database)?;
        }
        Ok(())
    }

    async fn start(&self, options: &Options) -> Result<Child, EmbeddedError> {
        self.forget_dead_server().await;
        self.socket
            .prepare(&self.account)
            .map_err(|cause| EmbeddedError::folder(self.socket.folder(), cause))?;
        let log = self.fresh_log().map_err(|cause| EmbeddedError::folder(&self.log, cause))?;

        let mut command = self.account.runs(self.server_command(options).build_tokio());
        // A process group of its own keeps the terminal's Ctrl-C from the server: the gateway stops it, when it is done.
        command.process_group(0).kill_on_drop(false).stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(|cause| EmbeddedError::folder(&self.log, cause))?).stderr(log);
        let failed = |cause| EmbeddedError::program("start the private PostgreSQL", cause);
        let mut server = command.spawn().map_err(failed)?;

        let deadline = Instant::now() + START_DEADLINE;
        loop {
            if server.try_wait().map_err(failed)?.is_some() || Instant::now() > deadline {
                return Err(self.no_answer());
            }
            if let Answer::Wanted = self.answer(options).await? {
                return Ok(server);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn server_command(&self, options: &Options) -> PostgresBuilder {
        let connections = options.max_connections.to_string();
        let socket = self.socket.folder().to_string_lossy();
        let mut settings = vec![
            ("listen_addresses", ""),
            ("port", "5432"),
            ("unix_socket_directories", &socket),
            ("unix_socket_permissions", "0700"),
            ("max_connections", &connections),
            ("shared_buffers", "128MB"),
            ("jit", "off"),
            ("timezone", "UTC"),
            ("log_timezone", "UTC"),
        ];
        if !options.durable {
            settings.extend([("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]);
        }
        let server = PostgresBuilder::new().program_dir(&self.programs).data_dir(&self.folder);
        settings.into_iter().fold(server, |server, (name, value)| server.runtime_param(name, value))
    }

    fn pg_ctl(&self) -> PgCtlBuilder {
        PgCtlBuilder::new().program_dir(&self.programs).pgdata(&self.folder)
    }

    /// Whether a server of this cluster runs. Its id file alone does not say: after a restart of the machine or of a
    /// container another process may have that id, and a copied data folder carries the file of the original.
    async fn is_running(&self) -> bool {
        let Some(pid) = self.recorded(0) else { return false };
        if Path::new("/proc/self/cwd").exists() {
            return works_in(&Path::new("/proc").join(pid), &self.folder);
        }
        let status = self.pg_ctl().mode(Mode::Status).build_tokio();
        self.account.runs(status).execute(Some(STOP_DEADLINE)).await.is_ok()
    }

    /// Whether the server has written that it accepts connections.
    fn calls_itself_ready(&self) -> bool {
        self.recorded(7).is_some_and(|status| status == "ready")
    }

    /// A line of the server's id file: its process id in line 0, its status in line 7.
    fn recorded(&self, line: usize) -> Option<String> {
        let file = fs::read_to_string(self.folder.join("postmaster.pid")).ok()?;
        file.lines().nth(line).map(|text| text.trim().to_owned())
    }

    /// Waits for what a killed server has left to end, then removes its id files. PostgreSQL removes them itself, except
    /// when another process has got the dead one's id: then it would refuse to start. Where processes cannot be seen,
    /// or do not end, PostgreSQL decides.
    async fn forget_dead_server(&self) {
        let given_up = Instant::now() + LEFTOVER_DEADLINE;
        loop {
            match self.has_processes() {
                Some(false) => break,
                Some(true) if Instant::now() < given_up => tokio::time::sleep(LOOK_AGAIN).await,
                _ => return,
            }
        }
        // Absent, or in the way and then named in the server's own log.
        let _ = fs::remove_file(self.folder.join("postmaster.pid"));
        let _ = fs::remove_file(self.socket.folder().join(".s.PGSQL.5432.lock"));
    }

    /// Whether any process of PostgreSQL works in the cluster; unknown where `/proc` does not say.
    fn has_processes(&self) -> Option<bool> {
        let mut processes = fs::read_dir("/proc").ok()?.flatten().map(|process| process.path()).peekable();
        processes.peek()?;
        let is_postgres = |process: &Path| {
            fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
        };
        Some(processes.any(|process| is_postgres(&process) && works_in(&process, &self.folder)))
    }

    /// An empty log for a new server, for our eyes only (it quotes failed statements); the one before is kept as
    /// `postgresql.log.1`.
    fn fresh_log(&self) -> io::Result<File> {
        // There is none before the first start.
        let _ = fs::rename(&self.log, self.log.with_extension("log.1"));
        File::options().append(true).create(true).mode(0o600).open(&self.log)
    }

    async fn answer(&self, options: &Options) -> Result<Answer, EmbeddedError> {
        let query = "SELECT current_setting('data_directory'), current_setting('max_connections')::bigint, \
                     current_setting('fsync')::boolean";
        let answer = match self.connect().await {
            Ok(client) => client.query_one(query, &[]).await,
            Err(cause) => Err(cause),
        };
        match answer {
            Ok(row) => {
                let wanted = Path::new(row.get::<_, &str>(0)) == self.folder
                    && row.get::<_, i64>(1) == i64::from(options.max_connections)
                    && row.get::<_, bool>(2) == options.durable;
                Ok(if wanted { Answer::Wanted } else { Answer::Otherwise })
            }
            Err(cause) if cause.code().is_none() || cause.code() == Some(&SqlState::CANNOT_CONNECT_NOW) => {
                Ok(Answer::Silence)
            }
            Err(cause) => Err(EmbeddedError::Database(cause)),
        }
    }

    /// A connection of the maintenance database, for this module's own statements.
    async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = Config::new()
            .host_path(self.socket.folder())
            .user(ROLE)
            .dbname("postgres")
            .connect_timeout(Duration::from_secs(5))
            .connect(NoTls)
            .await?;
        // Ends when the client is dropped; what fails in it fails in the client's own calls.
        tokio::spawn(connection);
        Ok(client)
    }

    fn no_answer(&self) -> EmbeddedError {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        EmbeddedError::NoAnswer {
            log: self.log.clone(),
            tail: lines[lines.len().saturating_sub(5)..].join("\n"),
        }
    }
}

/// Whether a process, given by its folder under `/proc`, has this current folder, as every process of a server has.
/// Compared by identity, so that it stays true when the folder is moved.
fn works_in(process: &Path, folder: &Path) -> bool {
    match (fs::metadata(process.join("cwd")), fs::metadata(folder)) {
        (Ok(current), Ok(folder)) => (current.dev(), current.ino()) == (folder.dev(), folder.ino()),
        _ => false,
    }
}

/// Removes what killed gateways left while creating the cluster.
fn remove_unfinished(cluster: &Path) {
    let Some(Ok(entries)) = cluster.parent().map(fs::read_dir) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with("cluster.new-") {
            // One that cannot be removed has another name than the next attempt.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
