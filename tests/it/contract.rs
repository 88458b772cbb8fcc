//! The wire contract of the legacy clients, told once from sign-in to sign-out: every documented path with the status,
//! keys and types of its answer, and with every failure that the contract words.
//!
//! `lines` tells what is called and answered, `shape` compares, `world` knows the people. What is documented and not called with
//! success fails [`every_documented_path_is_called`].

mod at_root;
mod buying;
mod checklist;
mod everywhere;
mod extras;
mod headers;
mod lines;
mod ordering;
mod paths;
mod recorded;
mod returning;
mod selling;
mod shape;
mod signing_in;
mod tokens;
mod world;

use std::collections::BTreeSet;

use crate::contract::lines::Line;
use crate::contract::world::World;

/// All of it, in an order in which it can happen.
fn story() -> Vec<Line> {
    [
        signing_in::consumer(),
        signing_in::vendor(),
        selling::shop(),
        selling::items(),
        selling::person(),
        buying::browsing(),
        buying::cart(),
        buying::wallet(),
        buying::profile(),
        buying::addresses(),
        buying::wishlist(),
        extras::offers(),
        ordering::placing(),
        ordering::changing(),
        ordering::delivered(),
        returning::returning(),
        ordering::closing(),
        selling::money(),
        extras::rewards(),
        extras::notifications(),
        extras::support(),
        extras::settings(),
        extras::assistant(),
        extras::admin(),
        signing_in::out(),
    ]
    .concat()
}

#[tokio::test]
async fn the_contract_holds_line_by_line() {
    let mut world = World::begin().await;
    for line in story() {
        world.walk(&line).await;
    }
    world.app.audit_is_clean().await;
    world.recorded.are_the_examples_of_the_description();
}

#[test]
fn every_documented_path_is_called() {
    let called: BTreeSet<String> = story().iter().filter_map(Line::succeeds_at).collect();
    let missing: Vec<&str> = paths::documented().filter(|path| !called.contains(*path)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "documented, but never called with success");
}
