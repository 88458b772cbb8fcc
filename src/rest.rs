//! The legacy paths under `/api/v1`: each one is a stored GraphQL operation, run by the same resolvers.
//!
//! `routes` is the table, `operations/` the documents; `input` binds a request to a document's variables, `shape` turns
//! the answer into the contract's JSON. No SQL, no rule of the business and no struct of an answer belongs here: a new
//! path is a line of the table and a document.

mod answer;
mod body;
mod endpoint;
mod input;
mod openapi;
mod operation;
mod route;
mod routes;
mod shape;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower_http::catch_panic::CatchPanicLayer;

pub use answer::{Refusal, Told};
pub use openapi::{openapi, table};

use crate::error::{Error, INTERNAL_MESSAGE, Result};
use crate::graphql::{self, Checker, Schema};
use crate::request::Scope;
use crate::rest::endpoint::Endpoint;

/// Who asks and from where, as the server found it; the server puts it into the extensions of every request.
///
/// An error is shown as the contract's envelope.
pub type Prepared = Result<Arc<Scope>>;

/// What a path runs: an extension of its answers, for those who count and log.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The stored operation.
    pub operation: &'static str,
    /// The one field at its root; `several` when there are more.
    pub root: Arc<str>,
}

/// A line of the table that does not fit the schema, the document or itself. The server does not start.
#[derive(Debug)]
pub struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

/// What holds the documents to the schema.
fn checker() -> std::result::Result<Checker, Unfit> {
    Checker::new().map_err(|error| Unfit(format!("the schema: {:?}", error.cause())))
}

/// The table, read and checked.
pub struct Paths {
    schema: Schema,
    lines: BTreeMap<&'static str, Vec<Arc<Endpoint>>>,
}

impl Paths {
    /// Reads the table and its documents.
    ///
    /// # Errors
    /// The first line of the table, or document, that does not fit.
    pub async fn read() -> std::result::Result<Paths, Unfit> {
        let checker = checker()?;
        let mut lines: BTreeMap<&'static str, Vec<Arc<Endpoint>>> = BTreeMap::new();
        for route in routes::table() {
            let endpoint = Arc::new(Endpoint::new(route, &checker).await?);
            for path in endpoint.paths() {
                lines.entry(path).or_default().push(endpoint.clone());
            }
        }
        Ok(Paths { schema: graphql::builder().finish(), lines })
    }

    /// Every path, to be mounted under `/api/v1` or at the root. Requests need [`Prepared`] in their extensions.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let lines = self.lines.iter();
        let router =
            lines.fold(Router::new(), |router, (path, lines)| router.route(path, self.methods(lines)));
        router
            .method_not_allowed_fallback(other_method)
            .layer(DefaultBodyLimit::max(body::LARGEST))
            .layer(CatchPanicLayer::custom(panicked))
    }

    /// What one path answers: by method the lines that it has.
    fn methods<S: Clone + Send + Sync + 'static>(&self, lines: &[Arc<Endpoint>]) -> MethodRouter<S> {
        let mut methods = MethodRouter::new();
        for (at, first) in lines.iter().enumerate() {
            let filter = first.filter;
            let is_same = |line: &&Arc<Endpoint>| line.filter == filter;
            if lines.iter().take(at).any(|line| is_same(&line)) {
                continue;
            }
            let others: Arc<[Arc<Endpoint>]> = lines.iter().skip(at + 1).filter(is_same).cloned().collect();
            let (first, schema) = (first.clone(), self.schema.clone());
            let answer = async move |params: PathParams, request: Request| {
                let line = line_for(&first, &others, &request);
                let mut response = match line.answer(&schema, params, request).await {
                    Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
                    Err(refusal) => refusal.into_response(),
                };
                response.extensions_mut().insert(line.ran());
                response
            };
            methods = methods.on(filter, answer);
        }
        methods
    }
}

/// What is no path of the table.
pub async fn unknown_path() -> Refusal {
    Refusal::unknown_path()
}

/// Of the lines of one path and method that for who asks; the first where none is.
fn line_for<'a>(first: &'a Endpoint, others: &'a [Arc<Endpoint>], request: &Request) -> &'a Endpoint {
    let Some(Ok(scope)) = request.extensions().get::<Prepared>() else { return first };
    if others.is_empty() || first.is_for(scope) {
        return first;
    }
    others.iter().find(|line| line.is_for(scope)).map_or(first, |line| line)
}

type PathParams = std::result::Result<RawPathParams, RawPathParamsRejection>;

/// A preflight needs no token; the `Allow` header of both answers comes from the router.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return axum::http::StatusCode::NO_CONTENT.into_response();
    }
    Refusal::new(405, "The method is not allowed for the requested URL.").into_response()
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged it.
    Refusal::new(500, INTERNAL_MESSAGE).into_response()
}

/// The scope that the server put into the request.
fn prepared(request: &mut Request) -> Prepared {
    request
        .extensions_mut()
        .remove::<Prepared>()
        .unwrap_or_else(|| Err(Error::internal("the server did not prepare this request")))
}
