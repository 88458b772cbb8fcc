//! The private PostgreSQL of development and tests.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use society_gateway::db::embedded::{Embedded, EmbeddedError, Options};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// A data folder of its own; dropping it stops whatever server is left in it, and removes it.
struct DataFolder {
    parent: TempDir,
    folder: PathBuf,
    /// The cluster's home, where that is not the data folder.
    apart: Option<PathBuf>,
}

impl DataFolder {
    fn new() -> DataFolder {
        DataFolder::named("data")
    }

    /// Open for passing through, as a checkout usually is: a test that runs as root has the server run as another.
    fn named(name: &str) -> DataFolder {
        let parent = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        let folder = parent.path().canonicalize().unwrap().join(name);
        DataFolder { parent, folder, apart: None }
    }

    fn close_to_others(&self) {
        fs::set_permissions(self.parent.path(), Permissions::from_mode(0o700)).unwrap();
    }

    fn options(&self) -> Options {
        Options { data_dir: self.folder.clone(), durable: false, max_connections: 20 }
    }

    async fn start(&self) -> Embedded {
        Embedded::start(self.options()).await.unwrap()
    }

    fn cluster(&self) -> PathBuf {
        self.apart.as_ref().unwrap_or(&self.folder).join("cluster")
    }

    fn server_pid(&self) -> Option<String> {
        let file = fs::read_to_string(self.cluster().join("postmaster.pid")).ok()?;
        file.lines().next().map(str::to_owned)
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if let Some(pid) = self.server_pid() {
            kill("-INT", &pid);
            wait_until_ended(&pid);
        }
        if let Some(apart) = &self.apart {
            fs::remove_dir_all(apart).unwrap();
            // Stays while another test, or a real gateway, has its cluster there.
            let _ = fs::remove_dir("/var/lib/society-gateway");
        }
    }
}

fn kill(signal: &str, pid: &str) {
    Command::new("kill").args([signal, pid]).status().unwrap();
}

/// A server that was killed is gone when it can no longer be signalled, or waits as a zombie for its parent.
fn wait_until_ended(pid: &str) {
    let given_up = Instant::now() + Duration::from_secs(30);
    let ended = || {
        let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
        state.is_empty() || state.starts_with(b"Z")
    };
    while !ended() && Instant::now() < given_up {
        std::thread::yield_now();
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

async fn note(url: &str, words: &str) {
    let client = connect(url).await;
    client.batch_execute("CREATE TABLE note (words TEXT NOT NULL)").await.unwrap();
    client.execute("INSERT INTO note VALUES ($1)", &[&words]).await.unwrap();
}

#[tokio::test]
async fn the_first_start_creates_the_database_and_answers() {
    let data = DataFolder::new();

    let embedded = data.start().await;
    let client = connect(&embedded.database_url()).await;

    assert_eq!(text(&client, "SELECT current_database()::text").await, "society_gateway");
    assert_eq!(text(&client, "SELECT current_user::text").await, "society");
    assert_eq!(text(&client, "SHOW server_encoding").await, "UTF8");
    assert_eq!(text(&client, "SHOW timezone").await, "UTC");
    assert_eq!(text(&client, "SHOW max_connections").await, "20");
    assert_eq!(text(&client, "SHOW fsync").await, "off");
    assert_eq!(embedded.notices(), [] as [&str; 0]);
    embedded.stop().await.unwrap();
    assert_eq!(data.server_pid(), None);
}

#[tokio::test]
async fn no_other_account_of_the_machine_can_reach_the_private_database() {
    let data = DataFolder::new();

    let embedded = data.start().await;
    let client = connect(&embedded.database_url()).await;

    assert_eq!(text(&client, "SHOW listen_addresses").await, "");
    for folder in [data.cluster(), PathBuf::from(text(&client, "SHOW unix_socket_directories").await)] {
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700, "{}", folder.display());
    }
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_gateway_on_the_same_data_folder_is_refused_and_names_the_first() {
    let data = DataFolder::new();
    let first = data.start().await;

    let refused = Embedded::start(data.options()).await.unwrap_err();

    let EmbeddedError::InUse { pid, data_dir } = &refused else { panic!("{refused:?}") };
    assert_eq!(*pid, Some(std::process::id()));
    assert_eq!(*data_dir, data.folder);
    assert!(refused.to_string().contains(&format!("process id {}", std::process::id())), "{refused}");
    assert!(refused.to_string().contains("DATA_DIR"), "{refused}");
    connect(&first.database_url()).await;
    first.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_written_survives_a_stop_and_a_start() {
    let data = DataFolder::new();
    let first = data.start().await;
    note(&first.database_url(), "atta, 5 kg").await;
    first.stop().await.unwrap();

    let second = data.start().await;

    let client = connect(&second.database_url()).await;
    assert_eq!(text(&client, "SELECT words FROM note").await, "atta, 5 kg");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_that_a_killed_gateway_leaves_is_adopted() {
    let data = DataFolder::new();
    let killed = data.start().await;
    note(&killed.database_url(), "toor dal").await;
    let left = data.server_pid();
    drop(killed);

    let next = data.start().await;

    assert!(left.is_some());
    assert_eq!(data.server_pid(), left);
    let client = connect(&next.database_url()).await;
    assert_eq!(text(&client, "SELECT words FROM note").await, "toor dal");
    next.stop().await.unwrap();
    assert_eq!(data.server_pid(), None);
}

#[tokio::test]
async fn a_server_that_was_left_with_other_settings_is_started_anew() {
    let data = DataFolder::new();
    let killed = data.start().await;
    note(&killed.database_url(), "ghee").await;
    drop(killed);

    let next = Embedded::start(Options { max_connections: 31, ..data.options() }).await.unwrap();

    let client = connect(&next.database_url()).await;
    assert_eq!(text(&client, "SHOW max_connections").await, "31");
    assert_eq!(text(&client, "SELECT words FROM note").await, "ghee");
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_was_killed_too_is_started_again_with_its_data() {
    let data = DataFolder::new();
    let durable = Options { durable: true, ..data.options() };
    let killed = Embedded::start(durable.clone()).await.unwrap();
    note(&killed.database_url(), "jaggery").await;
    let pid = data.server_pid().unwrap();
    kill("-KILL", &pid);
    wait_until_ended(&pid);
    drop(killed);

    let next = Embedded::start(durable).await.unwrap();

    assert_ne!(data.server_pid().unwrap(), pid);
    let client = connect(&next.database_url()).await;
    assert_eq!(text(&client, "SELECT words FROM note").await, "jaggery");
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_dead_server_whose_process_id_another_process_has_now_is_started_again() {
    let data = DataFolder::new();
    data.start().await.stop().await.unwrap();
    let us = std::process::id();
    let id_file = format!("{us}\n{}\n1700000000\n5432\n\n\n\nready\n", data.cluster().display());
    fs::write(data.cluster().join("postmaster.pid"), id_file).unwrap();

    let next = data.start().await;

    assert_ne!(data.server_pid().unwrap(), us.to_string());
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_creation_that_was_cut_short_is_begun_anew() {
    let data = DataFolder::new();
    let unfinished = data.folder.join("cluster.new-1");
    fs::create_dir_all(unfinished.join("base")).unwrap();

    let embedded = data.start().await;

    connect(&embedded.database_url()).await;
    assert!(!unfinished.exists());
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_with_a_long_path_works() {
    let data = DataFolder::named(&"long".repeat(40));

    let embedded = data.start().await;

    let client = connect(&embedded.database_url()).await;
    let socket = PathBuf::from(text(&client, "SHOW unix_socket_directories").await);
    assert_eq!(socket.parent(), Some(Path::new("/tmp")));
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o700);
    embedded.stop().await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_data_folder_with_unusual_letters_works() {
    let data = DataFolder::named("it's, \"घर\" $(x)");

    let embedded = data.start().await;

    connect(&embedded.database_url()).await;
    connect(&embedded.url_of("postgres")).await;
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn where_the_servers_account_cannot_go_the_cluster_lives_under_var_lib_and_start_up_says_so() {
    let mut data = DataFolder::new();
    data.close_to_others();
    let we_are_root = fs::metadata(data.parent.path()).unwrap().uid() == 0;

    let first = data.start().await;
    note(&first.database_url(), "poha").await;
    let said = first.notices().to_vec();
    data.apart =
        said.first().and_then(|said| said.trim_end_matches('.').split(' ').next_back()).map(PathBuf::from);
    first.stop().await.unwrap();
    let second = data.start().await;

    // Our own account reaches what it has closed to others, so only root has something to say.
    assert_eq!(said.len(), usize::from(we_are_root));
    assert_eq!(second.notices(), said);
    assert_eq!(data.cluster().starts_with("/var/lib/society-gateway"), we_are_root);
    assert!(data.cluster().join("PG_VERSION").exists());
    let client = connect(&second.database_url()).await;
    assert_eq!(text(&client, "SELECT words FROM note").await, "poha");
    second.stop().await.unwrap();
}
