//! Times of the day as shops state them: hours and minutes, without a day or a zone.

use std::fmt;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveTime;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;

/// A time of the day, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Time)]
pub struct TimeOfDay(pub NaiveTime);

impl TimeOfDay {
    /// Reads `HH:MM` of a day of 24 hours; the hour may have one digit.
    ///
    /// # Errors
    /// A sentence for the client, when the text is no such time.
    pub fn parse(text: &str) -> Result<TimeOfDay, &'static str> {
        const SHAPE: &str = "a time of the day has hours and minutes of a day of 24 hours, such as 09:30";
        let (hour, minute) = text.split_once(':').ok_or(SHAPE)?;
        let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
            // `parse` alone would also take a sign.
            let fits = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| digits.parse().ok()).flatten()
        };
        let time = number(hour, 1..=2)
            .zip(number(minute, 2..=2))
            .and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
        time.map(TimeOfDay).ok_or(SHAPE)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%H:%M").fmt(f)
    }
}

/// A time of the day in hours and minutes, where the shop is, such as `"09:30"`.
#[Scalar(name = "TimeOfDay")]
impl ScalarType for TimeOfDay {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => TimeOfDay::parse(text).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if TimeOfDay::parse(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl FromSql<sql_types::Time, Pg> for TimeOfDay {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveTime as FromSql<sql_types::Time, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<sql_types::Time, Pg> for TimeOfDay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveTime as ToSql<sql_types::Time, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_with_two_digits_each() {
        for (text, shown) in [("09:30", "09:30"), ("9:30", "09:30"), ("00:00", "00:00"), ("23:59", "23:59")] {
            assert_eq!(TimeOfDay::parse(text).map(|time| time.to_string()), Ok(shown.to_owned()));
        }
    }

    #[test]
    fn what_is_no_time_of_the_day_is_refused() {
        for text in
            ["", "Closed", "24:00", "12:60", "9", "9:5", "+9:30", "09:30:00", "09:30 AM", " 09:30", "009:30"]
        {
            assert!(TimeOfDay::parse(text).is_err(), "{text}");
        }
    }
}
