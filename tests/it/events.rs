//! Events: nothing lost, nothing twice, whoever commits late, reads slowly or comes back.

mod sequence;

mod doorbell;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::{Stream, StreamExt};
use society_gateway::app::Removed;
use society_gateway::error::{Code, Result};
use society_gateway::events::{
    Doorbell, Event, EventCursor, Feed, Hub, Kind, NewEvent, Topic, prune, record,
};
use society_gateway::schema::event;
use society_gateway::values::UserId;

use crate::harness::TestApp;

const WHO: UserId = UserId(7);
const MANY: usize = 200;

type Events = Pin<Box<dyn Stream<Item = Result<Arc<Event>>> + Send>>;

fn fact(value: &str, created_at: DateTime<Utc>) -> NewEvent<'_> {
    NewEvent {
        kind: Kind::OrderStatusChanged,
        order_id: None,
        seq: None,
        user_id: Some(WHO),
        shop_id: None,
        value,
        created_at,
    }
}

impl TestApp {
    async fn record(&self, value: &str) {
        self.record_at(value, self.clock.now()).await;
    }

    async fn record_at(&self, value: &str, at: DateTime<Utc>) {
        let value = value.to_owned();
        self.app.write(async move |conn| record(conn, &fact(&value, at)).await).await.unwrap();
    }

    async fn stream(&self, after: Option<EventCursor>) -> Result<Events> {
        let pool = self.app.pool().clone();
        let stream = self.app.hub.stream(pool, Kind::OrderStatusChanged, Topic::User(WHO), after).await?;
        Ok(Box::pin(stream))
    }

    async fn prune(&self, before: DateTime<Utc>) -> usize {
        prune(&mut *self.conn().await, before).await.unwrap()
    }

    /// Prunes until so many are gone: transactions of other databases of this server hold events back, too.
    async fn prune_all(&self, before: DateTime<Utc>, count: usize) {
        let mut gone = 0;
        while gone < count {
            gone += self.prune(before).await;
        }
        assert_eq!(gone, count);
    }

    /// All events in their order, as the table has them.
    async fn recorded(&self) -> Vec<(EventCursor, String)> {
        let rows: Vec<Event> = event::table
            .order((event::xid, event::id))
            .select(Event::as_select())
            .load(&mut self.conn().await)
            .await
            .unwrap();
        rows.into_iter().map(|event| (event.cursor(), event.value)).collect()
    }

    /// Waits until everything that was recorded may be delivered: transactions of other databases of this server hold
    /// events back, too.
    pub async fn nothing_is_held_back(&self) {
        while self.number("SELECT count(*) FROM event WHERE xid >= event_horizon()").await > 0 {}
    }

    /// Waits until the feed has looked at the table again, twice.
    async fn feed_has_looked(&self) {
        let looks = self.background.feed_statements();
        let before = looks.count();
        while looks.count() < before + 2 {
            tokio::task::yield_now().await;
        }
    }
}

/// The next event of a stream that must have one.
async fn next(events: &mut Events) -> (EventCursor, String) {
    let next = tokio::time::timeout(Duration::from_secs(30), events.next()).await;
    let event = next.expect("an event in time").expect("the stream goes on").unwrap();
    (event.cursor(), event.value.clone())
}

async fn take(events: &mut Events, count: usize) -> Vec<(EventCursor, String)> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(next(events).await);
    }
    taken
}

async fn refused(app: &TestApp, after: &str) -> (Code, Option<String>) {
    let cursor = match after.parse::<EventCursor>() {
        Ok(cursor) => cursor,
        Err(error) => return (error.code(), error.field().map(str::to_owned)),
    };
    let Err(error) = app.stream(Some(cursor)).await else { panic!("{after} was taken") };
    (error.code(), error.field().map(str::to_owned))
}

#[tokio::test]
async fn a_transaction_held_open_delays_the_events_of_others_and_loses_none() {
    let app = TestApp::start().await;
    let mut events = app.stream(None).await.unwrap();
    let mut slow = app.conn().await;
    slow.batch_execute("BEGIN").await.unwrap();
    record(&slow, &fact("slow", app.clock.now())).await.unwrap();

    app.record("quick").await;
    app.feed_has_looked().await;
    assert!(futures_util::poll!(events.next()).is_pending(), "the quick one must not overtake");
    slow.batch_execute("COMMIT").await.unwrap();

    let values = take(&mut events, 2).await.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(values, ["slow", "quick"]);
}

#[tokio::test]
async fn what_is_rolled_back_is_never_delivered_and_holds_nothing_up_afterwards() {
    let app = TestApp::start().await;
    let mut events = app.stream(None).await.unwrap();
    let mut undecided = app.conn().await;
    undecided.batch_execute("BEGIN").await.unwrap();
    record(&undecided, &fact("never", app.clock.now())).await.unwrap();

    app.record("first").await;
    undecided.batch_execute("ROLLBACK").await.unwrap();
    app.record("second").await;

    let values = take(&mut events, 2).await.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
    assert_eq!(values, ["first", "second"]);
}

#[tokio::test]
async fn whoever_comes_back_while_others_write_gets_every_event_once_and_in_order() {
    let app = TestApp::start().await;
    let mut whole = app.stream(None).await.unwrap();
    app.record("first").await;
    let first = next(&mut whole).await;

    let writers = (0..6).map(|writer| {
        let app = &app;
        async move {
            for number in 0..30 {
                if (writer + number) % 3 == 0 {
                    // Two events of one transaction, with time for others to begin and commit between them.
                    let at = app.clock.now();
                    let work = async move |conn: &mut society_gateway::db::Conn| {
                        record(conn, &fact(&format!("{writer}.{number}a"), at)).await?;
                        diesel::sql_query("SELECT pg_sleep(0.003)").execute(conn).await?;
                        record(conn, &fact(&format!("{writer}.{number}b"), at)).await
                    };
                    app.app.write(work).await.unwrap();
                } else {
                    app.record(&format!("{writer}.{number}")).await;
                }
            }
        }
    });
    let readers = async {
        // Each comes back with the cursor of a later event, while the writers are at work.
        let mut returned = Vec::new();
        for seen in 1..=20 {
            let (cursor, _) = next(&mut whole).await;
            returned.push((seen, app.stream(Some(cursor)).await.unwrap()));
        }
        returned.push((0, app.stream(Some(first.0)).await.unwrap()));
        returned
    };
    let (_, returned) = tokio::join!(futures_util::future::join_all(writers), readers);

    let recorded = app.recorded().await;
    assert_eq!(recorded.len(), 1 + 6 * (20 + 2 * 10));
    for (seen, mut events) in returned {
        let missing = &recorded[1 + seen..];
        assert_eq!(take(&mut events, missing.len()).await, missing, "after {seen}");
    }
    assert_eq!(take(&mut whole, recorded.len() - 21).await, recorded[21..]);
}

#[tokio::test]
async fn a_stream_that_falls_behind_catches_up_from_the_table_also_before_its_first_event() {
    let app = TestApp::start().await;
    let mut behind = app.stream(None).await.unwrap();
    let mut prompt = app.stream(None).await.unwrap();

    let at = app.clock.now();
    let work = async move |conn: &mut society_gateway::db::Conn| {
        for number in 0..MANY {
            record(conn, &fact(&number.to_string(), at)).await?;
        }
        Ok(())
    };
    app.app.write(work).await.unwrap();
    app.record("last").await;

    let recorded = app.recorded().await;
    assert_eq!(take(&mut prompt, MANY + 1).await, recorded);
    assert_eq!(take(&mut behind, MANY + 1).await, recorded);
}

#[tokio::test]
async fn a_stream_that_cannot_catch_up_says_so_once_and_ends() {
    let app = TestApp::start().await;
    let mut behind = app.stream(None).await.unwrap();
    let mut prompt = app.stream(None).await.unwrap();
    for number in 0..MANY {
        app.record(&number.to_string()).await;
        next(&mut prompt).await;
    }

    app.app.pool().close();

    let error = behind.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(behind.next().await.is_none());
}

#[tokio::test]
async fn a_cursor_older_than_what_is_kept_is_expired_even_when_nothing_young_is_left() {
    let app = TestApp::start().await;
    let mut events = app.stream(None).await.unwrap();
    for value in ["one", "two", "three"] {
        app.record(value).await;
    }
    let taken = take(&mut events, 3).await;

    app.prune_all(app.clock.now() + TimeDelta::seconds(1), 2).await;

    for (cursor, _) in &taken[..2] {
        let expired = refused(&app, &cursor.to_string()).await;
        assert_eq!(expired, (Code::CursorExpired, Some("after".to_owned())));
    }
    let mut resumed = app.stream(Some(taken[2].0)).await.unwrap();
    app.record("four").await;
    assert_eq!(next(&mut resumed).await.1, "four");
    assert_eq!(app.prune(app.clock.now() - TimeDelta::days(1)).await, 0);
}

#[tokio::test]
async fn pruning_never_takes_an_event_from_behind_one_that_stays() {
    let app = TestApp::start().await;
    let now = app.clock.now();
    for (value, days) in [("oldest", 9), ("old", 8), ("young", 1), ("late", 8)] {
        app.record_at(value, now - TimeDelta::days(days)).await;
    }

    app.prune_all(now - TimeDelta::days(7), 1).await;

    let left: Vec<String> = app.recorded().await.into_iter().map(|(_, value)| value).collect();
    assert_eq!(left, ["old", "young", "late"]);
}

#[tokio::test]
async fn what_was_not_delivered_yet_is_not_pruned() {
    let app = TestApp::start().await;
    let mut open = app.conn().await;
    open.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    let long_ago = app.clock.now() - TimeDelta::days(30);
    for value in ["one", "two"] {
        app.record_at(value, long_ago).await;
    }

    assert_eq!(app.prune(app.clock.now()).await, 0);

    open.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(app.recorded().await.len(), 2);
}

#[tokio::test]
async fn a_cursor_that_no_event_can_have_had_is_bad_input() {
    let app = TestApp::start().await;
    app.record("one").await;
    for cursor in ["", "x", "1", "-1-1", "1-", "9000000000000000000-1"] {
        assert_eq!(refused(&app, cursor).await, (Code::BadInput, Some("after".to_owned())), "{cursor}");
    }
}

#[tokio::test]
async fn events_that_came_with_a_dump_of_another_cluster_do_not_hold_the_feed_up() {
    let app = TestApp::start().await;
    app.sql(
        "INSERT INTO event (xid, kind, user_id, value, created_at)
         VALUES (9000000000000000000, 'order_status_changed', 7, 'foreign', now())",
    )
    .await;
    let (hub, doorbell) = (Hub::default(), Doorbell::default());

    let feed = Feed::start(app.app.pool().clone(), hub.clone(), doorbell.clone()).await.unwrap();
    let feeding = tokio::spawn(feed.run());

    let pool = app.app.pool().clone();
    let events = hub.stream(pool, Kind::OrderStatusChanged, Topic::User(WHO), None).await.unwrap();
    let mut events: Events = Box::pin(events);
    app.record("ours").await;
    doorbell.ring();
    assert_eq!(next(&mut events).await.1, "ours");
    assert_eq!(app.recorded().await.len(), 1);
    feeding.abort();
}

#[tokio::test]
async fn housekeeping_removes_old_events_keys_codes_and_sessions_and_leaves_young_ones() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let now = app.clock.now();
    for days in [9, 8, 6] {
        app.record_at("event", now - TimeDelta::days(days)).await;
    }
    app.sql(&format!(
        "INSERT INTO idempotency_key (user_id, key, operation, arguments_hash, created_at)
         VALUES ({0}, 'old', 'x', '', now() - INTERVAL '25 hours'), ({0}, 'young', 'x', '', now());
         INSERT INTO otp (phone, code_hash, created_at, expires_at) VALUES
         ('+911', '', now() - INTERVAL '27 hours', now() - INTERVAL '26 hours'),
         ('+912', '', now() - INTERVAL '2 hours', now() - INTERVAL '1 hour');
         INSERT INTO user_session (user_id, face, refresh_hash, rotated_at, created_at, last_used_at, expires_at)
         VALUES ({0}, 'graphql', '', now(), now(), now(), now() - INTERVAL '1 second')",
        who.user_id
    ))
    .await;

    // Transactions of other databases of this server hold events back, too.
    let mut removed = app.app.remove_old().await.unwrap();
    while removed.events == 0 {
        removed.events = app.app.remove_old().await.unwrap().events;
    }

    assert_eq!(removed, Removed { events: 1, idempotency_keys: 1, codes: 1, sessions: 1 });
    assert_eq!(app.number("SELECT count(*) FROM event").await, 2);
    assert_eq!(app.number("SELECT count(*) FROM idempotency_key WHERE key = 'young'").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM otp WHERE phone = '+912'").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE expires_at > now()").await, 1);
    assert_eq!(app.app.remove_old().await.unwrap(), Removed::default());
}

#[tokio::test]
async fn who_followed_before_the_first_event_of_all_hears_it_until_it_is_pruned() {
    let app = TestApp::start().await;
    let before = EventCursor::default();
    let mut empty = app.stream(Some(before)).await.unwrap();
    for value in ["one", "two"] {
        app.record(value).await;
    }
    assert_eq!(next(&mut empty).await.1, "one");
    let mut late = app.stream(Some(before)).await.unwrap();
    assert_eq!(take(&mut late, 2).await, app.recorded().await);

    app.prune_all(app.clock.now() + TimeDelta::seconds(1), 1).await;
    assert_eq!(refused(&app, &before.to_string()).await, (Code::CursorExpired, Some("after".to_owned())));
}
