//! What an audit comes to: a table for people, JSON for machines.

use std::fmt;

use serde::Serialize;

/// A row that is not as the others say it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Which row: its table or kind, and its id.
    pub what: String,
    /// What the other rows say.
    pub expected: String,
    /// What it says.
    pub found: String,
}

/// What one check came to.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: &'static str,
    /// How many rows were looked at.
    pub rows: i64,
    /// How many of them are at fault.
    pub at_fault: i64,
    /// The first of these.
    pub faults: Vec<Fault>,
}

/// What all checks came to. Its text is a table, with the rows at fault below it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is at fault.
    pub is_clean: bool,
    /// One for each check, in a fixed order.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn of(findings: Vec<Finding>) -> Report {
        Report { is_clean: findings.iter().all(|finding| finding.at_fault == 0), findings }
    }

    /// How many rows are at fault, over all checks.
    #[must_use]
    pub fn at_fault(&self) -> i64 {
        self.findings.iter().map(|finding| finding.at_fault).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        writeln!(f, "{:width$}  {:>10}  {:>10}", "check", "rows", "at fault")?;
        for Finding { check, rows, at_fault, .. } in &self.findings {
            writeln!(f, "{check:width$}  {rows:>10}  {at_fault:>10}")?;
        }
        if !self.is_clean {
            writeln!(f, "\nRows at fault; amounts are in paise.")?;
        }
        for Finding { check, at_fault, faults, .. } in self.findings.iter().filter(|of| of.at_fault > 0) {
            writeln!(f, "\n{check}:")?;
            for Fault { what, expected, found } in faults {
                writeln!(f, "  {what}: expected {expected}, found {found}")?;
            }
            let more = at_fault.saturating_sub(i64::try_from(faults.len()).unwrap_or(i64::MAX));
            if more > 0 {
                writeln!(f, "  … and {more} more")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_every_check_and_names_the_rows_at_fault() {
        let fault =
            Fault { what: "order 7".to_owned(), expected: "paid".to_owned(), found: "unpaid".to_owned() };
        let report = Report::of(vec![
            Finding { check: "item stock", rows: 12, at_fault: 0, faults: vec![] },
            Finding { check: "order payment status", rows: 40, at_fault: 3, faults: vec![fault] },
        ]);
        assert_eq!((report.is_clean, report.at_fault()), (false, 3));
        let expected = "\
check                       rows    at fault
item stock                    12           0
order payment status          40           3

Rows at fault; amounts are in paise.

order payment status:
  order 7: expected paid, found unpaid
  … and 2 more
";
        assert_eq!(report.to_string(), expected);
    }
}
