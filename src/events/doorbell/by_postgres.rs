//! Rings through the database: one connection that listens and notifies.

use std::convert::Infallible;
use std::future::poll_fn;

use tokio::time::{sleep, timeout};
use tokio_postgres::AsyncMessage;

use super::{CHANNEL, COALESCE, Carried, Line, Lost, PATIENCE};
use crate::db::Address;

/// What the connection is called in `pg_stat_activity`.
const APPLICATION: &str = "society-gateway doorbell";

/// Carries rings until the connection is lost.
pub(super) async fn carry(line: &Line, url: &str) -> Carried<Infallible> {
    // A ring that a crash loses is rung again after the reconnect: nothing waits for the disk.
    let address = Address::read(url)?.named(APPLICATION, "-c synchronous_commit=off");
    let (client, mut connection) = address.connect().await?;

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
