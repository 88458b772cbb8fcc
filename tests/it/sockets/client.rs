//! A WebSocket client over loopback, and operations that a test holds in its hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::Value as GraphqlValue;
use axum::Router;
use axum::routing::get;
use futures_util::stream::{self, BoxStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use society_gateway::graphql::{Answer, Ask, RequestError};
use society_gateway::server::websocket::{Prepare, Ready, Run, Sockets, upgrade};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

use crate::harness::{Person, TestApp};
use crate::server::{PATIENCE, Server};

impl Server {
    /// With other operations than the product's.
    pub async fn with(operations: Arc<dyn Prepare>) -> Server {
        let app = TestApp::start().await;
        let stopping = CancellationToken::new();
        let sockets = Sockets::new(app.app.clone(), operations, stopping.clone());
        let router = Router::new().route("/graphql/ws", get(upgrade)).with_state(sockets.clone());
        Server::serve(app, sockets, stopping, router).await
    }

    /// A socket on which nothing was said yet.
    pub async fn connect(&self) -> Client {
        self.connect_with(&[("sec-websocket-protocol", "graphql-transport-ws")]).await
    }

    /// A socket of the older protocol that was acknowledged.
    pub async fn legacy(&self, payload: Value) -> Client {
        let mut client = self.connect_with(&[("sec-websocket-protocol", "graphql-ws")]).await;
        client.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
        assert_eq!(client.hear().await, json!({"type": "ka"}));
        client
    }

    pub async fn connect_with(&self, headers: &[(&'static str, &str)]) -> Client {
        let mut request = format!("ws://{}/graphql/ws", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Client { socket }
    }

    /// A socket that was acknowledged.
    pub async fn signed_in(&self, who: &Person) -> Client {
        self.opened(json!({"Authorization": format!("Bearer {}", who.token)})).await
    }

    /// The same as soon as others of this person are gone: the gateway hears of that a moment later.
    pub async fn signed_in_when_there_is_room(&self, who: &Person) -> Client {
        let patient = async {
            loop {
                let mut client = self.connect().await;
                client.say(json!({"type": "connection_init", "payload": {"token": who.token}})).await;
                match client.hear_or_close().await {
                    Ok(_) => return client,
                    Err(close) => assert_eq!(close.0, 4429),
                }
            }
        };
        tokio::time::timeout(PATIENCE, patient).await.expect("room in time")
    }

    pub async fn opened(&self, payload: Value) -> Client {
        let mut client = self.connect().await;
        client.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
        client
    }
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.say(json!({"id": id, "type": "subscribe", "payload": payload})).await;
    }

    /// The same in the older protocol.
    pub async fn start(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables, "operationName": null});
        self.say(json!({"id": id, "type": "start", "payload": payload})).await;
    }

    /// The next message of the gateway.
    pub async fn hear(&mut self) -> Value {
        self.hear_or_close().await.expect("expected a message")
    }

    /// The code and reason with which the gateway closes, saying nothing before.
    pub async fn closed(&mut self) -> (u16, String) {
        self.hear_or_close().await.expect_err("expected a close")
    }

    /// The next message, or the code and reason of the close.
    pub async fn hear_or_close(&mut self) -> Result<Value, (u16, String)> {
        match self.next().await {
            Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(frame)) => Err((frame.code.into(), frame.reason.to_string())),
            other => panic!("expected a message or a close, heard {other:?}"),
        }
    }

    async fn next(&mut self) -> Message {
        loop {
            match self.frame().await {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// Whatever comes next, pings and pongs of the WebSocket itself included.
    pub async fn frame(&mut self) -> Message {
        let frame = async { self.socket.next().await.expect("the socket is open").unwrap() };
        tokio::time::timeout(PATIENCE, frame).await.expect("a message in time")
    }
}

/// Counts what a fake operation did.
#[derive(Default)]
pub struct Counts {
    pub answers: AtomicUsize,
    pub dropped: AtomicUsize,
}

/// Operations named by their text: `never` answers nothing, `large` answers without end, as fast as it is asked.
#[derive(Default)]
pub struct Fake(pub Arc<Counts>);

/// About 16 kB each.
pub const LARGE: usize = 16 * 1024;

struct Dropped(Arc<Counts>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Prepare for Fake {
    fn prepare(self: Arc<Self>, ask: Ask) -> Result<Ready, Vec<RequestError>> {
        let counts = self.0.clone();
        let guard = Dropped(counts.clone());
        let answers: BoxStream<'static, Answer> = match ask.query.as_str() {
            "never" => stream::pending().boxed(),
            "large" => stream::repeat_with(move || {
                counts.answers.fetch_add(1, Ordering::Relaxed);
                Answer { data: Some(GraphqlValue::String("x".repeat(LARGE))), ..Answer::default() }
            })
            .boxed(),
            other => return Err(vec![RequestError::new("UNKNOWN", other)]),
        };
        let run: Run = Box::new(move |_| {
            let guarded = stream::unfold((answers, guard), async |(mut answers, guard)| {
                Some((answers.next().await?, (answers, guard)))
            });
            Box::pin(guarded)
        });
        Ok(Ready { tokens: 1, run })
    }
}
