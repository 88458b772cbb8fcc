//! One line of the table at work: the checks in the contract's order, the operation, the envelope.

use std::sync::Arc;

use async_graphql::parser::types::VariableDefinition;
use async_graphql::{Positioned, ServerError, Variables};
use axum::extract::{Query, Request};
use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use crate::error::{Code, Error};
use crate::graphql::variables::{Misfit, Problem, coerce};
use crate::graphql::{Schema, Types};
use crate::request::Scope;
use crate::rest::answer::{Entry, Refusal};
use crate::rest::body::BodyRule;
use crate::rest::input::{from_json, from_text, rest_name};
use crate::rest::operation::{Checker, Operation};
use crate::rest::routes::{Fault, Route};
use crate::rest::shape::innermost;
use crate::rest::{PathParams, Unfit, prepared};

/// A path with its operation, checked against the schema.
pub struct Endpoint {
    route: Route,
    operation: Operation,
    types: Arc<Types>,
    body: BodyRule,
}

impl Endpoint {
    /// Reads the document of a line and checks that both speak of the same values.
    ///
    /// # Errors
    /// What does not fit.
    pub async fn new(route: Route, checker: &Checker) -> Result<Endpoint, Unfit> {
        let operation = Operation::read(route.document, checker).await?;
        let declared: Vec<&str> =
            operation.variables.iter().map(|variable| variable.node.name.node.as_str()).collect();
        let in_path: Vec<&str> = names_in(route.path).collect();
        let aliased = route.aliases.iter().flat_map(|path| names_in(path));
        if let Some(name) =
            in_path.iter().copied().chain(aliased).chain(route.keys()).find(|name| !declared.contains(name))
        {
            let (method, path, document) = (&route.method, route.path, route.document.name);
            return Err(Unfit(format!(
                "{method} {path}: operations/{document}.graphql has no variable ${name}"
            )));
        }
        let has_keys = declared.iter().any(|name| !in_path.contains(name));
        let body = match (route.method == Method::POST && has_keys, route.is_validated, route.needs_body) {
            (false, ..) => BodyRule::Ignored,
            (true, true, _) => BodyRule::Validated,
            (true, false, true) => BodyRule::Required,
            (true, false, false) => BodyRule::Optional,
        };
        Ok(Endpoint { route, operation, types: checker.types.clone(), body })
    }

    /// The path and its aliases.
    pub fn paths(&self) -> Vec<&'static str> {
        std::iter::once(self.route.path).chain(self.route.aliases.iter().copied()).collect()
    }

    /// What the path answers.
    ///
    /// # Errors
    /// Every failure as the contract words it: authentication, role, body, then what the resolvers find.
    pub async fn answer(
        &self,
        schema: &Schema,
        params: PathParams,
        mut request: Request,
    ) -> Result<Map<String, Json>, Refusal> {
        let params = params.map_err(|_| Refusal::unknown_path())?;
        let params: Vec<(&str, &str)> = params.iter().collect();
        // The legacy router takes whole numbers only.
        if params.iter().any(|(_, text)| text.parse::<u64>().is_err()) {
            return Err(Refusal::unknown_path());
        }
        let scope = prepared(&mut request)?;
        self.admit(&scope)?;
        let given = self.given(&params, request).await?;
        let variables = self.bind(given)?;
        let response = schema.execute(self.operation.request(variables).data(scope)).await;
        if let Some(error) = response.errors.first() {
            return Err(self.refusal(error));
        }
        let mut body = self.operation.shape.object(response.data);
        let shown = Json::Object(body.clone());
        if let Some((_, wording)) = self.route.unless.iter().find(|(pointer, _)| {
            matches!(shown.pointer(pointer), None | Some(Json::Null | Json::Bool(false)))
        }) {
            return Err((*wording).into());
        }
        body.insert("status".to_owned(), json!("success"));
        Ok(body)
    }

    fn admit(&self, scope: &Scope) -> Result<(), Refusal> {
        match (self.route.role.admit(scope), self.route.anonymous) {
            (Err(_), Some(message))
                if matches!(scope.authentication, crate::request::Authentication::Anonymous) =>
            {
                Err(Refusal::new(401, message))
            }
            (admitted, _) => Ok(admitted?),
        }
    }

    /// The request's values by variable, as GraphQL spells them.
    async fn given(&self, params: &[(&str, &str)], request: Request) -> Result<Map<String, Json>, Refusal> {
        let query = match Query::<Vec<(String, String)>>::try_from_uri(request.uri()) {
            Ok(Query(query)) if request.method() != Method::POST => query,
            _ => Vec::new(),
        };
        let mut body = self.body.read(request).await?;
        let mut given = Map::new();
        for Positioned { node, .. } in &self.operation.variables {
            let (name, declared) = (node.name.node.as_str(), &node.var_type.node);
            let texts: Vec<String> = params
                .iter()
                .map(|(key, text)| (*key, *text))
                .chain(query.iter().map(|(key, text)| (key.as_str(), text.as_str())))
                .filter(|(key, _)| *key == name)
                .map(|(_, text)| text.to_owned())
                .collect();
            let value = match body.remove(name) {
                _ if !texts.is_empty() => from_text(&self.types, declared, texts),
                Some(json) => from_json(&self.types, declared, json),
                None => continue,
            };
            given.insert(name.to_owned(), value);
        }
        Ok(given)
    }

    fn bind(&self, mut given: Map<String, Json>) -> Result<Variables, Refusal> {
        let variables = &self.operation.variables;
        for (key, most) in &self.route.at_most {
            if given.get(*key).and_then(Json::as_i64).is_some_and(|count| count > *most) {
                return Err(self.fault(key, Fault::Invalid));
            }
        }
        match coerce(&self.types, variables, given.clone()) {
            Ok(variables) => Ok(variables),
            Err(misfits) => {
                let lenient = |misfit: &Misfit| self.route.lenient.contains(&misfit.variable.as_str());
                if !misfits.iter().any(lenient) {
                    return Err(self.misfit(&misfits));
                }
                for misfit in misfits.iter().filter(|misfit| lenient(misfit)) {
                    given.remove(&misfit.variable);
                }
                coerce(&self.types, variables, given).map_err(|misfits| self.misfit(&misfits))
            }
        }
    }

    fn misfit(&self, misfits: &[Misfit]) -> Refusal {
        let Some(first) = misfits.first() else { return Refusal::new(400, "Invalid request") };
        let worded = self.route.worded(&first.variable, fault_of(first));
        match worded {
            Some(wording) => wording.into(),
            None if self.route.is_validated => {
                Refusal::invalid(misfits.iter().map(|misfit| self.entry(misfit)).collect())
            }
            None => self.fault(&first.variable, fault_of(first)),
        }
    }

    /// What is said of a value outside of the `Validation error` form.
    fn fault(&self, key: &str, fault: Fault) -> Refusal {
        match (self.route.worded(key, fault), fault) {
            (Some(wording), _) => wording.into(),
            (None, Fault::Missing) => Refusal::new(400, format!("{key} is required")),
            (None, Fault::WrongType | Fault::Invalid) => Refusal::new(400, format!("Invalid {key}")),
        }
    }

    fn entry(&self, misfit: &Misfit) -> Entry {
        let loc = std::iter::once(misfit.variable.clone())
            .chain(misfit.path.iter().map(|step| rest_name(step)))
            .collect();
        let (msg, kind) = match misfit.problem {
            Problem::Missing => ("This field is required", "missing"),
            Problem::Unknown => ("This field is not known", "extra_forbidden"),
            Problem::Invalid => ("This value is not accepted", "value_error"),
            Problem::WrongType if !misfit.path.is_empty() => {
                ("This value is of the wrong type", "type_error")
            }
            Problem::WrongType => match self.declared(&misfit.variable) {
                Some("String" | "Phone") => ("This must be a text", "string_type"),
                Some("Int" | "ID") => ("This must be a whole number", "int_type"),
                Some("Boolean") => ("This must be true or false", "bool_type"),
                _ => ("This value is of the wrong type", "type_error"),
            },
        };
        Entry { loc, msg: msg.to_owned(), kind }
    }

    fn declared(&self, key: &str) -> Option<&str> {
        let variable = |variable: &&Positioned<VariableDefinition>| variable.node.name.node == key;
        self.operation.variables.iter().find(variable).map(|variable| innermost(&variable.node.var_type.node))
    }

    /// What a resolver (or, for want of one, the engine) refused.
    fn refusal(&self, error: &ServerError) -> Refusal {
        let Some(error) = error.source::<Error>() else {
            // The engine itself refuses only values, and those that it reads later than `coerce` are few.
            tracing::warn!(
                operation = self.route.document.name,
                message = error.message,
                "a value was refused late"
            );
            return Refusal::new(400, "Invalid request");
        };
        if let Some(wording) = self.route.worded_code(error.code()) {
            return wording.into();
        }
        let (Code::BadInput, Some(argument)) = (error.code(), error.field()) else { return error.into() };
        let (key, is_renamed) = self.operation.key_of(argument);
        if let Some(wording) = self.route.worded(&key, Fault::Invalid) {
            return wording.into();
        }
        if self.route.is_validated {
            let kind = match self.declared(&key) {
                Some("String" | "Phone") => "string_pattern_mismatch",
                _ => "value_error",
            };
            return Refusal::invalid(vec![Entry { loc: vec![key], msg: error.message().to_owned(), kind }]);
        }
        // The sentence speaks of an argument that this client never saw.
        if is_renamed { self.fault(&key, Fault::Invalid) } else { error.into() }
    }
}

fn fault_of(misfit: &Misfit) -> Fault {
    match misfit.problem {
        Problem::Missing => Fault::Missing,
        Problem::WrongType => Fault::WrongType,
        Problem::Unknown | Problem::Invalid => Fault::Invalid,
    }
}

/// The names in braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
