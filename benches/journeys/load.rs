//! Fixed concurrency: each worker asks, waits for the answer, and asks again, until the time is over.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::task::JoinSet;

use crate::Result;
use crate::people::{Asking, Person};

/// The longest time that is told apart, in microseconds.
const LONGEST: u64 = 60_000_000;

/// One connection that asks one thing at a time.
pub trait Worker: Send + 'static {
    /// Asks in the name of a person, until the answer is there.
    fn ask(&mut self, person: &Person) -> impl Future<Output = Result<()>> + Send;

    /// Whether the last answer was the right one. Not timed.
    fn check(&self) -> Result<()>;
}

/// What a round of one side came to.
pub struct Load {
    /// How long each request took, in microseconds.
    times: Histogram<u64>,
    took: Duration,
}

impl Load {
    /// Requests answered.
    pub fn requests(&self) -> u64 {
        self.times.len()
    }

    /// Requests answered per second.
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    /// The time that this share of the requests took at most, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        self.times.value_at_quantile(share) as f64 / 1_000.0
    }
}

/// Lets all workers ask for `time`, or until each person had their turn.
pub async fn drive<W: Worker>(workers: Vec<W>, asking: &Asking, time: Duration, seed: u64) -> Result<Load> {
    let begin = Instant::now();
    let mut working = JoinSet::new();
    for (nth, worker) in workers.into_iter().enumerate() {
        let rng = SmallRng::seed_from_u64(seed.wrapping_add(nth as u64));
        working.spawn(work(worker, asking.clone(), begin + time, rng));
    }
    let mut times = Histogram::new_with_bounds(1, LONGEST, 3)?;
    while let Some(done) = working.join_next().await {
        times.add(done??)?;
    }
    Ok(Load { times, took: begin.elapsed() })
}

async fn work<W: Worker>(
    mut worker: W,
    asking: Asking,
    end: Instant,
    mut rng: SmallRng,
) -> Result<Histogram<u64>> {
    let mut times = Histogram::new_with_bounds(1, LONGEST, 3)?;
    while Instant::now() < end {
        let Some(person) = asking.next(&mut rng) else { break };
        let asked = Instant::now();
        worker.ask(person).await?;
        times.saturating_record(asked.elapsed().as_micros() as u64);
        worker.check()?;
    }
    Ok(times)
}
