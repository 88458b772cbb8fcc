//! One invariant: what it is called, and how it is recomputed.

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;

use crate::audit::report::{Fault, Finding};
use crate::db::Conn;
use crate::error::Result;

/// So many rows at fault are shown; all are counted.
pub const SHOWN: usize = 20;

/// An invariant.
pub struct Check {
    /// What is checked, in two or three words.
    pub name: &'static str,
    /// How.
    pub by: By,
}

/// How an invariant is recomputed.
pub enum By {
    /// The database compares: a row for everything that is looked at, with `what` (TEXT: how to find it), `expected` and
    /// `found`, of any type that can be compared and shown. A row is at fault where the two differ.
    ///
    /// What may be anything up to a bound is expected to be `LEAST(bound, found)`.
    Sql(&'static str),
    /// A rule that the code has already: not said a second time in SQL. See [`judge`].
    Rule(for<'c> fn(&'c mut Conn) -> BoxFuture<'c, Result<Tally>>),
}

/// What a check counted.
#[derive(Debug, Default)]
pub struct Tally {
    rows: i64,
    at_fault: i64,
    faults: Vec<Fault>,
}

impl Check {
    /// What it comes to.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn run(&self, conn: &mut Conn) -> Result<Finding> {
        let Tally { rows, at_fault, faults } = match self.by {
            By::Sql(sql) => compare(conn, sql).await?,
            By::Rule(run) => run(conn).await?,
        };
        Ok(Finding { check: self.name, rows, at_fault, faults })
    }
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    at_fault: i64,
}

#[derive(QueryableByName)]
struct Difference {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Nullable<Text>)]
    expected: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    found: Option<String>,
}

/// Counts first, and reads rows only where some are at fault: a clean table is gone through once.
async fn compare(conn: &mut Conn, sql: &str) -> Result<Tally> {
    let counts = format!(
        "SELECT count(*) AS rows, count(*) FILTER (WHERE expected IS DISTINCT FROM found) AS at_fault
         FROM ({sql}) AS looked_at"
    );
    let Counts { rows, at_fault } = diesel::sql_query(counts).get_result(conn).await?;
    if at_fault == 0 {
        return Ok(Tally { rows, ..Tally::default() });
    }
    // Shorter names first: the smaller of two numbers.
    let differences = format!(
        "SELECT what, expected::TEXT, found::TEXT FROM ({sql}) AS looked_at
         WHERE expected IS DISTINCT FROM found ORDER BY length(what), what LIMIT {SHOWN}"
    );
    let differences: Vec<Difference> = diesel::sql_query(differences).load(conn).await?;
    let text = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
    let faults = differences
        .into_iter()
        .map(|row| Fault { what: row.what, expected: text(row.expected), found: text(row.found) })
        .collect();
    Ok(Tally { rows, at_fault, faults })
}

/// Puts every row of a statement before a rule, which answers what is wrong with it. Rows are read as they are judged,
/// never all at once; the statement says their order.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn judge<R>(conn: &mut Conn, sql: &'static str, rule: impl Fn(R) -> Option<Fault>) -> Result<Tally>
where
    R: QueryableByName<Pg> + Send + 'static,
{
    let mut tally = Tally::default();
    let mut rows = diesel::sql_query(sql).load_stream::<R>(conn).await?;
    while let Some(row) = rows.try_next().await? {
        tally.rows += 1;
        if let Some(fault) = rule(row) {
            tally.at_fault += 1;
            if tally.faults.len() < SHOWN {
                tally.faults.push(fault);
            }
        }
    }
    Ok(tally)
}
