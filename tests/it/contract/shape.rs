//! Whether an answer has exactly the documented keys, each of its type.
//!
//! A template is JSON whose texts are types: `int`, `money` (a number with at most two decimals), `number`, `str`, `bool`,
//! `phone`, `date`, `instant` (RFC 3339 with `Z`), `http date` (RFC 1123); a question mark allows null; `=text` is that
//! text. A list of one template is a list of such members, and has at least one.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

/// What differs, and where; nothing when the answer fits.
pub fn difference(told: &Value, template: &Value, place: &str) -> Option<String> {
    match template {
        Value::Object(members) => {
            let Some(object) = told.as_object() else { return Some(format!("{place}: {told} is no object")) };
            let extra = object.keys().find(|key| !members.contains_key(*key));
            if let Some(key) = extra {
                return Some(format!("{place}/{key} is not documented"));
            }
            members.iter().find_map(|(key, of)| match object.get(key) {
                None => Some(format!("{place}/{key} is missing")),
                Some(value) => difference(value, of, &format!("{place}/{key}")),
            })
        }
        Value::Array(of) => {
            let Some(list) = told.as_array() else { return Some(format!("{place}: {told} is no list")) };
            match of.first() {
                None if list.is_empty() => None,
                None => Some(format!("{place}: {told} is not empty")),
                Some(_) if list.is_empty() => Some(format!("{place} is empty: nothing is compared")),
                Some(of) => list
                    .iter()
                    .enumerate()
                    .find_map(|(index, value)| difference(value, of, &format!("{place}/{index}"))),
            }
        }
        Value::String(of) => {
            let (of, may_be_null) = of.strip_suffix('?').map_or((of.as_str(), false), |of| (of, true));
            let fits = if told.is_null() { may_be_null } else { is_of(told, of) };
            (!fits).then(|| format!("{place}: {told} is not {template}"))
        }
        exact => (told != exact).then(|| format!("{place}: {told} is not {exact}")),
    }
}

fn is_of(told: &Value, of: &str) -> bool {
    let text = told.as_str();
    match of {
        "int" => told.is_i64(),
        "money" => {
            told.is_number() && told.to_string().split_once('.').is_none_or(|(_, cents)| cents.len() <= 2)
        }
        "number" => told.is_number(),
        "str" => text.is_some(),
        "bool" => told.is_boolean(),
        "phone" => text.is_some_and(|text| text.len() == 13 && text.starts_with("+91")),
        "date" => text.is_some_and(|text| text.len() == 10 && text.parse::<NaiveDate>().is_ok()),
        "instant" => {
            text.is_some_and(|text| text.ends_with('Z') && DateTime::parse_from_rfc3339(text).is_ok())
        }
        "http date" => text.is_some_and(|text| {
            text.len() == 29 && text.ends_with(" GMT") && DateTime::parse_from_rfc2822(text).is_ok()
        }),
        _ => match of.strip_prefix('=') {
            Some(exact) => text == Some(exact),
            None => panic!("{of} is no type"),
        },
    }
}
