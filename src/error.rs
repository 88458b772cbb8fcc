//! What can go wrong, told apart only where a client would act differently.
//!
//! An [`Error`] carries the sentence that clients show. Internal errors keep their cause for the log and show one
//! fixed sentence outside. `Code::http_status` is the only table from codes to HTTP statuses.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use strum::{IntoStaticStr, VariantArray};

use crate::values::Paise;

/// The result of everything that can fail with an answer for the client.
pub type Result<T> = std::result::Result<T, Error>;

/// The sentence that a client sees when the fault is ours.
pub const INTERNAL_MESSAGE: &str = "An unexpected error occurred. Please try again later.";

/// What a client can do about an error: `extensions.code` in GraphQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// An argument is wrong; `field` names it. Correct it.
    BadInput,
    /// The one-time code is wrong, used or too old. Let the person type it again, or ask for a new one.
    OtpInvalid,
    /// No valid token. Sign in.
    Unauthenticated,
    /// The access token is too old. Refresh the session, then repeat.
    TokenExpired,
    /// The person has not finished onboarding. Show the onboarding form.
    OnboardingRequired,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// Nothing with this id that this person may see.
    NotFound,
    /// The state of things does not allow it (any more). Read it anew.
    Conflict,
    /// The wallet holds too little; `needed` and `balance` say how much. Offer to add money.
    InsufficientBalance,
    /// The account holds fewer points. Read it anew.
    InsufficientPoints,
    /// Too few in stock, or not sold at the moment. Offer to change the cart.
    OutOfStock,
    /// The cart holds another shop's items. Offer to clear it.
    OtherShopInCart,
    /// The coupon does not hold, or not any more. Offer to take it out of the cart.
    CouponInvalid,
    /// This idempotency key was used for another request. Make a new key.
    IdempotencyKeyReused,
    /// Events after this cursor are no longer kept. Read the present state, subscribe without `after`.
    CursorExpired,
    /// Too many requests; `retryAfter` seconds from now it may work.
    RateLimited,
    /// The assistant has no answer now. Offer a support ticket.
    AssistantUnavailable,
    /// A service that this needs does not answer: text messages, payments, pictures. Nothing was done; offer to try again
    /// `retryAfter` seconds from now.
    ProviderUnavailable,
    /// The service is overloaded for a moment. Repeat with the same idempotency key.
    Busy,
    /// Our fault.
    Internal,
}

impl Code {
    /// The value of `extensions.code`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The HTTP status of this code on the REST face (contract §1.4: state and business rules are 400).
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Code::BadInput
            | Code::Conflict
            | Code::InsufficientBalance
            | Code::InsufficientPoints
            | Code::OutOfStock
            | Code::OtherShopInCart
            | Code::CouponInvalid
            | Code::IdempotencyKeyReused
            | Code::CursorExpired => 400,
            Code::OtpInvalid | Code::Unauthenticated | Code::TokenExpired => 401,
            Code::OnboardingRequired | Code::Forbidden => 403,
            Code::NotFound => 404,
            Code::RateLimited => 429,
            Code::Internal => 500,
            Code::AssistantUnavailable | Code::ProviderUnavailable | Code::Busy => 503,
        }
    }
}

/// One failure: its code, the sentence to show, and what helps the client to act.
#[derive(Clone, Debug)]
pub struct Error(Box<Failure>);

#[derive(Clone, Debug)]
struct Failure {
    code: Code,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    funds: Option<(Paise, Paise)>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this code with the sentence that clients show.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Failure {
            code,
            message: message.into(),
            field: None,
            funds: None,
            retry_after: None,
            cause: None,
        }))
    }

    /// A wrong argument: `field` is its name in the schema, `problem` what is expected of it.
    pub fn bad_input(field: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Error {
        Error::new(Code::BadInput, problem).of_field(field)
    }

    /// Names the argument that this error is about.
    #[must_use]
    pub fn of_field(mut self, field: impl Into<Cow<'static, str>>) -> Error {
        self.0.field = Some(field.into());
        self
    }

    /// Nothing there that this person may see.
    pub fn not_found(message: &'static str) -> Error {
        Error::new(Code::NotFound, message)
    }

    /// Not allowed to this person.
    pub fn forbidden(message: &'static str) -> Error {
        Error::new(Code::Forbidden, message)
    }

    /// The present state does not allow it.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(Code::Conflict, message)
    }

    /// The wallet holds `balance`, and `needed` was asked of it.
    #[must_use]
    pub fn insufficient_balance(needed: Paise, balance: Paise) -> Error {
        let mut error = Error::new(Code::InsufficientBalance, "Insufficient balance");
        error.0.funds = Some((needed, balance));
        error
    }

    /// Over a rate limit; it may work again after `wait`.
    #[must_use]
    pub fn rate_limited(wait: Duration) -> Error {
        let mut error = Error::new(Code::RateLimited, "Rate limit exceeded. Please try again later.");
        error.0.retry_after = Some(wait);
        error
    }

    /// Our fault: the cause goes to the log, the client sees [`INTERNAL_MESSAGE`].
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let mut error = Error::new(Code::Internal, INTERNAL_MESSAGE);
        error.0.cause = Some(Arc::from(cause.into()));
        error
    }

    /// Overloaded for a moment: the client waits a little and repeats.
    pub fn busy(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let mut error = Error::new(Code::Busy, "The service is busy. Please try again in a moment.");
        error.0.retry_after = Some(Duration::from_secs(1));
        error.0.cause = Some(Arc::from(cause.into()));
        error
    }

    /// A service that this needs does not answer; it may work again after `wait`. Whoever asked it has logged why.
    #[must_use]
    pub fn unavailable(message: &'static str, wait: Duration) -> Error {
        let mut error = Error::new(Code::ProviderUnavailable, message);
        error.0.retry_after = Some(wait);
        error
    }

    /// What the client can do about it.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence that clients show.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The argument at fault, as the schema names it.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What was needed and what was there, when money is short.
    #[must_use]
    pub fn funds(&self) -> Option<(Paise, Paise)> {
        self.0.funds
    }

    /// How long to wait, when waiting helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The cause of an internal error, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        self.0.cause.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// An error with what caused it, and so on: libraries say little at the top.
#[must_use]
pub fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}

/// Constraints that a race can still hit after the verb looked, and the sentence of the rule they carry.
const CONSTRAINTS: &[(&str, Code, &str)] = &[
    ("consumer_profile_user_phone_key", Code::Conflict, "Profile already exists"),
    ("vendor_profile_user_phone_key", Code::Conflict, "Vendor profile already exists"),
    ("shop_owner_id_key", Code::Conflict, "Shop already exists for this vendor"),
    ("consumer_wallet_balance_is_in_range", Code::Conflict, "The wallet cannot hold more than 99999999.99"),
    ("consumer_wallet_closed_is_empty", Code::Conflict, "The customer deleted their account"),
    (
        "vendor_wallet_balance_is_in_range",
        Code::Conflict,
        "The shop's wallet cannot hold more than 99999999.99",
    ),
    ("offer_code_key", Code::Conflict, "There is an offer with this code already"),
    ("item_mrp_is_not_below_price", Code::BadInput, "mrp must not be below price"),
];

/// What PostgreSQL, or the client of it, says of troubles that pass.
const PASSING: &[&str] = &[
    "canceling statement due to lock timeout",
    "deadlock detected",
    "terminating connection due to administrator command",
    "terminating connection because of crash of another server process",
    "connection closed",
];

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Error {
        match &error {
            // Nobody is at fault when the database restarts, or another takes over.
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                _,
            ) => Error::busy(error),
            DieselError::DatabaseError(kind, info) => {
                let rule = info
                    .constraint_name()
                    .and_then(|name| CONSTRAINTS.iter().find(|(known, ..)| *known == name));
                match (rule, kind) {
                    (Some((_, code, message)), _) => Error::new(*code, *message),
                    // Diesel keeps no SQLSTATE of these; PostgreSQL's words for them are stable.
                    (None, DatabaseErrorKind::Unknown) if PASSING.contains(&info.message()) => {
                        Error::busy(error)
                    }
                    _ => Error::internal(error),
                }
            }
            _ => Error::internal(error),
        }
    }
}
