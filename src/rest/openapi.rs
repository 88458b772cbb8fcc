//! The REST face described, in OpenAPI 3.1: generated from the table, the stored operations and the schema.
//!
//! Nothing is written twice: what a path takes comes from the variables of its operation, what it answers from the plan of
//! its answer, what is said of it from the schema's descriptions. Tests hold every real answer against it.

mod answers;
mod components;
mod either;
mod examples;
mod inputs;
mod operations;
mod table;
mod words;

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::graphql::{self, Checker, Types};
use crate::rest::endpoint::Endpoint;
use crate::rest::openapi::components::Components;
use crate::rest::openapi::either::either;
use crate::rest::openapi::examples::Recorded;
use crate::rest::openapi::operations::older;
use crate::rest::openapi::words::Words;
use crate::rest::{Unfit, checker, routes};

/// What the document says before it comes to the paths.
const ABOUT: &str = "\
The REST paths of the society-commerce app. Each of them runs a stored GraphQL operation, on the resolvers that `/graphql` has.

Sign in with `POST /send-otp` and `POST /verify-otp`, and send the `access_token` as `Authorization: Bearer <token>`; older \
clients may send it without `Bearer`.

Every answer is a JSON object. A success has `\"status\": \"success\"`; a refusal has `\"status\": \"error\"`, a `message` to show \
and a `code` that repeats the HTTP status. Absent values are null, never left out. Every body key that is not \
described is ignored. Amounts are rupees with at most two decimals. Other methods of a path are answered with 405.

Where the operator has announced it, every answer carries `Deprecation` (RFC 9745), and `Sunset` (RFC 8594) with the day \
on which these paths end.";

/// Makes the description.
struct Describer {
    types: Arc<Types>,
    words: Words,
    examples: Recorded,
    components: Components,
}

/// The table's endpoints, read once for whoever describes them.
async fn endpoints(checker: &Checker) -> Result<Vec<Endpoint>, Unfit> {
    let mut endpoints = Vec::new();
    for route in routes::table() {
        endpoints.push(Endpoint::new(route, checker).await?);
    }
    Ok(endpoints)
}

/// The description of every path.
///
/// # Errors
/// A line of the table that does not fit: a fault in the build.
pub async fn openapi() -> Result<Json, Unfit> {
    let checker = checker()?;
    let unfit = |what: &str, problem: &dyn std::fmt::Display| Unfit(format!("{what}: {problem}"));
    let mut describer = Describer {
        types: checker.types.clone(),
        words: Words::read(&graphql::sdl()).map_err(|error| unfit("the schema", &error))?,
        examples: Recorded::read().map_err(|error| unfit("examples.json", &error))?,
        components: Components::default(),
    };
    let (mut paths, mut tags, mut section) = (Map::new(), Vec::new(), "");
    for endpoint in endpoints(&checker).await? {
        if let Some(begun) = endpoint.route.section {
            section = begun;
            tags.push(json!({"name": section}));
        }
        let operation = describer.operation(&endpoint, section);
        let method = endpoint.route.method.as_str().to_lowercase();
        let mut note = |path: &str, operation: Json| {
            let methods = paths.entry(path).or_insert_with(|| json!({}));
            methods[&method] = either(methods[&method].take(), operation);
        };
        for alias in &endpoint.route.aliases {
            note(alias, older(&operation, &endpoint.route, alias));
        }
        note(endpoint.route.path, operation);
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "society-gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": tags,
        "paths": paths,
        "components": describer.components.finish(),
    }))
}

pub use table::table;
