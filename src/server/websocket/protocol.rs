//! The rules of both protocols: what each message means in the state that the connection is in, and when silence ends
//! it. Pure: no socket, no clock of its own.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::graphql::Ask;
use crate::server::websocket::message::Incoming;

/// How many operations may be live on one connection.
///
/// One more is refused by itself: closing the connection would take the hundred good ones down, and a client that
/// reconnects starts them all again.
pub const MOST_OPERATIONS: usize = 100;
/// How long a client may take to begin.
const INIT_WITHIN: TimeDelta = TimeDelta::seconds(10);
/// How often the gateway asks for a sign of life. Proxies cut what is idle for a minute, some after 30 s.
const PING_EVERY: TimeDelta = TimeDelta::seconds(20);
/// How long nothing may be heard of a client, or taken by it.
const SILENCE: TimeDelta = TimeDelta::seconds(60);
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
    /// The gateway stops, or believes that the client did.
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
    const INIT_TIMEOUT: Close = Close::new(4408, "Connection initialisation timeout");
    const SECOND_INIT: Close = Close::new(4429, "Too many initialisation requests");

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
    /// The serial of each live operation.
    operations: HashMap<String, u64>,
    started: u64,
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
                self.operations.insert(name.id.clone(), name.serial);
                Ok(Act::Start(name, ask))
            }
            // The operation may have ended while this was on its way.
            Incoming::Complete(id) => Ok(match self.operations.remove(&id) {
                Some(serial) => Act::Cancel(Name { id, serial }),
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
        self.operations.get(&name.id) == Some(&name.serial)
    }

    /// Notes that an operation ended: its id may be used again.
    pub fn finish(&mut self, name: &Name) {
        if self.is_live(name) {
            self.operations.remove(&name.id);
        }
    }
}

/// When something was last heard of the client, and what follows when nothing is.
#[derive(Debug)]
pub struct Pulse {
    opened_at: DateTime<Utc>,
    heard_at: DateTime<Utc>,
    pinged_at: DateTime<Utc>,
    /// Since when the client takes nothing of what waits for it.
    blocked_since: Option<DateTime<Utc>>,
}

impl Pulse {
    /// Of a connection that opens now.
    pub fn new(now: DateTime<Utc>) -> Pulse {
        Pulse { opened_at: now, heard_at: now, pinged_at: now, blocked_since: None }
    }

    /// Notes a sign of life.
    pub fn heard(&mut self, now: DateTime<Utc>) {
        self.heard_at = now;
    }

    /// Notes whether something waits to be taken by the client; `moved` says that some of it was.
    pub fn sending(&mut self, waits: bool, moved: bool, now: DateTime<Utc>) {
        self.blocked_since = match self.blocked_since {
            Some(since) if waits && !moved => Some(since),
            _ => waits.then_some(now),
        };
    }

    /// When to look next.
    pub fn next_look(&self, begun: bool) -> DateTime<Utc> {
        let silence = self.heard_at.min(self.blocked_since.unwrap_or(self.heard_at)) + SILENCE;
        if begun { silence.min(self.pinged_at + PING_EVERY) } else { self.opened_at + INIT_WITHIN }
    }

    /// Whether it is time to ask for a sign of life.
    ///
    /// # Errors
    /// How the connection is to be closed, when the client waited or was silent for too long.
    pub fn look(&mut self, begun: bool, now: DateTime<Utc>) -> Result<bool, Close> {
        if !begun {
            return if now >= self.opened_at + INIT_WITHIN { Err(Close::INIT_TIMEOUT) } else { Ok(false) };
        }
        if now >= self.heard_at + SILENCE || self.blocked_since.is_some_and(|since| now >= since + SILENCE) {
            return Err(Close::GOING_AWAY);
        }
        let ping = now >= self.pinged_at + PING_EVERY;
        if ping {
            self.pinged_at = now;
        }
        Ok(ping)
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

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn who_does_not_begin_in_time_is_closed() {
        let mut pulse = Pulse::new(at(0));
        assert_eq!(pulse.next_look(false), at(10));
        pulse.heard(at(9));
        assert_eq!(pulse.look(false, at(9)), Ok(false));
        assert_eq!(pulse.look(false, at(10)), Err(Close::INIT_TIMEOUT));
    }

    #[test]
    fn who_is_silent_is_pinged_and_then_closed() {
        let mut pulse = Pulse::new(at(0));
        for seconds in [20, 40] {
            assert_eq!(pulse.next_look(true), at(seconds));
            assert_eq!(pulse.look(true, at(seconds - 1)), Ok(false));
            assert_eq!(pulse.look(true, at(seconds)), Ok(true));
        }
        pulse.heard(at(45));
        assert_eq!(pulse.look(true, at(60)), Ok(true));
        assert_eq!(pulse.look(true, at(80)), Ok(true));
        assert_eq!(pulse.look(true, at(100)), Ok(true));
        assert_eq!(pulse.next_look(true), at(105));
        assert_eq!(pulse.look(true, at(105)), Err(Close::GOING_AWAY));
    }

    #[test]
    fn who_takes_nothing_is_closed_even_if_it_talks() {
        let mut pulse = Pulse::new(at(0));
        pulse.sending(true, false, at(5));
        pulse.sending(true, true, at(10));
        pulse.sending(true, false, at(20));
        pulse.heard(at(69));
        assert_eq!(pulse.look(true, at(69)), Ok(true));
        assert_eq!(pulse.next_look(true), at(70));
        assert_eq!(pulse.look(true, at(70)), Err(Close::GOING_AWAY));
        pulse.sending(false, true, at(70));
        assert_eq!(pulse.look(true, at(80)), Ok(false));
    }
}
