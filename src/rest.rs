//! The legacy REST paths.
