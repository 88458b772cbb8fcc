//! One operation on its way: what its line in the log and its counts will say.
//!
//! Every transport of GraphQL ends an operation here, so that each is counted once and has one line; a subscription has
//! two, for its beginning and its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use async_graphql::Value;
use axum::http::StatusCode;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use tracing::Span;

use crate::app::App;
use crate::graphql::{Answer, Prepared};
use crate::meters::{Door, Live, Meters, Outcome};
use crate::request::Authentication;
use crate::values::UserId;

/// So much of an operation's name is logged: clients choose it. What else it may contain, the grammar says: letters,
/// digits and underscores.
const NAME_SHOWN: usize = 100;

/// What is known of an operation.
pub struct Tally {
    meters: Arc<Meters>,
    door: Door,
    begin: Instant,
    name: Option<String>,
    root: Option<String>,
    cost: Option<u64>,
    viewer: Option<UserId>,
}

impl Tally {
    /// Of an operation that came in just now.
    pub fn new(app: &App, door: Door) -> Tally {
        let meters = app.meters.clone();
        Tally { meters, door, begin: Instant::now(), name: None, root: None, cost: None, viewer: None }
    }

    /// It could be read.
    pub fn of(&mut self, prepared: &Prepared) {
        self.name = prepared.operation_name().map(|name| name.chars().take(NAME_SHOWN).collect());
        self.root = Some(prepared.root_field().map_or_else(|| "several".to_owned(), ToString::to_string));
        self.cost = Some(prepared.selections());
        self.meters.cost(self.door, prepared.selections());
    }

    /// It is known who asks.
    pub fn by(&mut self, authentication: &Authentication) {
        if let Authentication::Viewer { viewer, .. } = authentication {
            self.viewer = Some(viewer.user_id);
        }
    }

    /// It is answered.
    pub fn end(&self, status: Option<StatusCode>, answer: &Answer) {
        let outcome = self.count(answer);
        self.meters.duration(self.door, self.begin.elapsed());
        self.log_end(status, outcome, answer.errors.len());
    }

    /// It is a subscription that begins.
    pub fn live(self, request: Span, answers: BoxStream<'static, Answer>) -> Subscription {
        request.in_scope(|| {
            tracing::info!(
                face = self.door.as_str(),
                operation = self.name,
                root = self.root,
                viewer.id = self.viewer.map(|viewer| viewer.0),
                cost = self.cost,
                "subscription began"
            );
        });
        let live = self.meters.subscription(self.door);
        Subscription { answers, watch: Watch { tally: self, request, events: 0, failure: None, _live: live } }
    }

    fn count(&self, answer: &Answer) -> Outcome {
        let outcome = match answer {
            answer if answer.is_request_error() => Outcome::Refused,
            answer if answer.errors.is_empty() => Outcome::Ok,
            _ => Outcome::Failed,
        };
        self.count_codes(answer);
        self.count_operation(outcome);
        outcome
    }

    /// Counts each code once, however many fields failed with it.
    fn count_codes(&self, answer: &Answer) {
        let mut counted: Vec<&str> = Vec::new();
        let codes = answer.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("code"));
        for code in codes {
            if let Value::String(code) = code
                && !counted.contains(&code.as_str())
            {
                counted.push(code);
                self.meters.error(self.door, code.clone());
            }
        }
    }

    fn count_operation(&self, outcome: Outcome) {
        // Only what has run is known to be a field of the schema.
        let root = self.root.clone().filter(|_| outcome != Outcome::Refused);
        self.meters.operation(self.door, root.unwrap_or_else(|| "unknown".to_owned()), outcome);
    }

    fn log_end(&self, status: Option<StatusCode>, outcome: Outcome, errors: usize) {
        tracing::info!(
            face = self.door.as_str(),
            operation = self.name,
            root = self.root.as_deref().filter(|_| outcome != Outcome::Refused),
            viewer.id = self.viewer.map(|viewer| viewer.0),
            status = status.map(|status| status.as_u16()),
            outcome = outcome.as_str(),
            errors,
            cost = self.cost,
            duration_ms = milliseconds(self.begin),
            "graphql request"
        );
    }
}

/// Since then, to the microsecond.
pub fn milliseconds(begin: Instant) -> f64 {
    // Exact for some hundred years.
    begin.elapsed().as_micros() as f64 / 1_000.0
}

/// The answers of a subscription. Its end is counted and logged however it comes about, also when the client leaves.
pub struct Subscription {
    answers: BoxStream<'static, Answer>,
    watch: Watch,
}

struct Watch {
    tally: Tally,
    /// What each line in the log belongs to: nobody else says so when an event comes.
    request: Span,
    events: u64,
    failure: Option<Outcome>,
    _live: Live,
}

impl Stream for Subscription {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let Subscription { answers, watch } = &mut *self;
        let answer = watch.request.in_scope(|| answers.poll_next_unpin(cx));
        if let Poll::Ready(Some(answer)) = &answer {
            watch.note(answer);
        }
        answer
    }
}

impl Watch {
    fn note(&mut self, answer: &Answer) {
        self.events += 1;
        if !answer.errors.is_empty() {
            self.tally.count_codes(answer);
            let refused = answer.is_request_error() && self.events == 1;
            self.failure = Some(if refused { Outcome::Refused } else { Outcome::Failed });
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Watch { tally, request, events, failure, .. } = self;
        let outcome = failure.unwrap_or(Outcome::Ok);
        tally.count_operation(outcome);
        request.in_scope(|| {
            tracing::info!(
                face = tally.door.as_str(),
                operation = tally.name,
                root = tally.root,
                viewer.id = tally.viewer.map(|viewer| viewer.0),
                outcome = outcome.as_str(),
                events,
                duration_ms = milliseconds(tally.begin),
                "subscription ended"
            );
        });
    }
}
