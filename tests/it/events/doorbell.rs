//! Rings across gateways: what one records, the subscribers of another hear at once; a carrier that fails costs time,
//! no events. The gateway that listens polls once an hour here: only rings wake it.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use society_gateway::events::{Carrier, Doorbell, Feed, Hub, Kind, Topic, carry};
use tokio::task::JoinHandle;
use tokio_postgres::AsyncMessage;

use super::{Events, WHO, next};
use crate::harness::TestApp;

/// A gateway's ears on the database of another: its feed, a stream of one person, and what rings for it.
struct Ears {
    events: Events,
    doorbell: Doorbell,
    tasks: [JoinHandle<()>; 2],
}

impl Ears {
    async fn of(app: &TestApp, carrier: Carrier) -> Ears {
        let (hub, doorbell) = (Hub::default(), Doorbell::default());
        let pool = app.app.pool().clone();
        let feed = Feed::start(pool.clone(), hub.clone(), doorbell.clone()).await.unwrap();
        let feeding = tokio::spawn(feed.polling_every(Duration::from_secs(3600)).run());
        let carrying = tokio::spawn(carry(doorbell.clone(), carrier));
        let events = hub.stream(pool, Kind::OrderStatusChanged, Topic::User(WHO), None).await.unwrap();
        Ears { events: Box::pin(events), doorbell, tasks: [feeding, carrying] }
    }

    /// Hears each as soon as it is recorded, before the next one is. The first may be heard because the line was made,
    /// the others only because they were rung for.
    async fn hear(&mut self, app: &TestApp, values: std::ops::Range<i32>) {
        for value in values {
            app.record(&value.to_string()).await;
            assert_eq!(next(&mut self.events).await.1, value.to_string());
        }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// The connections of the doorbell on this test's database.
const DOORBELLS: &str = "FROM pg_stat_activity
    WHERE application_name = 'society-gateway doorbell' AND datname = current_database()";

#[tokio::test]
async fn what_one_gateway_records_another_hears_without_looking() {
    let app = TestApp::start().await;
    let mut ears = Ears::of(&app, Carrier::postgres(app.app.pool().url())).await;
    ears.hear(&app, 0..20).await;
}

#[tokio::test]
async fn a_gateway_that_is_alone_tells_nobody_until_it_is_greeted() {
    let app = TestApp::start().await;
    let (client, mut connection) =
        tokio_postgres::connect(app.app.pool().url(), tokio_postgres::NoTls).await.unwrap();
    let (said, mut hear) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            if let AsyncMessage::Notification(ring) = message {
                said.send(ring.payload().to_owned()).unwrap();
            }
        }
    });
    client.batch_execute("LISTEN society_gateway_doorbell").await.unwrap();
    let mut events = app.stream(None).await.unwrap();
    for value in 0..20 {
        app.record(&value.to_string()).await;
        next(&mut events).await;
    }

    // It may greet as late as now; whatever it says after our greeting answers that.
    client.batch_execute("NOTIFY society_gateway_doorbell, 'stranger?'").await.unwrap();
    let mut before = Vec::new();
    loop {
        match hear.recv().await.unwrap() {
            ours if ours == "stranger?" => break,
            other => before.push(other),
        }
    }
    assert!(before.iter().all(|words| words.ends_with('?')), "{before:?}");
    while hear.recv().await.unwrap().ends_with('?') {}
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_no_event_is_lost_with_it() {
    let app = TestApp::start().await;
    let mut ears = Ears::of(&app, Carrier::postgres(app.app.pool().url())).await;
    ears.hear(&app, 0..3).await;
    for round in 1..=3 {
        // Both ends.
        assert_eq!(app.number(&format!("SELECT count(pg_terminate_backend(pid)) {DOORBELLS}")).await, 2);
        ears.hear(&app, round * 10..round * 10 + 5).await;
        while app.number(&format!("SELECT count(*) {DOORBELLS}")).await < 2 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_carrier_that_cannot_connect_holds_nothing_up() {
    let app = TestApp::start().await;
    let mut ears = Ears::of(&app, Carrier::redis("redis+unix:///nowhere/redis.sock").unwrap()).await;
    app.record("unheard").await;
    assert!(futures_util::poll!(ears.events.next()).is_pending());
    ears.doorbell.ring();
    assert_eq!(next(&mut ears.events).await.1, "unheard");
}

#[tokio::test]
async fn a_session_that_ends_on_one_gateway_is_refused_by_the_other() {
    let one = TestApp::start().await;
    let other = one.beside(&[]).await;
    let who = one.consumer("First").await;
    let me = "{ me { id } }";
    other.graphql(&who, me, json!({})).await.ok();
    one.graphql(&who, "mutation { logout { message } }", json!({})).await.ok();
    // The other one has the session in memory until it hears of its end.
    while other.graphql(&who, me, json!({})).await.errors.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// A Redis of this test's own; it ends with the test, whichever way that ends.
struct Redis {
    shell: Child,
    folder: tempfile::TempDir,
}

impl Redis {
    /// None, said loudly, where no `redis-server` is installed. `.ci/run` installs one.
    fn start(folder: tempfile::TempDir) -> Option<Redis> {
        let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if found.is_err() {
            // Past the capture of the tests' output: whoever reads the run should see it.
            let said = "\nSKIPPED: no redis-server is installed; rings through Redis are not tested\n";
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        }
        let script =
            "redis-server --port 0 --unixsocket \"$0/redis.sock\" --save '' --dir \"$0\" >/dev/null &
            cat >/dev/null; kill -9 $!; wait";
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", script]).arg(folder.path()).stdin(Stdio::piped()).spawn().unwrap();
        Some(Redis { shell, folder })
    }

    fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.folder.path().display())
    }

    /// Kills it; its folder, for the next one at the same address.
    fn stop(mut self) -> tempfile::TempDir {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.folder, folder)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[tokio::test]
async fn rings_go_through_redis_where_there_is_one_and_its_restart_loses_no_event() {
    let Some(redis) = Redis::start(tempfile::tempdir().unwrap()) else { return };
    let url = redis.url();
    let app = TestApp::with(&[("REDIS_URL", &url)]).await;
    let mut ears = Ears::of(&app, Carrier::redis(&url).unwrap()).await;
    ears.hear(&app, 0..20).await;
    assert_eq!(app.number(&format!("SELECT count(*) {DOORBELLS}")).await, 0);

    let folder = redis.stop();
    app.record("meanwhile").await;
    let redis = Redis::start(folder);
    assert_eq!(next(&mut ears.events).await.1, "meanwhile");
    ears.hear(&app, 20..30).await;
    drop(redis);
}
