//! From an operation's answer to the contract's JSON, planned at start-up from the selections and the schema.
//!
//! The aliases are the REST keys. The schema's types say the rest: an `ID` is a whole number, an enumeration its
//! lowercase word, tags one comma-separated text, a time RFC 3339 with `Z` except where [`RFC_1123`] says otherwise. An
//! alias that begins with `spread` puts its object's members into the object around it.

use std::collections::HashMap;

use async_graphql::parser::types::{BaseType, ExecutableDocument, Field, Selection, SelectionSet, Type};
use async_graphql::{Name, Positioned, Value};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json};

use crate::graphql::{TypeKind, Types};

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

/// How the members of one object are made. The keys are those of the answer.
pub struct Shape(HashMap<Name, Member>);

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
    /// As the answer has it: numbers, texts, truth values, dates.
    Same,
    /// An `ID` as a whole number.
    Whole,
    /// An enumeration's word.
    Word,
    /// RFC 3339 with `Z`.
    Instant,
    /// RFC 1123.
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
        let mut members = HashMap::new();
        Planner { types, document }.note(on, set, &mut members)?;
        Ok(Shape(members))
    }

    /// What the object has, by key.
    pub fn members(&self) -> Vec<(&str, &Member)> {
        let mut members: Vec<_> = self.0.iter().map(|(key, member)| (key.as_str(), member)).collect();
        members.sort_unstable_by_key(|(key, _)| *key);
        members
    }

    /// The answer as the contract's object.
    pub fn object(&self, answer: Value) -> Map<String, Json> {
        let mut object = Map::new();
        self.put(answer, &mut object);
        object
    }

    fn put(&self, answer: Value, object: &mut Map<String, Json>) {
        let Value::Object(answer) = answer else { return self.put_nulls(object) };
        let at_end = answer.get("hasNextPage") == Some(&Value::Boolean(false));
        for (key, value) in answer {
            let Some(member) = self.0.get(&key) else { continue };
            let json = match &member.form {
                Form::Object(shape) if member.is_spread => {
                    shape.put(value, object);
                    continue;
                }
                Form::Dropped => continue,
                Form::NextCursor { .. } if at_end => Json::Null,
                form => form.json(value),
            };
            object.insert(key.to_string(), json);
        }
    }

    /// The members of an object that is not there: absent values are null, never left out.
    fn put_nulls(&self, object: &mut Map<String, Json>) {
        for (key, member) in &self.0 {
            match &member.form {
                Form::Object(shape) if member.is_spread => shape.put_nulls(object),
                Form::Dropped => {}
                _ => {
                    object.insert(key.to_string(), Json::Null);
                }
            }
        }
    }
}

impl Form {
    fn json(&self, value: Value) -> Json {
        match (self, value) {
            (Form::CommaSeparated, Value::List(words)) => comma_separated(&words),
            (_, Value::List(entries)) => entries.into_iter().map(|entry| self.json(entry)).collect(),
            (_, Value::Null) => Json::Null,
            (Form::Object(shape), value) => Json::Object(shape.object(value)),
            (Form::Whole | Form::NextCursor { whole: true }, Value::String(text)) => {
                text.parse::<i64>().map_or(Json::String(text), Json::from)
            }
            (Form::Word, Value::Enum(word)) => Json::String(word.to_ascii_lowercase()),
            (Form::Instant, Value::String(text)) => {
                Json::String(time(&text, |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
            }
            (Form::HttpDate, Value::String(text)) => {
                Json::String(time(&text, |at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
            }
            (_, value) => value.into_json().unwrap_or_default(),
        }
    }
}

fn time(text: &str, show: impl Fn(DateTime<Utc>) -> String) -> String {
    DateTime::parse_from_rfc3339(text).map_or_else(|_| text.to_owned(), |at| show(at.to_utc()))
}

fn comma_separated(words: &[Value]) -> Json {
    let text = |word: &Value| if let Value::String(word) = word { Some(word.clone()) } else { None };
    let words: Vec<String> = words.iter().filter_map(text).collect();
    if words.is_empty() { Json::Null } else { Json::String(words.join(",")) }
}

struct Planner<'a> {
    types: &'a Types,
    document: &'a ExecutableDocument,
}

impl Planner<'_> {
    fn note(&self, on: &str, set: &SelectionSet, members: &mut HashMap<Name, Member>) -> Result<(), String> {
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
            (Some(TypeKind::Scalar), "DateTime") => Ok(Form::Instant),
            (Some(TypeKind::Scalar), _) => Ok(Form::Same),
            (Some(TypeKind::Object(_)), of) => {
                Shape::plan(self.types, self.document, of, &field.selection_set.node).map(Form::Object)
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

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

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
        Json::Object(shape.object(capitals_are_words(answer)))
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
            "created_at": "2026-11-22T07:32:29.575517+00:00", "seen_at": "2026-11-22T07:32:29.575517+00:00",
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
    fn the_members_of_a_spread_object_that_is_not_there_are_null() {
        let query = "{ spread: shop { shop_name: shopName } }";
        assert_eq!(shaped(query, json!({"spread": null})), json!({"shop_name": null}));
    }

    #[test]
    fn what_cannot_be_shaped_is_told_at_start_up() {
        for (query, problem) in [
            ("{ spread: modes }", "spread: only an object can be spread"),
            ("{ shop { id id } }", "shop: id: is asked for twice"),
            ("{ shop { ... on Shop { id } } }", "shop: inline fragments are not shaped"),
        ] {
            assert_eq!(plan(query).err().as_deref(), Some(problem), "{query}");
        }
    }
}
