//! What is counted of services of others.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Recorder};

use crate::meters::{METADATA, Meters, key, label, table};

/// What became of a request to a provider, all of its attempts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It was answered.
    Ok,
    /// It was answered with a no.
    Refused,
    /// No usable answer came.
    Failed,
    /// It was not sent: the provider is known to be down.
    NotSent,
}

impl Asked {
    const ALL: [Asked; 4] = [Asked::Ok, Asked::Refused, Asked::Failed, Asked::NotSent];

    const fn as_str(self) -> &'static str {
        match self {
            Asked::Ok => "ok",
            Asked::Refused => "refused",
            Asked::Failed => "failed",
            Asked::NotSent => "not_sent",
        }
    }
}

/// The meters of one provider. They begin at zero where it is set up, and are not there where it is not.
#[derive(Clone)]
pub struct ProviderMeter {
    outcomes: [Counter; Asked::ALL.len()],
    duration: Histogram,
    down: Option<Gauge>,
}

impl Meters {
    /// The meters of this provider; `is_followed` where it is known whether it is down.
    #[must_use]
    pub fn provider(&self, name: &'static str, is_followed: bool) -> ProviderMeter {
        let provider = || label("provider", name);
        let down = is_followed.then(|| self.gauge(table::PROVIDER_DOWN, [provider()]));
        if let Some(down) = &down {
            down.set(0.0);
        }
        ProviderMeter {
            outcomes: Asked::ALL.map(|asked| {
                let labels = [provider(), label("outcome", asked.as_str())];
                let counter =
                    self.recorder.register_counter(&key(table::PROVIDER_REQUESTS, labels), &METADATA);
                counter.increment(0);
                counter
            }),
            duration: self
                .recorder
                .register_histogram(&key(table::PROVIDER_SECONDS, [provider()]), &METADATA),
            down,
        }
    }
}

impl ProviderMeter {
    /// A request came to this, after so long.
    pub fn asked(&self, outcome: Asked, after: Duration) {
        self.count(outcome);
        self.duration.record(after.as_secs_f64());
    }

    /// A request was not sent.
    pub fn not_sent(&self) {
        self.count(Asked::NotSent);
    }

    /// The provider is known to be down, or not any more.
    pub fn is_down(&self, is_down: bool) {
        if let Some(down) = &self.down {
            down.set(f64::from(u8::from(is_down)));
        }
    }

    fn count(&self, outcome: Asked) {
        for (counter, _) in self.outcomes.iter().zip(Asked::ALL).filter(|(_, of)| *of == outcome) {
            counter.increment(1);
        }
    }
}
