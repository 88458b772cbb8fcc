//! A span for each statement, below the operation that sent it. Values never get into it.

use diesel::connection::InstrumentationEvent;
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::spans::TARGET;

/// What diesel writes between a statement and its values.
const VALUES: &str = " -- binds: ";
/// The longest statement that is shown.
const SHOWN: usize = 2_000;
/// Statements of one connection that may be under way. Those that were dropped are never finished.
const MOST: usize = 64;

/// The statements of one connection that are under way.
#[derive(Default)]
pub struct StatementSpans(Vec<(String, Span)>);

impl StatementSpans {
    /// Begins a span with a statement, and ends it.
    pub fn note(&mut self, event: &InstrumentationEvent<'_>) {
        if !tracing::span_enabled!(target: TARGET, Level::TRACE) {
            return;
        }
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.begin(&query.to_string()),
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                self.finish(&query.to_string(), error.is_some());
            }
            _ => {}
        }
    }

    fn begin(&mut self, text: &str) {
        let parent = Span::current();
        // What runs beside the requests has no trace to belong to.
        if parent.metadata().is_none_or(|parent| parent.target() != TARGET) {
            return;
        }
        let sql = without_values(text);
        let span = tracing::trace_span!(
            target: TARGET,
            "statement",
            otel.name = name_of(sql),
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = "postgresql",
            db.query.text = sql.chars().take(SHOWN).collect::<String>(),
        );
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push((sql.to_owned(), span));
    }

    /// Of equal statements that were sent together the first is answered first.
    fn finish(&mut self, text: &str, failed: bool) {
        let sql = without_values(text);
        let Some(place) = self.0.iter().position(|(begun, _)| begun == sql) else { return };
        let (_, span) = self.0.remove(place);
        if failed {
            span.record("otel.status_code", "ERROR");
        }
    }
}

fn without_values(text: &str) -> &str {
    text.split(VALUES).next().unwrap_or_default().trim()
}

/// The first word of a statement and the table it is about: `SELECT item`.
fn name_of(sql: &str) -> String {
    let word = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    let mut words = sql.split_whitespace();
    let table = match word.as_str() {
        "UPDATE" => words.nth(1),
        "INSERT" | "DELETE" => words.nth(2),
        _ => words.skip_while(|word| !word.eq_ignore_ascii_case("from")).nth(1),
    };
    match table.map(|table| table.trim_matches(|letter: char| !letter.is_alphanumeric())) {
        Some(table) if !table.is_empty() => format!("{word} {table}"),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_named_by_the_act_and_the_table_and_shows_no_values() {
        for (text, name) in [
            (r#"SELECT "item"."id" FROM "item" WHERE ("item"."id" = $1) -- binds: [7]"#, "SELECT item"),
            (r#"INSERT INTO "otp" ("phone") VALUES ($1) -- binds: ["+919876543210"]"#, "INSERT otp"),
            (r#"UPDATE "orders" SET "status" = $1 -- binds: ["a -- binds: b"]"#, "UPDATE orders"),
            (r#"DELETE  FROM "otp" WHERE 1 = 1"#, "DELETE otp"),
            ("BEGIN", "BEGIN"),
            ("SELECT 1", "SELECT"),
            ("", ""),
        ] {
            let sql = without_values(text);
            assert!(!sql.contains("binds"), "{sql}");
            assert_eq!(name_of(sql), name);
        }
    }
}
