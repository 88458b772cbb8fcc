//! What the schema says of itself: the descriptions, and the arguments of its fields.
//!
//! A place is named as people name it: `Order`, `Order.createdAt`, `Mutation.addToCart(itemId)`, `ShopFilter.query`,
//! `OrderStatus.PENDING`.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{Field, Selection};
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, SelectionSet, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{Error as ParseError, parse_schema};
use async_graphql::{Name, Positioned};
use async_graphql_value::Value as Written;
use strum::VariantArray;

use crate::error::Code;
use crate::graphql::Types;
use crate::rest::shape::innermost;

/// The descriptions by place.
#[derive(Default)]
pub struct Words {
    descriptions: HashMap<String, String>,
    /// The types of what goes in: arguments and the fields of input objects.
    inputs: HashMap<String, Type>,
    /// The words of enumerations, in the schema's order.
    words: HashMap<String, Vec<String>>,
    /// The fields of input objects, in the schema's order.
    fields: HashMap<String, Vec<String>>,
}

impl Words {
    /// Reads the schema's text.
    ///
    /// # Errors
    /// When the text is no schema.
    pub fn read(sdl: &str) -> Result<Words, ParseError> {
        let mut words = Words::default();
        for definition in parse_schema(sdl)?.definitions {
            if let TypeSystemDefinition::Type(definition) = definition {
                words.note_type(definition.node);
            }
        }
        let known: HashSet<String> = words.words.values().flatten().cloned().collect();
        words.descriptions.values_mut().for_each(|text| *text = as_rest_says(text, &known));
        Ok(words)
    }

    /// What is said of a place; nothing, where nothing is.
    pub fn of(&self, place: &str) -> &str {
        self.descriptions.get(place).map_or("", String::as_str)
    }

    /// The words of an enumeration as the REST face spells them, each with what is said of it.
    pub fn choices(&self, name: &str) -> impl Iterator<Item = (String, &str)> {
        let words = self.words.get(name).into_iter().flatten();
        words.map(move |word| (word.to_ascii_lowercase(), self.of(&format!("{name}.{word}"))))
    }

    /// The fields of an input object.
    pub fn fields(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a field takes an argument.
    pub fn takes(&self, field: &str, argument: &str) -> bool {
        self.inputs.contains_key(&format!("{field}({argument})"))
    }

    /// Where each variable of an operation goes.
    pub fn places(&self, types: &Types, root: &str, asked: &SelectionSet) -> HashMap<Name, String> {
        let mut places = HashMap::new();
        self.note_places(types, root, asked, &mut places);
        places
    }

    fn note_places(&self, types: &Types, on: &str, set: &SelectionSet, places: &mut HashMap<Name, String>) {
        for Field { name, arguments, selection_set, .. } in fields(set) {
            for (argument, value) in arguments {
                let place = format!("{on}.{}({})", name.node, argument.node);
                self.note_place(place, &value.node, places);
            }
            if let Some(declared) = types.field(on, &name.node) {
                self.note_places(types, innermost(declared), &selection_set.node, places);
            }
        }
    }

    fn note_place(&self, place: String, value: &Written, places: &mut HashMap<Name, String>) {
        match value {
            Written::Variable(variable) => {
                places.insert(variable.clone(), place);
            }
            Written::Object(fields) => {
                let Some(of) = self.inputs.get(&place).map(innermost) else { return };
                fields
                    .iter()
                    .for_each(|(name, value)| self.note_place(format!("{of}.{name}"), value, places));
            }
            _ => {}
        }
    }

    fn note_type(&mut self, TypeDefinition { name, description, kind, .. }: TypeDefinition) {
        let name = name.node.to_string();
        match kind {
            TypeKind::Object(of) => self.note_fields(&name, of.fields),
            TypeKind::InputObject(of) => {
                let known = of.fields.iter().map(|field| field.node.name.node.to_string()).collect();
                self.fields.insert(name.clone(), known);
                of.fields.into_iter().for_each(|field| {
                    let place = format!("{name}.{}", field.node.name.node);
                    self.note_input(place, field.node);
                });
            }
            TypeKind::Enum(of) => {
                let known = of.values.iter().map(|value| value.node.value.node.to_string()).collect();
                self.words.insert(name.clone(), known);
                for Positioned { node, .. } in of.values {
                    self.note(format!("{name}.{}", node.value.node), node.description);
                }
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
        self.note(name, description);
    }

    fn note_fields(&mut self, on: &str, fields: Vec<Positioned<FieldDefinition>>) {
        for Positioned { node, .. } in fields {
            let place = format!("{on}.{}", node.name.node);
            for Positioned { node, .. } in node.arguments {
                self.note_input(format!("{place}({})", node.name.node), node);
            }
            self.note(place, node.description);
        }
    }

    fn note_input(&mut self, place: String, input: InputValueDefinition) {
        self.inputs.insert(place.clone(), input.ty.node);
        self.note(place, input.description);
    }

    fn note(&mut self, place: String, description: Option<Positioned<String>>) {
        if let Some(description) = description {
            self.descriptions.insert(place, description.node);
        }
    }
}

/// The fields that a selection asks for.
pub fn fields(set: &SelectionSet) -> impl Iterator<Item = &Field> {
    set.items.iter().filter_map(|item| match &item.node {
        Selection::Field(field) => Some(&field.node),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
    })
}

/// The schema's prose as the REST face puts it: the words of enumerations in lower case, codes as their HTTP statuses.
fn as_rest_says(text: &str, words: &HashSet<String>) -> String {
    let said = text.trim().split('`').enumerate().map(|(at, part)| match at % 2 {
        1 if words.contains(part) => part.to_ascii_lowercase(),
        1 => Code::VARIANTS
            .iter()
            .find(|code| code.as_str() == part)
            .map_or_else(|| part.to_owned(), |code| code.http_status().to_string()),
        _ => part.to_owned(),
    });
    said.collect::<Vec<_>>().join("`")
}
