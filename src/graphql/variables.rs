//! Variables, brought to their declared types before anything runs.
//!
//! The engine looks at a variable only where it is used: a wrong one would fail in the middle, after earlier fields of
//! a mutation have run. Both faces come here first. Defaults of variables are filled in; those of fields are left to
//! the engine.

use std::fmt::Write as _;

use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use async_graphql::{InputType, Name, Pos, Positioned, Value, Variables};
use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value as Json;

use crate::graphql::{TypeKind, Types};
use crate::request::Upload;
use crate::values::{AccountNumber, Date, Paise, Phone, TimeOfDay, check_id};

/// What is wrong with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is required, and absent.
    Missing,
    /// It is of another kind than declared, null included.
    WrongType,
    /// It is a field that its input object does not have.
    Unknown,
    /// It is of the right kind, but not a value of its type.
    Invalid,
}

/// One wrong variable, or one wrong place within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Its name, without the `$`.
    pub variable: String,
    /// The place below the variable: names of fields, and places in lists counted from 0.
    pub path: Vec<String>,
    /// What is wrong.
    pub problem: Problem,
    /// A sentence for the client: what is expected of the value, ready to show; or the place and what is wrong there.
    pub message: String,
}

/// So many are told; a client corrects them a few at a time.
const MISFITS_TOLD: usize = 20;
/// So many characters of a wrong value are shown back.
const SHOWN: usize = 40;

/// Our own scalars: what reads each. A scalar that is missing here is read where it is used.
const SCALARS: [(&str, Check); 9] = [
    ("Money", check::<Paise>),
    ("Phone", check::<Phone>),
    ("DateTime", check::<DateTime<Utc>>),
    ("Date", check::<Date>),
    ("TimeOfDay", check::<TimeOfDay>),
    ("AccountNumber", check::<AccountNumber>),
    ("Upload", check::<Upload>),
    ("NaiveTime", check::<NaiveTime>),
    ("NaiveDateTime", check::<NaiveDateTime>),
];

type Check = fn(&Value) -> Result<(), String>;

fn check<T: InputType>(value: &Value) -> Result<(), String> {
    T::parse(Some(value.clone())).map(|_| ()).map_err(|error| {
        let message = error.into_server_error(Pos::default()).message;
        let preface = format!("Failed to parse \"{}\": ", T::type_name());
        message.strip_prefix(&preface).unwrap_or(&message).to_owned()
    })
}

/// Brings the given JSON to the declared types. What is given but not declared is left out.
///
/// A single value stands for a list of one; an `ID` may be a whole number; an `Int` may be written `1.0`.
///
/// # Errors
/// What does not fit, in the order of the declarations; the first twenty.
pub fn coerce(
    types: &Types,
    definitions: &[Positioned<VariableDefinition>],
    mut given: serde_json::Map<String, Json>,
) -> Result<Variables, Vec<Misfit>> {
    let mut reader = Reader { types, variable: "", path: Vec::new(), misfits: Vec::new() };
    let mut variables = Variables::default();
    for Positioned { node, .. } in definitions {
        let (name, declared) = (&node.name.node, &node.var_type.node);
        reader.variable = name.as_str();
        match given.remove(name.as_str()) {
            Some(json) => {
                if let Some(value) = reader.read(declared, json) {
                    variables.insert(name.clone(), value);
                }
            }
            None if node.default_value.is_some() => {
                // The engine forgets the default where it decides @skip and @include.
                let default = node.default_value.as_ref().map(|default| default.node.clone());
                variables.extend(default.map(|default| (name.clone(), default)));
            }
            None if declared.nullable => {}
            None => reader.refuse(Problem::Missing, format!("is required; its type is {declared}")),
        }
    }
    if reader.misfits.is_empty() { Ok(variables) } else { Err(reader.misfits) }
}

struct Reader<'a> {
    types: &'a Types,
    variable: &'a str,
    path: Vec<String>,
    misfits: Vec<Misfit>,
}

impl<'a> Reader<'a> {
    /// The value in its declared type; `None` after a misfit was noted.
    fn read(&mut self, declared: &Type, given: Json) -> Option<Value> {
        match (&declared.base, given) {
            (_, Json::Null) if declared.nullable => Some(Value::Null),
            (_, Json::Null) => {
                self.refuse(Problem::WrongType, format!("must not be null; its type is {declared}"));
                None
            }
            (BaseType::List(of), Json::Array(entries)) => self.list(of, entries),
            (BaseType::List(of), single) => Some(Value::List(vec![self.read(of, single)?])),
            (BaseType::Named(name), given) => self.named(name, given),
        }
    }

    fn list(&mut self, of: &Type, entries: Vec<Json>) -> Option<Value> {
        let mut read = Some(Vec::with_capacity(entries.len()));
        for (place, entry) in entries.into_iter().enumerate() {
            let value = self.within(place.to_string(), |reader| reader.read(of, entry));
            read = read.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        read.map(Value::List)
    }

    fn named(&mut self, name: &Name, given: Json) -> Option<Value> {
        let types = self.types;
        match types.kind(name.as_str()) {
            Some(TypeKind::Scalar) => self.scalar(name.as_str(), given),
            Some(TypeKind::Enum(values)) => {
                let Json::String(word) = given else { return self.wrong_type(name.as_str(), &given) };
                let Some(value) = values.get(word.as_str()) else {
                    let mut known: Vec<_> = values.iter().map(Name::as_str).collect();
                    known.sort_unstable();
                    let known = known.join(", ");
                    return self.invalid(format!("is no {name}, which is one of {known}"));
                };
                Some(Value::Enum(value.clone()))
            }
            Some(TypeKind::Input(fields)) => {
                let Json::Object(given) = given else { return self.wrong_type(name.as_str(), &given) };
                self.input(name, fields, given)
            }
            // No input type: the document is refused by the validation that follows.
            Some(TypeKind::Object(_) | TypeKind::Union) | None => {
                Some(Value::from_json(given).unwrap_or_default())
            }
        }
    }

    fn input(
        &mut self,
        name: &Name,
        fields: &'a std::collections::HashMap<Name, (Type, Option<Value>)>,
        given: serde_json::Map<String, Json>,
    ) -> Option<Value> {
        let told = self.misfits.len();
        let mut missing: Vec<_> = fields
            .iter()
            .filter(|(field, (declared, default))| {
                !declared.nullable && default.is_none() && !given.contains_key(field.as_str())
            })
            .collect();
        missing.sort_unstable_by_key(|(field, _)| field.as_str());
        for (field, (declared, _)) in &missing {
            self.within(field.to_string(), |reader| {
                reader.refuse(Problem::Missing, format!("is required; its type is {declared}"));
            });
        }
        let mut complete = missing.is_empty();
        let mut read = async_graphql::indexmap::IndexMap::with_capacity(given.len());
        for (field, json) in given {
            let value = match fields.get_key_value(field.as_str()) {
                Some((known, (declared, _))) => self
                    .within(field, |reader| reader.read(declared, json))
                    .map(|value| (known.clone(), value)),
                None => {
                    let shown = cut(&field);
                    self.within(shown, |reader| {
                        reader.refuse(Problem::Unknown, format!("is no field of {name}"));
                    });
                    None
                }
            };
            complete &= value.is_some();
            read.extend(value);
        }
        (complete && self.misfits.len() == told).then_some(Value::Object(read))
    }

    fn scalar(&mut self, name: &str, given: Json) -> Option<Value> {
        if let Json::String(text) = &given
            && text.contains('\0')
        {
            return self.invalid("must not contain the character U+0000".to_owned());
        }
        match (name, given) {
            ("Int", Json::Number(number)) => match whole(&number) {
                Some(whole) => Some(Value::from(whole)),
                None => self.invalid(format!("is no Int, a whole number from {} to {}", i32::MIN, i32::MAX)),
            },
            ("Float", Json::Number(number)) => Some(Value::Number(number)),
            ("String", Json::String(text)) => Some(Value::String(text)),
            ("ID", Json::String(text)) => self.id(text),
            ("ID", Json::Number(number)) if number.is_i64() || number.is_u64() => self.id(number.to_string()),
            ("Boolean", Json::Bool(value)) => Some(Value::Boolean(value)),
            ("Int" | "Float" | "String" | "ID" | "Boolean", given) => self.wrong_type(name, &given),
            (_, given @ (Json::Array(_) | Json::Object(_))) => self.wrong_type(name, &given),
            (_, given) => {
                let known = SCALARS.iter().find(|(known, _)| *known == name);
                let value = Value::from_json(given.clone()).unwrap_or_default();
                match known.map_or(Ok(()), |(_, check)| check(&value)) {
                    Ok(()) => Some(value),
                    // A sentence of the scalar's own says more than the kind does, also to whoever typed it.
                    Err(sentence) if !sentence.starts_with("Expected input type") => {
                        self.note(Problem::Invalid, capitalized(&sentence));
                        None
                    }
                    Err(_) => self.wrong_type(name, &given),
                }
            }
        }
    }

    fn id(&mut self, text: String) -> Option<Value> {
        match check_id(Value::from(text.as_str())) {
            Ok(()) => Some(Value::String(text)),
            Err(message) => self.invalid(message.to_owned()),
        }
    }

    fn within<T>(&mut self, step: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = read(self);
        self.path.pop();
        value
    }

    fn wrong_type(&mut self, expected: &str, given: &Json) -> Option<Value> {
        let found = match given {
            Json::Array(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
            leaf => cut(&leaf.to_string()),
        };
        self.refuse(Problem::WrongType, format!("expected {expected}, found {found}"));
        None
    }

    fn invalid(&mut self, message: String) -> Option<Value> {
        self.refuse(Problem::Invalid, message);
        None
    }

    fn refuse(&mut self, problem: Problem, text: String) {
        let mut message = format!("Variable \"${}", self.variable);
        for step in &self.path {
            let is_place = step.bytes().all(|byte| byte.is_ascii_digit());
            // Writing to a String cannot fail.
            let _ = if is_place { write!(message, "[{step}]") } else { write!(message, ".{step}") };
        }
        message.push_str("\": ");
        message.push_str(&text);
        self.note(problem, message);
    }

    fn note(&mut self, problem: Problem, message: String) {
        if self.misfits.len() < MISFITS_TOLD {
            let (variable, path) = (self.variable.to_owned(), self.path.clone());
            self.misfits.push(Misfit { variable, path, problem, message });
        }
    }
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A whole number of 32 bits, however JSON spells it.
fn whole(number: &serde_json::Number) -> Option<i32> {
    if let Some(whole) = number.as_i64() {
        return i32::try_from(whole).ok();
    }
    let float = number.as_f64()?;
    let fits = float.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&float);
    #[allow(clippy::cast_possible_truncation)]
    fits.then_some(float as i32)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
