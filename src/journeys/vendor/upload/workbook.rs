//! Rows of the first sheet of a workbook (`.xlsx`).
//!
//! The library believes what a workbook says of its own size, so `archive` looks at it first.

use std::io::{Cursor, Read, Seek};

use calamine::{DataRef, DataType, Reader, SheetType, Xlsx, XlsxError};

use crate::journeys::vendor::upload::archive;
use crate::journeys::vendor::upload::table::{Bounds, Cell, MOST_COLUMNS, Table};

/// Reads a workbook.
///
/// # Errors
/// A sentence for the client.
pub fn read(content: &[u8], bounds: Bounds) -> Result<Table, String> {
    archive::check(content, bounds)?;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(content)).map_err(told)?;
    let sheets = &workbook.sheets_metadata();
    let first = sheets.iter().find(|sheet| sheet.typ == SheetType::WorkSheet);
    let name = first.map(|sheet| sheet.name.clone()).ok_or_else(|| "the workbook has no sheet".to_owned())?;
    sheet(&mut workbook, &name, bounds)
}

/// The sheet's cells arrive one by one: the sheet as a whole could be as large as its last cell says.
fn sheet<R: Read + Seek>(workbook: &mut Xlsx<R>, name: &str, bounds: Bounds) -> Result<Table, String> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(told)?;
    let mut table = Table::within(bounds);
    let (mut number, mut row) = (0, Vec::new());
    while let Some(next) = cells.next_cell().map_err(told)? {
        let value = cell(next.get_value());
        if value == Cell::Blank {
            continue;
        }
        let (at_row, at_column) = next.get_position();
        let (at_row, at_column) = (at_row as usize + 1, at_column as usize);
        if at_row != number {
            table.push(number, std::mem::take(&mut row))?;
            if at_row < number {
                return Err("the rows of the sheet are not in order".to_owned());
            }
            number = at_row;
        }
        if at_column >= MOST_COLUMNS {
            return Err(format!("row {number} has more than {MOST_COLUMNS} columns"));
        }
        if row.len() <= at_column {
            row.resize(at_column + 1, Cell::Blank);
        }
        if let Some(place) = row.get_mut(at_column) {
            *place = value;
        }
    }
    table.push(number, row)?;
    Ok(table)
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Blank,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(true) => Cell::text("TRUE"),
        DataRef::Bool(false) => Cell::text("FALSE"),
        #[allow(clippy::cast_precision_loss)]
        DataRef::Int(whole) => Cell::Number(*whole as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) => {
            value.as_date().map_or(Cell::Unreadable("is no day of the calendar"), Cell::Day)
        }
        DataRef::DurationIso(_) => Cell::Unreadable("is a duration"),
        DataRef::Error(_) => Cell::Unreadable("is an error of the spreadsheet"),
    }
}

/// What a client can do about it: no more than to save the file anew.
fn told(error: XlsxError) -> String {
    match error {
        XlsxError::Password => "the workbook is protected by a password".to_owned(),
        _ => "the workbook cannot be read; save it anew as .xlsx or .csv".to_owned(),
    }
}
