//! The rules of one-time codes. Pure: what is stored and sent is decided here, done elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;

use crate::app::Keys;
use crate::error::{Error, Result};
use crate::journeys::auth::model::WaitingCode;
use crate::values::Phone;

/// How long a code is valid (contract §4.3).
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// After this many wrong attempts a code is worth nothing, even the right one.
pub const WRONG_ATTEMPTS: i32 = 5;

/// Six digits. Deliberately without `Debug`: it must not get into a log by accident.
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// A new code that nobody can foresee: 100000 to 999999.
    #[must_use]
    pub fn random() -> OneTimeCode {
        OneTimeCode(rand::rng().random_range(100_000..=999_999).to_string())
    }

    /// A code as a person typed it.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `otp`, when these are not six digits.
    pub fn parse(text: &str) -> Result<OneTimeCode> {
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(OneTimeCode(text.to_owned()))
        } else {
            Err(Error::bad_input("otp", "otp has exactly six digits"))
        }
    }

    /// The digits, for the one message that carries them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored instead of the code. Of use for this phone only.
    #[must_use]
    pub fn hash(&self, keys: &Keys, phone: &Phone) -> Vec<u8> {
        keys.hash("otp", &self.hashed(phone))
    }

    /// Whether this is the code of that hash.
    #[must_use]
    pub fn is(&self, keys: &Keys, phone: &Phone, hash: &[u8]) -> bool {
        keys.recognises("otp", &self.hashed(phone), hash)
    }

    fn hashed(&self, phone: &Phone) -> String {
        format!("{phone}|{}", self.0)
    }
}

/// What an attempt at a waiting code comes to. Clients hear the same of everything but `Right`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Signs in, and uses the code up.
    Right,
    /// Counts against the code.
    Wrong,
    /// The code is too old or was guessed at too often; nothing counts any more.
    Dead,
}

/// Judges an attempt: `right` says whether the digits are those that were sent.
#[must_use]
pub fn verify(now: DateTime<Utc>, waiting: &WaitingCode, right: bool) -> Verdict {
    if now >= waiting.expires_at || waiting.attempts >= WRONG_ATTEMPTS {
        Verdict::Dead
    } else if right {
        Verdict::Right
    } else {
        Verdict::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_signs_in_until_it_is_too_old_or_was_guessed_at_too_often() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for (now, attempts, right, verdict) in [
            (0, 0, true, Verdict::Right),
            (599, 4, true, Verdict::Right),
            (599, 4, false, Verdict::Wrong),
            (600, 0, true, Verdict::Dead),
            (600, 0, false, Verdict::Dead),
            (0, 5, true, Verdict::Dead),
            (0, 5, false, Verdict::Dead),
        ] {
            let waiting = WaitingCode { id: 1, code_hash: Vec::new(), attempts, expires_at: at(600) };
            assert_eq!(
                verify(at(now), &waiting, right),
                verdict,
                "after {now} s and {attempts} wrong attempts"
            );
        }
    }

    #[test]
    fn a_code_has_six_digits_and_no_leading_zero() {
        for _ in 0..1000 {
            let code = OneTimeCode::random();
            assert!(OneTimeCode::parse(code.as_str()).is_ok());
            assert!(!code.as_str().starts_with('0'));
        }
    }

    #[test]
    fn what_is_not_six_digits_is_refused() {
        for text in ["", "12345", "1234567", "12345a", " 12345", "+12345", "１２３４５６"] {
            let error = OneTimeCode::parse(text).map(|_| ()).unwrap_err();
            assert_eq!(error.field(), Some("otp"), "{text}");
        }
    }

    #[test]
    fn a_code_is_recognised_for_its_own_phone_only() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        let (mine, other) = (Phone::parse("9876543210").unwrap(), Phone::parse("9876543211").unwrap());
        let code = OneTimeCode::parse("123456").unwrap();
        let hash = code.hash(&keys, &mine);
        assert!(code.is(&keys, &mine, &hash));
        assert!(!code.is(&keys, &other, &hash));
        assert!(!OneTimeCode::parse("123457").unwrap().is(&keys, &mine, &hash));
    }
}
