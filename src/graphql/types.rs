//! The schema's types as a map, read from its text: for coercing variables and for shaping REST answers.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{Type, TypeDefinition, TypeKind as Definition, TypeSystemDefinition};
use async_graphql::parser::{Error as ParseError, parse_schema};
use async_graphql::{Name, Positioned, Value};

/// What a named type is.
#[derive(Debug)]
pub enum TypeKind {
    /// A leaf that the schema's code reads: the built-in scalars and our own.
    Scalar,
    /// A leaf with these values.
    Enum(HashSet<Name>),
    /// An input object: its fields with type and default.
    Input(HashMap<Name, (Type, Option<Value>)>),
    /// An object (or interface): its fields with their types.
    Object(HashMap<Name, Type>),
    /// One of several objects.
    Union,
}

/// Every type of the schema by name.
#[derive(Debug)]
pub struct Types {
    kinds: HashMap<Name, TypeKind>,
}

impl Types {
    /// Reads the types of a schema's text.
    ///
    /// # Errors
    /// When the text is no schema.
    pub fn read(sdl: &str) -> Result<Types, ParseError> {
        let document = parse_schema(sdl)?;
        let builtin = ["Int", "Float", "String", "Boolean", "ID"];
        let mut kinds: HashMap<Name, TypeKind> =
            builtin.into_iter().map(|name| (Name::new(name), TypeKind::Scalar)).collect();
        for definition in document.definitions {
            if let TypeSystemDefinition::Type(Positioned { node, .. }) = definition {
                kinds.insert(node.name.node.clone(), kind(node));
            }
        }
        Ok(Types { kinds })
    }

    /// What the named type is.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&TypeKind> {
        self.kinds.get(name)
    }

    /// The type of an object's field.
    #[must_use]
    pub fn field(&self, object: &str, field: &str) -> Option<&Type> {
        match self.kinds.get(object)? {
            TypeKind::Object(fields) => fields.get(field),
            _ => None,
        }
    }
}

fn kind(definition: TypeDefinition) -> TypeKind {
    match definition.kind {
        Definition::Scalar => TypeKind::Scalar,
        Definition::Enum(of) => {
            TypeKind::Enum(of.values.into_iter().map(|value| value.node.value.node).collect())
        }
        Definition::InputObject(of) => TypeKind::Input(
            of.fields
                .into_iter()
                .map(|Positioned { node, .. }| {
                    (node.name.node, (node.ty.node, node.default_value.map(|value| value.node)))
                })
                .collect(),
        ),
        Definition::Object(of) => TypeKind::Object(fields(of.fields)),
        Definition::Interface(of) => TypeKind::Object(fields(of.fields)),
        Definition::Union(_) => TypeKind::Union,
    }
}

fn fields(of: Vec<Positioned<async_graphql::parser::types::FieldDefinition>>) -> HashMap<Name, Type> {
    of.into_iter().map(|Positioned { node, .. }| (node.name.node, node.ty.node)).collect()
}
