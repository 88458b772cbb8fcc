//! Rate limits: counted where the work is done, so that aliases, batches and both faces share them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::error::{Error, Result};
use crate::meters::Meters;
use crate::values::Clock;

/// What is limited, and by what it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Codes sent to one phone.
    OtpPerPhone,
    /// Codes sent for one client address.
    OtpPerAddress,
    /// Codes sent to numbers that share their first digits, as numbers bought in bulk do.
    OtpPerPrefix,
    /// Codes tried for one phone.
    VerifyPerPhone,
    /// Codes tried from one client address.
    VerifyPerAddress,
    /// Orders placed by one person.
    OrdersPerUser,
    /// Messages sent by one person.
    MessagesPerUser,
    /// Coupon codes tried by one person.
    CouponsPerUser,
    /// Support tickets opened by one person.
    TicketsPerUser,
    /// Requests with files that one person sends.
    FilesPerUser,
    /// Questions that one person asks the assistant.
    QuestionsPerUser,
    /// Exports of everything that is kept of one person.
    ExportsPerUser,
    /// People that one member of the staff looks up.
    LookUpsPerStaff,
    /// Sessions refreshed from one client address.
    RefreshPerAddress,
    /// Wallet loads begun by one person.
    LoadsPerUser,
}

/// Each limit with its count and the window in seconds in which the count refills (contract §1.8).
///
/// Addresses get more than the legacy service gave them: a whole society may stand behind one.
const QUOTAS: [(Limit, u32, u64); 15] = [
    (Limit::OtpPerPhone, 3, 15 * 60),
    (Limit::OtpPerAddress, 20, 15 * 60),
    (Limit::OtpPerPrefix, 50, 15 * 60),
    (Limit::VerifyPerPhone, 10, 30 * 60),
    (Limit::VerifyPerAddress, 60, 30 * 60),
    (Limit::OrdersPerUser, 20, 60 * 60),
    (Limit::MessagesPerUser, 120, 60),
    (Limit::CouponsPerUser, 60, 15 * 60),
    (Limit::TicketsPerUser, 20, 60 * 60),
    (Limit::FilesPerUser, 30, 60 * 60),
    (Limit::QuestionsPerUser, 30, 10 * 60),
    (Limit::ExportsPerUser, 5, 24 * 60 * 60),
    (Limit::LookUpsPerStaff, 100, 60 * 60),
    (Limit::RefreshPerAddress, 300, 15 * 60),
    (Limit::LoadsPerUser, 20, 60 * 60),
];

/// So many keys are kept before those that are back at their full quota are forgotten.
const SWEEP: usize = 4096;

type Limiter = RateLimiter<String, DashMapStateStore<String>, Clock, NoOpMiddleware<Nanos>>;

/// The counters of one limit.
struct Keyed {
    limit: Limit,
    limiter: Limiter,
    /// So many keys call for the next sweep: twice what the last one left, so that sweeping stays cheap.
    sweep_at: AtomicUsize,
}

/// The counters of this node.
pub struct Limiters {
    on: bool,
    clock: Clock,
    meters: Arc<Meters>,
    keyed: Vec<Keyed>,
}

impl Limiters {
    /// Fresh counters; `on: false` lets everything pass (load tests).
    #[must_use]
    pub fn new(clock: &Clock, on: bool, meters: Arc<Meters>) -> Limiters {
        let keyed = QUOTAS
            .iter()
            .filter_map(|&(limit, count, seconds)| {
                let quota = Quota::with_period(Duration::from_secs(seconds) / count)?
                    .allow_burst(NonZeroU32::new(count)?);
                meters.limit_begins(format!("{limit:?}"));
                let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
                Some(Keyed { limit, limiter, sweep_at: AtomicUsize::new(SWEEP) })
            })
            .collect();
        Limiters { on, clock: clock.clone(), meters, keyed }
    }

    /// Counts one use of `limit` by `key`.
    ///
    /// # Errors
    /// `RATE_LIMITED` with the time to wait.
    pub fn check(&self, limit: Limit, key: &str) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        let Some(keyed) = self.keyed.iter().find(|keyed| keyed.limit == limit) else { return Ok(()) };
        if keyed.limiter.len() > keyed.sweep_at.load(Ordering::Relaxed) {
            keyed.limiter.retain_recent();
            keyed.sweep_at.store(SWEEP.max(2 * keyed.limiter.len()), Ordering::Relaxed);
        }
        keyed.limiter.check_key(&key.to_owned()).map_err(|refused| {
            self.meters.limit_refused(format!("{limit:?}"));
            Error::rate_limited(refused.wait_time_from(governor::clock::Clock::now(&self.clock)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use chrono::TimeDelta;

    #[test]
    fn a_limit_refuses_says_how_long_to_wait_and_lets_pass_again() {
        let clock = Clock::default();
        let limiters = Limiters::new(&clock, true, Arc::default());
        for _ in 0..3 {
            assert!(limiters.check(Limit::OtpPerPhone, "+911").is_ok());
        }
        let refused = limiters.check(Limit::OtpPerPhone, "+911").unwrap_err();
        assert_eq!(refused.code(), Code::RateLimited);
        assert!(refused.retry_after().unwrap() <= Duration::from_secs(300));
        assert!(limiters.check(Limit::OtpPerPhone, "+912").is_ok());
        clock.advance(TimeDelta::minutes(6));
        assert!(limiters.check(Limit::OtpPerPhone, "+911").is_ok());
    }
}
