//! The product's tests: one binary, a module per journey and per part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a failed expectation is the test's result"
)]

mod addresses;
mod admin;
mod assistant;
mod audit;
mod auth;
mod cart;
mod contract;
mod described;
mod docs;
mod doctor;
mod edge;
mod embedded;
mod events;
mod explorer;
mod forms;
mod harness;
mod hostile;
mod house;
mod notifications;
mod offers;
mod operations;
mod orders;
mod privacy;
mod profile;
mod providers;
mod rest;
mod rewards;
mod server;
mod settings;
mod shops;
mod sockets;
mod staff;
mod streams;
mod support;
mod tls;
mod vendor;
mod wallet;
mod wishlist;
