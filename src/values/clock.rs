//! The one source of "now", so that tests move time instead of sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// Wall-clock time in UTC, plus a shift that only tests set.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The present instant, in UTC and cut to microseconds: what PostgreSQL stores and gives back.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now() + TimeDelta::milliseconds(self.shift_ms.load(Ordering::Relaxed));
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Moves this clock and all of its clones forward.
    pub fn advance(&self, by: TimeDelta) {
        self.shift_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

impl governor::clock::Clock for Clock {
    type Instant = governor::nanos::Nanos;

    fn now(&self) -> Self::Instant {
        // Rate limits only compare instants; before 1970 there is nothing to limit.
        let micros = u64::try_from(Clock::now(self).timestamp_micros()).unwrap_or(0);
        std::time::Duration::from_micros(micros).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_moves_with_its_clock() {
        let clock = Clock::default();
        let before = clock.clone().now();
        clock.advance(TimeDelta::hours(2));
        assert!(clock.clone().now() - before >= TimeDelta::hours(2));
    }
}
