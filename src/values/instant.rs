//! Points in time, as the schema shows them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Timestamptz;

/// A point in time that a row shows to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromSqlRow)]
pub struct Instant(pub DateTime<Utc>);

/// A point in time in UTC, in RFC 3339, such as `"2026-11-22T07:32:29.575517Z"`.
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for Instant {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                DateTime::parse_from_rfc3339(text).map(|at| Instant(at.to_utc())).map_err(|_| {
                    InputValueError::custom("a point in time is RFC 3339, such as 2026-11-22T07:32:29Z")
                })
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromSql<Timestamptz, Pg> for Instant {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_in_utc_with_a_z() {
        let shown = Instant::parse(Value::from("2026-11-22T13:02:29.5+05:30")).unwrap().to_value();
        assert_eq!(shown, Value::from("2026-11-22T07:32:29.500Z"));
    }
}
