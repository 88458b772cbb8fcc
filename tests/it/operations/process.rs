//! The real binary in a process of its own, on the database of a test.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::harness::{SECRET, TestApp};
use crate::server::PATIENCE;

/// A gateway that runs.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    log: tokio::task::JoinHandle<String>,
    _folder: TempDir,
}

/// What is left of one that ended.
pub struct Ended {
    pub success: bool,
    pub log: Vec<Value>,
}

impl Process {
    /// As in production, on the database and with the tokens of this app.
    pub async fn start(app: &TestApp, settings: &[(&str, &str)]) -> Process {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_society-gateway"))
            .env_clear()
            .env("APP_ENV", "production")
            .env("DATABASE_URL", app.app.pool().url())
            .env("DATABASE_POOL_SIZE", "4")
            .env("TOKEN_SECRET", SECRET)
            .env("PUBLIC_URL", "https://gateway.example.org")
            .env("LISTEN", "127.0.0.1:0")
            .env("DATA_DIR", folder.path())
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut text = String::new();
            stderr.read_to_string(&mut text).await.unwrap();
            text
        });
        let address = address(&mut child).await;
        Process { child, address, log, _folder: folder }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks it to stop.
    pub async fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> Ended {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        let log = self.log.await.unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
        Ended { success: status.success(), log: lines.collect() }
    }
}

impl Ended {
    pub fn logged(&self, message: &str) -> usize {
        self.log.iter().filter(|line| line["fields"]["message"] == message).count()
    }
}

/// Where it listens, as it says itself.
async fn address(child: &mut Child) -> SocketAddr {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it says where it listens");
            if let Some((_, url)) = line.split_once("GraphQL        http://") {
                return url.trim_end_matches("/graphql").parse().unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE + Duration::from_secs(30), told).await.expect("it starts")
}
