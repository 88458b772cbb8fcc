//! The socket with a bounded queue before it: reading stops while the client does not take what waits for it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{Sink, Stream};

use crate::server::websocket::protocol::Close;

/// With so many bytes waiting, nothing more is read from the client, and no operation is asked for more. What
/// operations had under way still arrives, so the queue may grow by one answer of each.
const FULL: usize = 64 * 1024;
/// How long a client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(5);
/// How long the reason of a close is given to arrive when the client's answer cannot be read any more.
const LINGER: Duration = Duration::from_secs(1);

/// What happened on the wire.
pub enum Traffic {
    /// A message.
    Text(Utf8Bytes),
    /// A message that is no text.
    Binary,
    /// A sign of life: a ping or pong of the WebSocket itself.
    Alive,
    /// Some of what waited was sent.
    Sent,
    /// The client said goodbye, or is gone.
    Closed,
    /// What came breaks the framing, is no UTF-8, or is too long.
    Broken,
}

struct Waiting {
    /// The serial of the operation it belongs to.
    operation: Option<u64>,
    bytes: usize,
    message: Message,
}

/// A socket and what waits to be sent over it.
pub struct Wire {
    socket: WebSocket,
    queue: VecDeque<Waiting>,
    bytes: usize,
    /// Whether the socket itself may still hold a part of what it was given.
    unflushed: bool,
    /// Whether the socket reads no more.
    broken: bool,
}

impl Wire {
    /// Of a socket that was just opened.
    pub fn new(socket: WebSocket) -> Wire {
        Wire { socket, queue: VecDeque::new(), bytes: 0, unflushed: false, broken: false }
    }

    /// Queues a message, of an operation or of the connection.
    pub fn send(&mut self, operation: Option<u64>, text: String) {
        let bytes = text.len();
        self.bytes += bytes;
        self.queue.push_back(Waiting { operation, bytes, message: Message::text(text) });
    }

    /// Queues a ping of the WebSocket itself, which every client answers.
    pub fn ping(&mut self) {
        self.queue.push_back(Waiting { operation: None, bytes: 0, message: Message::Ping(Bytes::new()) });
    }

    /// Takes back what waits of an operation that nobody waits for any more.
    pub fn take_back(&mut self, operation: u64) {
        self.queue.retain(|waiting| waiting.operation != Some(operation));
        self.bytes = self.queue.iter().map(|waiting| waiting.bytes).sum();
    }

    /// Whether more may be asked for.
    pub fn has_room(&self) -> bool {
        self.bytes < FULL
    }

    /// Whether the client has not taken everything yet.
    pub fn is_sending(&self) -> bool {
        self.unflushed || !self.queue.is_empty()
    }

    /// The next thing that happens. Nothing is lost when it is dropped while waiting.
    pub async fn next(&mut self) -> Traffic {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Traffic> {
        match self.poll_send(cx) {
            Poll::Ready(Ok(true)) => return Poll::Ready(Traffic::Sent),
            Poll::Ready(Ok(false)) | Poll::Pending => {}
            Poll::Ready(Err(_)) => return Poll::Ready(Traffic::Closed),
        }
        if !self.has_room() {
            return Poll::Pending;
        }
        Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
            Some(Ok(Message::Text(text))) => Traffic::Text(text),
            Some(Ok(Message::Binary(_))) => Traffic::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Traffic::Alive,
            Some(Ok(Message::Close(_))) | None => Traffic::Closed,
            Some(Err(_)) => {
                self.broken = true;
                Traffic::Broken
            }
        })
    }

    /// Gives the socket what it takes; whether that was anything.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, axum::Error>> {
        let mut sent = false;
        while !self.queue.is_empty() && Pin::new(&mut self.socket).poll_ready(cx)?.is_ready() {
            let Some(Waiting { bytes, message, .. }) = self.queue.pop_front() else { break };
            self.bytes -= bytes;
            Pin::new(&mut self.socket).start_send(message)?;
            (self.unflushed, sent) = (true, true);
        }
        if self.unflushed && Pin::new(&mut self.socket).poll_flush(cx)?.is_ready() {
            (self.unflushed, sent) = (false, true);
        }
        if sent || !self.is_sending() { Poll::Ready(Ok(sent)) } else { Poll::Pending }
    }

    /// Sends what waits to a client that takes it in time.
    pub async fn flush(&mut self) {
        let flushed = std::future::poll_fn(|cx| {
            while self.is_sending() {
                if ready!(self.poll_send(cx)).is_err() {
                    break;
                }
            }
            Poll::Ready(())
        });
        let _ = tokio::time::timeout(GOODBYE, flushed).await;
    }

    /// Says goodbye, if it is ours to say, and waits a moment for the client's: a socket that is dropped before the
    /// client has read the reason takes the reason with it.
    pub async fn close(mut self, close: Option<Close>) {
        let goodbye = async {
            if let Some(Close { code, reason }) = close {
                let reason = Utf8Bytes::from(reason.as_ref());
                if self.socket.send(Message::Close(Some(CloseFrame { code, reason }))).await.is_err() {
                    return;
                }
            }
            if self.broken {
                tokio::time::sleep(LINGER).await;
            }
            while let Some(Ok(_)) = self.socket.recv().await {}
        };
        // Real time, not the app's: this is about a network.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}
