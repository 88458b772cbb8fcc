//! The schemas of what comes in: each says exactly what `rest::input` and the coercion behind it take.

use async_graphql::Value;
use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Value as Json, json};

use crate::graphql::{TypeKind, Types};
use crate::rest::input::rest_name;
use crate::rest::openapi::answers::{described, nullable};
use crate::rest::openapi::components::Components;
use crate::rest::openapi::words::Words;
use crate::rest::shape::innermost;

/// How a value comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the path or the query.
    Text,
    /// In a JSON body.
    Json,
    /// In a JSON body, where numbers and days may come as the text of a form's field.
    Form,
}

/// Describes values by the types of the variables that they are for.
pub struct Inputs<'a> {
    /// The schema's types.
    pub types: &'a Types,
    /// What the schema says of them.
    pub words: &'a Words,
    /// Where input objects and enumerations are kept.
    pub components: &'a mut Components,
}

impl Inputs<'_> {
    /// The schema of a value for a variable (or field) of this type.
    pub fn value(&mut self, declared: &Type, way: Way) -> Json {
        let schema = match &declared.base {
            BaseType::List(of) if way == Way::Text => json!({"type": "array", "items": self.value(of, way)}),
            // One stands for a list of one.
            BaseType::List(of) => {
                let entry = self.value(of, Way::Json);
                json!({"anyOf": [{"type": "array", "items": entry}, entry]})
            }
            BaseType::Named(name) => self.named(name, declared.nullable, way),
        };
        if declared.nullable && way != Way::Text { nullable(schema) } else { schema }
    }

    fn named(&mut self, name: &str, may_be_blank: bool, way: Way) -> Json {
        match self.types.kind(name) {
            Some(TypeKind::Input(_)) => self.object(name),
            Some(TypeKind::Enum(_)) => self.components.choice(name, self.words),
            _ => match text_of(name) {
                Some(pattern) if way == Way::Form => {
                    let or_blank = if may_be_blank { "|" } else { "" };
                    let text = format!(r"^\s*({pattern}{or_blank})\s*$");
                    json!({"anyOf": [scalar(name, Way::Text), {"type": "string", "pattern": text}]})
                }
                _ => scalar(name, way),
            },
        }
    }

    fn object(&mut self, name: &str) -> Json {
        let Some(TypeKind::Input(fields)) = self.types.kind(name) else { return json!({}) };
        let (mut members, mut required) = (Map::new(), Vec::new());
        for field in self.words.fields(name) {
            let Some((declared, default)) = fields.get(field.as_str()) else { continue };
            let schema = with_default(self.value(declared, Way::Json), default.as_ref());
            let key = rest_name(field);
            if !declared.nullable && default.is_none() {
                required.push(key.clone());
            }
            members.insert(key, described(schema, self.words.of(&format!("{name}.{field}"))));
        }
        let schema = object(required, members);
        self.components.schema(name, "Input", described(schema, self.words.of(name)))
    }
}

/// The schema with its default, spelled as the REST face spells it.
pub fn with_default(mut schema: Json, default: Option<&Value>) -> Json {
    if let Some(default) = default {
        schema["default"] = match default {
            Value::Enum(word) => json!(word.to_ascii_lowercase()),
            other => other.clone().into_json().unwrap_or_default(),
        };
    }
    schema
}

/// An object with these members, some of them required.
pub fn object(required: Vec<String>, members: Map<String, Json>) -> Json {
    let mut object = json!({"type": "object"});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object["properties"] = Json::Object(members);
    object
}

/// Whether a value of this type is a file.
pub fn is_file(declared: &Type) -> bool {
    innermost(declared) == "Upload"
}

fn scalar(name: &str, way: Way) -> Json {
    match name {
        "Int" => json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX}),
        "Float" => json!({"type": "number"}),
        "Boolean" => json!({"type": "boolean"}),
        "ID" if way == Way::Text => id(json!("integer")),
        // Its digits are taken as well.
        "ID" => {
            let mut id = id(json!(["integer", "string"]));
            id["pattern"] = json!("^0*[1-9][0-9]{0,17}$");
            id
        }
        "Money" => json!({
            "type": if way == Way::Text { json!("number") } else { json!(["number", "string"]) },
            "minimum": -99_999_999.99,
            "maximum": 99_999_999.99,
            "multipleOf": 0.01,
            "pattern": r"^-?[0-9]+(\.[0-9]{1,2}0*)?$",
            "examples": [149.5],
        }),
        "Phone" => json!({"type": "string", "maxLength": 32, "examples": ["+919876543210", "9876543210"]}),
        "Date" => json!({"type": "string", "format": "date"}),
        "TimeOfDay" => {
            json!({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:30"]})
        }
        "AccountNumber" => {
            json!({"type": "string", "maxLength": 40, "pattern": "^[ -]*([0-9][ -]*){9,18}$"})
        }
        "Upload" => json!({"type": "string", "format": "binary"}),
        _ => json!({"type": "string"}),
    }
}

fn id(kind: Json) -> Json {
    json!({"type": kind, "format": "int64", "minimum": 1, "maximum": i64::MAX})
}

/// What the text of a form's field looks like; nothing, where it is a text anyway.
fn text_of(name: &str) -> Option<&'static str> {
    match name {
        "Int" => Some("[+-]?[0-9]{1,9}"),
        "Float" => Some(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?"),
        "Boolean" => Some("true|false"),
        "ID" => Some("0*[1-9][0-9]{0,17}"),
        "Money" => Some(r"-?[0-9]{1,8}(\.[0-9]{1,2}0*)?"),
        "Date" => Some("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        _ => None,
    }
}
