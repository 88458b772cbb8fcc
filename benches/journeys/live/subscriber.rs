//! One socket of the protocol graphql-transport-ws.

use std::net::SocketAddr;

use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::{Error, Result};

/// What the driver keeps for each socket: thousands of them are open.
const BUFFER: usize = 1_024;

/// A socket that was acknowledged.
pub struct Subscriber {
    socket: WebSocketStream<TcpStream>,
}

impl Subscriber {
    /// Opens one, in somebody's name or in nobody's.
    pub async fn open(gateway: SocketAddr, token: Option<&str>) -> Result<Subscriber> {
        let token = token.map(str::to_owned);
        let mut request = format!("ws://{gateway}/graphql/ws").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
        let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
        let stream = TcpStream::connect(gateway).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut subscriber = Subscriber { socket };
        subscriber.say(&json!({"type": "connection_init", "payload": {"token": token}})).await?;
        match subscriber.hear().await? {
            message if message.contains("connection_ack") => Ok(subscriber),
            other => Err(Error::from(format!("expected an acknowledgement, heard {other}"))),
        }
    }

    /// Starts so many operations.
    pub async fn follow(&mut self, operations: usize, query: &str) -> Result<()> {
        for id in 0..operations {
            let payload = json!({"query": query});
            self.say(&json!({"id": id.to_string(), "type": "subscribe", "payload": payload})).await?;
        }
        Ok(())
    }

    /// Waits for the next event of any operation.
    pub async fn next(&mut self) -> Result<()> {
        loop {
            let message = self.hear().await?;
            if message.contains(r#""type":"next""#) && !message.contains(r#""errors":"#) {
                return Ok(());
            }
            if !message.contains(r#""type":"ping""#) {
                return Err(Error::from(format!("expected an event, heard {message}")));
            }
            self.say(&json!({"type": "pong"})).await?;
        }
    }

    /// Whether it was not closed meanwhile.
    pub async fn is_open(&mut self) -> Result<()> {
        match self.hear().now_or_never() {
            Some(Err(error)) => Err(error),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    async fn say(&mut self, message: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    async fn hear(&mut self) -> Result<String> {
        loop {
            match self.socket.next().await.ok_or("the gateway closed a socket")?? {
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(frame) => {
                    return Err(Error::from(format!("the gateway closed a socket: {frame:?}")));
                }
                _ => {}
            }
        }
    }
}
