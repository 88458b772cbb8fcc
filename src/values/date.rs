//! Days of the calendar, without a time or a zone.

use std::fmt;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;
use serde::{Deserialize, Serialize};

/// A day of the calendar.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = sql_types::Date)]
#[serde(transparent)]
pub struct Date(pub NaiveDate);

impl Date {
    /// Reads `YYYY-MM-DD`, exactly so.
    ///
    /// # Errors
    /// A sentence for the client, when the text is no day of the calendar.
    pub fn parse(text: &str) -> Result<Date, &'static str> {
        // chrono alone would also take `1990-2-3`, blanks and years of any length.
        let digits = text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let day =
            (text.len() == 10 && digits).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
        day.map(Date).ok_or("a date is a day of the calendar such as 1990-02-28")
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A day of the calendar, such as `"1990-02-28"`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Date::parse(text).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if Date::parse(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl FromSql<sql_types::Date, Pg> for Date {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveDate as FromSql<sql_types::Date, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<sql_types::Date, Pg> for Date {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveDate as ToSql<sql_types::Date, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_it_is_read() {
        for text in ["1990-02-28", "2024-02-29", "0001-01-01"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_day_of_the_calendar_is_refused() {
        for text in [
            "",
            "1990-02-30",
            "2023-02-29",
            "1990-2-3",
            " 1990-02-28",
            "28-02-1990",
            "1990/02/28",
            "+1990-02-2",
        ] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
    }
}
