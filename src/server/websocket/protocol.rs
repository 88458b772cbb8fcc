//! The rules of both protocols: what each message means in the state that the connection is in. Pure: no socket.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::graphql::Ask;
use crate::server::websocket::message::Incoming;

/// How many operations may be live on one connection.
///
/// One more is refused by itself: closing the connection would take the hundred good ones down, and a client that
/// reconnects starts them all again.
pub const MOST_OPERATIONS: usize = 100;
/// The tokens of their documents together: a token takes up to 300 bytes while its operation is live.
pub const MOST_TOKENS: usize = 10_000;
/// The most bytes of a reason that a close frame can carry.
const LONGEST_REASON: usize = 123;

/// Why the gateway ends a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The close code.
    pub code: u16,
    /// At most 123 bytes.
    pub reason: Cow<'static, str>,
}

impl Close {
    /// The client said that it has done.
    const NORMAL: Close = Close::new(1000, "Normal closure");
    /// The gateway stops, the connection has lasted long enough, or the client seems to be gone.
    pub const GOING_AWAY: Close = Close::new(1001, "Going away");
    /// Our fault.
    pub const INTERNAL: Close = Close::new(1011, "Internal error");
    /// The database did not answer; a client may come back in a moment.
    pub const TRY_AGAIN_LATER: Close = Close::new(1013, "Try again later");
    /// A message that is no text.
    pub const BINARY: Close = Close::bad_message("Messages are text");
    /// A message that breaks the framing, is no UTF-8, or is too long.
    pub const BROKEN: Close = Close::bad_message("The message is broken or longer than 256 KiB");
    const UNAUTHORIZED: Close = Close::new(4401, "Unauthorized");
    /// The token is not good, or not any more.
    pub const FORBIDDEN: Close = Close::new(4403, "Forbidden");
    /// The client speaks none of our protocols.
    pub const SUBPROTOCOL: Close = Close::new(4406, "Subprotocol not acceptable");
    /// The client did not begin.
    pub const INIT_TIMEOUT: Close = Close::new(4408, "Connection initialisation timeout");
    const SECOND_INIT: Close = Close::new(4429, "Too many initialisation requests");
    /// The person has too many sockets and streams open. Clients do not come back from this code by themselves.
    pub const TOO_MANY: Close = Close::new(4429, "Too many connections");

    const fn new(code: u16, reason: &'static str) -> Close {
        Close { code, reason: Cow::Borrowed(reason) }
    }

    /// A message that is none of the protocol's.
    pub const fn bad_message(reason: &'static str) -> Close {
        Close::new(4400, reason)
    }

    fn duplicate(id: &str) -> Close {
        let mut reason = format!("Subscriber for {id} already exists");
        if reason.len() > LONGEST_REASON {
            let room = LONGEST_REASON - (reason.len() - id.len()) - "…".len();
            reason = format!("Subscriber for {}… already exists", &id[..id.floor_char_boundary(room)]);
        }
        Close { code: 4409, reason: Cow::Owned(reason) }
    }
}

/// What is to be done about a message.
#[derive(Debug)]
pub enum Act {
    /// Find out who this is, then acknowledge.
    Authenticate(Option<String>),
    /// Start an operation.
    Start(Name, Ask),
    /// Tell the client that it has too many operations already.
    Refuse(Name),
    /// Stop an operation.
    Cancel(Name),
    /// Answer a ping.
    Pong(Option<Map<String, Value>>),
    /// Nothing.
    Nothing,
}

/// An operation: the id that the client gave it, and a number that no other of the connection has. Clients may use an
/// id again; what is left of the former operation must not be taken for the new one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The client's.
    pub id: String,
    /// Ours.
    pub serial: u64,
}

/// Where a connection stands.
#[derive(Debug, Default)]
pub struct Protocol {
    begun: bool,
    operations: HashMap<String, Live>,
    started: u64,
}

/// A live operation.
#[derive(Debug)]
struct Live {
    serial: u64,
    /// The size of its document, once it is known.
    tokens: usize,
}

impl Protocol {
    /// What a message means now.
    ///
    /// # Errors
    /// How the connection is to be closed, where the protocol says so.
    pub fn receive(&mut self, incoming: Incoming) -> Result<Act, Close> {
        match incoming {
            Incoming::Init(_) if self.begun => Err(Close::SECOND_INIT),
            Incoming::Init(token) => {
                self.begun = true;
                Ok(Act::Authenticate(token))
            }
            Incoming::Ping(payload) => Ok(Act::Pong(payload)),
            Incoming::Pong => Ok(Act::Nothing),
            Incoming::Subscribe(..) if !self.begun => Err(Close::UNAUTHORIZED),
            Incoming::Subscribe(id, _) if self.operations.contains_key(&id) => Err(Close::duplicate(&id)),
            Incoming::Subscribe(id, ask) => {
                self.started += 1;
                let name = Name { id, serial: self.started };
                if self.operations.len() >= MOST_OPERATIONS {
                    return Ok(Act::Refuse(name));
                }
                self.operations.insert(name.id.clone(), Live { serial: name.serial, tokens: 0 });
                Ok(Act::Start(name, ask))
            }
            // The operation may have ended while this was on its way.
            Incoming::Complete(id) => Ok(match self.operations.remove(&id) {
                Some(Live { serial, .. }) => Act::Cancel(Name { id, serial }),
                None => Act::Nothing,
            }),
            Incoming::Terminate => Err(Close::NORMAL),
        }
    }

    /// Whether the client began.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether somebody still waits for an operation.
    pub fn is_live(&self, name: &Name) -> bool {
        self.operations.get(&name.id).is_some_and(|live| live.serial == name.serial)
    }

    /// Notes the size of an operation's document. Whether the connection has room for it.
    pub fn hold(&mut self, name: &Name, tokens: usize) -> bool {
        if let Some(live) = self.operations.get_mut(&name.id) {
            live.tokens = tokens;
        }
        self.operations.values().map(|live| live.tokens).sum::<usize>() <= MOST_TOKENS
    }

    /// Notes that an operation ended: its id may be used again.
    pub fn finish(&mut self, name: &Name) {
        if self.is_live(name) {
            self.operations.remove(&name.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn init() -> Incoming {
        Incoming::Init(None)
    }

    fn subscribe(id: &str) -> Incoming {
        Incoming::Subscribe(id.to_owned(), Ask::default())
    }

    fn complete(id: &str) -> Incoming {
        Incoming::Complete(id.to_owned())
    }

    /// A few letters for each act: what follows from these messages.
    fn acts(messages: Vec<Incoming>) -> Vec<String> {
        let mut protocol = Protocol::default();
        let told = |act| match act {
            Ok(Act::Authenticate(_)) => "authenticate".to_owned(),
            Ok(Act::Start(name, _)) => format!("start {} {}", name.id, name.serial),
            Ok(Act::Refuse(name)) => format!("refuse {}", name.id),
            Ok(Act::Cancel(name)) => format!("cancel {} {}", name.id, name.serial),
            Ok(Act::Pong(_)) => "pong".to_owned(),
            Ok(Act::Nothing) => "-".to_owned(),
            Err(Close { code, reason }) => format!("{code} {reason}"),
        };
        messages.into_iter().map(|message| told(protocol.receive(message))).collect()
    }

    #[test]
    fn every_message_means_what_the_protocol_says() {
        let cases: [(Vec<Incoming>, &[&str]); 10] = [
            (vec![init(), subscribe("a")], &["authenticate", "start a 1"]),
            (vec![subscribe("a")], &["4401 Unauthorized"]),
            (vec![init(), init()], &["authenticate", "4429 Too many initialisation requests"]),
            (
                vec![init(), subscribe("a"), subscribe("a")],
                &["authenticate", "start a 1", "4409 Subscriber for a already exists"],
            ),
            (
                vec![init(), subscribe("a"), complete("a"), subscribe("a"), complete("a")],
                &["authenticate", "start a 1", "cancel a 1", "start a 2", "cancel a 2"],
            ),
            (vec![init(), complete("a")], &["authenticate", "-"]),
            (vec![complete("a")], &["-"]),
            (vec![Incoming::Ping(None), Incoming::Pong], &["pong", "-"]),
            (vec![init(), Incoming::Ping(None), Incoming::Pong], &["authenticate", "pong", "-"]),
            (vec![init(), Incoming::Terminate], &["authenticate", "1000 Normal closure"]),
        ];
        for (messages, expected) in cases {
            assert_eq!(acts(messages), expected);
        }
    }

    #[test]
    fn an_id_is_free_again_when_its_operation_ended_and_the_former_one_is_not_taken_for_it() {
        let mut protocol = Protocol::default();
        protocol.receive(init()).unwrap();
        let mut start = || match protocol.receive(subscribe("a")) {
            Ok(Act::Start(name, _)) => name,
            other => unreachable!("{other:?}"),
        };
        let first = start();
        protocol.finish(&first);
        let mut start = || match protocol.receive(subscribe("a")) {
            Ok(Act::Start(name, _)) => name,
            other => unreachable!("{other:?}"),
        };
        let second = start();
        assert!(!protocol.is_live(&first) && protocol.is_live(&second));
        protocol.finish(&first);
        assert!(protocol.is_live(&second));
    }

    #[test]
    fn one_operation_too_many_is_refused_and_the_others_stay() {
        let mut protocol = Protocol::default();
        protocol.receive(init()).unwrap();
        for number in 0..MOST_OPERATIONS {
            assert!(matches!(protocol.receive(subscribe(&number.to_string())), Ok(Act::Start(..))));
        }
        assert!(matches!(protocol.receive(subscribe("more")), Ok(Act::Refuse(_))));
        assert!(matches!(protocol.receive(complete("0")), Ok(Act::Cancel(_))));
        assert!(matches!(protocol.receive(subscribe("more")), Ok(Act::Start(..))));
    }

    #[test]
    fn live_documents_are_held_up_to_a_size_and_those_that_ended_no_more() {
        let mut protocol = Protocol::default();
        protocol.receive(init()).unwrap();
        let mut starts = |id: &str, tokens| match protocol.receive(subscribe(id)) {
            Ok(Act::Start(name, _)) => {
                let held = protocol.hold(&name, tokens);
                if !held || id == "short" {
                    protocol.finish(&name);
                }
                held
            }
            other => unreachable!("{other:?}"),
        };
        assert!(starts("a", MOST_TOKENS - 10));
        assert!(starts("short", 10));
        assert!(!starts("b", 11));
        assert!(starts("b", 10));
        assert!(!starts("c", 1));
    }

    #[test]
    fn a_reason_always_fits_into_a_close_frame() {
        for id in
            ["a".repeat(93), "a".repeat(94), "a".repeat(256), "घ".repeat(80), format!("x{}", "घ".repeat(80))]
        {
            let Close { code, reason } = Close::duplicate(&id);
            assert_eq!(code, 4409);
            assert!(reason.len() <= 123, "{} bytes", reason.len());
            assert!(reason.starts_with("Subscriber for ") && reason.ends_with(" already exists"));
        }
    }
}
