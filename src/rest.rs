//! The legacy paths under `/api/v1`: each one is a stored GraphQL operation, run by the same resolvers.
//!
//! `routes` is the table, `operations/` the documents; `input` binds a request to a document's variables, `shape` turns
//! the answer into the contract's JSON. No SQL, no rule of the business and no struct of an answer belongs here: a new
//! path is a line of the table and a document.

mod answer;
mod body;
mod endpoint;
mod input;
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
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use tower_http::catch_panic::CatchPanicLayer;

pub use answer::{Refusal, Told};

use crate::error::{Error, INTERNAL_MESSAGE, Result};
use crate::graphql;
use crate::request::Scope;
use crate::rest::endpoint::Endpoint;
use crate::rest::operation::Checker;

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

/// Every path of the table, to be mounted under `/api/v1`. Requests need [`Prepared`] in their extensions.
///
/// # Errors
/// The first line of the table, or document, that does not fit.
pub async fn router<S: Clone + Send + Sync + 'static>() -> std::result::Result<Router<S>, Unfit> {
    let checker = Checker::new()?;
    let schema = graphql::builder().finish();
    let mut paths: BTreeMap<&'static str, MethodRouter<S>> = BTreeMap::new();
    for route in routes::table() {
        let filter = MethodFilter::try_from(route.method.clone())
            .map_err(|error| Unfit(format!("{} {}: {error}", route.method, route.path)))?;
        let endpoint = Arc::new(Endpoint::new(route, &checker).await?);
        for path in endpoint.paths() {
            let (endpoint, schema) = (endpoint.clone(), schema.clone());
            let answer = async move |params: PathParams, request: Request| {
                let mut response = match endpoint.answer(&schema, params, request).await {
                    Ok(body) => axum::Json(body).into_response(),
                    Err(refusal) => refusal.into_response(),
                };
                response.extensions_mut().insert(endpoint.ran());
                response
            };
            let methods = paths.remove(path).unwrap_or_default();
            paths.insert(path, methods.on(filter, answer));
        }
    }
    let router = paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    Ok(router
        .method_not_allowed_fallback(other_method)
        .fallback(async || Refusal::unknown_path())
        .layer(DefaultBodyLimit::max(body::LARGEST))
        .layer(CatchPanicLayer::custom(panicked)))
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
