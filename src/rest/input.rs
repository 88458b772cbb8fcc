//! A request's values under the names of the operation's variables, in the spelling that GraphQL expects.
//!
//! Keys are snake_case, as the variables are; the fields of an input object are found by their snake_case spelling.
//! What the document does not declare is ignored. Whether the values fit is decided by `graphql::coerce`.

use async_graphql::parser::types::{BaseType, Type};
use serde_json::{Map, Value as Json};

use crate::graphql::{TypeKind, Types};

/// `flatNumber` as the REST face spells it: `flat_number`.
pub fn rest_name(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_lowercase());
    }
    spelled
}

/// A body's value for a variable (or field) of this type.
pub fn from_json(types: &Types, declared: &Type, given: Json) -> Json {
    match (&declared.base, given) {
        (_, Json::Null) => Json::Null,
        (BaseType::List(of), Json::Array(entries)) => {
            entries.into_iter().map(|entry| from_json(types, of, entry)).collect()
        }
        (BaseType::List(of), single) => from_json(types, of, single),
        (BaseType::Named(name), given) => match (types.kind(name), given) {
            (Some(TypeKind::Input(fields)), Json::Object(mut given)) => {
                let field = |(field, (declared, _)): (&async_graphql::Name, &(Type, _))| {
                    let value = given.remove(&rest_name(field))?;
                    Some((field.to_string(), from_json(types, declared, value)))
                };
                Json::Object(fields.iter().filter_map(field).collect::<Map<_, _>>())
            }
            (Some(TypeKind::Enum(_)), Json::String(text)) => Json::String(word(&text)),
            (Some(TypeKind::Scalar), given) if name == "ID" => id(given),
            (_, given) => given,
        },
    }
}

/// The values of a path or query parameter for a variable of this type.
pub fn from_text(types: &Types, declared: &Type, mut given: Vec<String>) -> Json {
    match &declared.base {
        BaseType::List(of) => given.into_iter().map(|text| from_text(types, of, vec![text])).collect(),
        BaseType::Named(name) => {
            let text = given.pop().unwrap_or_default();
            match name.as_str() {
                "Int" => text.parse::<i64>().map_or(Json::String(text), Json::from),
                "Float" => match text.parse::<f64>() {
                    Ok(number) if number.is_finite() => Json::from(number),
                    _ => Json::String(text),
                },
                "Boolean" => text.parse::<bool>().map_or(Json::String(text), Json::from),
                _ => from_json(types, declared, Json::String(text)),
            }
        }
    }
}

/// The text of a form's field for a variable of this type: numbers and days come as text, and blank for none.
pub fn from_form(types: &Types, declared: &Type, text: String) -> Json {
    match &declared.base {
        BaseType::Named(name) if name == "String" => Json::String(text),
        BaseType::Named(_) if text.trim().is_empty() => Json::Null,
        _ => from_text(types, declared, vec![text.trim().to_owned()]),
    }
}

/// An enumeration's word in capitals. The contract's words are lowercase; any other spelling must not become one.
fn word(text: &str) -> String {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        text.to_ascii_lowercase()
    } else {
        text.to_ascii_uppercase()
    }
}

/// An id is a whole number above zero, or its digits; anything else is handed on as what no `ID` can be.
fn id(given: Json) -> Json {
    let number = match &given {
        Json::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<i64>().ok(),
        other => other.as_i64(),
    };
    number.filter(|number| *number > 0).map_or(Json::Bool(false), |number| Json::String(number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SDL: &str = "
        enum Mode { CASH ON_ACCOUNT }
        input Line { itemId: ID! quantity: Int }
        type Query { a: Int }
    ";

    fn body(declared: &str, given: Json) -> Json {
        let types = Types::read(SDL).unwrap_or_else(|error| unreachable!("{error}"));
        from_json(&types, &Type::new(declared).unwrap_or_else(|| unreachable!("{declared}")), given)
    }

    fn query(declared: &str, given: &[&str]) -> Json {
        let types = Types::read(SDL).unwrap_or_else(|error| unreachable!("{error}"));
        let given = given.iter().map(|text| (*text).to_owned()).collect();
        from_text(&types, &Type::new(declared).unwrap_or_else(|| unreachable!("{declared}")), given)
    }

    #[test]
    fn names_are_spelled_as_the_contract_spells_them() {
        assert_eq!(rest_name("flatNumber"), "flat_number");
        assert_eq!(rest_name("profileImageUrl"), "profile_image_url");
        assert_eq!(rest_name("amount"), "amount");
    }

    #[test]
    fn bodies_are_turned_by_the_declared_type() {
        for (declared, given, expected) in [
            ("ID!", json!(7), json!("7")),
            ("ID!", json!("7"), json!("7")),
            ("ID!", json!(1.5), json!(false)),
            ("ID!", json!(0), json!(false)),
            ("ID!", json!("seven"), json!(false)),
            ("ID", json!(null), json!(null)),
            ("Mode", json!("on_account"), json!("ON_ACCOUNT")),
            ("Mode", json!("CASH"), json!("cash")),
            ("Int", json!("2"), json!("2")),
            (
                "[Line!]!",
                json!([{"item_id": 7, "quantity": null, "name": "x"}]),
                json!([{"itemId": "7", "quantity": null}]),
            ),
        ] {
            assert_eq!(body(declared, given.clone()), expected, "{declared} {given}");
        }
    }

    #[test]
    fn fields_of_a_form_are_trimmed_and_blank_for_none() {
        let types = Types::read(SDL).unwrap();
        let form =
            |declared: &str, text: &str| from_form(&types, &Type::new(declared).unwrap(), text.to_owned());
        assert_eq!(form("Int", " 7 "), json!(7));
        assert_eq!(form("Float", ""), json!(null));
        assert_eq!(form("Date", "  "), json!(null));
        assert_eq!(form("String", " a "), json!(" a "));
        assert_eq!(form("Float", "10%"), json!("10%"));
    }

    #[test]
    fn texts_of_the_query_become_numbers_and_lists_where_declared() {
        assert_eq!(query("Int", &["5"]), json!(5));
        assert_eq!(query("Int", &["five"]), json!("five"));
        assert_eq!(query("Float", &["4.5"]), json!(4.5));
        assert_eq!(query("Float", &["NaN"]), json!("NaN"));
        assert_eq!(query("Boolean", &["true"]), json!(true));
        assert_eq!(query("String", &["first", "last"]), json!("last"));
        assert_eq!(query("[String!]", &["veg", "fruit"]), json!(["veg", "fruit"]));
        assert_eq!(query("Mode", &["cash"]), json!("CASH"));
    }
}
