//! One line of the table as operations of the description: one for its path, one for each older path.

use async_graphql::Positioned;
use async_graphql::parser::types::VariableDefinition;
use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use crate::rest::body::BodyRule;
use crate::rest::endpoint::Endpoint;
use crate::rest::openapi::Describer;
use crate::rest::openapi::answers::{Answers, described, nullable};
use crate::rest::openapi::components::{INVALID, REFUSALS, reference, refused, response};
use crate::rest::openapi::inputs::{Inputs, Way, is_file, object, with_default};
use crate::rest::openapi::words;
use crate::rest::route::{Role, Route};

impl Describer {
    /// The operation of a line.
    pub fn operation(&mut self, endpoint: &Endpoint, section: &str) -> Json {
        let Route { method, path, role, .. } = &endpoint.route;
        let said = self.words.of(&root_field(endpoint));
        let mut operation = json!({
            "operationId": operation_id(method, path),
            "summary": said.lines().next().unwrap_or_default().trim_end_matches('.'),
            "description": format!("{said}\n\n{}", rules(endpoint)),
            "tags": [section],
            "parameters": self.parameters(endpoint),
            "responses": self.responses(endpoint),
            "security": match role {
                Role::Public => json!([]),
                _ => json!([{"bearer": []}, {"token": []}]),
            },
        });
        if let Some(body) = self.request_body(endpoint) {
            operation["requestBody"] = body;
        }
        operation
    }

    fn parameters(&mut self, endpoint: &Endpoint) -> Json {
        let route = &endpoint.route;
        let mut parameters = Vec::new();
        for variable in &endpoint.operation.variables {
            let name = variable.node.name.node.as_str();
            let is_in_path = route.path.contains(&format!("{{{name}}}"));
            if !is_in_path && route.method != Method::GET {
                continue;
            }
            let mut parameter = json!({
                "name": name,
                "in": if is_in_path { "path" } else { "query" },
                "required": is_in_path,
                "description": self.said_of(endpoint, variable),
                "schema": self.parameter(route, variable),
            });
            if !is_in_path {
                // A parameter without a value is one that did not come.
                parameter["allowEmptyValue"] = json!(true);
            }
            if let Some(value) = self.examples.of(&route.method, route.path).parameter(name) {
                parameter["example"] = value.clone();
            }
            parameters.push(parameter);
        }
        if self.words.takes(&root_field(endpoint), "idempotencyKey") {
            parameters.push(reference("parameters", "IdempotencyKey"));
        }
        parameters.push(reference("parameters", "RequestId"));
        Json::Array(parameters)
    }

    fn parameter(&mut self, route: &Route, variable: &Positioned<VariableDefinition>) -> Json {
        let (name, declared) = (variable.node.name.node.as_str(), &variable.node.var_type.node);
        let mut schema = self.inputs().value(declared, Way::Text);
        match route.at_most {
            Some((key, most)) if key == name => {
                schema["minimum"] = json!(1);
                schema["maximum"] = json!(most);
            }
            _ => {}
        }
        if route.is_lenient(name) {
            schema = json!({"anyOf": [schema, {"type": "string"}]});
        }
        with_default(schema, variable.node.default_value.as_ref().map(|default| &default.node))
    }

    fn request_body(&mut self, endpoint: &Endpoint) -> Option<Json> {
        let route = &endpoint.route;
        if route.method != Method::POST || route.role == Role::Nobody {
            return None;
        }
        let (description, is_required) = match endpoint.body {
            BodyRule::Ignored => ("Not looked at: nothing, `{}` and `null` are all the same.", false),
            BodyRule::Optional => ("Unknown keys are ignored.", self.is_any_required(endpoint)),
            BodyRule::Validated => ("Unknown keys are ignored.", true),
            BodyRule::Form => ("A form with the file.", true),
            BodyRule::Either => {
                ("JSON, or a form with the same keys and a file. Unknown keys are ignored.", true)
            }
        };
        let mut content = Map::new();
        if endpoint.body == BodyRule::Ignored {
            content.insert("application/json".to_owned(), json!({"schema": {}}));
        }
        if matches!(endpoint.body, BodyRule::Optional | BodyRule::Validated | BodyRule::Either) {
            let mut media = json!({"schema": self.keys(endpoint, Way::Json, is_required)});
            if let Some(body) = self.examples.of(&route.method, route.path).request() {
                media["example"] = body.clone();
            }
            content.insert("application/json".to_owned(), media);
        }
        if matches!(endpoint.body, BodyRule::Form | BodyRule::Either) {
            let schema = self.keys(endpoint, Way::Form, true);
            content.insert("multipart/form-data".to_owned(), json!({"schema": schema}));
        }
        Some(json!({"description": description, "required": is_required, "content": content}))
    }

    /// The object that a body is. Files come in forms only.
    fn keys(&mut self, endpoint: &Endpoint, way: Way, is_required: bool) -> Json {
        let route = &endpoint.route;
        let (mut members, mut required) = (Map::new(), Vec::new());
        for variable in in_body(endpoint) {
            let (name, declared) = (variable.node.name.node.as_str(), &variable.node.var_type.node);
            if is_file(declared) && way == Way::Json {
                continue;
            }
            let way = if route.is_numeric(name) { Way::Form } else { Way::Json };
            let default = variable.node.default_value.as_ref().map(|default| &default.node);
            let mut schema = self.inputs().value(declared, way);
            if route.entries == Some(name) {
                // Entries that do not fit are left out, whatever they are.
                schema = json!({"anyOf": [schema, {"type": "array", "minItems": 1}]});
            }
            if default.is_some() && !route.is_strict(name) {
                schema = nullable(schema);
            }
            let schema = described(with_default(schema, default), self.said_of(endpoint, variable));
            if !declared.nullable && default.is_none() {
                required.push(name.to_owned());
            }
            for (other, of) in route.other_names().iter().filter(|(_, of)| *of == name) {
                let description = format!("Counts as `{of}` where that does not come.");
                // Where the other comes, this one is not looked at.
                let either = json!({"anyOf": [schema, {}]});
                members.insert((*other).to_owned(), described(either, &description));
            }
            members.insert(name.to_owned(), schema);
        }
        let mut schema = object(required, members);
        if let Some((keys, _)) = route.any_of {
            schema["anyOf"] = keys.iter().map(|key| json!({"required": [key]})).collect();
        }
        let name = match way {
            Way::Form => "Form",
            Way::Text | Way::Json => "Request",
        };
        let operation = pascal(route.document.name);
        let schema = if is_required { schema } else { nullable(schema) };
        self.components.schema(&format!("{operation}{name}"), "Other", schema)
    }

    fn responses(&mut self, endpoint: &Endpoint) -> Json {
        let route = &endpoint.route;
        let examples = self.examples.of(&route.method, route.path);
        let mut responses = Map::new();
        if route.role != Role::Nobody {
            let operation = pascal(route.document.name);
            let mut answers =
                Answers { words: &self.words, components: &mut self.components, operation: &operation };
            let answer = answers.answer(&endpoint.operation.shape);
            let answer = self.components.schema(&format!("{operation}Answer"), "Other", answer);
            let mut response = response("Done.", 200, answer);
            if let Some(answer) = examples.answer() {
                response["content"]["application/json"]["example"] = answer.clone();
            }
            responses.insert("200".to_owned(), response);
        }
        for refusal in REFUSALS.into_iter().filter(|(status, ..)| may_answer(endpoint, *status)) {
            let refusal = if refusal.0 == INVALID.0 && route.is_validated { INVALID } else { refusal };
            let worded = route.wordings().filter(|wording| wording.status == refusal.0);
            let examples = examples.refusals(refusal.0, worded.map(|wording| wording.message));
            let mut response = reference("responses", refusal.1);
            if !examples.is_empty() {
                response = refused(refusal);
                response["content"]["application/json"]["examples"] = Json::Object(examples);
            }
            responses.insert(refusal.0.to_string(), response);
        }
        Json::Object(responses)
    }

    fn said_of<'a>(&'a self, endpoint: &Endpoint, variable: &Positioned<VariableDefinition>) -> &'a str {
        let operation = &endpoint.operation;
        let places = self.words.places(&self.types, operation.root, &operation.asked);
        places.get(&variable.node.name.node).map_or("", |place| self.words.of(place))
    }

    fn is_any_required(&self, endpoint: &Endpoint) -> bool {
        endpoint.route.any_of.is_some()
            || in_body(endpoint).any(|variable| {
                !variable.node.var_type.node.nullable && variable.node.default_value.is_none()
            })
    }

    fn inputs(&mut self) -> Inputs<'_> {
        Inputs { types: &self.types, words: &self.words, components: &mut self.components }
    }
}

/// The operation of an older path, which answers as its target does.
pub fn older(operation: &Json, route: &Route, path: &str) -> Json {
    let mut older = operation.clone();
    let target = format!("{} {}", route.method, route.path);
    older["operationId"] = json!(operation_id(&route.method, path));
    older["deprecated"] = json!(true);
    older["description"] = json!(format!("An older path of `{target}`, and answers the same."));
    // The examples stand once, at the target.
    let responses = older["responses"].as_object_mut().into_iter().flat_map(Map::values_mut);
    responses.for_each(without_examples);
    older.get_mut("requestBody").into_iter().for_each(without_examples);
    older
}

fn without_examples(message: &mut Json) {
    let content = message.get_mut("content").and_then(Json::as_object_mut);
    for media in content.into_iter().flat_map(Map::values_mut).filter_map(Json::as_object_mut) {
        media.remove("example");
        media.remove("examples");
    }
}

/// Whether a path may be refused with this status.
fn may_answer(endpoint: &Endpoint, status: u16) -> bool {
    let Endpoint { route, body, .. } = endpoint;
    let is_read = route.method == Method::POST && route.role != Role::Nobody;
    match status {
        401 if route.role != Role::Public => true,
        403 if !matches!(route.role, Role::Public | Role::Anyone) => true,
        // An id that is no whole number makes a path that nobody knows.
        404 if route.path.contains('{') => true,
        401 | 403 | 404 => {
            route.wordings().any(|wording| wording.status == status)
                || route.refusals.iter().any(|code| code.http_status() == status)
        }
        405 => false,
        408 | 413 => is_read,
        415 => is_read && matches!(body, BodyRule::Optional | BodyRule::Validated | BodyRule::Either),
        429 => route.role != Role::Nobody,
        _ => true,
    }
}

/// What the table says of a line, in words.
fn rules(endpoint: &Endpoint) -> String {
    let Route { role, any_of, entries, .. } = &endpoint.route;
    let mut rules = vec![match role {
        Role::Public => "Nobody has to be signed in.".to_owned(),
        Role::Anyone => "For whoever is signed in.".to_owned(),
        Role::Consumer => "For consumers.".to_owned(),
        Role::Vendor => "For vendors.".to_owned(),
        Role::Admin => "For admins.".to_owned(),
        Role::Nobody => "Refused to whoever is signed in.".to_owned(),
    }];
    if let Some((keys, _)) = any_of {
        rules.push(format!("One of `{}` must come.", keys.join("`, `")));
    }
    if let Some(key) = entries {
        rules.push(format!("Entries of `{key}` that do not fit are left out."));
    }
    if *role != Role::Nobody {
        let kind = endpoint.operation.root.to_lowercase();
        let field = root_field(endpoint);
        let field = field.split('.').next_back().unwrap_or_default();
        rules.push(format!("In GraphQL: the {kind} `{field}`."));
    }
    rules.join(" ")
}

/// The first field that the operation asks of the root, such as `Mutation.addToCart`.
pub fn root_field(endpoint: &Endpoint) -> String {
    let operation = &endpoint.operation;
    let field = words::fields(&operation.asked).next();
    field.map_or_else(String::new, |field| format!("{}.{}", operation.root, field.name.node))
}

fn in_body(endpoint: &Endpoint) -> impl Iterator<Item = &Positioned<VariableDefinition>> {
    let path = endpoint.route.path;
    endpoint
        .operation
        .variables
        .iter()
        .filter(move |variable| !path.contains(&format!("{{{}}}", variable.node.name.node)))
}

/// `POST /consumer/cart/apply-coupon` is `postConsumerCartApplyCoupon`. The names of values are left out.
fn operation_id(method: &Method, path: &str) -> String {
    let steps = path.split(['/', '-']).filter(|step| !step.starts_with('{'));
    method.as_str().to_lowercase() + &steps.map(capitalized).collect::<String>()
}

/// `cart_add` is `CartAdd`.
fn pascal(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
