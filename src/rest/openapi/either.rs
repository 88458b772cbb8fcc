//! One path and method that two lines of the table answer, each for its own role: described as either of the two.

use serde_json::{Map, Value as Json, json};

/// The operation as the one line answers it, or as the other does. Null is none.
pub fn either(one: Json, other: Json) -> Json {
    if one.is_null() {
        return other;
    }
    let mut either = one;
    let said = |operation: &Json| operation["description"].as_str().unwrap_or_default().to_owned();
    either["description"] = json!(format!("{}\n\nOr: {}", said(&either), said(&other)));
    either["deprecated"] = json!(either["deprecated"] == true && other["deprecated"] == true);
    join(&mut either["requestBody"], &other["requestBody"]);
    if let (Some(responses), Json::Object(others)) =
        (either["responses"].as_object_mut(), &other["responses"])
    {
        for (status, response) in others {
            join(responses.entry(status.as_str()).or_insert_with(|| response.clone()), response);
        }
    }
    // What takes no body has none.
    if let Some(operation) = either.as_object_mut() {
        operation.retain(|_, value| !value.is_null());
    }
    either
}

/// Lets a body or a response be as another one is, too. References are the same refusals for both.
fn join(message: &mut Json, other: &Json) {
    let content =
        |message: &Json| message.get("content").and_then(Json::as_object).cloned().unwrap_or_default();
    let (own, others): (Map<_, _>, Map<_, _>) = (content(message), content(other));
    for (kind, media) in own {
        let schema = others.get(&kind).map_or(&Json::Null, |media| &media["schema"]);
        if !schema.is_null() && *schema != media["schema"] {
            message["content"][&kind]["schema"] = json!({"anyOf": [media["schema"], schema]});
        }
    }
}
