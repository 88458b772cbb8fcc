//! A stored document: parsed, validated and planned at start-up, run as it is ever after.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    ExecutableDocument, OperationType, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::{Name, Positioned, Request, Variables};
use async_graphql_value::Value as Written;

use crate::graphql::{self, Checker, absent};
use crate::rest::Unfit;
use crate::rest::input::rest_name;
use crate::rest::shape::Shape;

/// A named operation of `operations/`.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// The file's name.
    pub name: &'static str,
    /// Its text: one operation, with the fragments that it uses.
    pub text: &'static str,
}

/// A document that fits the schema, ready to run.
pub struct Operation {
    /// Its variables, named as the REST keys.
    pub variables: Vec<Positioned<VariableDefinition>>,
    /// How its answer becomes JSON.
    pub shape: Shape,
    /// `Query` or `Mutation`.
    pub root: &'static str,
    /// The one field at its root; `several` when there are more.
    pub root_field: Arc<str>,
    /// What it asks of the root.
    pub asked: SelectionSet,
    document: ExecutableDocument,
    /// The schema's arguments that a variable feeds: the argument's name, the variable's.
    arguments: HashMap<Name, Name>,
}

impl Operation {
    /// Parses, validates and plans a document.
    ///
    /// # Errors
    /// What does not fit, with the document's name.
    pub async fn read(source: Document, checker: &Checker) -> Result<Operation, Unfit> {
        let unfit = |problem: String| Unfit(format!("operations/{}.graphql: {problem}", source.name));
        let document = parse_query(source.text).map_err(|error| unfit(error.to_string()))?;
        let problems = checker.validate(&document).await;
        if !problems.is_empty() {
            return Err(unfit(problems.join("; ")));
        }
        let (_, operation) =
            document.operations.iter().next().ok_or_else(|| unfit("there is no operation".to_owned()))?;
        let operation = operation.node.clone();
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => {
                return Err(unfit("a subscription has no single answer".to_owned()));
            }
        };
        let shape =
            Shape::plan(&checker.types, &document, root, &operation.selection_set.node).map_err(unfit)?;
        if shape.keys().contains(&"status") {
            return Err(unfit("status is what the envelope tells".to_owned()));
        }
        let mut arguments = HashMap::new();
        note_arguments(&operation.selection_set.node, &mut arguments);
        let root_field = graphql::only_field(&document, &operation.selection_set.node);
        Ok(Operation {
            variables: operation.variable_definitions,
            shape,
            root,
            root_field: Arc::from(root_field.map_or("several", Name::as_str)),
            asked: operation.selection_set.node,
            document,
            arguments,
        })
    }

    /// The REST key of an argument that a resolver names.
    pub fn key_of(&self, argument: &str) -> String {
        self.arguments.get(argument).map_or_else(|| rest_name(argument), Name::to_string)
    }

    /// The request that runs this operation.
    pub fn request(&self, variables: Variables) -> Request {
        let mut document = self.document.clone();
        absent::take_out(&mut document, None, &variables);
        request(document, variables)
    }
}

fn request(document: ExecutableDocument, variables: Variables) -> Request {
    let mut request = Request::new("").variables(variables);
    request.set_parsed_query(document);
    request
}

fn note_arguments(set: &SelectionSet, arguments: &mut HashMap<Name, Name>) {
    for item in &set.items {
        // Fragments hold only what is shown: the contract's lists take their arguments at the top.
        let Selection::Field(Positioned { node, .. }) = &item.node else { continue };
        for (name, value) in &node.arguments {
            note(&name.node, &value.node, arguments);
        }
        note_arguments(&node.selection_set.node, arguments);
    }
}

fn note(name: &Name, value: &Written, arguments: &mut HashMap<Name, Name>) {
    match value {
        Written::Variable(variable) => {
            arguments.insert(name.clone(), variable.clone());
        }
        Written::Object(fields) => fields.iter().for_each(|(field, value)| note(field, value, arguments)),
        _ => {}
    }
}
