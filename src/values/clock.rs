//! The one source of "now", so that tests move time instead of sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

/// Wall-clock time in UTC, plus a shift that only tests set.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    shift_ms: Arc<AtomicI64>,
    moved: Arc<Notify>,
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
        self.moved.notify_waiters();
    }

    /// Waits until this clock has reached an instant: at once when it lies in the past.
    pub async fn sleep_until(&self, instant: DateTime<Utc>) {
        loop {
            // Made before the look at the time, so that no move falls between.
            let moved = self.moved.notified();
            let Ok(left) = (instant - self.now()).to_std() else { return };
            // Real time is counted, not read: a system clock that is set back does not prolong the wait.
            if tokio::time::timeout(left, moved).await.is_err() {
                return;
            }
        }
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

    #[tokio::test]
    async fn who_sleeps_wakes_when_the_clock_is_moved_far_enough_and_not_before() {
        let clock = Clock::default();
        let mut sleeping = std::pin::pin!(clock.sleep_until(clock.now() + TimeDelta::hours(2)));
        assert!(futures_util::poll!(&mut sleeping).is_pending());
        clock.advance(TimeDelta::hours(1));
        assert!(futures_util::poll!(&mut sleeping).is_pending());
        clock.advance(TimeDelta::hours(1));
        sleeping.await;
    }
}
