//! The database: whether it can be reached, is of an age and a shape that fit, and keeps what it is told.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::Finding;
use crate::config::Config;
use crate::db::{Address, MIGRATIONS, pending};
use crate::error::in_full;

/// The oldest PostgreSQL that the gateway was tried with, as the server counts versions.
const OLDEST: i32 = 140_000;
/// The database says when: so far its clock may be from ours before one-time codes and tokens notice.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(5);
/// A transaction that is open for longer keeps all events waiting.
const LONG: TimeDelta = TimeDelta::seconds(60);
/// Connections beside the pool's: migrations, the feed, the doorbell, somebody with psql.
const BESIDE_THE_POOL: usize = 5;

const SUBJECT: &str = "database";

/// How long all of it may take: a database that takes connections and says nothing ends nothing by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything that can be seen of this database.
pub(super) async fn look(url: &str, config: &Config) -> Vec<Finding> {
    timeout(PATIENCE, findings(url, config)).await.unwrap_or_else(|_| {
        let remedy = "look into its log, and whether something else listens at the address of DATABASE_URL";
        vec![Finding::wrong(SUBJECT, format!("does not answer within {} s", PATIENCE.as_secs()), remedy)]
    })
}

async fn findings(url: &str, config: &Config) -> Vec<Finding> {
    let (client, is_encrypted) = match connect(url).await {
        Ok(connected) => connected,
        Err(cause) => {
            let remedy =
                "look whether the server runs, and whether DATABASE_URL names it, its user and its password";
            return vec![Finding::wrong(SUBJECT, format!("cannot be reached: {cause}"), remedy)];
        }
    };
    let mut findings = Vec::new();
    for finding in [
        version(&client, is_encrypted).await,
        room(&client, config).await,
        durability(&client).await,
        shape(&client, url, config.database_url.is_none()).await,
        trigrams(&client).await,
        clock(&client).await,
        transactions(&client).await,
    ] {
        findings.push(finding.unwrap_or_else(|cause| {
            Finding::wrong(SUBJECT, format!("does not answer: {}", in_full(&cause)), "look into its log")
        }));
    }
    findings
}

type Looked = Result<Finding, tokio_postgres::Error>;

/// With whether the connection is encrypted.
async fn connect(url: &str) -> Result<(Client, bool), String> {
    let address = Address::read(url).map_err(|error| error.to_string())?;
    let (client, connection) = address.connect().await.map_err(|error| in_full(&error))?;
    tokio::spawn(connection);
    Ok((client, address.is_encrypted()))
}

async fn version(client: &Client, is_encrypted: bool) -> Looked {
    let row = client
        .query_one(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::INT",
            &[],
        )
        .await?;
    let (name, number): (String, i32) = (row.get(0), row.get(1));
    let seen = format!("PostgreSQL {name}{}", if is_encrypted { ", over TLS" } else { "" });
    Ok(match number {
        OLDEST.. => Finding::good(SUBJECT, seen),
        _ => Finding::wrong(SUBJECT, seen, "move to PostgreSQL 14 or later"),
    })
}

async fn room(client: &Client, config: &Config) -> Looked {
    let row = client
        .query_one(
            "SELECT current_setting('max_connections')::INT - current_setting('superuser_reserved_connections')::INT,
                 (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
            &[],
        )
        .await?;
    let (most, used): (i32, i64) = (row.get(0), row.get(1));
    let wanted = config.database_pool_size + BESIDE_THE_POOL;
    let seen = format!("{most} connections allowed, {used} in use, one gateway takes up to {wanted}");
    Ok(match usize::try_from(most) {
        Ok(most) if most >= wanted => Finding::good("connections", seen),
        _ => Finding::wrong("connections", seen, "raise max_connections, or lower DATABASE_POOL_SIZE"),
    })
}

/// An order that was confirmed must be there after a power cut.
async fn durability(client: &Client) -> Looked {
    let row = client
        .query_one(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')",
            &[],
        )
        .await?;
    let (fsync, pages, commit): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    let seen = format!("fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit}");
    let is_durable = fsync == "on" && pages == "on" && commit != "off";
    Ok(match is_durable {
        true => Finding::good("durability", seen),
        false => {
            Finding::wrong("durability", seen, "turn them on: a power cut would lose orders that were paid")
        }
    })
}

/// Whether the tables are those of this version.
async fn shape(client: &Client, url: &str, is_private: bool) -> Looked {
    let missing = match pending(url).await {
        Ok(missing) => missing,
        Err(error) => {
            let cause = error.cause().map_or_else(|| error.to_string(), ToString::to_string);
            return Ok(Finding::wrong("migrations", cause, "run `society-gateway migrate`"));
        }
    };
    if let Some(first) = missing.first() {
        let seen = format!("{} steps are missing, {first} first", missing.len());
        return Ok(match is_private {
            true => Finding::note("migrations", format!("{seen}: the next start applies them")),
            false => Finding::wrong("migrations", seen, "run `society-gateway migrate`"),
        });
    }
    let applied =
        client.query("SELECT version FROM __diesel_schema_migrations ORDER BY version", &[]).await?;
    let known = known_versions();
    let newer: Vec<String> =
        applied.iter().map(|row| row.get(0)).filter(|version: &String| !known.contains(version)).collect();
    Ok(match newer.as_slice() {
        [] => Finding::good("migrations", format!("all {} steps are applied", applied.len())),
        [first, ..] => Finding::wrong(
            "migrations",
            format!("the database knows {} steps that this gateway does not, {first} first", newer.len()),
            "run the version of the gateway that made them, or a later one",
        ),
    })
}

fn known_versions() -> HashSet<String> {
    let steps = MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap_or_default();
    steps.iter().map(|step| step.name().version().to_string()).collect()
}

async fn trigrams(client: &Client) -> Looked {
    let row = client.query_one("SELECT to_regclass('item_title_words_idx') IS NOT NULL", &[]).await?;
    Ok(match row.get(0) {
        true => Finding::good("search", "titles are searched along an index of trigrams"),
        false => {
            Finding::note("search", "without pg_trgm: a search of items reads every title of the society")
        }
    })
}

async fn clock(client: &Client) -> Looked {
    let before = Utc::now();
    let theirs: SystemTime = client.query_one("SELECT clock_timestamp()", &[]).await?.get(0);
    // In the middle of asking, if the way there is as long as the way back.
    let ours = before + (Utc::now() - before) / 2;
    let apart = (DateTime::<Utc>::from(theirs) - ours).abs();
    let seen = format!("{} ms from the database's", apart.num_milliseconds());
    Ok(match apart <= CLOCKS_APART {
        true => Finding::good("clock", seen),
        false => {
            Finding::wrong("clock", seen, "let both machines keep time by NTP: codes and tokens expire by it")
        }
    })
}

async fn transactions(client: &Client) -> Looked {
    let row = client
        .query_opt(
            "SELECT pid, clock_timestamp() - xact_start > $1::TEXT::INTERVAL, date_trunc('second', xact_start)::TEXT,
                 COALESCE(application_name, '')
             FROM pg_stat_activity
             WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
             ORDER BY xact_start LIMIT 1",
            &[&format!("{} seconds", LONG.num_seconds())],
        )
        .await?;
    let is_long = row.as_ref().is_some_and(|row| row.get(1));
    Ok(match row {
        Some(row) if is_long => {
            let (pid, since, who): (i32, String, String) = (row.get(0), row.get(2), row.get(3));
            Finding::wrong(
                "events",
                format!("a transaction of {who:?} is open since {since}: all events wait for its end"),
                format!("end it: SELECT pg_terminate_backend({pid})"),
            )
        }
        _ => Finding::good("events", "no open transaction keeps them waiting"),
    })
}
