//! Recomputes every invariant from the rows: the command `audit`, and the tests of races.
//!
//! A check is an entry of a table below, in the file of what it looks at; a journey that keeps books of its own adds its
//! entries there. Checks read sets of rows with one statement each, never a statement per row, and change nothing.

mod check;
mod events;
mod goods;
mod offers;
mod orders;
mod people;
mod points;
mod report;
mod requests;
mod shops;
mod staff;
mod statuses;
mod wallets;

use diesel_async::SimpleAsyncConnection;

use crate::audit::check::Check;
use crate::db::Conn;
use crate::error::Result;
use crate::values::Progress;

pub use report::{Fault, Finding, Report};

/// Every check, in the order of the report.
const CHECKS: [&[Check]; 11] = [
    wallets::CHECKS,
    orders::CHECKS,
    goods::CHECKS,
    statuses::CHECKS,
    events::CHECKS,
    shops::CHECKS,
    offers::CHECKS,
    points::CHECKS,
    people::CHECKS,
    staff::CHECKS,
    requests::CHECKS,
];

/// Runs every check in one read-only snapshot, beside whatever else the database does, and tells each as it begins.
///
/// # Errors
/// `INTERNAL` when the database fails. What is at fault is no error: it stands in the report.
pub async fn audit(conn: &mut Conn, progress: impl Progress) -> Result<Report> {
    conn.build_transaction()
        .read_only()
        .repeatable_read()
        .run(async |conn| {
            // Large tables take their time; nobody waits for a lock of a transaction that only reads.
            conn.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'").await?;
            run(conn, &progress).await
        })
        .await
}

/// Runs every check on what this connection sees, also inside a transaction of the caller; without one, rows that
/// change meanwhile look like faults.
///
/// # Errors
/// As [`audit`].
pub async fn look(conn: &mut Conn) -> Result<Report> {
    run(conn, &()).await
}

async fn run(conn: &mut Conn, progress: &impl Progress) -> Result<Report> {
    progress.begin(CHECKS.iter().map(|of| of.len()).sum());
    let mut findings = Vec::new();
    for check in CHECKS.into_iter().flatten() {
        progress.next(check.name);
        findings.push(check.run(conn).await?);
    }
    Ok(Report::of(findings))
}
