//! The calls of the story and their answers, as the examples of the description.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::Method;
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value, json};

use crate::described::Described;

/// The first success and every refusal of each path.
#[derive(Default)]
pub struct Recorded(BTreeMap<String, Value>);

impl Recorded {
    /// Notes a call, where none like it was noted.
    pub async fn note(&mut self, method: &Method, path: &str, request: Value, status: u16, body: &Value) {
        let Some(described) = Described::get().await.path_of(path) else { return };
        let noted = self.0.entry(format!("{method} {described}")).or_insert_with(|| json!({}));
        if status != 200 {
            let refusals = noted.as_object_mut().unwrap().entry("refusals").or_insert_with(|| json!([]));
            let refusals = refusals.as_array_mut().unwrap();
            if refusals
                .iter()
                .all(|known| known["message"] != body["message"] || known["code"] != body["code"])
            {
                refusals.push(body.clone());
            }
            return;
        }
        if noted.get("answer").is_some() {
            return;
        }
        noted["answer"] = steady("", body);
        noted["parameters"] = parameters(described, path);
        if request.is_object() {
            noted["request"] = steady("", &request);
        }
    }

    /// The file in the sources says the same; with `RECORD` set it is written anew.
    pub fn are_the_examples_of_the_description(&self) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rest/openapi/examples.json");
        let told = format!("{:#}\n", json!(self.0));
        if std::env::var_os("RECORD").is_some() {
            std::fs::write(&file, told).unwrap();
            return;
        }
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for (call, told) in &self.0 {
            let kept = &kept[call];
            assert_eq!(kept, told, "{call}: examples.json is stale: RECORD=1 cargo test --test it contract");
        }
        assert_eq!(
            kept.as_object().unwrap().len(),
            self.0.len(),
            "examples.json tells of calls that nobody makes"
        );
    }
}

/// The values in the path, and those of the query.
fn parameters(described: &str, path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut parameters = Map::new();
    for (name, value) in described.split('/').zip(path.split('/')) {
        if let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            parameters.insert(name.to_owned(), json!(value.parse::<i64>().unwrap()));
        }
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = serde_json::from_str(&value).unwrap_or_else(|_| json!(value));
        parameters.insert(name.into_owned(), value);
    }
    Value::Object(parameters)
}

/// The same, with what differs from run to run set to something of its kind.
fn steady(key: &str, value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), steady(key, value))).collect()
        }
        Value::Array(entries) => entries.iter().map(|entry| steady(key, entry)).collect(),
        _ if matches!(key, "access_token" | "auth_token" | "refresh_token") => {
            json!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOjF9.c2lnbmF0dXJl")
        }
        _ if key == "task_id" => json!("baee8c3488559b01"),
        // A second less, where the test waited for its turn.
        _ if key == "expires_in" => json!(2_592_000),
        _ if text.ends_with(" GMT") && DateTime::parse_from_rfc2822(text).is_ok() => {
            json!("Sun, 22 Nov 2026 07:32:29 GMT")
        }
        _ if NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.fZ").is_ok() => {
            json!("2026-11-22T07:32:29.575517Z")
        }
        other => other.clone(),
    }
}
