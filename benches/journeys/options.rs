//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::live::{self, Extent};
use crate::scenario::Scenario;

/// Measures the journeys against the release gateway, beside the same SQL through a bare client.
#[derive(Debug, Parser)]
pub struct Options {
    /// One round of a second each, on a tenth of the data.
    #[arg(long)]
    pub quick: bool,
    /// Only scenarios whose name contains this; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Writes the rows to this file, too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Said by `cargo bench`, to tell it from `cargo test`.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Options {
    /// How often each scenario is measured. Their medians are reported.
    pub fn rounds(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// How long the floor and the gateway run in each round.
    pub fn time(&self) -> Duration {
        Duration::from_secs(if self.quick { 1 } else { 3 })
    }

    /// Whether this scenario is to be run.
    pub fn wants(&self, scenario: &Scenario) -> bool {
        self.wants_named(scenario.name)
    }

    /// How much is measured of what goes on live, if it is to be.
    pub fn live(&self) -> Option<Extent> {
        self.wants_named(live::NAME).then_some(if self.quick { Extent::QUICK } else { Extent::FULL })
    }

    fn wants_named(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}
