//! Whether a document fits the schema, found out without running it: for documents that are stored, at start-up only.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, Value, Variables, async_trait::async_trait};

use crate::error::{Error, Result};
use crate::graphql::{Schema, Types, builder, sdl};

/// Checks documents against the schema.
pub struct Checker {
    /// The schema's types.
    pub types: Arc<Types>,
    schema: Schema,
}

impl Checker {
    /// A checker of this product's schema.
    ///
    /// # Errors
    /// `INTERNAL` when the schema's own text cannot be read: a fault in the build.
    pub fn new() -> Result<Checker> {
        let types = Types::read(&sdl()).map_err(Error::internal)?;
        Ok(Checker { types: Arc::new(types), schema: builder().extension(StopBeforeRunning).finish() })
    }

    /// What does not fit. The engine keeps its validator to itself, so it is asked to run the document and stopped right
    /// before.
    pub async fn validate(&self, document: &ExecutableDocument) -> Vec<String> {
        // It also computes costs, and from no argument that it does not know the value of.
        let mut variables = Variables::default();
        for (_, operation) in document.operations.iter() {
            let optional = operation.node.variable_definitions.iter().map(|variable| &variable.node);
            for variable in optional.filter(|variable| variable.var_type.node.nullable) {
                variables.insert(variable.name.node.clone(), Value::Null);
            }
        }
        let mut request = Request::new("").variables(variables);
        request.set_parsed_query(document.clone());
        let response = self.schema.execute(request).await;
        response.errors.into_iter().map(|error| error.message).collect()
    }
}

struct StopBeforeRunning;

impl ExtensionFactory for StopBeforeRunning {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(StopBeforeRunning)
    }
}

#[async_trait]
impl Extension for StopBeforeRunning {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}
