//! Absent variables as arguments.
//!
//! A variable that is declared, nullable and not given leaves its argument out. The engine (8.0.0-rc.5) forgets that
//! where it computes the cost of a field from that argument, and refuses the document. For an argument, left out and
//! null mean the same in this schema, so such variables are given as null. Inside input objects they stay absent:
//! there, null clears a field and absent keeps it.

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as InputValue;

/// Gives null to the absent variables that stand for a whole argument.
pub fn as_null(document: &ExecutableDocument, operation: &OperationDefinition, given: &mut Variables) {
    let absent: Vec<&Name> = operation
        .variable_definitions
        .iter()
        .map(|definition| &definition.node)
        .filter(|definition| definition.var_type.node.nullable && definition.default_value.is_none())
        .filter(|definition| !given.contains_key(&definition.name.node))
        .map(|definition| &definition.name.node)
        .collect();
    if absent.is_empty() {
        return;
    }
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    for set in fragments.chain([&operation.selection_set.node]) {
        each_field(set, &mut |field| {
            for (_, value) in &field.arguments {
                if let InputValue::Variable(name) = &value.node
                    && absent.contains(&name)
                {
                    given.insert(name.clone(), Value::Null);
                }
            }
        });
    }
}

/// Depth is bounded before: by the scan of the text.
fn each_field(set: &SelectionSet, visit: &mut impl FnMut(&Field)) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                visit(&field.node);
                each_field(&field.node.selection_set.node, visit);
            }
            Selection::InlineFragment(fragment) => each_field(&fragment.node.selection_set.node, visit),
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn only_whole_arguments_become_null() {
        let text = "query($r: Int!, $a: Int, $b: Int, $c: Int = 1, $d: Int, $e: Int) {
            x(r: $r, a: $a, in: {b: $b}, c: $c, d: $d) { ...F } } fragment F on X { y(e: $e) }";
        let document = parse_query(text).unwrap();
        let operation = document.operations.iter().next().unwrap().1.node.clone();
        let mut given = Variables::from_json(json!({"d": 4}));
        as_null(&document, &operation, &mut given);
        assert_eq!(Value::from(given), Value::from_json(json!({"d": 4, "a": null, "e": null})).unwrap());
    }
}
