//! The command line: what an operator or a developer types, and what they read back.

mod bar;
mod doctor;
mod healthcheck;
mod import;
mod open;
mod payouts;
mod serve;
mod telemetry;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::app::Role;
use crate::cli::bar::Bar;
use crate::config::{Config, SETTINGS};
use crate::error::in_full;
use crate::journeys::profile;
use crate::journeys::vendor::Import;
use crate::values::{Phone, ShopId};
use crate::{audit, demo, graphql, rest};

/// GraphQL gateway for the consumer journeys of a housing-society commerce app.
#[derive(Parser)]
#[command(version, about, after_long_help = settings(), after_help = "Run --help for the settings.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway (the default).
    Serve,
    /// Bring the database to the shape this version knows, and stop.
    Migrate,
    /// Load the demo society into an empty database, and print whom to sign in as.
    Demo,
    /// Recompute every balance, order, stock and log from the rows; fails when any is wrong. Changes nothing.
    Audit {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Look at everything that the gateway stands on, and say what to do about what is wrong.
    Doctor,
    /// Ask the running gateway whether it is ready; fails when it is not.
    Healthcheck,
    /// Print the GraphQL schema, as in schema.graphql.
    Schema,
    /// Print what completes this program's commands in a shell: `source <(society-gateway completions bash)`.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the OpenAPI description of the REST paths, as under /api/v1/openapi.json.
    Openapi {
        /// Print each path beside its GraphQL operation instead, as in docs/REST.md.
        #[arg(long)]
        table: bool,
    },
    /// Give a person a role that cannot be chosen in the app, or take it back.
    Grant {
        /// The person's phone, such as +919876543210; created if nobody has it yet.
        phone: String,
        /// staff, admin, consumer or vendor.
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Load a shop's price list: CSV or .xlsx, with the columns and rules of the vendors' upload (title and price must be
    /// there), up to 100,000 rows.
    ///
    /// Rows that the shop has are passed over: those with the SKU of one of its items or, without a SKU, with the title, brand
    /// and pack size of one. So an import that broke off, or whose rows were corrected, is run again, and adds nothing twice;
    /// it never changes an item. Rows go in batches of 500, each a transaction. Fails when a row is left out, after the others
    /// were added.
    Import {
        /// The shop's id.
        shop: i64,
        /// The price list.
        file: PathBuf,
        /// Change nothing: only say what would come of it.
        #[arg(long)]
        dry_run: bool,
    },
    /// List the payouts that shops asked for, with the full numbers of the accounts; or say what became of one.
    Payouts {
        /// The payout with this id was paid.
        #[arg(long, value_name = "ID", conflicts_with = "failed")]
        paid: Option<i64>,
        /// The payout with this id failed: its money goes back to the shop's wallet.
        #[arg(long, value_name = "ID")]
        failed: Option<i64>,
    },
}

impl Command {
    /// Whether nothing comes of it but what it prints.
    fn only_tells(&self) -> bool {
        use Command::{Audit, Completions, Doctor, Openapi, Schema};
        matches!(self, Audit { .. } | Completions { .. } | Doctor | Openapi { .. } | Schema)
    }
}

type Outcome = Result<(), Box<dyn Error>>;

/// Runs the command that was typed.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.command.as_ref().is_some_and(Command::only_tells) {
        // Who reads the first lines and leaves ends it, as everywhere.
        sigpipe::reset();
    }
    // What describes the build needs no settings.
    match cli.command {
        Some(Command::Schema) => {
            print!("{}", graphql::sdl());
            return ExitCode::SUCCESS;
        }
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "society-gateway", &mut std::io::stdout());
            return ExitCode::SUCCESS;
        }
        Some(Command::Openapi { table }) => return report(describe(table)),
        _ => {}
    }
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(misfits) => {
            eprintln!("{misfits}");
            return ExitCode::from(2);
        }
    };
    report(observed(cli.command.unwrap_or(Command::Serve), config))
}

fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The fixed sentence is for clients; whoever runs a command is told what stands behind it.
            let behind = error.downcast_ref::<crate::error::Error>().and_then(crate::error::Error::cause);
            match behind {
                Some(behind) => eprintln!("society-gateway: {}", in_full(behind)),
                None => eprintln!("society-gateway: {error}"),
            }
            let mut cause = error.source();
            while let Some(because) = cause {
                eprintln!("  because: {because}");
                cause = because.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs a command with its log, and delivers its last spans: outside of the runtime, which they must not hold up.
fn observed(command: Command, config: Config) -> Outcome {
    if matches!(command, Command::Healthcheck) {
        return healthcheck::healthcheck(&config);
    }
    let traces = telemetry::start(&config)?;
    let outcome = run(command, config);
    if let Some(traces) = traces {
        traces.flush();
    }
    outcome
}

#[tokio::main]
async fn run(command: Command, config: Config) -> Outcome {
    match command {
        Command::Serve => serve::serve(config).await,
        Command::Migrate => migrate(config).await,
        Command::Demo => load_demo(config).await,
        Command::Audit { json } => audit(config, json).await,
        Command::Doctor => doctor::doctor(config).await,
        Command::Grant { phone, role } => grant(config, &phone, role).await,
        Command::Import { shop, file, dry_run } => {
            let how = if dry_run { Import::Try } else { Import::Load };
            import::run(config, ShopId(shop), &file, how).await
        }
        Command::Payouts { paid: Some(id), .. } => payouts::settle(config, id, true).await,
        Command::Payouts { failed: Some(id), .. } => payouts::settle(config, id, false).await,
        Command::Payouts { .. } => payouts::list(config).await,
        Command::Schema | Command::Completions { .. } | Command::Openapi { .. } | Command::Healthcheck => {
            Ok(())
        }
    }
}

#[tokio::main]
async fn describe(table: bool) -> Outcome {
    match table {
        true => print!("{}", rest::table().await?),
        false => println!("{:#}", rest::openapi().await?),
    }
    Ok(())
}

async fn migrate(config: Config) -> Outcome {
    let opened = open::open(config).await?;
    match opened.migrated.as_slice() {
        [] => println!("The database is up to date."),
        steps => steps.iter().for_each(|step| println!("applied {step}")),
    }
    opened.close().await
}

async fn load_demo(config: Config) -> Outcome {
    let opened = open::open(config).await?;
    if demo::load(&opened.app, Bar::new("Loading the demo")).await? {
        println!("The demo society is loaded. Sign in as:");
        demo::people()?
            .iter()
            .for_each(|person| println!("  {}  {} ({})", person.phone, person.name, person.society));
    } else {
        println!("Nothing was loaded: the database already holds people. The demo needs an empty one.");
    }
    opened.close().await
}

async fn audit(config: Config, json: bool) -> Outcome {
    let opened = open::open_unchanged(config).await?;
    let report = audit::audit(&mut *opened.app.read().await?, Bar::new("Checking the books")).await;
    opened.close().await?;
    let report = report?;
    match json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{report}"),
    }
    match report.at_fault() {
        0 => Ok(()),
        rows => Err(format!("the audit found rows at fault: {rows}").into()),
    }
}

async fn grant(config: Config, phone: &str, role: Role) -> Outcome {
    let phone = Phone::parse(phone)?;
    let opened = open::open(config).await?;
    let (granted, now) = (phone.clone(), opened.app.clock.now());
    opened.app.write(async move |conn| profile::grant(conn, &granted, role, now).await).await?;
    println!("{phone} is {} from now on.", role.as_str());
    opened.close().await
}

fn role(text: &str) -> Result<Role, String> {
    let known = [Role::Staff, Role::Admin, Role::Consumer, Role::Vendor];
    known
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or_else(|| "expected staff, admin, consumer or vendor".into())
}

fn settings() -> String {
    let width = SETTINGS.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let lines = SETTINGS
        .iter()
        .map(|(name, default, meaning)| format!("  {name:width$}  {meaning} [default: {default}]\n"));
    format!(
        "Settings, read from the environment:\n{}  {:width$}  what is logged [default: info]",
        lines.collect::<String>(),
        "RUST_LOG"
    )
}
