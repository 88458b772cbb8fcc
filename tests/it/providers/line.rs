//! The line to a stub: what came over it, and what goes wrong with it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// It is answered with this status and words that nobody is to see.
    Answers(u16),
    /// It is not answered, nor carried out.
    Hangs,
    /// It is carried out, and the answer is lost.
    LosesTheAnswer,
    /// It is sent elsewhere.
    Redirects,
    /// Its answer does not end.
    GoesOn,
}

/// The words of a provider that nobody is to see.
pub const PROVIDERS_WORDS: &str = "account ac_secret of +919876500001 is not well";

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and query.
    pub what: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Everything of a line.
#[derive(Clone, Default)]
pub struct Line {
    asked: Arc<Mutex<Vec<Asked>>>,
    next: Arc<Mutex<VecDeque<Trouble>>>,
    always: Arc<Mutex<Option<Trouble>>>,
}

impl Line {
    /// Serves a stub over this line; its address.
    pub async fn serve(&self, stub: Router) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = stub.layer(from_fn_with_state(self.clone(), pass));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    /// What came so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The next requests have these troubles, one each.
    pub fn next(&self, troubles: &[Trouble]) {
        self.next.lock().unwrap().extend(troubles);
    }

    /// All requests have it, or none any more.
    pub fn always(&self, trouble: impl Into<Option<Trouble>>) {
        *self.always.lock().unwrap() = trouble.into();
    }
}

async fn pass(State(line): State<Line>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let what = format!("{} {}", parts.method, parts.uri);
    line.asked.lock().unwrap().push(Asked { what, headers: parts.headers.clone(), body: body.clone() });
    let trouble = line.next.lock().unwrap().pop_front().or(*line.always.lock().unwrap());
    let request = Request::from_parts(parts, Body::from(body));
    match trouble {
        None => next.run(request).await,
        Some(Trouble::Answers(status)) => {
            (StatusCode::from_u16(status).unwrap(), PROVIDERS_WORDS).into_response()
        }
        Some(Trouble::Hangs) => std::future::pending().await,
        Some(Trouble::LosesTheAnswer) => {
            next.run(request).await;
            std::future::pending().await
        }
        Some(Trouble::Redirects) => (StatusCode::TEMPORARY_REDIRECT, [("location", "/")]).into_response(),
        Some(Trouble::GoesOn) => {
            let pieces =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65536])));
            Body::from_stream(pieces).into_response()
        }
    }
}
