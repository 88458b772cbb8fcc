//! A file's rows, whatever its format was: bounded while they are read.

use chrono::NaiveDate;

/// So many columns.
pub const MOST_COLUMNS: usize = 100;
/// The longest text of a cell, in bytes: four for each character of the longest description.
const LONGEST_CELL: usize = 8_000;

/// How much of a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// So many rows, without the names of the columns.
    rows: usize,
    /// All texts together, in bytes. A workbook can show one text in every cell.
    text: usize,
    /// What a workbook may unpack to, in megabytes: several times the longest list of items.
    pub unpacked_mb: u64,
}

impl Bounds {
    /// Of a file that somebody sends, beside all others.
    pub const SENT: Bounds = Bounds { rows: 2_000, text: 10 * 1024 * 1024, unpacked_mb: 16 };
    /// Of a file of one's own, in a process for nothing else.
    pub const OWN: Bounds = Bounds { rows: 100_000, text: 100 * 1024 * 1024, unpacked_mb: 256 };
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// A text, not blank, without the space around it.
    Text(String),
    /// A number of a workbook.
    Number(f64),
    /// A day of a workbook.
    Day(NaiveDate),
    /// What cannot be read, with the reason.
    Unreadable(&'static str),
}

impl Cell {
    /// A text as a cell.
    pub fn text(text: &str) -> Cell {
        match text.trim() {
            "" => Cell::Blank,
            text if text.len() > LONGEST_CELL => Cell::Unreadable("is too long"),
            text => Cell::Text(text.to_owned()),
        }
    }
}

/// One row that is not blank.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// Its place in the file, from 1, as a spreadsheet counts.
    pub number: usize,
    /// Its cells; those beyond the last are blank.
    pub cells: Vec<Cell>,
}

/// The rows of a file. The first that is not blank names the columns.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// The row with the names of the columns.
    pub head: Option<Row>,
    /// All others.
    pub rows: Vec<Row>,
    bounds: Bounds,
    text: usize,
}

impl Table {
    /// Nothing yet.
    pub fn within(bounds: Bounds) -> Table {
        Table { head: None, rows: Vec::new(), bounds, text: 0 }
    }

    /// Adds the next row; a blank one is left out.
    ///
    /// # Errors
    /// A sentence for the client, when there are too many rows or columns, or too much text.
    pub fn push(&mut self, number: usize, mut cells: Vec<Cell>) -> Result<(), String> {
        let used = cells.iter().rposition(|cell| *cell != Cell::Blank).map_or(0, |last| last + 1);
        cells.truncate(used);
        if used == 0 {
            return Ok(());
        }
        if used > MOST_COLUMNS {
            return Err(format!("row {number} has {used} columns; at most {MOST_COLUMNS} are read"));
        }
        let text: usize =
            cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 0 }).sum();
        self.text += text;
        if self.text > self.bounds.text {
            return Err("the file holds too much text; split it".to_owned());
        }
        let row = Row { number, cells };
        if self.head.is_none() {
            self.head = Some(row);
        } else if self.rows.len() == self.bounds.rows {
            return Err(format!("the file has more than {} rows; split it", self.bounds.rows));
        } else {
            self.rows.push(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(of: &[&str]) -> Vec<Cell> {
        of.iter().map(|text| Cell::text(text)).collect()
    }

    #[test]
    fn blank_rows_are_left_out_and_the_first_other_one_names_the_columns() {
        let mut table = Table::within(Bounds::SENT);
        table.push(1, row(&["", " "])).unwrap();
        table.push(2, row(&["title", "price", ""])).unwrap();
        table.push(3, row(&[])).unwrap();
        table.push(4, row(&["", " 5 "])).unwrap();
        assert_eq!(table.head, Some(Row { number: 2, cells: row(&["title", "price"]) }));
        assert_eq!(table.rows, [Row { number: 4, cells: vec![Cell::Blank, Cell::Text("5".to_owned())] }]);
    }

    #[test]
    fn rows_columns_and_texts_are_bounded() {
        let mut table = Table::within(Bounds::SENT);
        assert!(table.push(1, row(&["x"; 100])).is_ok());
        assert_eq!(
            table.push(2, row(&["x"; 101])),
            Err("row 2 has 101 columns; at most 100 are read".to_owned())
        );
        for number in 2..2_002 {
            table.push(number, row(&["x"])).unwrap();
        }
        assert_eq!(
            table.push(2_002, row(&["x"])),
            Err("the file has more than 2000 rows; split it".to_owned())
        );
        assert!(table.push(2_003, row(&[])).is_ok());

        let mut table = Table::within(Bounds::SENT);
        let long = "x".repeat(8_000);
        let many: Result<Vec<()>, String> =
            (1..50).map(|number| table.push(number, row(&[long.as_str(); 100]))).collect();
        assert_eq!(many, Err("the file holds too much text; split it".to_owned()));
        assert_eq!(Cell::text(&"x".repeat(8_001)), Cell::Unreadable("is too long"));
    }
}
