//! The schema of an answer, from the plan that makes the answer.

use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Value as Json, json};

use crate::rest::openapi::components::Components;
use crate::rest::openapi::words::Words;
use crate::rest::shape::{Form, Member, Shape, innermost};

/// Describes what a [`Shape`] makes; the objects in it become components.
pub struct Answers<'a> {
    /// What the schema says of its fields.
    pub words: &'a Words,
    /// Where objects and enumerations are kept.
    pub components: &'a mut Components,
    /// The operation: the name of what no other operation shows in this way.
    pub operation: &'a str,
}

impl Answers<'_> {
    /// The whole answer, `status` included.
    pub fn answer(&mut self, shape: &Shape) -> Json {
        let mut members = Map::new();
        members.insert("status".to_owned(), json!({"type": "string", "const": "success"}));
        self.note_members(shape, false, &mut members);
        object(members)
    }

    fn note_members(&mut self, shape: &Shape, may_be_absent: bool, members: &mut Map<String, Json>) {
        for (key, member) in shape.members() {
            let may_be_null = may_be_absent || member.declared.nullable;
            match &member.form {
                Form::Dropped => {}
                Form::Object(within) if member.is_spread => self.note_members(within, may_be_null, members),
                _ => {
                    let schema = self.member(member, may_be_null);
                    members.insert(key.to_owned(), described(schema, self.said_of(member)));
                }
            }
        }
    }

    fn said_of(&self, member: &Member) -> &str {
        match &member.form {
            Form::NextCursor { .. } => "Where the next page begins; null behind the last.",
            // The engine's own words for a list of anything.
            _ if member.of.ends_with("Connection.nodes") => "",
            _ => self.words.of(&member.of),
        }
    }

    fn member(&mut self, member: &Member, may_be_null: bool) -> Json {
        match &member.form {
            Form::CommaSeparated => json!({"type": ["string", "null"], "examples": ["fruit,veg"]}),
            Form::NextCursor { whole: true } => json!({"type": ["integer", "null"], "format": "int64"}),
            Form::NextCursor { whole: false } => json!({"type": ["string", "null"]}),
            form => {
                let schema = self.value(form, &member.declared);
                if may_be_null { nullable(schema) } else { schema }
            }
        }
    }

    fn value(&mut self, form: &Form, declared: &Type) -> Json {
        if let BaseType::List(of) = &declared.base {
            let entry = self.value(form, of);
            let entry = if of.nullable { nullable(entry) } else { entry };
            return json!({"type": "array", "items": entry});
        }
        let name = innermost(declared);
        match form {
            Form::Object(shape) => {
                let mut members = Map::new();
                self.note_members(shape, false, &mut members);
                let schema = described(object(members), self.words.of(name));
                self.components.schema(name, self.operation, schema)
            }
            Form::Only(member) => self.member(member, member.declared.nullable),
            Form::Word => self.components.choice(name, self.words),
            Form::Whole => json!({"type": "integer", "format": "int64"}),
            Form::HttpDate => http_date(),
            Form::Same | Form::CommaSeparated | Form::NextCursor { .. } | Form::Dropped => scalar(name),
        }
    }
}

/// A time as the legacy backend sent most of them.
fn http_date() -> Json {
    json!({
        "type": "string",
        "pattern": "^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$",
        "examples": ["Sun, 22 Nov 2026 07:32:29 GMT"],
    })
}

fn scalar(name: &str) -> Json {
    match name {
        "Int" => json!({"type": "integer", "format": "int32"}),
        "Float" => json!({"type": "number"}),
        "Boolean" => json!({"type": "boolean"}),
        "Money" => json!({"type": "number", "multipleOf": 0.01, "examples": [149.5]}),
        "DateTime" => {
            json!({"type": "string", "format": "date-time", "pattern": "Z$", "examples": ["2026-11-22T07:32:29.575517Z"]})
        }
        "Date" => json!({"type": "string", "format": "date"}),
        "Phone" => json!({"type": "string", "pattern": r"^\+[0-9]{7,15}$", "examples": ["+919876543210"]}),
        _ => json!({"type": "string"}),
    }
}

/// An object of exactly these members: absent values are null, never left out.
fn object(members: Map<String, Json>) -> Json {
    let keys: Vec<&String> = members.keys().collect();
    json!({"type": "object", "required": keys, "properties": members})
}

/// The same, or null.
pub fn nullable(mut schema: Json) -> Json {
    let nothing = json!({"type": "null"});
    match (schema.get("type").cloned(), schema.get_mut("anyOf")) {
        (Some(Json::String(one)), _) => schema["type"] = json!([one, "null"]),
        (Some(Json::Array(several)), _) if !several.contains(&json!("null")) => {
            schema["type"] = several.into_iter().chain([json!("null")]).collect();
        }
        (Some(_), _) => {}
        (None, Some(Json::Array(choices))) if !choices.contains(&nothing) => choices.push(nothing),
        (None, Some(_)) => {}
        (None, None) => schema = json!({"anyOf": [schema, nothing]}),
    }
    schema
}

/// The schema with what is said of it, where something is.
pub fn described(mut schema: Json, description: &str) -> Json {
    if !description.is_empty() && schema.is_object() {
        schema["description"] = json!(description);
    }
    schema
}
