//! Money: whole paise inside, rupees with at most two decimals outside.

use std::fmt;
use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

/// An amount of money in whole paise. All arithmetic is checked.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    AsExpression,
    FromSqlRow,
)]
#[diesel(sql_type = BigInt)]
#[serde(transparent)]
pub struct Paise(pub i64);

impl Paise {
    /// Nothing.
    pub const ZERO: Paise = Paise(0);
    /// 99,999,999.99 rupees: the most that one amount or one balance may be (the contract's NUMERIC(10,2)).
    pub const MAX: Paise = Paise(9_999_999_999);

    /// Whole rupees. For constants.
    #[must_use]
    pub const fn rupees(rupees: i64) -> Paise {
        Paise(rupees * 100)
    }

    /// The sum, or `None` beyond what 64 bits hold.
    #[must_use]
    pub fn checked_add(self, other: Paise) -> Option<Paise> {
        self.0.checked_add(other.0).map(Paise)
    }

    /// The difference, or `None` beyond what 64 bits hold. May be below zero.
    #[must_use]
    pub fn checked_sub(self, other: Paise) -> Option<Paise> {
        self.0.checked_sub(other.0).map(Paise)
    }

    /// This amount `count` times, or `None` beyond what 64 bits hold.
    #[must_use]
    pub fn checked_mul(self, count: i32) -> Option<Paise> {
        self.0.checked_mul(i64::from(count)).map(Paise)
    }

    /// As a JSON number of rupees: whole rupees without a point, else at most two decimals.
    ///
    /// A double holds every amount up to `Paise::MAX` with its two decimals exactly as printed.
    #[must_use]
    pub fn to_number(self) -> Number {
        if self.0 % 100 == 0 {
            return Number::from(self.0 / 100);
        }
        #[allow(clippy::cast_precision_loss)]
        let rupees = self.0 as f64 / 100.0;
        Number::from_f64(rupees).unwrap_or_else(|| Number::from(self.0 / 100))
    }
}

impl fmt::Display for Paise {
    /// `1234.50`, for messages to people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

/// Why a text is no amount of money. The text says what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub struct NoAmount(&'static str);

impl fmt::Display for NoAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NoAmount {}

impl FromStr for Paise {
    type Err = NoAmount;

    /// Reads rupees such as `105`, `105.5` or `-3.25`. Zeros behind the second decimal change nothing.
    fn from_str(text: &str) -> Result<Self, NoAmount> {
        const SHAPE: NoAmount =
            NoAmount("an amount is a number of rupees with at most two decimals, such as 149.50");
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let fraction = match fraction.trim_end_matches('0') {
            "" if !fraction.is_empty() => "0",
            trimmed => trimmed,
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 2 {
            return Err(SHAPE);
        }
        let too_large = || NoAmount("an amount is at most 99999999.99");
        let rupees: i64 = whole.parse().map_err(|_| too_large())?;
        let hundredths: i64 = format!("{fraction:0<2}").parse().map_err(|_| SHAPE)?;
        let paise =
            rupees.checked_mul(100).and_then(|paise| paise.checked_add(hundredths)).ok_or_else(too_large)?;
        if paise > Paise::MAX.0 {
            return Err(too_large());
        }
        Ok(Paise(if negative { -paise } else { paise }))
    }
}

/// An amount in Indian rupees: a JSON number with at most two decimals, such as `149.5`.
///
/// Input may also be a numeric string, such as `"149.50"`. More decimals, and amounts beyond 99999999.99, are refused.
#[Scalar(name = "Money")]
impl ScalarType for Paise {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        text.parse().map_err(InputValueError::custom)
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Number(self.to_number())
    }
}

impl FromSql<BigInt, Pg> for Paise {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Pg>>::from_sql(bytes).map(Self)
    }
}

impl ToSql<BigInt, Pg> for Paise {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rupees_are_read_exactly() {
        for (text, paise) in [
            ("0", 0),
            ("105", 10_500),
            ("105.5", 10_550),
            ("0.01", 1),
            ("7.250", 725),
            ("-3.25", -325),
            ("10.00", 1_000),
        ] {
            assert_eq!(text.parse(), Ok(Paise(paise)), "{text}");
        }
        assert_eq!("99999999.99".parse(), Ok(Paise::MAX));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1.005",
            "NaN",
            "Infinity",
            "1e3",
            "+1",
            " 1",
            "1,000",
            "100000000",
            "9".repeat(40).as_str(),
        ] {
            assert!(text.parse::<Paise>().is_err(), "{text}");
        }
    }

    #[test]
    fn more_than_two_decimals_as_a_number_are_refused() {
        assert!(<Paise as ScalarType>::parse(Value::from(10.005)).is_err());
        assert!(<Paise as ScalarType>::parse(Value::from(1e12)).is_err());
        assert!(<Paise as ScalarType>::parse(Value::from(true)).is_err());
    }

    #[test]
    fn whole_rupees_are_written_without_a_point() {
        assert_eq!(Paise(10_500).to_number().to_string(), "105");
        assert_eq!(Paise(10_550).to_number().to_string(), "105.5");
        assert_eq!(Paise(10_555).to_string(), "105.55");
        assert_eq!(Paise(-5).to_string(), "-0.05");
    }

    proptest! {
        #[test]
        fn an_amount_survives_its_json_number(paise in -Paise::MAX.0..=Paise::MAX.0) {
            prop_assert_eq!(Paise(paise).to_number().to_string().parse(), Ok(Paise(paise)));
            prop_assert_eq!(Paise(paise).to_string().parse(), Ok(Paise(paise)));
        }
    }
}
