//! Rows of a text file: values between commas, as spreadsheets write them.

use crate::journeys::vendor::upload::table::{Bounds, Cell, Table};

/// Reads a text. The separator is the one of comma, semicolon and tab that the first line has most of.
///
/// # Errors
/// A sentence for the client. Cells that are no UTF-8 are errors of their rows only.
pub fn read(content: &[u8], bounds: Bounds) -> Result<Table, String> {
    if content.starts_with(&[0xFF, 0xFE]) || content.starts_with(&[0xFE, 0xFF]) {
        return Err("the text is UTF-16; save it as CSV UTF-8".to_owned());
    }
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(content))
        .from_reader(content);
    let (mut table, mut number) = (Table::within(bounds), 0);
    let mut record = csv::ByteRecord::new();
    loop {
        let begin = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        if !reader.read_byte_record(&mut record).map_err(|_| "the text cannot be read".to_owned())? {
            return Ok(table);
        }
        number += 1 + blank_lines(content, begin);
        // Far more than are allowed: the rest need not be copied to be refused.
        table.push(number, record.iter().take(1_000).map(cell).collect())?;
    }
}

fn cell(bytes: &[u8]) -> Cell {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cell::text(text),
        Err(_) => Cell::Unreadable("is no UTF-8; save the file as CSV UTF-8"),
    }
}

fn separator(content: &[u8]) -> u8 {
    let line = content.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty());
    let count = |separator: u8| line.unwrap_or_default().iter().filter(|byte| **byte == separator).count();
    // Of equals the last wins: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// How many empty lines the reader passes over before the record that it begins to look for here: it does not say.
fn blank_lines(content: &[u8], begin: usize) -> usize {
    let after_return = begin > 0 && content.get(begin - 1) == Some(&b'\r');
    let rest = content.get(begin..).unwrap_or_default();
    // The line feed of the line before.
    let rest = if after_return { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
    let ends: Vec<u8> = rest.iter().copied().take_while(|byte| matches!(byte, b'\n' | b'\r')).collect();
    let pairs = ends.windows(2).filter(|pair| *pair == b"\r\n").count();
    ends.len() - pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Table, String> {
        super::read(content, Bounds::SENT)
    }

    /// The rows with their numbers, cells joined by a bar.
    fn rows(content: impl AsRef<[u8]>) -> Vec<String> {
        let table = read(content.as_ref()).unwrap();
        let shown = |cell: &Cell| match cell {
            Cell::Text(text) => text.clone(),
            Cell::Unreadable(reason) => format!("({reason})"),
            _ => String::new(),
        };
        let rows = table.head.iter().chain(&table.rows);
        rows.map(|row| {
            format!("{} {}", row.number, row.cells.iter().map(shown).collect::<Vec<_>>().join("|"))
        })
        .collect()
    }

    #[test]
    fn marks_line_ends_quotes_and_separators_are_as_spreadsheets_write_them() {
        for text in [
            "title,price\nRice,60\nDal,90\n",
            "\u{feff}title,price\r\nRice,60\r\nDal,90",
            "title;price\nRice;60\nDal;90\n",
            "title\tprice\rRice\t60\rDal\t90\r",
            " title , price ,,\n\"Rice\",\"60\"\nDal,90,,,,\n",
        ] {
            assert_eq!(rows(text), ["1 title|price", "2 Rice|60", "3 Dal|90"], "{text:?}");
        }
        assert_eq!(
            rows("title,price\n\"Rice, \"\"white\"\"\nlong\",60\n"),
            ["1 title|price", "2 Rice, \"white\"\nlong|60"]
        );
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["", "title,price", "", "", "Rice,60", ",", "Dal,90", ""].join(end);
            assert_eq!(rows(&text), ["2 title|price", "5 Rice|60", "7 Dal|90"], "{end:?}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_told_by_its_cell() {
        let odd = "(is no UTF-8; save the file as CSV UTF-8)";
        assert_eq!(
            rows(b"title,price\nCr\xE8me,60\nDal,90\n"),
            ["1 title|price".to_owned(), format!("2 {odd}|60"), "3 Dal|90".to_owned()]
        );
        assert!(read(b"\xFF\xFEt\0i\0").unwrap_err().contains("UTF-16"));
    }

    #[test]
    fn a_million_columns_are_refused_and_nothing_is_an_empty_table() {
        let wide = ",x".repeat(1_000_000);
        assert_eq!(read(wide.as_bytes()).unwrap_err(), "row 1 has 1000 columns; at most 100 are read");
        assert_eq!(read(b"").unwrap(), Table::within(Bounds::SENT));
        assert_eq!(read(b"\n\r\n,,\n").unwrap(), Table::within(Bounds::SENT));
    }
}
