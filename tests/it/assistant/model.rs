//! A model as providers serve it: an endpoint on loopback that speaks as OpenAI's does, and behaves as a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::harness::TestApp;

/// What a model does with what it is asked.
#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// It says this, a piece at a time.
    Says(&'static [&'static str]),
    /// It refuses with this status and words of its own.
    Refuses(u16),
    /// It says this, then the line is dead.
    BreaksOffAfter(&'static str),
    /// It says this, then nothing more, and stays on the line.
    FallsSilentAfter(&'static str),
    /// It never stops.
    GoesOn,
    /// It does not even begin.
    Hangs,
    /// It says this, which is no event of the protocol.
    Babbles(&'static str),
}

/// The words of a provider that nobody is to see.
pub const PROVIDERS_WORDS: &str = "quota of account acct_secret exceeded";

/// The endpoint, and what it was asked.
#[derive(Clone)]
pub struct Model {
    pub url: String,
    asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    /// Told when somebody stops listening to an answer that goes on.
    left: Arc<Notify>,
    behaviour: Behaviour,
}

impl Model {
    pub async fn that(behaviour: Behaviour) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let model = Model { url, asked: Arc::default(), left: Arc::default(), behaviour };
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        model
    }

    /// A gateway that asks this model, for at most a second or two.
    pub async fn gateway(&self) -> TestApp {
        TestApp::with(&[
            ("ASSISTANT_MODEL", "small-model"),
            ("ASSISTANT_URL", &self.url),
            ("ASSISTANT_KEY", "key-of-the-provider"),
            ("ASSISTANT_SECONDS", "1"),
        ])
        .await
    }

    /// The headers and the body of each request.
    pub fn asked(&self) -> Vec<(HeaderMap, Value)> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until somebody has stopped listening.
    pub async fn is_left(&self) {
        self.left.notified().await;
    }
}

async fn complete(State(model): State<Model>, headers: HeaderMap, body: Bytes) -> Response {
    model.asked.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
    match model.behaviour {
        Behaviour::Says(pieces) => {
            events(pieces.iter().map(|piece| chunk(piece)).chain([end(), done()])).into_response()
        }
        Behaviour::Refuses(status) => {
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            (status, json!({"error": {"message": PROVIDERS_WORDS}}).to_string()).into_response()
        }
        Behaviour::BreaksOffAfter(piece) => {
            let pieces = stream::iter([Ok(chunk(piece)), Err(std::io::Error::other("gone"))]);
            streamed(Body::from_stream(pieces))
        }
        Behaviour::FallsSilentAfter(piece) => {
            let pieces = stream::iter([Ok::<_, std::io::Error>(chunk(piece))]).chain(stream::pending());
            streamed(Body::from_stream(pieces))
        }
        Behaviour::GoesOn => {
            let leaving = TellsWhenDropped(model.left.clone());
            let pieces = stream::repeat(()).then(move |()| {
                let _ = &leaving;
                async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    Ok::<_, std::io::Error>(chunk("and so on "))
                }
            });
            streamed(Body::from_stream(pieces))
        }
        Behaviour::Hangs => std::future::pending().await,
        Behaviour::Babbles(text) => events([format!("data: {text}\n\n")]).into_response(),
    }
}

struct TellsWhenDropped(Arc<Notify>);

impl Drop for TellsWhenDropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn events(events: impl IntoIterator<Item = String>) -> Response {
    streamed(Body::from(events.into_iter().collect::<String>()))
}

fn streamed(body: Body) -> Response {
    ([("content-type", "text/event-stream")], body).into_response()
}

fn chunk(text: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}

fn end() -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
}

fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

fn event(choice: &Value) -> String {
    let mut event =
        json!({"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "small-model"});
    event.as_object_mut().unwrap().extend(choice.as_object().unwrap().clone());
    format!("data: {event}\n\n")
}
