//! From a document to the shape of its answer: the schema's types decide.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{BaseType, ExecutableDocument, Field, Selection, SelectionSet, Type};
use async_graphql::{Name, Positioned};

use crate::graphql::{TypeKind, Types};
use crate::rest::shape::{Form, Member, Shape};

/// Times that the legacy backend sent as `Sun, 22 Nov 2026 07:32:29 GMT` (contract, section 1.6).
const RFC_1123: [(&str, &str); 6] = [
    ("Order", "createdAt"),
    ("Order", "updatedAt"),
    ("OrderMessage", "createdAt"),
    ("OrderRating", "createdAt"),
    ("OrderIssue", "createdAt"),
    ("OrderIssue", "updatedAt"),
];

/// Lists of words that the legacy backend kept, and sent, as one comma-separated text.
const COMMA_SEPARATED: [(&str, &str); 2] = [("Shop", "tags"), ("Item", "tags")];

/// What is known while one document is planned.
pub(super) struct Planner<'a> {
    pub(super) types: &'a Types,
    pub(super) document: &'a ExecutableDocument,
}

impl Planner<'_> {
    /// The shape of a selection on the type `on`, no key of which comes twice: objects that are spread share their keys.
    pub(super) fn shape(&self, on: &str, set: &SelectionSet) -> Result<Shape, String> {
        let mut members = IndexMap::new();
        self.note(on, set, &mut members)?;
        let shape = Shape(members);
        let mut keys = shape.keys();
        keys.sort_unstable();
        match keys.iter().zip(keys.iter().skip(1)).find(|(one, next)| one == next) {
            Some((key, _)) => Err(format!("{key}: is asked for twice")),
            None => Ok(shape),
        }
    }

    fn note(&self, on: &str, set: &SelectionSet, members: &mut IndexMap<Name, Member>) -> Result<(), String> {
        for item in &set.items {
            match &item.node {
                Selection::Field(Positioned { node, .. }) => {
                    let key = node.response_key().node.clone();
                    let member = self.member(on, node).map_err(|problem| format!("{key}: {problem}"))?;
                    if members.insert(key.clone(), member).is_some() {
                        return Err(format!("{key}: is asked for twice"));
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self
                        .document
                        .fragments
                        .get(&spread.node.fragment_name.node)
                        .ok_or_else(|| format!("no fragment {}", spread.node.fragment_name.node))?;
                    self.note(on, &fragment.node.selection_set.node, members)?;
                }
                Selection::InlineFragment(_) => return Err("inline fragments are not shaped".to_owned()),
            }
        }
        Ok(())
    }

    fn member(&self, on: &str, field: &Field) -> Result<Member, String> {
        let declared = self
            .types
            .field(on, &field.name.node)
            .ok_or_else(|| format!("{on} has no field {}", field.name.node))?;
        let is_spread = field.response_key().node.starts_with("spread");
        let form = self.form(on, field, declared)?;
        if is_spread && !matches!((&form, &declared.base), (Form::Object(_), BaseType::Named(_))) {
            return Err("only an object can be spread".to_owned());
        }
        let of = format!("{on}.{}", field.name.node);
        Ok(Member { form, is_spread, of, declared: declared.clone() })
    }

    fn form(&self, on: &str, field: &Field, declared: &Type) -> Result<Form, String> {
        let name = field.name.node.as_str();
        if on == "PageInfo" {
            return match name {
                "endCursor" => Ok(Form::NextCursor { whole: field.response_key().node == "next_before" }),
                "hasNextPage" if field.alias.is_none() => Ok(Form::Dropped),
                _ => Err("of a PageInfo, only endCursor and hasNextPage are shaped".to_owned()),
            };
        }
        if COMMA_SEPARATED.contains(&(on, name)) {
            return Ok(Form::CommaSeparated);
        }
        let of = innermost(declared);
        match (self.types.kind(of), of) {
            (Some(TypeKind::Enum(_)), _) => Ok(Form::Word),
            (Some(TypeKind::Scalar), "ID") => Ok(Form::Whole),
            (Some(TypeKind::Scalar), "DateTime") if RFC_1123.contains(&(on, name)) => Ok(Form::HttpDate),
            (Some(TypeKind::Scalar), _) => Ok(Form::Same),
            (Some(TypeKind::Object(_)), of) => {
                let mut shape = self.shape(of, &field.selection_set.node)?;
                match shape.0.shift_remove("only") {
                    None => Ok(Form::Object(shape)),
                    Some(member) if shape.0.is_empty() => Ok(Form::Only(Box::new(member))),
                    Some(_) => Err("what is only has no others beside it".to_owned()),
                }
            }
            (kind, of) => Err(format!("{of} is not shaped: {kind:?}")),
        }
    }
}

/// The named type within lists.
pub fn innermost(declared: &Type) -> &str {
    match &declared.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(of) => innermost(of),
    }
}
