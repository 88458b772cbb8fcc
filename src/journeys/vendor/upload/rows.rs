//! From the cells of a row to an item, by the same rules as `addItem`; or what is wrong with it, in words that name the
//! row and the column.

use std::collections::HashMap;

use crate::error::Error;
use crate::journeys::vendor::AddItemInput;
use crate::journeys::vendor::model::NewItem;
use crate::journeys::vendor::upload::table::{Cell, Row};
use crate::values::{Date, NoAmount, Paise};

/// The columns that are read, as the REST face spells an item's keys. Others are passed over.
const COLUMNS: [&str; 14] = [
    "title",
    "price",
    "brand",
    "description",
    "mrp",
    "discount",
    "quantity_in_stock",
    "unit",
    "pack_size",
    "category",
    "tags",
    "sku",
    "expiry_date",
    "image_url",
];
/// The columns without which no row is an item.
const NEEDED: [&str; 2] = ["title", "price"];
/// So many characters of a cell are shown back.
const SHOWN: usize = 40;

/// Where the file has which column.
#[derive(Debug)]
pub struct Layout(HashMap<&'static str, usize>);

impl Layout {
    /// Finds the columns by their names; capitals, spaces, hyphens and underscores make no difference.
    ///
    /// # Errors
    /// `BAD_INPUT` of the file: a column is missing, or comes twice.
    pub fn of(head: Option<&Row>) -> Result<Layout, Error> {
        let plain = |name: &str| -> String {
            name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let mut places = HashMap::new();
        for (place, cell) in head.iter().flat_map(|row| row.cells.iter().enumerate()) {
            let Cell::Text(name) = cell else { continue };
            let Some(column) = COLUMNS.into_iter().find(|column| plain(column) == plain(name)) else {
                continue;
            };
            if places.insert(column, place).is_some() {
                let problem = format!("File read error: the column {column} comes twice");
                return Err(Error::bad_input("file", problem));
            }
        }
        let missing: Vec<_> = NEEDED.into_iter().filter(|column| !places.contains_key(column)).collect();
        if !missing.is_empty() {
            return Err(Error::bad_input("file", format!("Missing columns: {}", missing.join(", "))));
        }
        Ok(Layout(places))
    }

    /// The item of a row.
    ///
    /// # Errors
    /// A sentence that names the row, the column, and what is wrong there.
    pub fn item(&self, row: &Row) -> Result<NewItem, String> {
        let cells = Cells { layout: self, row };
        cells.input().and_then(|input| input.read().map_err(Problem::from)).map_err(|problem| {
            let Problem { column, text } = problem;
            let shown = match cells.of(column) {
                Cell::Text(said) => format!("; it says \"{}\"", cut(said)),
                Cell::Number(number) => format!("; it says {}", spelled(*number)),
                _ => String::new(),
            };
            format!("Row {}, column {column}: {text}{shown}", row.number)
        })
    }
}

/// What is wrong in a column.
struct Problem {
    column: &'static str,
    text: String,
}

impl From<Error> for Problem {
    /// What `addItem` refuses. It names the argument, which is the column in another spelling.
    fn from(error: Error) -> Problem {
        let argument = error.field().unwrap_or("title");
        let spelled = |column: &str| column.replace('_', "").eq_ignore_ascii_case(argument);
        let column = COLUMNS.into_iter().find(|column| spelled(column)).unwrap_or("title");
        let text = error.message().strip_prefix(argument).unwrap_or(error.message()).trim_start();
        Problem { column, text: text.to_owned() }
    }
}

struct Cells<'a> {
    layout: &'a Layout,
    row: &'a Row,
}

impl Cells<'_> {
    fn of(&self, column: &str) -> &Cell {
        let place = self.layout.0.get(column);
        place.and_then(|place| self.row.cells.get(*place)).unwrap_or(&Cell::Blank)
    }

    fn input(&self) -> Result<AddItemInput, Problem> {
        let amount = |column| self.read(column, amount);
        let text = |column| self.read(column, text);
        Ok(AddItemInput {
            title: text("title")?.unwrap_or_default(),
            price: amount("price")?
                .ok_or_else(|| Problem { column: "price", text: "must not be empty".to_owned() })?,
            brand: text("brand")?,
            description: text("description")?,
            mrp: amount("mrp")?,
            discount: self.read("discount", number)?,
            quantity_in_stock: self.read("quantity_in_stock", whole)?.unwrap_or(100),
            unit: text("unit")?.unwrap_or_else(|| "pcs".to_owned()),
            pack_size: text("pack_size")?,
            category: text("category")?,
            tags: text("tags")?.map(|tags| vec![tags]),
            sku: text("sku")?,
            expiry_date: self.read("expiry_date", day)?,
            image_url: text("image_url")?,
        })
    }

    /// The value of a cell; none of a blank one.
    fn read<T>(
        &self,
        column: &'static str,
        read: impl Fn(&Cell) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        match self.of(column) {
            Cell::Blank => Ok(None),
            Cell::Unreadable(reason) => Err(Problem { column, text: (*reason).to_owned() }),
            cell => read(cell).map(Some).map_err(|text| Problem { column, text }),
        }
    }
}

fn text(cell: &Cell) -> Result<String, String> {
    match cell {
        // A spreadsheet that later shows this text would run it. A dash or plus before a space begins a list.
        Cell::Text(text)
            if text.starts_with(['=', '@'])
                || (text.starts_with(['+', '-']) && !text[1..].starts_with([' ', '\t'])) =>
        {
            Err("looks like a formula; begin it with a letter or a digit".to_owned())
        }
        Cell::Text(text) => Ok(text.clone()),
        Cell::Number(number) => Ok(spelled(*number)),
        // "5-10" becomes a day when a spreadsheet guesses.
        Cell::Day(_) => Err("is a day; format the column as text".to_owned()),
        Cell::Blank | Cell::Unreadable(_) => Ok(String::new()),
    }
}

fn amount(cell: &Cell) -> Result<Paise, String> {
    let amount = match cell {
        Cell::Text(text) => text.parse(),
        Cell::Number(number) => spelled(*number).parse(),
        _ => "".parse(),
    };
    amount.map_err(|problem: NoAmount| problem.to_string())
}

fn number(cell: &Cell) -> Result<f64, String> {
    let number = match cell {
        Cell::Text(text) => text.parse().ok(),
        Cell::Number(number) => Some(*number),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite()).ok_or_else(|| "is no number, such as 12.5".to_owned())
}

fn whole(cell: &Cell) -> Result<i32, String> {
    let number = match cell {
        Cell::Text(text) => text.parse().ok(),
        Cell::Number(number) => spelled(*number).parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| "is no whole number, such as 12".to_owned())
}

fn day(cell: &Cell) -> Result<Date, String> {
    let day = match cell {
        Cell::Day(day) => Some(Date(*day)),
        Cell::Text(text) => Date::parse(text).ok(),
        _ => None,
    };
    day.ok_or_else(|| "is no day such as 2027-01-31".to_owned())
}

/// A number as a spreadsheet shows it: with 15 digits, so that the sum of 0.1 and 0.2 is 0.3.
fn spelled(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse::<f64>().unwrap_or(number);
    rounded.to_string()
}

fn cut(text: &str) -> String {
    let shown = match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    // No database keeps a NUL, and nobody wants to read one.
    shown.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn row(number: usize, cells: &[Cell]) -> Row {
        Row { number, cells: cells.to_vec() }
    }

    fn texts(number: usize, cells: &[&str]) -> Row {
        row(number, &cells.iter().map(|text| Cell::text(text)).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_found_however_they_are_spelled_and_unknown_ones_passed_over() {
        let head = texts(1, &["Price", "id", "TITLE", "Quantity in stock", "packSize", "image-url"]);
        let layout = Layout::of(Some(&head)).unwrap();
        let item =
            layout.item(&texts(2, &["60.50", "=1+1", "Rice", "7", "1 kg", "/media/rice.png"])).unwrap();
        assert_eq!((item.title.as_str(), item.price, item.quantity_in_stock), ("Rice", Paise(6_050), 7));
        assert_eq!(
            (item.pack_size.as_deref(), item.image_url.as_deref(), item.unit.as_deref()),
            (Some("1 kg"), Some("/media/rice.png"), Some("pcs"))
        );
        for (head, message) in [
            (vec!["mrp"], "Missing columns: title, price"),
            (vec!["title", "cost"], "Missing columns: price"),
            (vec!["title", "price", "Title"], "File read error: the column title comes twice"),
        ] {
            assert_eq!(Layout::of(Some(&texts(1, &head))).unwrap_err().message(), message);
        }
        assert_eq!(Layout::of(None).unwrap_err().message(), "Missing columns: title, price");
    }

    #[test]
    fn every_problem_names_its_row_its_column_and_what_the_cell_says() {
        let head = ["title", "price", "mrp", "discount", "quantity_in_stock", "expiry_date", "sku"];
        let layout = Layout::of(Some(&texts(1, &head))).unwrap();
        let amount = "an amount is a number of rupees with at most two decimals, such as 149.50";
        let formula = "looks like a formula; begin it with a letter or a digit";
        for (cells, column, problem) in [
            (vec!["", "5"], "title", "must not be empty"),
            (vec!["Rice"], "price", "must not be empty"),
            (vec!["Rice", "10.005"], "price", amount),
            (vec!["Rice", "₹ 1,200.50"], "price", amount),
            (vec!["Rice", "=1+1"], "price", amount),
            (vec!["Rice", "1e3"], "price", amount),
            (vec!["Rice", "-5"], "price", "must be above zero"),
            (vec!["Rice", "999999999"], "price", "an amount is at most 99999999.99"),
            (vec!["Rice", "5", "4"], "mrp", "must not be below price"),
            (vec!["Rice", "5", "", "10%"], "discount", "is no number, such as 12.5"),
            (vec!["Rice", "5", "", "NaN"], "discount", "is no number, such as 12.5"),
            (vec!["Rice", "5", "", "", "many"], "quantity_in_stock", "is no whole number, such as 12"),
            (vec!["Rice", "5", "", "", "-1"], "quantity_in_stock", "is a number from 0 to 1000000"),
            (vec!["Rice", "5", "", "", "", "31/01/2027"], "expiry_date", "is no day such as 2027-01-31"),
            (vec!["=cmd|'/c calc'!A0", "5"], "title", formula),
            (vec!["Rice", "5", "", "", "", "", "@SUM(A1)"], "sku", formula),
            (vec!["Rice", "5", "", "", "", "", "-2+3"], "sku", formula),
        ] {
            let place = head.iter().position(|name| *name == column).unwrap();
            let says = cells.get(place).filter(|cell| !cell.is_empty());
            let says = says.map_or_else(String::new, |cell| format!("; it says \"{cell}\""));
            let expected = format!("Row 9, column {column}: {problem}{says}");
            assert_eq!(layout.item(&texts(9, &cells)).unwrap_err(), expected);
        }
    }

    #[test]
    fn numbers_and_days_of_a_workbook_are_read_as_it_shows_them() {
        let head = texts(1, &["title", "price", "sku", "quantity_in_stock", "expiry_date", "pack_size"]);
        let layout = Layout::of(Some(&head)).unwrap();
        let day = NaiveDate::from_ymd_opt(2027, 1, 31).unwrap();
        let cells = [
            Cell::Number(7.0),
            Cell::Number(0.1 + 0.2),
            Cell::Number(1_001.0),
            Cell::Number(12.0),
            Cell::Day(day),
            Cell::text("- small"),
        ];
        let item = layout.item(&row(2, &cells)).unwrap();
        assert_eq!((item.title.as_str(), item.price, item.sku.as_deref()), ("7", Paise(30), Some("1001")));
        assert_eq!((item.quantity_in_stock, item.expiry_date), (12, Some(Date(day))));
        assert_eq!(item.pack_size.as_deref(), Some("- small"));

        let refused = |cells: &[Cell]| layout.item(&row(2, cells)).unwrap_err();
        let rice = Cell::text("Rice");
        let amount = "an amount is a number of rupees with at most two decimals, such as 149.50";
        for (number, shown) in [(10.005, "10.005"), (f64::NAN, "NaN")] {
            assert_eq!(
                refused(&[rice.clone(), Cell::Number(number)]),
                format!("Row 2, column price: {amount}; it says {shown}")
            );
        }
        assert_eq!(
            refused(&[rice.clone(), Cell::Number(5.0), Cell::Blank, Cell::Number(1.5)]),
            "Row 2, column quantity_in_stock: is no whole number, such as 12; it says 1.5"
        );
        assert_eq!(
            refused(&[Cell::Day(day), Cell::Number(5.0)]),
            "Row 2, column title: is a day; format the column as text"
        );
        assert_eq!(
            refused(&[rice, Cell::Unreadable("is an error of the spreadsheet")]),
            "Row 2, column price: is an error of the spreadsheet"
        );
    }
}
