//! Medians over the rounds, as a table and as JSON.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::gateway::tried_out;
use crate::load::Load;
use crate::options::Options;
use crate::scenario::Scenario;
use crate::seed::Size;
use crate::{CONCURRENCY, Result, live, twins};

/// One round of a scenario.
pub struct Measured {
    /// The bare client, where it sends the same.
    pub floor: Option<Load>,
    /// The gateway.
    pub gateway: Load,
    /// What the gateway's process spent on the cores meanwhile.
    pub cpu: Option<Duration>,
    /// The memory that it held afterwards.
    pub resident_bytes: Option<u64>,
}

/// Statements for one request, transaction control included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statements {
    /// As the gateway sends them.
    pub gateway: f64,
    /// As the floor sends them.
    pub floor: Option<f64>,
}

/// The rows so far.
pub struct Report {
    head: String,
    rows: Vec<Rounds>,
    /// Of each round, the share of the cores' time that went to others, in percent.
    others: Vec<f64>,
}

struct Rounds {
    name: &'static str,
    wanted_ratio: Option<f64>,
    statements: Statements,
    rounds: Vec<Measured>,
}

/// Medians; a number that no round gave, or the system does not tell, is null.
#[derive(Serialize)]
struct Row {
    scenario: &'static str,
    requests_per_s: Option<f64>,
    floor_per_s: Option<f64>,
    ratio: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    cpu_us_per_request: Option<f64>,
    statements: f64,
    rss_mb: Option<f64>,
}

impl Report {
    /// A report without rows.
    pub fn new(size: Size, options: &Options, database: &str) -> Report {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let tried_out: String = tried_out().map(|(name, value)| format!(" {name}={value}")).collect();
        let head = format!(
            "Data: {size}.\n{database}.\n{CONCURRENCY} keep-alive connections to the gateway, in turn with \
             {CONCURRENCY} connections of the bare client (floor); {cores} cores for driver, gateway and database \
             together. Medians of {} x {} s.{tried_out}",
            options.rounds(),
            options.time().as_secs()
        );
        Report { head, rows: Vec::new(), others: Vec::new() }
    }

    /// Begins a row.
    pub fn add(&mut self, scenario: &Scenario, statements: Statements) {
        let (name, wanted_ratio) = (scenario.name, scenario.wanted_ratio);
        self.rows.push(Rounds { name, wanted_ratio, statements, rounds: Vec::new() });
    }

    /// Notes one round of a row, and what others took of the cores meanwhile, in percent.
    pub fn note(&mut self, scenario: &Scenario, measured: Measured, others: Option<f64>) {
        self.others.extend(others);
        if let Some(row) = self.rows.iter_mut().find(|row| row.name == scenario.name) {
            row.rounds.push(measured);
        }
    }

    /// A list of rows, those of what goes on live behind the others.
    pub fn json(&self, live: &[live::Measured]) -> Result<String> {
        let rows = self.rows.iter().map(|rounds| serde_json::to_value(rounds.row()));
        let rows: serde_json::Result<Vec<_>> = rows.chain(live.iter().map(serde_json::to_value)).collect();
        Ok(serde_json::to_string_pretty(&rows?)?)
    }
}

impl Rounds {
    fn row(&self) -> Row {
        let cpu_us =
            |round: &Measured| Some(round.cpu?.as_secs_f64() * 1e6 / round.gateway.requests().max(1) as f64);
        Row {
            scenario: self.name,
            requests_per_s: self.median(|round| Some(round.gateway.per_second())),
            floor_per_s: self.median(|round| Some(round.floor.as_ref()?.per_second())),
            ratio: self.median(|round| Some(round.gateway.per_second() / round.floor.as_ref()?.per_second())),
            p50_ms: self.median(|round| Some(round.gateway.quantile_ms(0.50))),
            p99_ms: self.median(|round| Some(round.gateway.quantile_ms(0.99))),
            cpu_us_per_request: self.median(cpu_us),
            statements: self.statements.gateway,
            rss_mb: self.median(|round| Some(round.resident_bytes? as f64 / 1e6)),
        }
    }

    /// To two places: more would not be true.
    fn median(&self, of: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
        let mut values: Vec<f64> = self.rounds.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).map(|median| (median * 100.0).round() / 100.0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.head)?;
        writeln!(
            f,
            "{:<20}{:>12}{:>10}{:>8}{:>9}{:>9}{:>9}{:>12}{:>9}",
            "scenario",
            "requests/s",
            "floor/s",
            "ratio",
            "p50 ms",
            "p99 ms",
            "CPU us",
            "statements",
            "RSS MB"
        )?;
        for row in self.rows.iter().map(Rounds::row) {
            writeln!(
                f,
                "{:<20}{:>12}{:>10}{:>8}{:>9}{:>9}{:>9}{:>12}{:>9}",
                row.scenario,
                shown(row.requests_per_s, 0),
                shown(row.floor_per_s, 0),
                shown(row.ratio, 2),
                shown(row.p50_ms, 1),
                shown(row.p99_ms, 1),
                shown(row.cpu_us_per_request, 0),
                row.statements,
                shown(row.rss_mb, 0)
            )?;
        }
        self.write_remarks(f)
    }
}

impl Report {
    /// What the legacy path costs, measured by what the same document costs at `/graphql`.
    fn write_twins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.rows.iter().filter_map(|row| Some((row.name.strip_prefix(twins::REST)?, row.row())));
        let beside = rest.filter_map(|(name, rest)| {
            let is_twin = |row: &&Rounds| row.name.strip_prefix(twins::GRAPHQL) == Some(name);
            let graphql = self.rows.iter().find(is_twin)?.row();
            Some((name, rest.cpu_us_per_request? / graphql.cpu_us_per_request?))
        });
        let told: Vec<String> = beside.map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
        if told.is_empty() {
            Ok(())
        } else {
            writeln!(f, "\nCPU of REST to its GraphQL twin: {}", told.join(", "))
        }
    }

    fn write_remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            if let Some(floor) = row.statements.floor
                && floor != row.statements.gateway
            {
                writeln!(
                    f,
                    "\n{}: the gateway sends {} statements, the floor {floor}. Bring benches/journeys/floor up to date \
                     before reading the ratio.",
                    row.name, row.statements.gateway
                )?;
            }
        }
        self.write_twins(f)?;
        let wanted: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| {
                let (ratio, wanted) = (row.row().ratio?, row.wanted_ratio?);
                let verdict = if ratio >= wanted { "reached" } else { "MISSED" };
                Some(format!("{} {ratio:.2} of {wanted:.2} {verdict}", row.name))
            })
            .collect();
        let most = self.others.iter().copied().max_by(f64::total_cmp);
        let mean = most.map(|_| self.others.iter().sum::<f64>() / self.others.len() as f64);
        writeln!(
            f,
            "\nOther work took {} % of the cores' time, at most {} % in a round; above a few, ratios come out too low.",
            shown(mean, 0),
            shown(most, 0)
        )?;
        write!(f, "Ratios wanted: {}", wanted.join(", "))
    }
}

fn shown(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.places$}"))
}
