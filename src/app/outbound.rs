//! What is asked of services of others, over HTTP: within bounds of time, number and length, and not at all while they are
//! down.
//!
//! Never called inside a database transaction: nobody may hold locks while a stranger thinks. What goes wrong is logged here,
//! once for each request, without what was sent and without what came back: both may be secret, or somebody's number.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use rand::RngExt;
use reqwest::redirect::Policy;
use reqwest::{Client, Request, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::meters::{Asked, Meters, ProviderMeter};
use crate::values::Clock;

/// So many requests are with one provider at once: one that hangs leaves most turns of the gateway free.
const PLACES: usize = 16;
/// How long a request waits for its place.
const WAIT: Duration = Duration::from_secs(1);
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(2);
/// How often the same is asked at most.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; twice as long before the third. Shaken, so that many do not come back at once.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest answer that is read, in bytes: a page of orders has some ten thousand.
const LONGEST: usize = 256 * 1024;
/// So many failures in a row, and nobody is asked any more
const FAILURES: u32 = 5;
/// for so long. Then one request finds out whether it works again.
const REST: Duration = Duration::from_secs(15);

/// Whether the same request may arrive twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It may: it reads, or nobody minds.
    Harmless,
    /// It may not. It is repeated only where it cannot have arrived.
    Never,
}

/// No usable answer. It was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it is worth another try.
    pub retry_after: Duration,
}

/// What a provider answered: done, or refused.
#[derive(Debug)]
pub struct Reply {
    /// Success, or a refusal: never a failure of theirs.
    pub status: StatusCode,
    body: Bytes,
}

impl Reply {
    /// The body as JSON, if it is what is expected.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// What a provider says of a thing that it is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    There(T),
    /// It is not.
    Missing,
    /// We may not know: with this status.
    Refused(u16),
}

impl<T> Seen<T> {
    /// The same of something else.
    pub fn map<U>(self, told: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::There(thing) => Seen::There(told(thing)),
            Seen::Missing => Seen::Missing,
            Seen::Refused(status) => Seen::Refused(status),
        }
    }
}

/// The way to one provider.
pub struct Provider {
    name: &'static str,
    client: Client,
    clock: Clock,
    time: Duration,
    places: Semaphore,
    breaker: Breaker,
    meter: ProviderMeter,
}

impl Provider {
    /// A provider of this name, which may take so long to answer, all attempts together. Nothing is connected yet.
    ///
    /// # Errors
    /// When this machine's certificates cannot be read.
    pub fn new(
        name: &'static str,
        time: Duration,
        clock: Clock,
        meters: &Meters,
    ) -> reqwest::Result<Provider> {
        let client = Client::builder()
            .user_agent(concat!("society-gateway/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // What is sent is for them alone, wherever they point.
            .redirect(Policy::none())
            .referer(false)
            .build()?;
        let (places, breaker) = (Semaphore::new(PLACES), Breaker::default());
        Ok(Provider { name, client, clock, time, places, breaker, meter: meters.provider(name, true) })
    }

    /// Begins requests. They go out with [`Provider::send`].
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Refuses at once while the provider is known to be down, for who would rather not begin. Uses nothing up.
    ///
    /// # Errors
    /// [`Outage`], not logged again.
    pub fn check(&self) -> Result<(), Outage> {
        match self.breaker.wait(self.clock.now()) {
            Some(retry_after) => Err(self.spared(retry_after)),
            None => Ok(()),
        }
    }

    /// Sends a request, again if it failed and may be repeated.
    ///
    /// # Errors
    /// [`Outage`] when nothing usable came in time.
    pub async fn send(&self, request: RequestBuilder, repeat: Repeat) -> Result<Reply, Outage> {
        self.breaker.admit(self.clock.now()).map_err(|retry_after| self.spared(retry_after))?;
        let begun = Instant::now();
        let answer = self.ask(request, repeat, begun + self.time).await;
        let outcome = match &answer {
            Ok(reply) if reply.status.is_success() => Asked::Ok,
            Ok(_) => Asked::Refused,
            Err(_) => Asked::Failed,
        };
        self.meter.asked(outcome, begun.elapsed());
        answer
    }

    async fn ask(&self, request: RequestBuilder, repeat: Repeat, deadline: Instant) -> Result<Reply, Outage> {
        let Ok(Ok(_place)) = timeout(WAIT.min(self.time), self.places.acquire()).await else {
            return Err(self.gave_up("too many requests are with it", 0, WAIT));
        };
        let request = request.build().map_err(|error| self.gave_up(&cause_of(&error), 0, REST))?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let Some(attempt) = request.try_clone() else {
                return Err(self.gave_up("its request cannot be sent twice", attempts, REST));
            };
            let failure = match timeout_at(deadline, self.exchange(attempt)).await {
                Ok(Ok(reply)) => {
                    self.breaker.succeeded();
                    self.meter.is_down(false);
                    return Ok(reply);
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure { cause: "it took too long".to_owned(), has_arrived: true, is_final: true },
            };
            self.meter.is_down(self.breaker.failed(self.clock.now()));
            let pause = (PAUSE * 2_u32.pow(attempts - 1)).mul_f64(rand::rng().random_range(0.5..1.5));
            let may_repeat = repeat == Repeat::Harmless || !failure.has_arrived;
            let is_over = attempts == ATTEMPTS || failure.is_final || Instant::now() + pause >= deadline;
            if is_over || !may_repeat {
                return Err(self.gave_up(&failure.cause, attempts, REST));
            }
            sleep(pause).await;
            if let Err(rest) = self.breaker.admit(self.clock.now()) {
                return Err(self.gave_up(&failure.cause, attempts, rest));
            }
        }
    }

    /// Asks for something that only is looked at. A refusal is an answer, and not logged.
    ///
    /// # Errors
    /// As [`Provider::send`]; also when the answer cannot be read.
    pub async fn look<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Seen<T>, Outage> {
        let reply = self.send(request, Repeat::Harmless).await?;
        match reply.status {
            StatusCode::NOT_FOUND => Ok(Seen::Missing),
            status if !status.is_success() => Ok(Seen::Refused(status.as_u16())),
            status => reply.json().map(Seen::There).ok_or_else(|| self.refused(status, "an unknown answer")),
        }
    }

    /// Says that an answer was of no use, for whoever reads the log; `about` is ours, never theirs.
    #[must_use]
    pub fn refused(&self, status: StatusCode, about: &str) -> Outage {
        tracing::error!(
            provider = self.name,
            status = status.as_u16(),
            about,
            "a provider refused a request"
        );
        Outage { retry_after: REST }
    }

    fn spared(&self, retry_after: Duration) -> Outage {
        self.meter.not_sent();
        Outage { retry_after }
    }

    fn gave_up(&self, cause: &str, attempts: u32, retry_after: Duration) -> Outage {
        tracing::warn!(provider = self.name, cause, attempts, "a provider did not answer");
        Outage { retry_after }
    }

    async fn exchange(&self, request: Request) -> Result<Reply, Failure> {
        let mut response = self.client.execute(request).await.map_err(|error| Failure::of(&error))?;
        let status = response.status();
        if status.is_server_error() || [429, 408].contains(&status.as_u16()) {
            return Err(Failure {
                cause: format!("status {}", status.as_u16()),
                has_arrived: status.as_u16() != 429,
                is_final: false,
            });
        }
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| Failure::of(&error))? {
            if body.len() + piece.len() > LONGEST {
                return Err(Failure {
                    cause: "its answer is too long".to_owned(),
                    has_arrived: true,
                    is_final: true,
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply { status, body: body.freeze() })
    }
}

/// Why an attempt came to nothing.
struct Failure {
    cause: String,
    /// It may have been carried out all the same.
    has_arrived: bool,
    /// Another attempt would come to the same.
    is_final: bool,
}

impl Failure {
    fn of(error: &reqwest::Error) -> Failure {
        Failure { cause: cause_of(error), has_arrived: !error.is_connect(), is_final: false }
    }
}

/// The innermost cause: it says what happened, and holds no address.
fn cause_of(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    match std::ptr::addr_eq(innermost, error) {
        true => "the request failed".to_owned(),
        false => innermost.to_string().chars().take(200).collect(),
    }
}

/// Remembers whether a provider works: whoever is down is not asked by everybody, and nobody waits for them.
#[derive(Default)]
struct Breaker(Mutex<Record>);

#[derive(Default)]
struct Record {
    failures: u32,
    rests_until: Option<DateTime<Utc>>,
}

impl Breaker {
    /// How long nobody is asked yet.
    fn wait(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.with(|record| (record.rests_until? - now).to_std().ok().filter(|wait| !wait.is_zero()))
    }

    /// Lets a request through, or says how long to wait. After a rest it is one only: it takes the next rest on itself, and
    /// its success ends it. So nothing is left behind by one that is never heard of again.
    fn admit(&self, now: DateTime<Utc>) -> Result<(), Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        self.with(|record| {
            if record.rests_until.is_some() {
                record.rests_until = Some(now + REST);
            }
        });
        Ok(())
    }

    fn succeeded(&self) {
        self.with(|record| *record = Record::default());
    }

    /// Whether nobody is asked any more.
    fn failed(&self, now: DateTime<Utc>) -> bool {
        self.with(|record| {
            record.failures = record.failures.saturating_add(1);
            if record.failures >= FAILURES {
                record.rests_until = Some(now + REST);
            }
            record.rests_until.is_some()
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Record) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_failures_in_a_row_nobody_is_asked_then_one_then_all_again() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed(at(0));
        }
        assert_eq!(breaker.admit(at(0)), Ok(()));
        breaker.failed(at(0));
        assert_eq!(breaker.admit(at(0)), Err(REST));
        assert_eq!(breaker.admit(at(14)), Err(Duration::from_secs(1)));

        assert_eq!(breaker.admit(at(15)), Ok(()), "one finds out");
        assert_eq!(breaker.admit(at(15)), Err(REST), "the others wait for it");
        breaker.failed(at(16));
        assert_eq!(breaker.admit(at(30)), Err(Duration::from_secs(1)));

        assert_eq!(breaker.admit(at(31)), Ok(()));
        breaker.succeeded();
        assert!((0..9).all(|_| breaker.admit(at(31)).is_ok()));
    }

    #[test]
    fn failures_that_are_not_in_a_row_stop_nobody() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let breaker = Breaker::default();
        for _ in 0..3 * FAILURES {
            breaker.failed(now);
            breaker.failed(now);
            breaker.succeeded();
        }
        assert_eq!(breaker.admit(now), Ok(()));
    }
}
