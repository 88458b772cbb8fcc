//! What it takes to be heard: events on their way to those who follow them, and what connections cost that only wait.
//!
//! The time to delivery is counted from the moment at which the message is sent that becomes the event; the answer to it,
//! which follows the commit, is told beside. Driver, gateway and database share the cores, so the driver's own work at
//! 2,000 deliveries is part of what is measured.

mod conversation;
mod subscriber;

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::gateway::Gateway;
use crate::live::conversation::Conversation;
use crate::live::subscriber::Subscriber;
use crate::{Error, Result};

/// The name by which `--only` finds all of them.
pub const NAME: &str = "live";
/// The subscribers of one shop. A person may hold 50 sockets, each with up to 100 operations.
const SOCKETS: usize = 40;
const OPERATIONS: usize = 50;
/// How many sockets are opened at the same time.
const OPENING: usize = 64;
/// Files that either process has open besides its sockets.
const OTHER_FILES: usize = 200;
/// Longer than any delivery takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Until what was opened is taken up, and what was made is written.
const SETTLE: Duration = Duration::from_secs(1);

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    messages: usize,
    rounds: usize,
    stalled: usize,
    idle: usize,
}

impl Extent {
    /// About a minute.
    pub const FULL: Extent = Extent { messages: 1_000, rounds: 50, stalled: 5_000, idle: 10_000 };
    /// A few seconds.
    pub const QUICK: Extent = Extent { messages: 100, rounds: 5, stalled: 500, idle: 1_000 };
}

/// One measurement.
#[derive(Debug, Serialize)]
pub struct Measured {
    scenario: &'static str,
    what: String,
    figures: Vec<(&'static str, f64)>,
}

impl Measured {
    /// As a person reads it.
    pub fn line(&self) -> String {
        let figures: Vec<String> =
            self.figures.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
        format!("{}: {}\n    {}", self.scenario, self.what, figures.join(", "))
    }
}

/// Measures everything, one after the other. An event that is not heard ends the run.
pub async fn measure(gateway: &Gateway, database: &str, extent: Extent) -> Result<Vec<Measured>> {
    let mut talk = Conversation::begin(gateway.address(), database).await?;
    let mut measured = Vec::new();
    eprintln!("live: one subscriber");
    measured.push(single(gateway, &mut talk, extent.messages).await?);
    eprintln!("live: fan-out");
    measured.push(fan_out(gateway, &mut talk, extent.rounds).await?);
    eprintln!("live: a stalled subscriber");
    measured.push(stalled(gateway, &mut talk, extent.stalled).await?);
    eprintln!("live: idle sockets");
    measured.push(idle(gateway, extent.idle).await?);
    Ok(measured)
}

/// One message after the other, to one subscriber.
async fn single(gateway: &Gateway, talk: &mut Conversation, messages: usize) -> Result<Measured> {
    let subscriber = Subscriber::open(gateway.address(), Some(&talk.consumer.token)).await?;
    let mut heard = listen(vec![subscriber], 1, PLAIN).await?;
    let (mut answered, mut delivered) = (times()?, times()?);
    for _ in 0..messages {
        let said = talk.say().await?;
        let [at] = receive::<1>(&mut heard).await?;
        answered.record(micros(said.answered - said.asked))?;
        delivered.record(micros(at - said.asked))?;
    }
    Ok(Measured {
        scenario: "live_single",
        what: format!("{messages} messages, one after the other, to one subscriber"),
        figures: vec![
            ("answer p50 ms", quantile_ms(&answered, 0.50)),
            ("delivery p50 ms", quantile_ms(&delivered, 0.50)),
            ("delivery p99 ms", quantile_ms(&delivered, 0.99)),
        ],
    })
}

/// One message to everybody who follows a shop.
async fn fan_out(gateway: &Gateway, talk: &mut Conversation, rounds: usize) -> Result<Measured> {
    let mut subscribers = Vec::new();
    for _ in 0..SOCKETS {
        subscribers.push(Subscriber::open(gateway.address(), Some(&talk.vendor.token)).await?);
    }
    let mut heard = listen(subscribers, OPERATIONS, PLAIN).await?;
    let (mut delivered, mut last) = (times()?, times()?);
    for _ in 0..rounds {
        let said = talk.say().await?;
        let all = receive::<{ SOCKETS * OPERATIONS }>(&mut heard).await?;
        for at in all {
            delivered.record(micros(at - said.asked))?;
        }
        last.record(micros(all.iter().max().map_or(Duration::ZERO, |at| *at - said.asked)))?;
    }
    Ok(Measured {
        scenario: "live_fan_out",
        what: format!(
            "{rounds} messages, each to {} subscriptions of one shop on {SOCKETS} sockets; all received",
            SOCKETS * OPERATIONS
        ),
        figures: vec![
            ("delivery p50 ms", quantile_ms(&delivered, 0.50)),
            ("delivery p99 ms", quantile_ms(&delivered, 0.99)),
            ("last of a round p50 ms", quantile_ms(&last, 0.50)),
        ],
    })
}

/// Messages to two subscribers, one of whom reads nothing.
async fn stalled(gateway: &Gateway, talk: &mut Conversation, messages: usize) -> Result<Measured> {
    let mut stalled = Subscriber::open(gateway.address(), Some(&talk.consumer.token)).await?;
    stalled.follow(1, &large()).await?;
    let reading = Subscriber::open(gateway.address(), Some(&talk.consumer.token)).await?;
    let mut heard = listen(vec![reading], 1, &large()).await?;
    let before = resident_mb(gateway)?;
    let mut delivered = times()?;
    for _ in 0..messages {
        let said = talk.say().await?;
        let [at] = receive::<1>(&mut heard).await?;
        delivered.record(micros(at - said.asked))?;
    }
    let after = resident_mb(gateway)?;
    drop(stalled);
    Ok(Measured {
        scenario: "live_stalled",
        what: format!(
            "{messages} messages of {LARGE} bytes to a subscriber who reads and to one who does not: {:.0} MB",
            (messages * LARGE) as f64 / 1e6
        ),
        figures: vec![
            ("delivery p50 ms", quantile_ms(&delivered, 0.50)),
            ("delivery p99 ms", quantile_ms(&delivered, 0.99)),
            ("gateway grew by MB", after - before),
        ],
    })
}

/// Sockets that began and say nothing more.
async fn idle(gateway: &Gateway, wanted: usize) -> Result<Measured> {
    let count = wanted.min(open_files()?.saturating_sub(OTHER_FILES));
    let before = resident_mb(gateway)?;
    let begin = Instant::now();
    let (mut opening, mut open) = (JoinSet::new(), Vec::with_capacity(count));
    for started in 0..count {
        if started >= OPENING {
            open.extend(opening.join_next().await.transpose()?.transpose()?);
        }
        opening.spawn(Subscriber::open(gateway.address(), None));
    }
    while let Some(socket) = opening.join_next().await {
        open.push(socket??);
    }
    let took = begin.elapsed();
    tokio::time::sleep(SETTLE).await;
    let after = resident_mb(gateway)?;
    // Whoever was closed by then would have cost nothing.
    for socket in &mut open {
        socket.is_open().await?;
    }
    Ok(Measured {
        scenario: "live_idle",
        what: format!("{count} sockets that wait, of {wanted} that were wanted"),
        figures: vec![
            ("opened per s", count as f64 / took.as_secs_f64()),
            ("gateway before MB", before),
            ("gateway after MB", after),
            ("kB each", (after - before) * 1e3 / count.max(1) as f64),
        ],
    })
}

/// Reads no more of the database than the event itself.
const PLAIN: &str = "subscription { orderMessageAdded { id seq orderId } }";
/// About so many bytes an event.
const LARGE: usize = 4_000;

/// The same with long names, so that events are large and cost nothing to make.
fn large() -> String {
    let fields: String =
        ('a'..='d').map(|letter| format!("{letter}{}: seq ", "x".repeat(LARGE / 4))).collect();
    format!("subscription {{ orderMessageAdded {{ id seq orderId {fields} }} }}")
}

/// Lets each of these follow so many times, and hears when something arrives.
async fn listen(
    subscribers: Vec<Subscriber>,
    operations: usize,
    query: &str,
) -> Result<UnboundedReceiver<Instant>> {
    let (tell, heard) = unbounded_channel();
    for mut subscriber in subscribers {
        subscriber.follow(operations, query).await?;
        let tell = tell.clone();
        tokio::spawn(
            async move { while subscriber.next().await.is_ok() && tell.send(Instant::now()).is_ok() {} },
        );
    }
    // Nothing tells when the gateway has read whose shop it is.
    tokio::time::sleep(SETTLE).await;
    Ok(heard)
}

async fn receive<const COUNT: usize>(heard: &mut UnboundedReceiver<Instant>) -> Result<[Instant; COUNT]> {
    let mut all = [Instant::now(); COUNT];
    let received = async {
        for place in &mut all {
            *place = heard.recv().await?;
        }
        Some(())
    };
    match tokio::time::timeout(PATIENCE, received).await {
        Ok(Some(())) => Ok(all),
        Ok(None) => Err("a subscriber was closed".into()),
        Err(_) => Err(Error::from(format!("not all of {COUNT} subscribers heard of an event"))),
    }
}

fn times() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

fn micros(time: Duration) -> u64 {
    (time.as_micros() as u64).max(1)
}

fn quantile_ms(times: &Histogram<u64>, share: f64) -> f64 {
    times.value_at_quantile(share) as f64 / 1e3
}

fn resident_mb(gateway: &Gateway) -> Result<f64> {
    Ok(gateway.resident_bytes().ok_or("the system does not tell how much memory the gateway holds")? as f64
        / 1e6)
}

/// How many files this process, and the gateway that inherits it, may open.
fn open_files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).ok_or("no limit of files")?;
    let soft = line.split_whitespace().next().ok_or("no limit of files")?;
    Ok(soft.parse().unwrap_or(usize::MAX))
}
