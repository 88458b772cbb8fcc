//! The product's tests: one binary, a module per part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the test's result"
)]

mod embedded;
