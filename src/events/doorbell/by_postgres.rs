//! Rings through the database: one connection that listens and notifies.

use std::convert::Infallible;
use std::future::poll_fn;

use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, NoTls};

use super::{CHANNEL, COALESCE, Carried, Line, Lost, PATIENCE};
use crate::db::connection_settings;

/// What the connection is called in `pg_stat_activity`.
const APPLICATION: &str = "society-gateway doorbell";

/// Carries rings until the connection is lost.
pub(super) async fn carry(line: &Line, url: &str) -> Carried<Infallible> {
    let mut settings = connection_settings(url)?;
    settings.application_name(APPLICATION);
    // A ring that a crash loses is rung again after the reconnect: nothing waits for the disk.
    let options = [settings.get_options().unwrap_or_default(), "-c synchronous_commit=off"].join(" ");
    settings.options(options);
    let (client, mut connection) = settings.connect(NoTls).await?;

    // Polling the connection also moves what the client sends.
    let hear = async {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(ring) = message? {
                line.heard(ring.payload());
            }
        }
        Err(Lost::from("the connection was closed"))
    };
    let tell = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        let notify = client.prepare("SELECT pg_notify($1, $2)").await?;
        let mut words = line.greeting();
        loop {
            timeout(PATIENCE, client.execute(&notify, &[&CHANNEL, &words])).await??;
            sleep(COALESCE).await;
            line.next().await;
            words.clone_from(&line.name);
        }
    };
    tokio::select! {
        lost = hear => lost,
        lost = tell => lost,
    }
}
