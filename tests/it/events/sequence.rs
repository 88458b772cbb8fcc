//! The numbers of an order's events: checked by the feed, told in the log, never in the way of delivery.

use std::io::Write;
use std::sync::{Arc, Mutex};

use society_gateway::db::Conn;
use society_gateway::events::{NewEvent, record};
use society_gateway::values::OrderId;
use tracing::subscriber::DefaultGuard;

use super::{fact, take};
use crate::harness::TestApp;

/// What this thread logs of errors. The feed of a test runs on the test's own thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen() -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::ERROR)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The order, the expected and the found number of each complaint.
    fn complaints(&self) -> Vec<(i64, i64, i64)> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines
            .map(|line| {
                let fields = &line["fields"];
                assert_eq!(fields["message"], "the events of an order are not in sequence");
                let number = |name: &str| fields[name].as_i64().unwrap();
                (number("order.id"), number("expected"), number("found"))
            })
            .collect()
    }
}

impl TestApp {
    /// Each event in a transaction of its own, one after the other.
    async fn numbered(&self, events: &[(i64, i32)]) {
        for (order, seq) in events.iter().copied() {
            let at = self.clock.now();
            let work = async move |conn: &mut Conn| {
                let value = format!("{order}.{seq}");
                let numbered =
                    NewEvent { order_id: Some(OrderId(order)), seq: Some(seq), ..fact(&value, at) };
                record(conn, &numbered).await
            };
            self.app.write(work).await.unwrap();
        }
    }
}

fn values(taken: Vec<(society_gateway::events::EventCursor, String)>) -> String {
    taken.into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_number_that_is_missing_or_comes_late_is_told_as_an_error_and_everything_is_delivered() {
    let (log, _guard) = Log::listen();
    let app = TestApp::start().await;
    let mut events = app.stream(None).await.unwrap();

    app.numbered(&[(7, 1), (8, 1), (7, 2), (7, 4), (8, 2), (7, 3), (7, 5), (8, 4)]).await;

    assert_eq!(values(take(&mut events, 8).await), "7.1 8.1 7.2 7.4 8.2 7.3 7.5 8.4");
    app.feed_has_looked().await;
    assert_eq!(log.complaints(), [(7, 3, 4), (7, 5, 3), (8, 3, 4)]);
}

#[tokio::test]
async fn an_order_that_is_told_whole_gives_no_complaint_also_when_many_write() {
    let (log, _guard) = Log::listen();
    let app = TestApp::start().await;
    let mut events = app.stream(None).await.unwrap();

    let orders: Vec<Vec<_>> = (1..=8).map(|order| (1..=25).map(|seq| (order, seq)).collect()).collect();
    futures_util::future::join_all(orders.iter().map(|events| app.numbered(events))).await;

    take(&mut events, 200).await;
    app.feed_has_looked().await;
    assert_eq!(log.complaints(), []);
}

#[tokio::test]
async fn what_a_newer_gateway_recorded_is_passed_over_without_a_complaint() {
    let (log, _guard) = Log::listen();
    let app = TestApp::start().await;
    app.sql("ALTER TABLE event DROP CONSTRAINT event_kind_is_known").await;
    let mut events = app.stream(None).await.unwrap();
    app.numbered(&[(7, 1)]).await;
    let unknown = |seq: i32| {
        format!(
            "INSERT INTO event (kind, order_id, seq, value, created_at) VALUES ('newer', 7, {seq}, '', now());"
        )
    };

    app.sql(&unknown(2)).await;
    app.sql(&unknown(3)).await;
    app.numbered(&[(7, 4)]).await;
    app.sql(&unknown(5)).await;
    app.numbered(&[(7, 7)]).await;

    assert_eq!(values(take(&mut events, 3).await), "7.1 7.4 7.7");
    app.feed_has_looked().await;
    assert_eq!(log.complaints(), [(7, 5, 7)]);
}
