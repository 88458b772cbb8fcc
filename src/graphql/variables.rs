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
    /// A sentence for the client; it names the place and what is expected there.
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
                    // A sentence of the scalar's own says more than the kind does.
                    Err(message) if !message.starts_with("Expected input type") => self.invalid(message),
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
        if self.misfits.len() == MISFITS_TOLD {
            return;
        }
        let mut message = format!("Variable \"${}", self.variable);
        for step in &self.path {
            let is_place = step.bytes().all(|byte| byte.is_ascii_digit());
            // Writing to a String cannot fail.
            let _ = if is_place { write!(message, "[{step}]") } else { write!(message, ".{step}") };
        }
        message.push_str("\": ");
        message.push_str(&text);
        self.misfits.push(Misfit {
            variable: self.variable.to_owned(),
            path: self.path.clone(),
            problem,
            message,
        });
    }
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
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    const SDL: &str = r#"
        scalar Money scalar Phone scalar Date
        enum PaymentMode { WALLET CASH }
        input Line { itemId: ID! quantity: Int! = 1 note: String }
        input Order { paymentMode: PaymentMode! lines: [Line!]! tip: Money }
        type Query { a: Int }
    "#;

    /// The values as JSON, or the sentences of what does not fit.
    fn coerced(declarations: &str, given: Json) -> Result<Json, Vec<String>> {
        misfits(declarations, given)
            .map(|variables| variables.into_value().into_json().unwrap())
            .map_err(|misfits| misfits.into_iter().map(|misfit| misfit.message).collect())
    }

    fn misfits(declarations: &str, given: Json) -> Result<Variables, Vec<Misfit>> {
        let types = Types::read(SDL).unwrap();
        let document = parse_query(format!("query Q({declarations}) {{ a }}")).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let Json::Object(given) = given else { unreachable!("variables are an object") };
        coerce(&types, &operation.node.variable_definitions, given)
    }

    #[test]
    fn values_of_the_declared_types_pass() {
        for (declarations, given, expected) in [
            ("$a: Int!", json!({"a": 3}), json!({"a": 3})),
            ("$a: Int!", json!({"a": 3.0}), json!({"a": 3})),
            ("$a: Float", json!({"a": 3}), json!({"a": 3})),
            ("$a: ID!", json!({"a": 42}), json!({"a": "42"})),
            ("$a: ID!", json!({"a": "42"}), json!({"a": "42"})),
            ("$a: Boolean", json!({"a": null}), json!({"a": null})),
            ("$a: [Int!]", json!({"a": 3}), json!({"a": [3]})),
            ("$a: [[Int]]", json!({"a": [[1, null], null]}), json!({"a": [[1, null], null]})),
            ("$a: PaymentMode", json!({"a": "CASH"}), json!({"a": "CASH"})),
            ("$a: Money", json!({"a": 149.5}), json!({"a": 149.5})),
            ("$a: Money", json!({"a": "149.50"}), json!({"a": "149.50"})),
            ("$a: Phone", json!({"a": "98765 43210"}), json!({"a": "98765 43210"})),
            ("$a: Int! = 5, $b: String", json!({}), json!({"a": 5})),
            ("$a: PaymentMode = CASH", json!({}), json!({"a": "CASH"})),
            ("$a: Int", json!({"a": 1, "undeclared": "x"}), json!({"a": 1})),
            (
                "$a: Order",
                json!({"a": {"paymentMode": "WALLET", "lines": {"itemId": 7}}}),
                json!({"a": {"paymentMode": "WALLET", "lines": [{"itemId": "7"}]}}),
            ),
        ] {
            assert_eq!(coerced(declarations, given), Ok(expected), "{declarations}");
        }
    }

    #[test]
    fn every_failure_names_its_place_and_what_is_expected() {
        for (declarations, given, expected) in [
            ("$a: Int!", json!({}), r#"Variable "$a": is required; its type is Int!"#),
            ("$a: Int! = 5", json!({"a": null}), r#"Variable "$a": must not be null; its type is Int!"#),
            ("$a: Int", json!({"a": "3"}), r#"Variable "$a": expected Int, found "3""#),
            (
                "$a: Int",
                json!({"a": 2_147_483_648_i64}),
                r#"Variable "$a": is no Int, a whole number from -2147483648 to 2147483647"#,
            ),
            (
                "$a: Int",
                json!({"a": 1.5}),
                r#"Variable "$a": is no Int, a whole number from -2147483648 to 2147483647"#,
            ),
            ("$a: String", json!({"a": 3}), r#"Variable "$a": expected String, found 3"#),
            ("$a: String", json!({"a": "a\u{0}"}), r#"Variable "$a": must not contain the character U+0000"#),
            ("$a: ID", json!({"a": 1.5}), r#"Variable "$a": expected ID, found 1.5"#),
            ("$a: Boolean", json!({"a": "true"}), r#"Variable "$a": expected Boolean, found "true""#),
            (
                "$a: [Int!]",
                json!({"a": [1, null]}),
                r#"Variable "$a[1]": must not be null; its type is Int!"#,
            ),
            (
                "$a: PaymentMode",
                json!({"a": "cash"}),
                r#"Variable "$a": is no PaymentMode, which is one of CASH, WALLET"#,
            ),
            ("$a: Money", json!({"a": [1]}), r#"Variable "$a": expected Money, found a list"#),
            ("$a: Money", json!({"a": true}), r#"Variable "$a": expected Money, found true"#),
            (
                "$a: Money",
                json!({"a": 1.005}),
                r#"Variable "$a": an amount is a number of rupees with at most two decimals, such as 149.50"#,
            ),
            (
                "$a: Phone",
                json!({"a": "12"}),
                r#"Variable "$a": a phone number has ten digits or starts with its country code, such as +919876543210"#,
            ),
            ("$a: Order", json!({"a": 3}), r#"Variable "$a": expected Order, found 3"#),
            (
                "$a: Order",
                json!({"a": {"paymentMode": "CASH", "lines": [{"itemId": 1, "quantity": "two"}]}}),
                r#"Variable "$a.lines[0].quantity": expected Int, found "two""#,
            ),
            (
                "$a: Order",
                json!({"a": {"paymentMode": "CASH", "lines": [], "gift": true}}),
                r#"Variable "$a.gift": is no field of Order"#,
            ),
        ] {
            assert_eq!(coerced(declarations, given), Err(vec![expected.to_owned()]), "{declarations}");
        }
        assert!(coerced("$a: Date", json!({"a": "2026-02-30"})).is_err());
    }

    #[test]
    fn all_wrong_places_are_told_together_and_not_without_end() {
        let refused =
            misfits("$a: Order!, $b: Int!", json!({"a": {"lines": [{}, {"note": 1}]}})).unwrap_err();
        let places: Vec<_> = refused
            .iter()
            .map(|misfit| (misfit.variable.as_str(), misfit.path.join("."), misfit.problem))
            .collect();
        assert_eq!(
            places,
            [
                ("a", "paymentMode".to_owned(), Problem::Missing),
                ("a", "lines.0.itemId".to_owned(), Problem::Missing),
                ("a", "lines.1.itemId".to_owned(), Problem::Missing),
                ("a", "lines.1.note".to_owned(), Problem::WrongType),
                ("b", String::new(), Problem::Missing),
            ]
        );

        let many = vec!["x".repeat(1000); 1000];
        let refused = misfits("$a: [Int]", json!({"a": many})).unwrap_err();
        assert_eq!(refused.len(), MISFITS_TOLD);
        assert!(refused.iter().all(|misfit| misfit.message.len() < 120));
    }
}
