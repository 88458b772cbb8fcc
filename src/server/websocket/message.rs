//! The messages of graphql-transport-ws: from text to what the client wants, from answers to text.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::graphql::Ask;

/// The longest id of an operation, in bytes. Clients use counters or UUIDs.
const LONGEST_ID: usize = 256;
/// Where clients put their token in the payload of `connection_init`, in the order in which it is looked for.
const TOKEN_NAMES: [&str; 4] = ["Authorization", "authorization", "token", "authToken"];

/// What a client says.
#[derive(Debug)]
pub enum Incoming {
    /// Begins the connection, with a token or without.
    Init(Option<String>),
    /// Asks for a pong with the same payload.
    Ping(Option<Map<String, Value>>),
    /// Answers a ping.
    Pong,
    /// Starts an operation.
    Subscribe(String, Ask),
    /// Wants no more of an operation.
    Complete(String),
}

/// Why a message is none of the protocol's: a reason that fits into a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    id: Option<String>,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
}

/// Reads one message.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn read(text: &str) -> Result<Incoming, Unreadable> {
    let message: Envelope = serde_json::from_str(text).map_err(|_| Unreadable("Invalid message"))?;
    match message.r#type.as_str() {
        "connection_init" => Ok(Incoming::Init(token(object(message.payload)?)?)),
        "ping" => Ok(Incoming::Ping(object(message.payload)?)),
        "pong" => object(message.payload).map(|_| Incoming::Pong),
        "subscribe" => {
            let operation: Operation = serde_json::from_value(message.payload)
                .map_err(|_| Unreadable("The payload of subscribe is invalid"))?;
            let ask = Ask {
                query: operation.query,
                operation_name: operation.operation_name,
                variables: operation.variables.unwrap_or_default(),
            };
            Ok(Incoming::Subscribe(id(message.id)?, ask))
        }
        "complete" => Ok(Incoming::Complete(id(message.id)?)),
        _ => Err(Unreadable("Unknown message type")),
    }
}

fn id(id: Option<String>) -> Result<String, Unreadable> {
    id.filter(|id| (1..=LONGEST_ID).contains(&id.len())).ok_or(Unreadable("The id is missing or invalid"))
}

fn object(payload: Value) -> Result<Option<Map<String, Value>>, Unreadable> {
    match payload {
        Value::Null => Ok(None),
        Value::Object(fields) => Ok(Some(fields)),
        _ => Err(Unreadable("The payload is no object")),
    }
}

fn token(payload: Option<Map<String, Value>>) -> Result<Option<String>, Unreadable> {
    let Some(mut payload) = payload else { return Ok(None) };
    let token =
        TOKEN_NAMES.into_iter().find_map(|name| payload.remove(name).filter(|token| !token.is_null()));
    match token {
        None => Ok(None),
        Some(Value::String(token)) => Ok(Some(token)),
        Some(_) => Err(Unreadable("The token is no text")),
    }
}

/// What the gateway says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outgoing<'a, P: Serialize> {
    /// The connection is ready for operations.
    ConnectionAck,
    /// Asks for a sign of life.
    Ping,
    /// Answers a ping with its payload.
    Pong {
        /// As it came.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<P>,
    },
    /// A result of an operation.
    Next {
        /// The operation.
        id: &'a str,
        /// A GraphQL response.
        payload: P,
    },
    /// The operation was not run, and is over.
    Error {
        /// The operation.
        id: &'a str,
        /// GraphQL errors.
        payload: P,
    },
    /// The operation is over.
    Complete {
        /// The operation.
        id: &'a str,
    },
}

/// A message without a payload.
pub type Plain<'a> = Outgoing<'a, ()>;

impl<P: Serialize> Outgoing<'_, P> {
    /// The message as it is sent.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token_of(payload: &str) -> Option<String> {
        match read(&format!(r#"{{"type":"connection_init","payload":{payload}}}"#)) {
            Ok(Incoming::Init(token)) => token,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_token_is_found_where_clients_put_it() {
        assert_eq!(token_of(r#"{"Authorization":"Bearer a"}"#).as_deref(), Some("Bearer a"));
        assert_eq!(token_of(r#"{"authorization":"a"}"#).as_deref(), Some("a"));
        assert_eq!(token_of(r#"{"token":"a"}"#).as_deref(), Some("a"));
        assert_eq!(token_of(r#"{"authToken":"a","other":1}"#).as_deref(), Some("a"));
        assert_eq!(token_of(r#"{"Authorization":null,"token":"a"}"#).as_deref(), Some("a"));
        for nobody in ["null", "{}", r#"{"token":null}"#] {
            assert_eq!(token_of(nobody), None, "{nobody}");
        }
        assert!(matches!(read(r#"{"type":"connection_init"}"#), Ok(Incoming::Init(None))));
    }

    #[test]
    fn an_operation_is_read_whole() {
        let text = r#"{"id":"1","type":"subscribe","payload":
            {"query":"query A { a }","operationName":"A","variables":{"x":[1]},"extensions":{"y":1}}}"#;
        let Ok(Incoming::Subscribe(id, ask)) = read(text) else { unreachable!("a subscribe") };
        assert_eq!((id.as_str(), ask.query.as_str()), ("1", "query A { a }"));
        assert_eq!(ask.operation_name.as_deref(), Some("A"));
        assert_eq!(Value::Object(ask.variables), json!({"x": [1]}));

        let text = r#"{"id":"1","type":"subscribe","payload":{"query":"{a}","operationName":null,"variables":null}}"#;
        let Ok(Incoming::Subscribe(_, ask)) = read(text) else { unreachable!("a subscribe") };
        assert_eq!((ask.operation_name, ask.variables.len()), (None, 0));
    }

    #[test]
    fn the_small_messages_are_read() {
        assert!(matches!(read(r#"{"type":"pong"}"#), Ok(Incoming::Pong)));
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(Incoming::Ping(None))));
        let Ok(Incoming::Ping(Some(payload))) = read(r#"{"type":"ping","payload":{"a":[1]}}"#) else {
            unreachable!("a ping")
        };
        assert_eq!(Value::Object(payload), json!({"a": [1]}));
        let Ok(Incoming::Complete(id)) = read(r#"{"id":"7","type":"complete"}"#) else {
            unreachable!("a complete")
        };
        assert_eq!(id, "7");
    }

    #[test]
    fn what_is_no_message_is_refused_with_a_reason_that_fits_a_close_frame() {
        let long = format!(r#"{{"id":"{}","type":"complete"}}"#, "x".repeat(257));
        let deep = format!(r#"{{"type":"ping","payload":{}"#, "[".repeat(100_000));
        for text in [
            "",
            "x",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start"}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"pong","payload":[]}"#,
            r#"{"type":"connection_init","payload":"token"}"#,
            r#"{"type":"connection_init","payload":{"token":1}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}"#,
            r#"{"type":"complete"}"#,
            &long,
            &deep,
        ] {
            let Err(Unreadable(reason)) = read(text) else { unreachable!("{text} was read") };
            assert!(!reason.is_empty() && reason.len() <= 123, "{reason}");
        }
    }

    #[test]
    fn messages_are_written_as_the_protocol_spells_them() {
        let none: Option<()> = None;
        assert_eq!(Plain::ConnectionAck.text().unwrap(), r#"{"type":"connection_ack"}"#);
        assert_eq!(Plain::Ping.text().unwrap(), r#"{"type":"ping"}"#);
        assert_eq!(Outgoing::Pong { payload: none }.text().unwrap(), r#"{"type":"pong"}"#);
        assert_eq!(
            Outgoing::Pong { payload: Some(json!({"a": 1})) }.text().unwrap(),
            r#"{"type":"pong","payload":{"a":1}}"#
        );
        assert_eq!(
            Outgoing::Next { id: "1", payload: json!({"data": null}) }.text().unwrap(),
            r#"{"type":"next","id":"1","payload":{"data":null}}"#
        );
        assert_eq!(
            Outgoing::Error { id: "1", payload: json!([{"message": "m"}]) }.text().unwrap(),
            r#"{"type":"error","id":"1","payload":[{"message":"m"}]}"#
        );
        assert_eq!(Plain::Complete { id: "\"" }.text().unwrap(), r#"{"type":"complete","id":"\""}"#);
    }
}
