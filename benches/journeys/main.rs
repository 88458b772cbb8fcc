//! How fast the journeys are: each scenario against the release gateway over loopback, and in turn the same SQL through a
//! bare client, so that a row's ratio says what the gateway costs, whatever the machine and its neighbours do.
//!
//! Then what goes on live: see `live.rs`.
//!
//! `cargo bench --bench journeys -- [--quick] [--only NAME] [--json FILE]`. A wrong answer ends the run.

mod client;
mod database;
mod floor;
mod gateway;
mod live;
mod load;
mod machine;
mod options;
mod people;
mod report;
mod scenario;
mod seed;
mod statements;
mod twins;

use std::time::Duration;

use clap::Parser;

use crate::database::Database;
use crate::gateway::Gateway;
use crate::machine::Machine;
use crate::options::Options;
use crate::people::People;
use crate::report::{Measured, Report};
use crate::scenario::{Scenario, scenarios};
use crate::seed::Size;
use crate::statements::InProcess;

/// What ends a run is told in words, to a person.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Requests that are always under way: as many connections of the gateway's clients, or of the bare client.
const CONCURRENCY: usize = 32;
/// Before the first round of each scenario, unmeasured.
const WARM_UP: Duration = Duration::from_millis(500);

/// So many consumers get ready to order; where there are not enough of them, a round ends early.
const MOST_ORDERS_PER_SECOND: f64 = 5_000.0;

/// The driver runs on one thread: on a small machine it shares the cores with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    if cfg!(debug_assertions) {
        if !options.bench {
            println!("A debug build measures nothing: cargo bench --bench journeys");
            return Ok(());
        }
        println!("This is a debug build: only that it works can be read from it.");
    }
    let mut database = Database::start().await?;
    let outcome = tokio::select! {
        outcome = run(&options, &mut database) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    database.stop().await?;
    outcome
}

async fn run(options: &Options, database: &mut Database) -> Result<()> {
    let size = if options.quick { Size::QUICK } else { Size::FULL };
    let people = seed::seed(database.url(), size).await?;
    let gateway = Gateway::start(database).await?;
    let machine = Machine::new(gateway.id().ok_or("the gateway is gone")?, database.postmaster());
    let mut report = Report::new(size, options, &database.settings().await?);
    let mut scenarios = scenarios();
    scenarios.retain(|scenario| options.wants(scenario));
    let in_process = InProcess::start(database.url()).await?;
    for scenario in &scenarios {
        report.add(scenario, in_process.count(scenario, database.url(), size, &people).await?);
    }
    drop(in_process);
    for round in 0..=options.rounds() {
        let time = if round == 0 { WARM_UP } else { options.time() };
        for scenario in &scenarios {
            eprintln!("round {round} of {}: {}", options.rounds(), scenario.name);
            let before = machine.spent();
            let measured = measure(scenario, database.url(), size, &people, &gateway, time).await?;
            let others = machine.spent().zip(before).map(|(after, before)| after.by_others_since(&before));
            if round > 0 {
                report.note(scenario, measured, others);
            }
        }
    }
    let live = match options.live() {
        Some(extent) => live::measure(&gateway, database.url(), extent).await?,
        None => Vec::new(),
    };
    println!("{report}\n");
    live.iter().for_each(|measured| println!("{}", measured.line()));
    match &options.json {
        Some(file) => Ok(std::fs::write(file, report.json(&live)?)?),
        None => Ok(()),
    }
}

/// The floor, then the gateway.
async fn measure(
    scenario: &Scenario,
    database: &str,
    size: Size,
    people: &People,
    gateway: &Gateway,
    time: Duration,
) -> Result<Measured> {
    let seed = rand::random();
    let mut most = (MOST_ORDERS_PER_SECOND * time.as_secs_f64()) as usize;
    let mut floor = None;
    if let Some(sql) = scenario.floor {
        let asking = people.asking(scenario.askers, most);
        scenario.prepare(database, size, &asking).await?;
        let load = load::drive(floor::connect(sql, database).await?, &asking, time, seed).await?;
        // The floor is never the slower one, so these are enough.
        most = (load.per_second() * time.as_secs_f64()) as usize + CONCURRENCY;
        floor = Some(load);
    }
    let asking = people.asking(scenario.askers, most);
    scenario.prepare(database, size, &asking).await?;
    let clients = client::connect(gateway.address(), scenario.call).await?;
    gateway.warm_sessions(&asking).await?;
    let before = gateway.cpu();
    let gateway_load = load::drive(clients, &asking, time, seed).await?;
    let cpu = gateway.cpu().zip(before).map(|(after, before)| after - before);
    Ok(Measured { floor, gateway: gateway_load, cpu, resident_bytes: gateway.resident_bytes() })
}
