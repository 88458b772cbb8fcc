//! What an operator sees at `/metrics`, and the one way to count it.
//!
//! Each app has meters of its own, so nothing is global and tests count only themselves. Whoever counts names a label's
//! value by a word of ours: clients choose names of operations and User-Agents, and must never choose how many series
//! there are.

mod client;
mod counts;
mod facts;
mod providers;
mod table;

use std::time::Duration;

use metrics::{Gauge, Key, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

pub use client::token_style;
pub use counts::{AnswerSource, Live, Otp, PoolState, RestCall};
pub use facts::{Fact, gather, note};
pub use providers::{Asked, ProviderMeter};
pub use table::{Kind, MEASURES};

use client::Clients;

/// How often what histograms have gathered is put into their buckets; a scrape does it as well.
pub const UPKEEP: Duration = Duration::from_secs(5);

/// Which way an operation came in: the label `face`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `/graphql`
    Graphql,
    /// `/graphql/stream`
    Stream,
    /// `/graphql/ws`
    Socket,
    /// `/api/v1`
    Rest,
}

impl Door {
    const ALL: [Door; 4] = [Door::Graphql, Door::Stream, Door::Socket, Door::Rest];

    /// The word of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Door::Graphql => "graphql",
            Door::Stream => "stream",
            Door::Socket => "socket",
            Door::Rest => "rest",
        }
    }
}

/// What an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was answered.
    Ok,
    /// It ran, and something of it failed.
    Failed,
    /// It was not run.
    Refused,
}

impl Outcome {
    /// The word of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
            Outcome::Refused => "refused",
        }
    }
}

/// The meters of one app.
#[derive(Debug)]
pub struct Meters {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    clients: Clients,
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

impl Default for Meters {
    fn default() -> Self {
        let mut builder = PrometheusBuilder::new();
        for (name, kind, _) in MEASURES {
            if let Kind::Histogram(buckets) = kind {
                let matcher = Matcher::Full((*name).to_owned());
                builder = match builder.set_buckets_for_metric(matcher, buckets) {
                    Ok(builder) => builder,
                    Err(_) => unreachable!("only an empty list of buckets is refused"),
                };
            }
        }
        let recorder = builder.build_recorder();
        let meters = Meters { handle: recorder.handle(), recorder, clients: Clients::default() };
        meters.describe();
        meters.begin();
        meters
    }
}

impl Meters {
    fn describe(&self) {
        for &(name, kind, help) in MEASURES {
            match kind {
                Kind::Counter => self.recorder.describe_counter(name.into(), None, help.into()),
                Kind::Gauge => self.recorder.describe_gauge(name.into(), None, help.into()),
                Kind::Histogram(_) => self.recorder.describe_histogram(name.into(), None, help.into()),
            }
        }
    }

    /// Series that must be there before something happens: an alert cannot see the first step of one that was not.
    fn begin(&self) {
        self.set(table::BUILD, [label("version", env!("CARGO_PKG_VERSION"))], 1.0);
        for step in ["begun", "committed", "rolled_back"] {
            self.count(table::TRANSACTIONS, [label("step", step)], 0);
        }
        for result in [Otp::Sent, Otp::Verified, Otp::Refused] {
            self.count(table::OTP, [label("result", result.as_str())], 0);
        }
        for source in ["model", "written", "nothing_fits", "failed"] {
            self.count(table::ASSISTANT, [label("source", source)], 0);
        }
        for door in Door::ALL {
            for code in ["INTERNAL", "BUSY"] {
                self.count(table::ERRORS, [label("face", door.as_str()), label("code", code)], 0);
            }
        }
        for door in [Door::Stream, Door::Socket] {
            self.set(table::SUBSCRIPTIONS, [label("face", door.as_str())], 0.0);
        }
        self.count(table::UPLOADS, [], 0);
        self.count(table::POOL_TIMEOUTS, [], 0);
        self.set(table::FEED_HELD, [], 0.0);
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Puts what histograms have gathered into their buckets: without a scrape it would pile up.
    pub fn keep_up(&self) {
        self.handle.run_upkeep();
    }

    fn count<const N: usize>(&self, name: &'static str, labels: [Label; N], by: u64) {
        self.recorder.register_counter(&key(name, labels), &METADATA).increment(by);
    }

    /// Sets a count that somebody else keeps.
    fn total<const N: usize>(&self, name: &'static str, labels: [Label; N], total: u64) {
        self.recorder.register_counter(&key(name, labels), &METADATA).absolute(total);
    }

    fn set<const N: usize>(&self, name: &'static str, labels: [Label; N], to: f64) {
        self.gauge(name, labels).set(to);
    }

    fn gauge<const N: usize>(&self, name: &'static str, labels: [Label; N]) -> Gauge {
        self.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    fn observe<const N: usize>(&self, name: &'static str, labels: [Label; N], value: f64) {
        self.recorder.register_histogram(&key(name, labels), &METADATA).record(value);
    }
}

fn key<const N: usize>(name: &'static str, labels: [Label; N]) -> Key {
    Key::from_parts(name, Vec::from(labels))
}

fn label(name: &'static str, value: impl Into<SharedString>) -> Label {
    Label::new(name, value)
}
