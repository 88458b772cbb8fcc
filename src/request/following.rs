//! Following events: the way from a subscription to the hub.
//!
//! A client that comes back names the last event that it saw: in the argument `after`, or in its transport's own words.
//! The stream in turn notes which event each answer is about, for transports that tell the client.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use futures_util::{Stream, StreamExt};
use tokio::sync::Notify;

use crate::error::Result;
use crate::events::{Event, EventCursor, Kind, Topic};
use crate::request::Reach;

/// Where a subscription stands in the order of all events.
#[derive(Debug, Default)]
pub struct Place {
    /// The last event that the client saw, as its transport says.
    seen: Option<EventCursor>,
    /// The event that the answer under way is about; before the first one, that behind which the stream began.
    current: Mutex<Option<EventCursor>>,
    begun: Notify,
}

impl Place {
    /// Of a client that has seen everything up to here.
    #[must_use]
    pub fn behind(seen: Option<EventCursor>) -> Place {
        Place { seen, ..Place::default() }
    }

    /// The event that the last answer was about; once.
    #[must_use]
    pub fn take(&self) -> Option<EventCursor> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until the stream has begun at a place that the client does not know. Until the first answer, [`Place::take`]
    /// gives that place.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    /// Begins now: behind the newest event of all.
    fn begin(&self, newest: EventCursor) {
        self.reach(newest);
        self.begun.notify_one();
    }

    fn reach(&self, event: EventCursor) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
    }
}

/// The events of one kind and topic, each once and in order: those after the last one that the client saw, then live
/// ones. Of `after` and what the transport says, the newer counts. Each event forgets what the loaders remember.
///
/// # Errors
/// As [`crate::events::Hub::stream`].
pub async fn follow(
    ctx: &Context<'_>,
    kind: Kind,
    topic: Topic,
    after: Option<EventCursor>,
) -> Result<impl Stream<Item = Result<Arc<Event>>> + use<>> {
    let scope = ctx.scope()?.clone();
    let after = after.max(scope.place.seen);
    if after.is_none() {
        scope.place.begin(scope.app.hub.newest());
    }
    let events = scope.app.hub.stream(scope.app.pool().clone(), kind, topic, after).await?;
    Ok(events.inspect(move |event| {
        // What the loaders remember of the last event is old.
        scope.loaders.forget();
        if let Ok(event) = event {
            scope.place.reach(event.cursor());
        }
    }))
}
