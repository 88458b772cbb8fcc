//! Phone numbers, parsed once and kept in E.164.

use std::fmt;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};

/// A valid phone number in E.164, such as `+919876543210`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as people write it: ten digits are Indian, separators are ignored.
    ///
    /// # Errors
    /// A sentence for the client, when the text is no valid phone number.
    pub fn parse(text: &str) -> Result<Phone, &'static str> {
        const NOT_A_PHONE: &str =
            "a phone number has ten digits or starts with its country code, such as +919876543210";
        let number = PhoneNumber::parse(text.trim(), Some(Region::IN)).map_err(|_| NOT_A_PHONE)?;
        if text.len() > 32 || text.chars().any(char::is_alphabetic) || !number.is_valid() {
            return Err(NOT_A_PHONE);
        }
        Ok(Phone(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// The number in E.164.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What may stand in a log, or be shown to a stranger: the country and the last two digits.
    #[must_use]
    pub fn masked(&self) -> String {
        let (shown, last) = (3.min(self.0.len()), self.0.len().saturating_sub(2));
        format!("{}{}{}", &self.0[..shown], "*".repeat(last.saturating_sub(shown)), &self.0[last..])
    }

    /// The first digits, which numbers bought in bulk share: the key of the limit against toll fraud.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..self.0.len().saturating_sub(4)]
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phone number in E.164, such as `"+919876543210"`.
///
/// Input may be ten digits (taken as Indian) and may hold spaces and hyphens; answers are always in E.164.
#[Scalar(name = "Phone")]
impl ScalarType for Phone {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Phone::parse(text).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if Phone::parse(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl FromSql<Text, Pg> for Phone {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<Text, Pg> for Phone {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <String as ToSql<Text, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_a_number_mean_one_number() {
        for text in ["9876543210", "+919876543210", "+91-9876543210", "+91 98765 43210", " 09876543210 "] {
            assert_eq!(Phone::parse(text).map(|phone| phone.0), Ok("+919876543210".to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_phone_number_is_refused() {
        for text in ["", "12345", "98765432100000", "phone", "98765O3210", "+", "0000000000"] {
            assert!(Phone::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_log_never_shows_the_whole_number() {
        assert_eq!(Phone("+919876543210".to_owned()).masked(), "+91********10");
    }
}
