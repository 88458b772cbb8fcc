//! The release binary on a free port of the loopback, with its settings as they are out of the box, but without rate
//! limits. Nothing of the bench's own environment reaches it, except what is there to be tried out.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::database::Database;
use crate::load::Worker;
use crate::people::{Asking, Person, SECRET};
use crate::scenario::WHO_ASKS;
use crate::{Result, client, machine};

/// How long it may take to get ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a person may set for the bench, to see what comes of it.
const TRIED_OUT: [&str; 3] = ["DATABASE_POOL_SIZE", "TOKIO_WORKER_THREADS", "RUST_LOG"];

/// The settings that this run tries out.
pub fn tried_out() -> impl Iterator<Item = (&'static str, String)> {
    TRIED_OUT.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)))
}

/// The running gateway. Killed when it is dropped.
pub struct Gateway {
    process: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Gateway {
    /// Starts it and waits until it is ready.
    pub async fn start(database: &mut Database) -> Result<Gateway> {
        // Free a moment ago; nobody else looks for ports between.
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let log = database.folder().join("gateway.log");
        let output = File::create(&log)?;
        let process = Command::new(env!("CARGO_BIN_EXE_society-gateway"))
            .arg("serve")
            .env_clear()
            .env("LISTEN", address.to_string())
            .env("APP_ENV", "development")
            .env("DATABASE_URL", database.url())
            .env("DATA_DIR", database.folder())
            .env("TOKEN_SECRET", SECRET)
            .env("RATE_LIMITS", "off")
            .envs(tried_out())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        if let Some(id) = process.id() {
            database.end_with_us(id)?;
        }
        let mut gateway = Gateway { process, address, log };
        gateway.wait_until_ready().await?;
        Ok(gateway)
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let given_up = Instant::now() + READY_WITHIN;
        while !self.is_ready().await {
            if self.process.try_wait()?.is_some() || Instant::now() > given_up {
                let log = std::fs::read_to_string(&self.log)?;
                return Err(format!("the gateway does not get ready; it says:\n{log}").into());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn is_ready(&self) -> bool {
        reqwest::get(format!("http://{}/readyz", self.address))
            .await
            .is_ok_and(|response| response.status().is_success())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets each of these ask once, so that the gateway has read their sessions: one look for each person and minute is
    /// no part of a scenario.
    pub async fn warm_sessions(&self, asking: &Asking) -> Result<()> {
        let mut clients = client::connect(self.address, WHO_ASKS).await?;
        let share = asking.people().len().div_ceil(clients.len()).max(1);
        let people: Vec<Vec<Person>> = asking.people().chunks(share).map(<[Person]>::to_vec).collect();
        let mut asked = tokio::task::JoinSet::new();
        for (people, mut client) in people.into_iter().zip(clients.drain(..)) {
            asked.spawn(async move {
                for person in &people {
                    client.ask(person).await?;
                    client.check()?;
                }
                Result::Ok(())
            });
        }
        while let Some(done) = asked.join_next().await {
            done??;
        }
        Ok(())
    }

    /// The time that it has spent on a core, where the system tells.
    pub fn cpu(&self) -> Option<Duration> {
        machine::cpu(self.process.id()?)
    }

    /// Its process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// The memory that it holds, where the system tells.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
    }
}
