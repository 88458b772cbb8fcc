//! One binary that serves the consumer journeys of a housing-society commerce app, over GraphQL and over the REST
//! paths of its predecessor, with the same resolvers.
//!
//! The modules, each imported only by those behind it:
//!
//! `values` → `config`, `error` → `meters`, `spans` → `schema` → `db` → `events`, `ledger` → `app` → `request` → `journeys` → `audit` →
//! `demo` → `graphql` → `rest` → `server` → `cli`. A test reads the imports and keeps it so. `docs/ARCHITECTURE.md`
//! walks through a request.

// What the clients of other services are made of goes deep, and every future that reaches the app is asked whether it is `Send`.
#![recursion_limit = "256"]

pub mod app;
pub mod audit;
pub mod cli;
pub mod config;
pub mod db;
pub mod demo;
pub mod error;
pub mod events;
pub mod graphql;
pub mod journeys;
pub mod ledger;
pub mod meters;
pub mod request;
pub mod rest;
#[allow(missing_docs)]
pub mod schema;
pub mod server;
pub mod spans;
pub mod values;
