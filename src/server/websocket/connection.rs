//! One connection from its upgrade to its close: a single task that hears the client, its operations, the clock, the
//! end of its sign-in and the end of the server.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::ws::WebSocket;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, Fuse, FutureExt};
use futures_util::stream::{self, BoxStream};
use serde::Serialize;

use crate::error::{Code, Error};
use crate::graphql::{Answer, Ask, RequestError};
use crate::meters::Door;
use crate::request::{Authentication, Scope, authenticate};
use crate::server::seats::{Seat, last_moment};
use crate::server::tally::Tally;
use crate::server::websocket::message::{self, Dialect, Outgoing, Plain, Unreadable};
use crate::server::websocket::operations::{Operations, Step};
use crate::server::websocket::protocol::{Act, Close, MOST_OPERATIONS, MOST_TOKENS, Name, Protocol};
use crate::server::websocket::pulse::Pulse;
use crate::server::websocket::wire::{Traffic, Wire};
use crate::server::websocket::{Ready, Run, Sockets};

/// How a connection ends: closed by us, or left by the client.
type End = Option<Close>;

/// Serves a connection until it is closed. Operations that still run then are dropped; a write that is under way is a
/// task of its own and completes.
pub async fn serve(sockets: Sockets, socket: WebSocket, dialect: Dialect, upgrade: Scope) {
    let opened = Instant::now();
    let mut wire = Wire::new(socket);
    let connection = Connection::new(&sockets, dialect, upgrade, &mut wire);
    let close = tokio::select! {
        close = connection.run() => close,
        () = sockets.stopping.cancelled() => Some(Close::GOING_AWAY),
    };
    tracing::debug!(
        code = close.as_ref().map(|close| close.code),
        reason = close.as_ref().map(|close| &*close.reason),
        duration_ms = opened.elapsed().as_millis() as u64,
        "a socket ended"
    );
    wire.close(close).await;
}

struct Connection<'a> {
    sockets: &'a Sockets,
    dialect: Dialect,
    /// The request that opened the connection, signed in as the client then did: what each operation's scope is made of.
    upgrade: Scope,
    wire: &'a mut Wire,
    protocol: Protocol,
    pulse: Pulse,
    operations: Operations,
    /// Ready when the sign-in of this connection is over.
    sign_in_ended: Fuse<BoxFuture<'static, ()>>,
    /// Taken when it is signed in.
    seat: Option<Seat>,
}

impl<'a> Connection<'a> {
    fn new(sockets: &'a Sockets, dialect: Dialect, upgrade: Scope, wire: &'a mut Wire) -> Connection<'a> {
        let pulse = Pulse::new(upgrade.app.clock.now(), last_moment(&upgrade.app));
        Connection {
            sockets,
            dialect,
            upgrade,
            wire,
            protocol: Protocol::default(),
            pulse,
            operations: Operations::default(),
            sign_in_ended: Fuse::terminated(),
            seat: None,
        }
    }

    async fn run(mut self) -> End {
        loop {
            if let Err(end) = self.turn().await {
                return end;
            }
        }
    }

    /// Waits for the next thing to happen, and does what follows from it.
    async fn turn(&mut self) -> Result<(), End> {
        if self.wire.has_room() {
            self.operations.wake();
        }
        let look_at = self.pulse.next_look(self.protocol.has_begun());
        tokio::select! {
            traffic = self.wire.next() => self.hear(traffic).await,
            (name, step) = self.operations.next() => self.tell(name, step),
            () = self.upgrade.app.clock.sleep_until(look_at) => self.look(),
            () = &mut self.sign_in_ended => Err(Some(Close::FORBIDDEN)),
        }
    }

    async fn hear(&mut self, traffic: Traffic) -> Result<(), End> {
        let now = self.upgrade.app.clock.now();
        self.pulse.sending(self.wire.is_sending(), matches!(traffic, Traffic::Sent), now);
        let text = match traffic {
            Traffic::Text(text) => text,
            Traffic::Sent => return Ok(()),
            Traffic::Alive => {
                self.pulse.heard(now);
                return Ok(());
            }
            Traffic::Binary => return Err(Some(Close::BINARY)),
            Traffic::Broken => return Err(Some(Close::BROKEN)),
            Traffic::Closed => return Err(None),
        };
        self.pulse.heard(now);
        let incoming = message::read(self.dialect, &text);
        let incoming = incoming.map_err(|Unreadable(reason)| Some(Close::bad_message(reason)))?;
        match self.protocol.receive(incoming).map_err(Some)? {
            // Boxed: it is long gone when thousands of connections idle.
            Act::Authenticate(token) => Box::pin(self.authenticate(token)).await,
            Act::Start(name, ask) => self.start(name, ask),
            Act::Refuse(name) => {
                let message = format!("At most {MOST_OPERATIONS} operations can run on one connection");
                self.refuse_one_more(&name, message)
            }
            Act::Cancel(name) => {
                self.operations.cancel(&name);
                self.wire.take_back(name.serial);
                Ok(())
            }
            Act::Pong(payload) => self.send(None, &Outgoing::Pong(payload)),
            Act::Nothing => Ok(()),
        }
    }

    /// Signs the connection in, by its own token or else by that of the upgrade, and acknowledges it.
    async fn authenticate(&mut self, token: Option<String>) -> Result<(), End> {
        let app = self.upgrade.app.clone();
        if let Some(token) = token {
            let found = authenticate(&app, Some(&token)).await;
            self.upgrade.authentication = found.map_err(|_| Some(Close::TRY_AGAIN_LATER))?;
        }
        let authentication = self.upgrade.authentication.clone();
        match authentication {
            Authentication::Refused(error) => return self.refuse_connection(&error, Close::FORBIDDEN).await,
            Authentication::Anonymous => {}
            Authentication::Viewer { ref viewer, .. } => {
                match self.sockets.seats().take(viewer.user_id) {
                    Ok(seat) => self.seat = Some(seat),
                    Err(error) => return self.refuse_connection(&error, Close::TOO_MANY).await,
                }
                self.sign_in_ended = async move { authentication.ended(&app).await }.boxed().fuse();
            }
        }
        self.send(None, &Plain::ConnectionAck)?;
        match self.dialect {
            Dialect::Current => Ok(()),
            // From the first one on, these clients expect more.
            Dialect::Legacy => self.send(None, &Plain::Ping),
        }
    }

    /// Closes a connection instead of acknowledging it. Legacy clients are told why before.
    async fn refuse_connection(&mut self, error: &Error, close: Close) -> Result<(), End> {
        if self.dialect == Dialect::Legacy {
            self.send(None, &Outgoing::ConnectionError(RequestError::from(error)))?;
            self.wire.flush().await;
        }
        Err(Some(close))
    }

    fn start(&mut self, name: Name, ask: Ask) -> Result<(), End> {
        match self.sockets.operations.clone().prepare(ask) {
            Ok(Ready { tokens, run }) if self.protocol.hold(&name, tokens) => {
                let answers = self.answers(run);
                self.operations.advance(name, answers);
                Ok(())
            }
            Ok(_) => {
                self.protocol.finish(&name);
                let message = format!(
                    "The documents that run on one connection can have {MOST_TOKENS} tokens together"
                );
                self.refuse_one_more(&name, message)
            }
            Err(refusals) => {
                self.protocol.finish(&name);
                let answer = Answer::refused(refusals);
                let mut tally = Tally::new(&self.upgrade.app, Door::Socket);
                tally.by(&self.upgrade.authentication);
                tally.end(None, &answer);
                self.refuse(&name, &answer)
            }
        }
    }

    /// What the operation will answer, in a scope of its own.
    fn answers(&self, run: Run) -> BoxStream<'static, Answer> {
        let Scope { app, authentication, address, user_agent, .. } = &self.upgrade;
        let (app, authentication) = (app.clone(), authentication.clone());
        let (address, user_agent) = (*address, user_agent.clone());
        let face = self.upgrade.face;
        let begin = async move {
            // The person's rights may have grown since the connection was opened.
            let authentication = match authentication.present(&app).await {
                Ok(authentication) => authentication,
                Err(error) => return stream::iter([refusal(&error)]).boxed(),
            };
            // Without a key of the connection, which carries many writes: each names its own in its arguments.
            run(Arc::new(Scope { user_agent, ..Scope::new(app, face, authentication, address) }))
        };
        begin.into_stream().flatten().boxed()
    }

    /// Passes on what an operation came to.
    fn tell(&mut self, name: Name, step: Step) -> Result<(), End> {
        if !self.protocol.is_live(&name) {
            return Ok(());
        }
        let serial = Some(name.serial);
        match step {
            Some((answer, _)) if answer.is_request_error() => {
                self.protocol.finish(&name);
                self.refuse(&name, &answer)
            }
            Some((answer, rest)) => {
                self.send(serial, &Outgoing::Next(&name.id, &answer))?;
                if self.wire.has_room() {
                    self.operations.advance(name, rest);
                } else {
                    self.operations.rest(name, rest);
                }
                Ok(())
            }
            None => {
                self.protocol.finish(&name);
                self.send(serial, &Plain::Complete(&name.id))
            }
        }
    }

    fn refuse_one_more(&mut self, name: &Name, message: String) -> Result<(), End> {
        let refusal = RequestError::new(Code::RateLimited.as_str(), message);
        self.refuse(name, &Answer::refused(vec![refusal]))
    }

    fn refuse(&mut self, name: &Name, answer: &Answer) -> Result<(), End> {
        self.send(Some(name.serial), &Plain::Error(&name.id, &answer.errors))
    }

    /// Sees after time: whether the client began, lives, and takes what is sent.
    fn look(&mut self) -> Result<(), End> {
        let now = self.upgrade.app.clock.now();
        if self.pulse.look(self.protocol.has_begun(), now).map_err(Some)? {
            self.send(None, &Plain::Ping)?;
            // Legacy clients have no word of their own to answer with.
            if self.dialect == Dialect::Legacy {
                self.wire.ping();
            }
        }
        Ok(())
    }

    fn send<P: Serialize>(&mut self, operation: Option<u64>, message: &Outgoing<'_, P>) -> Result<(), End> {
        let text = message.text(self.dialect).map_err(|error| {
            tracing::error!(cause = %error, "a message cannot be written as JSON");
            Some(Close::INTERNAL)
        })?;
        self.wire.send(operation, text);
        self.pulse.sending(true, false, self.upgrade.app.clock.now());
        Ok(())
    }
}

fn refusal(error: &Error) -> Answer {
    Answer::refused(vec![RequestError::from(error)])
}
