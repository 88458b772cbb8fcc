//! From an operation's answer to the contract's JSON, planned at start-up from the selections and the schema.
//!
//! The aliases are the REST keys. The schema's types say the rest: an `ID` is a whole number, an enumeration its
//! lowercase word, tags one comma-separated text, a time RFC 3339 with `Z` except where [`plan::RFC_1123`] says
//! otherwise. An alias that begins with `spread` puts its object's members into the object around it; an object whose one
//! alias is `only` is shown as that member.

mod plan;

use std::sync::LazyLock;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{ExecutableDocument, SelectionSet, Type};
use async_graphql::{Name, Value};
use chrono::DateTime;
use chrono::format::{Item, StrftimeItems};
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use plan::innermost;

use crate::graphql::Types;

/// `Sun, 22 Nov 2026 07:32:29 GMT`. Kept as it was read: an order shows two of these times, and a history has many orders.
static HTTP_DATE: LazyLock<Vec<Item<'static>>> =
    LazyLock::new(|| StrftimeItems::new("%a, %d %b %Y %H:%M:%S GMT").collect());

/// How the members of one object are made. The keys are those of the answer, in its order.
pub struct Shape(IndexMap<Name, Member>);

/// How one member of an object is made, and of which field.
pub struct Member {
    /// How its value is shown.
    pub form: Form,
    /// The members go into the object around this one.
    pub is_spread: bool,
    /// The object and its field, such as `Order.createdAt`.
    pub of: String,
    /// The field's type.
    pub declared: Type,
}

/// How a value is shown.
pub enum Form {
    /// As the answer has it: numbers, texts, truth values, dates, and times, which are RFC 3339 with `Z` there as well.
    Same,
    /// An `ID` as a whole number.
    Whole,
    /// An enumeration's word.
    Word,
    /// A time in RFC 1123.
    HttpDate,
    /// `a,b,c`, or null when there is none.
    CommaSeparated,
    /// The cursor of the next page; null behind the last. As a whole number where it is one and the flag is set.
    NextCursor {
        /// Whether the list's cursor is an id.
        whole: bool,
    },
    /// Told by another member.
    Dropped,
    /// An object as its one member, which is called `only`.
    Only(Box<Member>),
    /// An object, its members made in turn.
    Object(Shape),
}

impl Shape {
    /// Plans the answer of a selection on the type `on`. The document has been validated.
    ///
    /// # Errors
    /// A sentence, when the selection asks for what this module cannot shape.
    pub fn plan(
        types: &Types,
        document: &ExecutableDocument,
        on: &str,
        set: &SelectionSet,
    ) -> Result<Shape, String> {
        plan::Planner { types, document }.shape(on, set)
    }

    /// What the object has, by key.
    pub fn members(&self) -> Vec<(&str, &Member)> {
        let mut members: Vec<_> = self.0.iter().map(|(key, member)| (key.as_str(), member)).collect();
        members.sort_unstable_by_key(|(key, _)| *key);
        members
    }

    /// The answer as the contract's object.
    pub fn show<'a>(&'a self, answer: &'a Value) -> Shown<'a> {
        Shown { shape: self, answer, status: None }
    }

    /// The answer as the contract's object, with the `status` of a success.
    pub fn success<'a>(&'a self, answer: &'a Value) -> Shown<'a> {
        Shown { status: Some("success"), ..self.show(answer) }
    }

    /// Every key that the object has, those of objects that are spread in it included.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys = Vec::new();
        for (key, member) in &self.0 {
            match &member.form {
                Form::Object(shape) if member.is_spread => keys.extend(shape.keys()),
                Form::Dropped => {}
                _ => keys.push(key.as_str()),
            }
        }
        keys
    }

    fn put<M: SerializeMap>(&self, answer: &Value, object: &mut M) -> Result<(), M::Error> {
        let Value::Object(answer) = answer else { return self.put_nulls(object) };
        for (place, (key, value)) in answer.iter().enumerate() {
            let Some(member) = self.member(place, key) else { continue };
            match &member.form {
                Form::Object(shape) if member.is_spread => shape.put(value, object)?,
                Form::Dropped => {}
                Form::NextCursor { .. } if is_last_page(answer) => {
                    object.serialize_entry(key.as_str(), &())?
                }
                form => object.serialize_entry(key.as_str(), &Formed(form, value))?,
            }
        }
        Ok(())
    }

    /// The member of a key that stands at this place of an answer. Answers keep the order of the selection, so mostly it
    /// stands there in the plan as well, and nothing has to be hashed for it.
    fn member(&self, place: usize, key: &Name) -> Option<&Member> {
        match self.0.get_index(place) {
            Some((known, member)) if known == key => Some(member),
            _ => self.0.get(key),
        }
    }

    /// The members of an object that is not there: absent values are null, never left out.
    fn put_nulls<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
        self.keys().into_iter().try_for_each(|key| object.serialize_entry(key, &()))
    }
}

/// An object in the contract's shape, written while the answer is read: nothing is built in between.
pub struct Shown<'a> {
    shape: &'a Shape,
    answer: &'a Value,
    status: Option<&'static str>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(None)?;
        self.shape.put(self.answer, &mut object)?;
        if let Some(status) = self.status {
            object.serialize_entry("status", status)?;
        }
        object.end()
    }
}

/// A value in its form.
struct Formed<'a>(&'a Form, &'a Value);

impl Serialize for Formed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (_, Value::Null) => to.serialize_unit(),
            (Form::CommaSeparated, Value::List(words)) => comma_separated(words).serialize(to),
            (form, Value::List(entries)) => to.collect_seq(entries.iter().map(|entry| Formed(form, entry))),
            (Form::Only(member), Value::Object(members)) => {
                members.values().next().map(|value| Formed(&member.form, value)).serialize(to)
            }
            (Form::Object(shape), answer) => shape.show(answer).serialize(to),
            (Form::Whole | Form::NextCursor { whole: true }, Value::String(text)) => match text.parse() {
                Ok(number) => to.serialize_i64(number),
                Err(_) => to.serialize_str(text),
            },
            (Form::Word, Value::Enum(word)) => to.serialize_str(&word.to_ascii_lowercase()),
            (Form::HttpDate, Value::String(text)) => match DateTime::parse_from_rfc3339(text) {
                Ok(at) => to.collect_str(&at.to_utc().format_with_items(HTTP_DATE.iter())),
                Err(_) => to.serialize_str(text),
            },
            (_, value) => value.serialize(to),
        }
    }
}

fn is_last_page(page_info: &IndexMap<Name, Value>) -> bool {
    page_info.get("hasNextPage") == Some(&Value::Boolean(false))
}

fn comma_separated(words: &[Value]) -> Option<String> {
    let words: Vec<&str> = words
        .iter()
        .filter_map(|word| if let Value::String(word) = word { Some(word.as_str()) } else { None })
        .collect();
    (!words.is_empty()).then(|| words.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::{Value as Json, json};

    const SDL: &str = "
        scalar DateTime scalar Money
        enum Mode { CASH ON_ACCOUNT }
        type PageInfo { endCursor: String hasNextPage: Boolean! }
        type Shop { id: ID! shopName: String! tags: [String!]! }
        type Order { id: ID! mode: Mode! total: Money! createdAt: DateTime! seenAt: DateTime shop: Shop! }
        type Orders { nodes: [Order!]! pageInfo: PageInfo! }
        type Query { orders: Orders shop: Shop modes: [Mode!] }
    ";

    fn plan(query: &str) -> Result<Shape, String> {
        let types = Types::read(SDL).map_err(|error| error.to_string())?;
        let document = parse_query(query).map_err(|error| error.to_string())?;
        let set =
            document.operations.iter().next().map(|(_, operation)| operation.node.selection_set.node.clone());
        Shape::plan(&types, &document, "Query", &set.unwrap_or_default())
    }

    fn shaped(query: &str, answer: Json) -> Json {
        let shape = plan(query).unwrap_or_else(|problem| unreachable!("{problem}"));
        // As the engine answers: enumerations are values of their own.
        let answer = Value::from_json(answer).unwrap_or_default();
        serde_json::to_value(shape.show(&capitals_are_words(answer))).unwrap()
    }

    fn capitals_are_words(value: Value) -> Value {
        match value {
            Value::String(text) if ["CASH", "ON_ACCOUNT"].contains(&text.as_str()) => {
                Value::Enum(Name::new(text))
            }
            Value::List(entries) => Value::List(entries.into_iter().map(capitals_are_words).collect()),
            Value::Object(members) => Value::Object(
                members.into_iter().map(|(key, value)| (key, capitals_are_words(value))).collect(),
            ),
            other => other,
        }
    }

    const LIST: &str = "{ spread: orders {
        orders: nodes { order_id: id mode total created_at: createdAt seen_at: seenAt spread_shop: shop { shop_id: id } }
        spread_page: pageInfo { next_before: endCursor hasNextPage } } }";

    #[test]
    fn the_types_of_the_schema_decide_the_form() {
        let order = json!({
            "order_id": "42", "mode": "ON_ACCOUNT", "total": 149.5,
            "created_at": "2026-11-22T07:32:29.575517Z", "seen_at": "2026-11-22T07:32:29.575517Z",
            "spread_shop": {"shop_id": "7"},
        });
        let answer =
            json!({"spread": {"orders": [order], "spread_page": {"next_before": "42", "hasNextPage": true}}});
        assert_eq!(
            shaped(LIST, answer),
            json!({
                "orders": [{
                    "order_id": 42, "mode": "on_account", "total": 149.5,
                    "created_at": "Sun, 22 Nov 2026 07:32:29 GMT", "seen_at": "2026-11-22T07:32:29.575517Z",
                    "shop_id": 7,
                }],
                "next_before": 42,
            })
        );
    }

    #[test]
    fn the_last_page_has_no_next_and_empty_lists_stay_lists() {
        let answer =
            json!({"spread": {"orders": [], "spread_page": {"next_before": "42", "hasNextPage": false}}});
        assert_eq!(shaped(LIST, answer), json!({"orders": [], "next_before": null}));
    }

    #[test]
    fn only_an_id_cursor_becomes_a_number() {
        let query = "{ spread: orders { spread_page: pageInfo { next_cursor: endCursor hasNextPage } } }";
        let answer = json!({"spread": {"spread_page": {"next_cursor": "42", "hasNextPage": true}}});
        assert_eq!(shaped(query, answer), json!({"next_cursor": "42"}));
    }

    #[test]
    fn tags_are_one_text_and_other_lists_stay_lists() {
        let query = "{ shop { tags } modes }";
        let answer = json!({"shop": {"tags": ["veg", "fruit"]}, "modes": ["CASH"]});
        assert_eq!(shaped(query, answer), json!({"shop": {"tags": "veg,fruit"}, "modes": ["cash"]}));
        let answer = json!({"shop": {"tags": []}, "modes": []});
        assert_eq!(shaped(query, answer), json!({"shop": {"tags": null}, "modes": []}));
        assert_eq!(shaped(query, json!({"shop": null, "modes": []})), json!({"shop": null, "modes": []}));
    }

    #[test]
    fn an_object_of_which_only_one_member_is_wanted_is_that_member() {
        let query = "{ spread: orders { orders: nodes { only: id } } shop { only: shopName } }";
        let answer = json!({"spread": {"orders": [{"only": "42"}, {"only": "7"}]}, "shop": null});
        assert_eq!(shaped(query, answer), json!({"orders": [42, 7], "shop": null}));
    }

    #[test]
    fn the_members_of_a_spread_object_that_is_not_there_are_null() {
        let query = "{ spread: shop { shop_name: shopName } }";
        assert_eq!(shaped(query, json!({"spread": null})), json!({"shop_name": null}));
    }

    #[test]
    fn what_cannot_be_shaped_is_told_at_start_up() {
        for (query, problem) in [
            ("{ spread: modes }", "spread: only an object can be spread"),
            ("{ shop { only: id shopName } }", "shop: what is only has no others beside it"),
            ("{ shop { id id } }", "shop: id: is asked for twice"),
            ("{ shop { id } spread: shop { shop: shopName } }", "shop: is asked for twice"),
            ("{ shop { ... on Shop { id } } }", "shop: inline fragments are not shaped"),
        ] {
            assert_eq!(plan(query).err().as_deref(), Some(problem), "{query}");
        }
    }
}
