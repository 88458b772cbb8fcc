//! One line of the table at work: the checks in the contract's order, the operation, the envelope.

use std::sync::Arc;

use async_graphql::parser::types::{BaseType, VariableDefinition};
use async_graphql::{Positioned, ServerError, Variables};
use axum::extract::{Query, Request};
use axum::http::Method;
use axum::routing::MethodFilter;
use serde_json::{Map, Value as Json, json};
use tracing::{Instrument, Span};

use crate::error::{Code, Error};
use crate::graphql::variables::{Misfit, Problem, coerce};
use crate::graphql::{Checker, Schema, Types};
use crate::request::{Authentication, Scope};
use crate::rest::answer::{Entry, Refusal};
use crate::rest::body::{self, BodyRule};
use crate::rest::input::{from_form, from_json, from_text, rest_name};
use crate::rest::operation::Operation;
use crate::rest::route::{Fault, Route};
use crate::rest::shape::innermost;
use crate::rest::{PathParams, Ran, Unfit, prepared};
use crate::spans::TARGET;

/// A path with its operation, checked against the schema.
pub struct Endpoint {
    /// The method that it answers.
    pub filter: MethodFilter,
    /// The line.
    pub route: Route,
    /// What it runs.
    pub operation: Operation,
    /// What it does with a body.
    pub body: BodyRule,
    types: Arc<Types>,
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
        if let Some(name) = route.keys().find(|name| !declared.contains(name)) {
            let (method, path, document) = (&route.method, route.path, route.document.name);
            return Err(Unfit(format!(
                "{method} {path}: operations/{document}.graphql has no variable ${name}"
            )));
        }
        let has_keys = declared.iter().any(|name| !route.path.contains(&format!("{{{name}}}")));
        let mut types = operation.variables.iter().map(|variable| &variable.node.var_type.node);
        let file = types.find(|declared| innermost(declared) == "Upload");
        let body = match (file, route.is_validated) {
            _ if route.method != Method::POST || !has_keys => BodyRule::Ignored,
            (Some(declared), _) if declared.nullable => BodyRule::Either,
            (Some(_), _) => BodyRule::Form,
            (None, false) => BodyRule::Optional,
            (None, true) => BodyRule::Validated,
        };
        let filter = MethodFilter::try_from(route.method.clone())
            .map_err(|error| Unfit(format!("{} {}: {error}", route.method, route.path)))?;
        Ok(Endpoint { filter, route, operation, types: checker.types.clone(), body })
    }

    /// The path and its aliases.
    pub fn paths(&self) -> Vec<&'static str> {
        std::iter::once(self.route.path).chain(self.route.aliases.iter().copied()).collect()
    }

    /// Whether it is for who asks.
    pub fn is_for(&self, scope: &Scope) -> bool {
        self.route.role.admit(scope).is_ok()
    }

    /// Whether this key is of something else than a file.
    fn takes_no_file(&self, key: &str) -> bool {
        let mut variables = self.operation.variables.iter().map(|variable| &variable.node);
        variables.any(|variable| {
            let is_file = matches!(&variable.var_type.node.base, BaseType::Named(name) if name == "Upload");
            variable.name.node == key && !is_file
        })
    }

    /// What the path answers, as JSON.
    ///
    /// # Errors
    /// Every failure as the contract words it: authentication, role, body, then what the resolvers find.
    pub async fn answer(
        &self,
        schema: &Schema,
        params: PathParams,
        mut request: Request,
    ) -> Result<Vec<u8>, Refusal> {
        let params = params.map_err(|_| Refusal::unknown_path())?;
        let params: Vec<(&str, &str)> = params.iter().collect();
        // The legacy router takes whole numbers only.
        if params.iter().any(|(_, text)| !text.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(Refusal::unknown_path());
        }
        let scope = prepared(&mut request)?;
        self.admit(&scope)?;
        let app = scope.app.clone();
        let rule = self.body.of(request.headers());
        let _place = match rule {
            BodyRule::Form => Some(app.upload_place(scope.viewer()?.user_id).await?),
            _ => None,
        };
        let given = self.given(&params, request, rule, &scope).await?;
        let variables = self.bind(given)?;
        let _turn = app.turn().await;
        let run = schema.execute(self.operation.request(variables).data(scope));
        let response = run.instrument(self.span()).await;
        if let Some(error) = response.errors.first() {
            let code = error.source::<Error>().map_or(Code::BadInput, Error::code);
            return Err(self.refusal(error).because(code));
        }
        Ok(serde_json::to_vec(&self.operation.shape.success(&response.data)).map_err(Error::internal)?)
    }

    /// What this path runs, for those who count and log.
    pub fn ran(&self) -> Ran {
        Ran { operation: self.route.document.name, root: self.operation.root_field.clone() }
    }

    fn span(&self) -> Span {
        tracing::trace_span!(
            target: TARGET,
            "operation",
            otel.name = &*self.operation.root_field,
            graphql.operation.name = self.route.document.name,
        )
    }

    fn admit(&self, scope: &Scope) -> Result<(), Refusal> {
        match (&scope.authentication, self.route.anonymous) {
            (Authentication::Anonymous, Some(message)) => Err(Refusal::new(401, message)),
            _ => Ok(self.route.role.admit(scope)?),
        }
    }

    /// The request's values by variable, as GraphQL spells them.
    async fn given(
        &self,
        params: &[(&str, &str)],
        request: Request,
        rule: BodyRule,
        scope: &Scope,
    ) -> Result<Map<String, Json>, Refusal> {
        let mut texts: Vec<(String, String)> =
            params.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        if self.route.method == Method::GET
            && let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        {
            // A parameter without a value is one that did not come; what the path says is not for the query to change.
            let is_in_path = |key: &str| params.iter().any(|(known, _)| *known == key);
            texts.extend(query.into_iter().filter(|(key, text)| !text.trim().is_empty() && !is_in_path(key)));
        }
        let mut body = match rule {
            BodyRule::Form => {
                let (texts, files) = body::read_form(request, scope).await?;
                if let Some(key) = files.keys().find(|key| self.takes_no_file(key)) {
                    return Err(Refusal::new(400, format!("{key} is no file")));
                }
                // A path that takes nothing but a file reads no text in its place.
                if self.body == BodyRule::Form { files } else { texts.into_iter().chain(files).collect() }
            }
            rule => rule.read(request).await?,
        };
        self.route.rename(&mut body);
        let mut given = Map::new();
        for Positioned { node, .. } in &self.operation.variables {
            let (name, declared) = (node.name.node.as_str(), &node.var_type.node);
            let texts: Vec<String> =
                texts.iter().filter(|(key, _)| key == name).map(|(_, text)| text.clone()).collect();
            let value = match body.remove(name) {
                _ if !texts.is_empty() => from_text(&self.types, declared, texts),
                Some(Json::String(text)) if self.route.is_numeric(name) => {
                    from_form(&self.types, declared, text)
                }
                // Clients that copy what they were shown send null for what they do not know.
                Some(Json::Null) if node.default_value.is_some() && !self.route.is_strict(name) => continue,
                Some(json) => from_json(&self.types, declared, json),
                None => continue,
            };
            given.insert(name.to_owned(), value);
        }
        Ok(given)
    }

    fn bind(&self, mut given: Map<String, Json>) -> Result<Variables, Refusal> {
        if let Some((keys, wording)) = self.route.any_of
            && !keys.iter().any(|key| given.contains_key(*key))
        {
            return Err(wording.into());
        }
        if let Some((key, most)) = self.route.at_most
            && given.get(key).and_then(Json::as_i64).is_some_and(|count| count > most)
        {
            return Err(self.fault(key, Fault::Invalid));
        }
        if let Some(key) = self.route.entries {
            self.keep_fitting(key, &mut given)?;
        }
        let variables = &self.operation.variables;
        match coerce(&self.types, variables, given.clone()) {
            Ok(variables) => Ok(variables),
            Err(misfits) if misfits.iter().any(|misfit| self.route.is_lenient(&misfit.variable)) => {
                given.retain(|key, _| {
                    !self.route.is_lenient(key) || misfits.iter().all(|misfit| misfit.variable != *key)
                });
                coerce(&self.types, variables, given.clone()).map_err(|misfits| self.misfit(&misfits, &given))
            }
            Err(misfits) => Err(self.misfit(&misfits, &given)),
        }
    }

    /// Leaves out of a list what does not fit. One that came empty is refused.
    fn keep_fitting(&self, key: &str, given: &mut Map<String, Json>) -> Result<(), Refusal> {
        let Some(Json::Array(entries)) = given.get_mut(key) else { return Ok(()) };
        if entries.is_empty() {
            return Err(self.fault(key, Fault::Missing));
        }
        let named = |variable: &&Positioned<VariableDefinition>| variable.node.name.node == key;
        let Some(variable) = self.operation.variables.iter().find(named) else { return Ok(()) };
        entries.retain(|entry| {
            let alone = [(key.to_owned(), json!([entry]))].into_iter().collect();
            coerce(&self.types, std::slice::from_ref(variable), alone).is_ok()
        });
        Ok(())
    }

    /// What is said of values that do not fit: of the first one, or on a validated path of all.
    fn misfit(&self, misfits: &[Misfit], given: &Map<String, Json>) -> Refusal {
        let Some(first) = misfits.first() else { return Refusal::new(400, "Invalid request") };
        let fault = match first.problem {
            Problem::Missing => Fault::Missing,
            Problem::WrongType if given.get(&first.variable).is_some_and(Json::is_null) => Fault::Missing,
            Problem::WrongType => Fault::WrongType,
            Problem::Unknown | Problem::Invalid => Fault::Invalid,
        };
        if self.route.is_validated && self.route.wording(&first.variable, fault).is_none() {
            return Refusal::invalid(misfits.iter().map(|misfit| self.entry(misfit)).collect());
        }
        self.fault(&first.variable, fault)
    }

    /// What is said of a value outside of the `Validation error` form.
    fn fault(&self, key: &str, fault: Fault) -> Refusal {
        match (self.route.wording(key, fault), fault) {
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
            Problem::Invalid => ("This value is not accepted", self.kind_of_invalid(&misfit.variable)),
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
        if let Some(wording) = self.route.wording_of(error.code()) {
            return wording.into();
        }
        let (Code::BadInput, Some(argument)) = (error.code(), error.field()) else { return error.into() };
        let key = self.operation.key_of(argument);
        if let Some(wording) = self.route.wording(&key, Fault::Invalid) {
            return wording.into();
        }
        // Sentences that begin with the argument's name begin with the key here.
        let message = match error.message().strip_prefix(argument) {
            Some(rest) => format!("{key}{rest}"),
            None => error.message().to_owned(),
        };
        if !self.route.is_validated || self.route.is_plain(&key) {
            return Refusal::new(error.code().http_status(), message);
        }
        let kind = self.kind_of_invalid(&key);
        Refusal::invalid(vec![Entry { loc: vec![key], msg: message, kind }])
    }

    fn kind_of_invalid(&self, key: &str) -> &'static str {
        match self.declared(key) {
            Some("String" | "Phone") => "string_pattern_mismatch",
            _ => "value_error",
        }
    }
}
