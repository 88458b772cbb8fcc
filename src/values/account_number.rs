//! Numbers of bank accounts: read once, then shown by their last four digits only.

use std::fmt;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A bank account's number, 9 to 18 digits. It prints masked, however it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountNumber(String);

impl AccountNumber {
    /// Reads a number as people write it: spaces and hyphens between the digits are ignored.
    ///
    /// # Errors
    /// A sentence for the client that does not repeat what was given.
    pub fn parse(text: &str) -> Result<AccountNumber, &'static str> {
        const SHAPE: &str = "an account number is a text of 9 to 18 digits";
        if text.len() > 40 {
            return Err(SHAPE);
        }
        let digits: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
        let fits = (9..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(AccountNumber(digits)) } else { Err(SHAPE) }
    }

    /// All digits: for encrypting, and for the operator who pays.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four digits.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.0[self.0.len().saturating_sub(4)..]
    }

    /// How a number that ends in these digits is shown: `XXXXXX1234`, whatever its length.
    #[must_use]
    pub fn masked(last_four: &str) -> String {
        format!("XXXXXX{last_four}")
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&AccountNumber::masked(self.last_four()))
    }
}

/// The number of a bank account: 9 to 18 digits as a text, spaces and hyphens ignored.
///
/// It is never answered: `PayoutAccount` shows the last four digits.
#[Scalar(name = "AccountNumber")]
impl ScalarType for AccountNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        // Also for what is no text: the engine's own sentence would repeat a number.
        let text = if let Value::String(text) = &value { text } else { "" };
        AccountNumber::parse(text).map_err(InputValueError::custom)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if AccountNumber::parse(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(AccountNumber::masked(self.last_four()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it_and_never_printed_in_full() {
        let number = AccountNumber::parse("1234 5678-9012").unwrap();
        assert_eq!((number.reveal(), number.last_four()), ("123456789012", "9012"));
        assert_eq!(format!("{number:?}"), "XXXXXX9012");
        assert_eq!(number.to_value(), Value::from("XXXXXX9012"));
    }

    #[test]
    fn what_is_no_number_is_refused_without_repeating_it() {
        for text in ["", "12345678", "1234567890123456789", "12345678x", "+123456789", "१२३४५६७८९"]
        {
            let refused = AccountNumber::parse(text).unwrap_err();
            assert!(text.is_empty() || !refused.contains(text), "{text}");
        }
        let refused = <AccountNumber as ScalarType>::parse(Value::from(123_456_789)).unwrap_err();
        let message = refused.into_server_error(async_graphql::Pos::default()).message;
        assert!(!message.contains("123456789"), "{message}");
    }
}
