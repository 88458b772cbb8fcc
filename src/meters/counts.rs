//! What is counted, in the words of those who count it.

use std::time::Duration;

use metrics::{Gauge, SharedString};

use crate::meters::{Door, Fact, Meters, Outcome, label, table};

/// A REST request, as far as it is counted.
#[derive(Debug)]
pub struct RestCall<'a> {
    /// The path of the table or the alias that was called, as it was called.
    pub path: &'a str,
    /// The method; one of HTTP's own.
    pub method: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// The client's own name for itself.
    pub user_agent: Option<&'a str>,
    /// See [`token_style`](crate::meters::token_style).
    pub token: &'static str,
}

/// How the pool stands.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// Connections that may be opened.
    pub most: usize,
    /// Connections that are open.
    pub open: usize,
    /// Connections that nobody uses.
    pub available: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

/// What is counted of requests.
impl Meters {
    /// An operation that came to its end. `operation` is a root field of the schema, `several` or `unknown`.
    pub fn operation(&self, door: Door, operation: impl Into<SharedString>, outcome: Outcome) {
        let face = label("face", door.as_str());
        self.count(
            table::REQUESTS,
            [face, label("operation", operation), label("outcome", outcome.as_str())],
            1,
        );
    }

    /// How long a request took, from its headers to its answer.
    pub fn duration(&self, door: Door, time: Duration) {
        self.observe(table::REQUEST_SECONDS, [label("face", door.as_str())], time.as_secs_f64());
    }

    /// How large the document of a request is: its selections, with every fragment spread out.
    pub fn cost(&self, door: Door, selections: u64) {
        // Far below what an f64 counts exactly.
        self.observe(table::DOCUMENT_COST, [label("face", door.as_str())], selections as f64);
    }

    /// An error that a client was told. `code` is one of ours.
    pub fn error(&self, door: Door, code: impl Into<SharedString>) {
        self.count(table::ERRORS, [label("face", door.as_str()), label("code", code)], 1);
    }

    /// A REST request.
    pub fn rest_call(&self, call: &RestCall<'_>) {
        let labels = [
            label("path", call.path.to_owned()),
            label("method", call.method),
            label("status", call.status.to_string()),
            label("client", self.clients.product(call.user_agent)),
            label("token", call.token),
        ];
        self.count(table::REST_REQUESTS, labels, 1);
    }

    /// A subscription is live while this is held.
    #[must_use]
    pub fn subscription(&self, door: Door) -> Live {
        let gauge = self.gauge(table::SUBSCRIPTIONS, [label("face", door.as_str())]);
        gauge.increment(1.0);
        Live(gauge)
    }
}

/// Counted among what is live, until it is dropped.
pub struct Live(Gauge);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// What became of a one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otp {
    /// It went to its phone.
    Sent,
    /// Somebody signed in with it.
    Verified,
    /// What was typed is no code that waits.
    Refused,
}

impl Otp {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Otp::Sent => "sent",
            Otp::Verified => "verified",
            Otp::Refused => "refused",
        }
    }
}

/// Who answered a question to the assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerSource {
    /// A language model.
    Model,
    /// A written answer.
    Written,
    /// Nobody: nothing that is written fits.
    NothingFits,
    /// Nobody: the model failed, and nothing that is written fits.
    Failed,
}

impl AnswerSource {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            AnswerSource::Model => "model",
            AnswerSource::Written => "written",
            AnswerSource::NothingFits => "nothing_fits",
            AnswerSource::Failed => "failed",
        }
    }
}

/// What is counted of the journeys.
impl Meters {
    /// A one-time code was sent, or tried.
    pub fn otp(&self, result: Otp) {
        self.count(table::OTP, [label("result", result.as_str())], 1);
    }

    /// Announces a rate limit, so that its count is there before it refuses anything.
    pub fn limit_begins(&self, limit: String) {
        self.count(table::LIMIT_REFUSALS, [label("limit", limit)], 0);
    }

    /// A rate limit refused something.
    pub fn limit_refused(&self, limit: String) {
        self.count(table::LIMIT_REFUSALS, [label("limit", limit)], 1);
    }

    /// A request with files was let in.
    pub fn upload(&self) {
        self.count(table::UPLOADS, [], 1);
    }

    /// The assistant answered.
    pub fn answered(&self, source: AnswerSource) {
        self.count(table::ASSISTANT, [label("source", source.as_str())], 1);
    }

    /// What a transaction did, after its commit.
    pub fn committed(&self, facts: Vec<Fact>) {
        for fact in facts {
            match fact {
                Fact::Money { wallet, kind, source, amount } => {
                    let labels = [label("wallet", wallet), label("kind", kind), label("source", source)];
                    self.count(table::MONEY, labels, amount.0.unsigned_abs());
                }
                Fact::OrderStatus(status) => {
                    self.count(table::ORDER_STATUSES, [label("status", status)], 1);
                }
            }
        }
    }
}

/// What is counted of the machinery; gauges and totals that others keep are copied when somebody looks.
impl Meters {
    /// An event was handed to the streams of this node, so long after it was recorded.
    pub fn delivered(&self, kind: &'static str, after: Duration) {
        self.count(table::EVENTS, [label("kind", kind)], 1);
        self.observe(table::EVENT_LAG, [], after.as_secs_f64());
    }

    /// The feed has read the table at this second since 1970, and was held back for so long.
    pub fn feed_looked(&self, at: i64, held_back: Duration) {
        self.set(table::FEED_READ, [], at as f64);
        self.set(table::FEED_HELD, [], held_back.as_secs_f64());
    }

    /// How the pool stands.
    pub fn pool(&self, state: PoolState) {
        for (name, count) in [
            (table::POOL_MOST, state.most),
            (table::POOL_OPEN, state.open),
            (table::POOL_AVAILABLE, state.available),
            (table::POOL_WAITING, state.waiting),
        ] {
            self.set(name, [], count as f64);
        }
    }

    /// Totals of the database since the start.
    pub fn database(&self, statements: u64, transactions: [(&'static str, u64); 3], timeouts: u64) {
        self.total(table::STATEMENTS, [], statements);
        self.total(table::POOL_TIMEOUTS, [], timeouts);
        for (step, total) in transactions {
            self.total(table::TRANSACTIONS, [label("step", step)], total);
        }
    }

    /// What is open and followed on this node.
    pub fn live(&self, sockets: usize, topics: usize, streams: usize) {
        self.set(table::SOCKETS, [], sockets as f64);
        self.set(table::HUB_TOPICS, [], topics as f64);
        self.set(table::HUB_STREAMS, [], streams as f64);
    }

    /// When the process started, in seconds since 1970.
    pub fn started(&self, at: i64) {
        self.set(table::STARTED, [], at as f64);
    }
}
