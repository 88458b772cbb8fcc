//! The edge of the REST face: finds out who asks, and afterwards counts the request and logs its one line.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::meters::{Door, Outcome, RestCall, token_style};
use crate::request::{Authentication, Face};
use crate::rest;
use crate::server::scope::{Peer, scope};
use crate::server::tally::milliseconds;
use crate::values::UserId;

/// Everything around one REST request.
pub async fn edge(State(app): State<Arc<App>>, peer: Peer, mut request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let prepared: rest::Prepared = scope(&app, request.headers(), peer.0, Face::Rest).await.map(Arc::new);
    let viewer = match prepared.as_ref().map(|scope| &scope.authentication) {
        Ok(Authentication::Viewer { viewer, .. }) => Some(viewer.user_id),
        _ => None,
    };
    request.extensions_mut().insert(prepared);
    let headers = request.headers();
    let call = Call {
        begin,
        viewer,
        method: word_of(request.method()),
        path: path_of(&request),
        user_agent: headers.get(header::USER_AGENT).cloned(),
        token: token_style(headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes)),
    };
    let mut response = next.run(request).await;
    // An answer is one person's, at one moment: no cache on the way may give it to another.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    call.end(&app, &response);
    response
}

/// The path that was called, with its prefix where it has one; none for what is no path of the table.
fn path_of(request: &Request) -> Option<MatchedPath> {
    request.extensions().get::<MatchedPath>().cloned()
}

/// A method by a word of ours: clients may make up their own.
fn word_of(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::PATCH, "PATCH"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, word)| word)
}

/// A request on its way.
struct Call {
    begin: Instant,
    viewer: Option<UserId>,
    method: &'static str,
    path: Option<MatchedPath>,
    user_agent: Option<HeaderValue>,
    token: &'static str,
}

impl Call {
    fn end(&self, app: &App, response: &Response) {
        let path = self.path.as_ref().map_or("unknown", MatchedPath::as_str);
        let status = response.status().as_u16();
        let ran = response.extensions().get::<rest::Ran>();
        let told = response.extensions().get::<rest::Told>().map(|told| told.0);
        let user_agent = self.user_agent.as_ref().and_then(|name| name.to_str().ok());
        let outcome = if status < 400 { Outcome::Ok } else { Outcome::Failed };
        app.meters.rest_call(&RestCall { path, method: self.method, status, user_agent, token: self.token });
        match ran {
            Some(ran) => app.meters.operation(Door::Rest, ran.root.clone(), outcome),
            None => app.meters.operation(Door::Rest, "unknown", Outcome::Refused),
        }
        app.meters.duration(Door::Rest, self.begin.elapsed());
        if let Some(code) = told {
            app.meters.error(Door::Rest, code);
        }
        tracing::info!(
            face = Door::Rest.as_str(),
            method = self.method,
            path,
            operation = ran.map(|ran| ran.operation),
            viewer.id = self.viewer.map(|viewer| viewer.0),
            status,
            code = told,
            duration_ms = milliseconds(self.begin),
            "rest request"
        );
    }
}
