//! Holds every answer of the REST face against its description: whichever test asked for it, the status must be described, and
//! the body must fit the schema that is described for it, with no key beyond.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use society_gateway::rest;
use tokio::sync::OnceCell;

use crate::rest::Reply;

/// The description, ready to be held against answers.
pub struct Described {
    pub document: &'static Value,
    registry: &'static Registry<'static>,
    /// By the place of the schema in the document.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static DESCRIBED: OnceCell<Described> = OnceCell::const_new();

/// Fails the test when this answer is not as described.
pub async fn hold(method: &Method, path: &str, reply: &Reply) {
    if let Some(wrong) = Described::get().await.wrong(method, path, reply) {
        panic!("{method} {path} is not answered as /api/v1/openapi.json says: {wrong}\n{reply:?}");
    }
}

impl Described {
    pub async fn get() -> &'static Described {
        DESCRIBED
            .get_or_init(async || {
                let mut document = rest::openapi().await.expect("the table fits the schema");
                close(&mut document["components"]["schemas"]);
                // One for the whole run.
                let document: &'static Value = Box::leak(Box::new(document));
                let registry = Registry::new().add("urn:openapi", document).unwrap().prepare().unwrap();
                Described { document, registry: Box::leak(Box::new(registry)), validators: Mutex::default() }
            })
            .await
    }

    /// The path as it is described, such as `/consumer/orders/{order_id}/cancel`: the one with the fewest values.
    pub fn path_of(&self, path: &str) -> Option<&'static str> {
        let asked: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
        let fits = |known: &&str| {
            let known: Vec<&str> = known.split('/').collect();
            known.len() == asked.len()
                && known
                    .iter()
                    .zip(&asked)
                    .all(|(known, asked)| known == asked || known.starts_with('{') && !asked.is_empty())
        };
        let known = self.document["paths"].as_object().expect("paths").keys().map(String::as_str);
        known.filter(fits).min_by_key(|known| known.matches('{').count())
    }

    /// What is not as described.
    fn wrong(&self, method: &Method, path: &str, reply: &Reply) -> Option<String> {
        let place = match self.path_of(path) {
            None if *method == Method::OPTIONS => return None,
            None => "/components/responses/NotFound".to_owned(),
            Some(path) => {
                let path = format!("/paths/{}", path.replace('/', "~1"));
                let operation = format!("{path}/{}", method.as_str().to_lowercase());
                match self.document.pointer(&operation) {
                    Some(_) => format!("{operation}/responses/{}", reply.status),
                    None if *method == Method::OPTIONS => return None,
                    None => "/components/responses/MethodNotAllowed".to_owned(),
                }
            }
        };
        let Some(place) = self.resolved(&place) else {
            return Some("its status is not described".to_owned());
        };
        let headers = self.document.pointer(&format!("{place}/headers"))?.as_object()?;
        for (name, header) in headers {
            let header =
                header["$ref"].as_str().and_then(|to| self.document.pointer(to.trim_start_matches('#')));
            let is_required = header.is_some_and(|header| header["required"] == true);
            if is_required && !reply.headers.contains_key(name.as_str()) {
                return Some(format!("the header {name} is missing"));
            }
        }
        let validator = self.validator(&format!("{place}/content/application~1json/schema"));
        let error = validator.iter_errors(&reply.body).next()?;
        Some(format!("{}: {error}", error.instance_path()))
    }

    /// The place that a reference at this place leads to.
    fn resolved(&self, place: &str) -> Option<String> {
        let found = self.document.pointer(place)?;
        Some(found["$ref"].as_str().map_or(place, |to| to.trim_start_matches('#')).to_owned())
    }

    fn validator(&self, place: &str) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap();
        let make = || {
            let schema =
                json!({"$ref": format!("urn:openapi#{}", place.replace('{', "%7B").replace('}', "%7D"))});
            let options = jsonschema::draft202012::options();
            let options = options.should_validate_formats(true).with_registry(self.registry);
            Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{place}: {error}")))
        };
        known.entry(place.to_owned()).or_insert_with(make).clone()
    }
}

/// An answer may grow a key for clients; here none must be that is not described.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(entries) => entries.iter_mut().for_each(close),
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("type").is_some_and(|kind| *kind == "object") && members.contains_key("properties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        _ => {}
    }
}

/// Every `$ref` of the document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = Described::get().await.document;
    let mut found = Vec::new();
    references(document, &mut found);
    assert!(found.len() > 500, "{}", found.len());
    for reference in found {
        let place = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = paths.flat_map(|path| path.as_object().unwrap().values()).collect();
    let names: std::collections::BTreeSet<&str> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len());
    for operation in operations {
        for key in ["summary", "description"] {
            assert!(!operation[key].as_str().unwrap().is_empty(), "{operation:#}");
        }
    }
}

#[tokio::test]
async fn what_the_table_mentions_was_answered() {
    let paths = Described::get().await.document["paths"].as_object().unwrap();
    for (path, operations) in paths.iter().filter(|(path, _)| !path.contains('{')) {
        let operations = operations.as_object().unwrap().values();
        // The examples of an older path stand at its target.
        let is_older =
            |operation: &Value| operation["description"].as_str().unwrap().starts_with("An older path of");
        for operation in operations.filter(|operation| !is_older(operation)) {
            // Without a value in its path, only what the table words or mentions makes a path answer so.
            if let Some(response) = operation["responses"].get("404") {
                let examples = &response["content"]["application/json"]["examples"];
                assert!(examples.is_object(), "{path}: 404 is mentioned, and no test has seen it");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_as_described_is_found() {
    let described = Described::get().await;
    let headers =
        || axum::http::HeaderMap::from_iter([("x-request-id".parse().unwrap(), "1".parse().unwrap())]);
    let wrong = |path: &str, status, headers, body| {
        described.wrong(&Method::GET, path, &Reply { status, headers, body }).unwrap_or_default()
    };
    let wallet = "/consumer/wallet";
    let success = |balance: Value| json!({"status": "success", "balance": balance});
    assert_eq!(wrong(wallet, 200, headers(), success(json!(7.25))), "");
    for (path, status, headers, body, told) in [
        (wallet, 200, headers(), success(json!("7.25")), "/balance: \"7.25\" is not of type \"number\""),
        (wallet, 200, headers(), success(json!(7.255)), "/balance: 7.255 is not a multiple of 0.01"),
        (wallet, 200, headers(), json!({"status": "success"}), ": \"balance\" is a required property"),
        (
            wallet,
            200,
            headers(),
            json!({"status": "success", "balance": 1, "x": 1}),
            ": Additional properties are not allowed ('x' was unexpected)",
        ),
        (wallet, 200, axum::http::HeaderMap::new(), success(json!(1)), "the header X-Request-ID is missing"),
        (wallet, 201, headers(), success(json!(1)), "its status is not described"),
        (
            wallet,
            403,
            headers(),
            json!({"status": "error", "message": "x", "code": 401}),
            "/code: 403 was expected",
        ),
        (
            "/nothing",
            404,
            headers(),
            json!({"status": "error", "code": 404}),
            ": \"message\" is a required property",
        ),
    ] {
        assert_eq!(wrong(path, status, headers, body), told, "{path} {status}");
    }
}
