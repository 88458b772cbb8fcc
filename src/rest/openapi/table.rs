//! Each path beside its GraphQL field: how a client moves from one face to the other, a call at a time.

use std::fmt::Write as _;

use crate::rest::openapi::endpoints;
use crate::rest::openapi::words::fields;
use crate::rest::route::Role;
use crate::rest::{Unfit, checker};

/// The generated part of `docs/REST.md`.
///
/// # Errors
/// A line of the table that does not fit: a fault in the build.
pub async fn table() -> Result<String, Unfit> {
    let mut text = "| REST | GraphQL | older paths |\n|---|---|---|\n".to_owned();
    for endpoint in endpoints(&checker()?).await? {
        let (route, operation) = (&endpoint.route, &endpoint.operation);
        let asked = fields(&operation.asked).map(|field| {
            let arguments: Vec<_> = field.arguments.iter().map(|(name, _)| name.node.as_str()).collect();
            let arguments =
                if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            format!("`{}{arguments}`", field.name.node)
        });
        let mut asked: Vec<String> = asked.collect();
        asked.dedup();
        let graphql = match route.role {
            Role::Nobody => "none".to_owned(),
            _ => format!("{} {}", operation.root.to_lowercase(), asked.join(", ")),
        };
        let older: Vec<String> = route.aliases.iter().map(|path| format!("`{path}`")).collect();
        // Writing to a text does not fail.
        let _ = writeln!(text, "| {} `{}` | {graphql} | {} |", route.method, route.path, older.join(", "));
    }
    Ok(text)
}
