//! Rings through Redis: one connection subscribes, one publishes.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, IntoConnectionInfo, RedisResult};
use tokio::time::{sleep, timeout};

use super::{CHANNEL, COALESCE, Carried, Line, Lost, PATIENCE};

/// A client of this address. Does not connect yet.
pub(super) fn client(url: &str) -> RedisResult<Client> {
    // A Redis that vanished without a word is noticed in seconds.
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(15))
        .with_interval(Duration::from_secs(5))
        .with_retries(3);
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    Client::open(url.into_connection_info()?.set_tcp_settings(settings))
}

/// Carries rings until a connection is lost.
pub(super) async fn carry(line: &Line, client: &Client) -> Carried<Infallible> {
    let connecting = async {
        let (mut subscriptions, rings) = client.get_async_pubsub().await?.split();
        subscriptions.subscribe(CHANNEL).await?;
        RedisResult::Ok((subscriptions, rings, client.get_multiplexed_async_connection().await?))
    };
    // The subscription ends with the first of the three.
    let (_subscriptions, mut rings, mut publisher) = timeout(PATIENCE, connecting).await??;

    let hear = async {
        while let Some(ring) = rings.next().await {
            line.heard(&ring.get_payload::<String>()?);
        }
        Err(Lost::from("the connection was closed"))
    };
    let tell = async {
        let mut words = line.greeting();
        loop {
            let publish = redis::cmd("PUBLISH").arg(CHANNEL).arg(&words).to_owned();
            timeout(PATIENCE, publish.exec_async(&mut publisher)).await??;
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
