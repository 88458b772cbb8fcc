//! Absent variables as arguments.
//!
//! A variable that is declared, nullable and not given leaves its argument out, so that the argument's own default
//! counts. The engine (8.0.0-rc.5) does neither: it skips the default, and where it computes a field's cost from the
//! argument it refuses the document. So such arguments are taken out of the copy of the document that runs. Inside
//! input objects the engine does it right, and null and absent differ: null clears a field, absent keeps it.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

/// Takes out the arguments of one operation whose variables were not given. A lone operation needs no name.
pub fn take_out(document: &mut ExecutableDocument, operation_name: Option<&str>, given: &Variables) {
    let ExecutableDocument { operations, fragments } = document;
    let Some(operation) = named(operations, operation_name) else { return };
    let absent: HashSet<Name> = operation
        .variable_definitions
        .iter()
        .map(|definition| &definition.node)
        .filter(|definition| definition.var_type.node.nullable && definition.default_value.is_none())
        .filter(|definition| !given.contains_key(&definition.name.node))
        .map(|definition| definition.name.node.clone())
        .collect();
    if absent.is_empty() {
        return;
    }
    let mut used = HashSet::new();
    let in_fragments = fragments.values_mut().map(|fragment| &mut fragment.node.selection_set.node);
    for set in in_fragments.chain([&mut operation.selection_set.node]) {
        each_field(set, &mut |field| {
            field
                .arguments
                .retain(|(_, value)| !matches!(&value.node, Value::Variable(name) if absent.contains(name)));
            field.arguments.iter().for_each(|(_, value)| note_variables(&value.node, &mut used));
            let of_directives = field.directives.iter().flat_map(|directive| &directive.node.arguments);
            of_directives.for_each(|(_, value)| note_variables(&value.node, &mut used));
        });
    }
    // What is declared but used nowhere any more would be refused.
    operation.variable_definitions.retain(|definition| {
        let name = &definition.node.name.node;
        !absent.contains(name) || used.contains(name)
    });
}

fn named<'a>(
    operations: &'a mut DocumentOperations,
    name: Option<&str>,
) -> Option<&'a mut OperationDefinition> {
    let found = match operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => match name {
            Some(name) => operations.get_mut(name),
            None => operations.values_mut().next(),
        },
    };
    found.map(|Positioned { node, .. }| node)
}

/// The depth was bounded before, by the scan of the text.
fn each_field(set: &mut SelectionSet, visit: &mut impl FnMut(&mut Field)) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                visit(&mut field.node);
                each_field(&mut field.node.selection_set.node, visit);
            }
            Selection::InlineFragment(fragment) => each_field(&mut fragment.node.selection_set.node, visit),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn note_variables(value: &Value, used: &mut HashSet<Name>) {
    match value {
        Value::Variable(name) => drop(used.insert(name.clone())),
        Value::List(values) => values.iter().for_each(|value| note_variables(value, used)),
        Value::Object(fields) => fields.values().for_each(|value| note_variables(value, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn only_whole_arguments_of_absent_variables_go_and_their_declarations_with_them() {
        let text = "query($a: Int, $b: Int, $c: Int = 1, $d: Int, $e: Int) {
            x(a: $a, in: {b: $b}, c: $c, d: $d) { ...F } } fragment F on X { y(e: $e, f: 1) }";
        let mut document = parse_query(text).unwrap();
        take_out(&mut document, None, &Variables::from_json(json!({"d": 4})));

        let arguments = |set: &SelectionSet| -> Vec<String> {
            let Selection::Field(field) = &set.items[0].node else { return Vec::new() };
            field.node.arguments.iter().map(|(name, _)| name.node.to_string()).collect()
        };
        let (_, operation) = document.operations.iter().next().unwrap();
        assert_eq!(arguments(&operation.node.selection_set.node), ["in", "c", "d"]);
        assert_eq!(arguments(&document.fragments["F"].node.selection_set.node), ["f"]);
        let declared: Vec<_> = operation
            .node
            .variable_definitions
            .iter()
            .map(|definition| definition.node.name.node.as_str())
            .collect();
        assert_eq!(declared, ["b", "c", "d"]);
    }
}
