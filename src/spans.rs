//! What of the work is traced: HTTP requests, operations and statements, each a span below the other.
//!
//! Spans are made with `tracing` under one target of their own, which the log leaves out. Unless traces are collected,
//! that target is off and a span costs one look at a flag.

/// The target of all spans that are collected.
pub const TARGET: &str = "society_gateway::spans";
