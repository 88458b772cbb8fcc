//! The messages of both protocols: from text to what the client wants, from answers to text.

use std::fmt;

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::graphql::{Ask, persisted};

/// The longest id of an operation, in bytes. Clients use counters or UUIDs.
const LONGEST_ID: usize = 256;
/// Where clients put their token in the payload of `connection_init`, in the order in which it is looked for.
const TOKEN_NAMES: [&str; 4] = ["Authorization", "authorization", "token", "authToken"];

/// A protocol that clients speak. Both hold the same conversation, each in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `graphql-transport-ws`: the package graphql-ws and its like.
    Current,
    /// `graphql-ws`: the package subscriptions-transport-ws and the clients of its time.
    Legacy,
}

impl Dialect {
    /// All of them, the preferred one first.
    pub const ALL: [Dialect; 2] = [Dialect::Current, Dialect::Legacy];

    /// Its name, as clients ask for it.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Current => "graphql-transport-ws",
            Dialect::Legacy => "graphql-ws",
        }
    }
}

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
    /// Wants no more of the connection.
    Terminate,
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
    #[serde(default)]
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
    document_id: Option<Value>,
}

impl Operation {
    fn ask(self) -> Result<Ask, Unreadable> {
        let extensions = self.extensions.unwrap_or_default();
        let document_id = persisted::id_of(&extensions, self.document_id.as_ref()).map_err(Unreadable)?;
        let query = match self.query {
            Some(query) => query,
            None if document_id.is_some() => String::new(),
            None => return Err(Unreadable("The operation is invalid")),
        };
        let variables = self.variables.unwrap_or_default();
        Ok(Ask { query, document_id, operation_name: self.operation_name, variables })
    }
}

/// Reads one message.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn read(dialect: Dialect, text: &str) -> Result<Incoming, Unreadable> {
    let message: Envelope = serde_json::from_str(text).map_err(|_| Unreadable("Invalid message"))?;
    match (dialect, message.r#type.as_str()) {
        (_, "connection_init") => Ok(Incoming::Init(token(object(message.payload)?)?)),
        (Dialect::Current, "ping") => Ok(Incoming::Ping(object(message.payload)?)),
        (Dialect::Current, "pong") => object(message.payload).map(|_| Incoming::Pong),
        (Dialect::Current, "subscribe") | (Dialect::Legacy, "start") => {
            let operation: Operation = serde_json::from_value(message.payload)
                .map_err(|_| Unreadable("The operation is invalid"))?;
            let ask = operation.ask()?;
            Ok(Incoming::Subscribe(id(message.id)?, ask))
        }
        (Dialect::Current, "complete") | (Dialect::Legacy, "stop") => Ok(Incoming::Complete(id(message.id)?)),
        (Dialect::Legacy, "connection_terminate") => Ok(Incoming::Terminate),
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
#[derive(Debug)]
pub enum Outgoing<'a, P: Serialize> {
    /// The connection is ready for operations.
    ConnectionAck,
    /// The connection is not taken. The current protocol says so in the close alone.
    ConnectionError(P),
    /// Asks for a sign of life; in the legacy protocol, gives one.
    Ping,
    /// Answers a ping with its payload, as it came.
    Pong(Option<P>),
    /// A result of an operation: a GraphQL response.
    Next(&'a str, P),
    /// The operation was not run, and is over.
    Error(&'a str, &'a [ServerError]),
    /// The operation is over.
    Complete(&'a str),
}

/// A message without a payload.
pub type Plain<'a> = Outgoing<'a, ()>;

#[derive(Serialize)]
struct Written<'a, P: Serialize> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

/// Legacy clients expect one error; some find all of them in it.
#[derive(Serialize)]
struct LegacyError<'a> {
    message: &'a str,
    errors: &'a [ServerError],
}

impl<P: Serialize> Outgoing<'_, P> {
    /// The message as it is sent.
    ///
    /// # Errors
    /// When the payload cannot be written as JSON.
    pub fn text(&self, dialect: Dialect) -> serde_json::Result<String> {
        let is_legacy = dialect == Dialect::Legacy;
        let word = match self {
            Outgoing::ConnectionAck => "connection_ack",
            Outgoing::ConnectionError(_) => "connection_error",
            Outgoing::Ping if is_legacy => "ka",
            Outgoing::Ping => "ping",
            Outgoing::Pong(_) => "pong",
            Outgoing::Next(..) if is_legacy => "data",
            Outgoing::Next(..) => "next",
            Outgoing::Error(..) => "error",
            Outgoing::Complete(_) => "complete",
        };
        match self {
            Outgoing::ConnectionAck | Outgoing::Ping => written::<()>(word, None, None),
            Outgoing::ConnectionError(payload) => written(word, None, Some(payload)),
            Outgoing::Pong(payload) => written(word, None, payload.as_ref()),
            Outgoing::Next(id, payload) => written(word, Some(id), Some(payload)),
            Outgoing::Error(id, errors) if is_legacy => {
                let message = errors.first().map_or("", |error| &error.message);
                written(word, Some(id), Some(LegacyError { message, errors }))
            }
            Outgoing::Error(id, errors) => written(word, Some(id), Some(errors)),
            Outgoing::Complete(id) => written::<()>(word, Some(id), None),
        }
    }
}

fn written<P: Serialize>(
    r#type: &'static str,
    id: Option<&str>,
    payload: Option<P>,
) -> serde_json::Result<String> {
    serde_json::to_string(&Written { r#type, id, payload })
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

    const EACH: [(Dialect, &str, &str); 2] =
        [(Dialect::Current, "subscribe", "complete"), (Dialect::Legacy, "start", "stop")];

    fn token_of(payload: &str) -> Option<String> {
        match read(Dialect::Current, &format!(r#"{{"type":"connection_init","payload":{payload}}}"#)) {
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
        for dialect in Dialect::ALL {
            assert!(matches!(read(dialect, r#"{"type":"connection_init"}"#), Ok(Incoming::Init(None))));
        }
    }

    #[test]
    fn an_operation_is_read_whole_in_the_words_of_each_protocol() {
        for (dialect, start, stop) in EACH {
            let text = format!(
                r#"{{"id":"1","type":"{start}","payload":
                {{"query":"query A {{ a }}","operationName":"A","variables":{{"x":[1]}},"extensions":{{"y":1}}}}}}"#
            );
            let Ok(Incoming::Subscribe(id, ask)) = read(dialect, &text) else { unreachable!("a start") };
            assert_eq!((id.as_str(), ask.query.as_str()), ("1", "query A { a }"));
            assert_eq!(ask.operation_name.as_deref(), Some("A"));
            assert_eq!(Value::Object(ask.variables), json!({"x": [1]}));

            let payload = r#"{"query":"{a}","operationName":null,"variables":null}"#;
            let text = format!(r#"{{"id":"1","type":"{start}","payload":{payload}}}"#);
            let Ok(Incoming::Subscribe(_, ask)) = read(dialect, &text) else { unreachable!("a start") };
            assert_eq!((ask.operation_name, ask.variables.len()), (None, 0));

            let payload = r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}"#;
            let text = format!(r#"{{"id":"1","type":"{start}","payload":{payload}}}"#);
            let Ok(Incoming::Subscribe(_, ask)) = read(dialect, &text) else { unreachable!("a start") };
            assert_eq!((ask.query.as_str(), ask.document_id.as_deref()), ("", Some("ab")));
            let neither = format!(r#"{{"id":"1","type":"{start}","payload":{{"variables":{{}}}}}}"#);
            assert!(read(dialect, &neither).is_err());

            let text = format!(r#"{{"id":"7","type":"{stop}"}}"#);
            let Ok(Incoming::Complete(id)) = read(dialect, &text) else { unreachable!("a stop") };
            assert_eq!(id, "7");
        }
    }

    #[test]
    fn the_small_messages_are_read() {
        let read = |text| read(Dialect::Current, text);
        assert!(matches!(read(r#"{"type":"pong"}"#), Ok(Incoming::Pong)));
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(Incoming::Ping(None))));
        let Ok(Incoming::Ping(Some(payload))) = read(r#"{"type":"ping","payload":{"a":[1]}}"#) else {
            unreachable!("a ping")
        };
        assert_eq!(Value::Object(payload), json!({"a": [1]}));
        let end = super::read(Dialect::Legacy, r#"{"type":"connection_terminate","payload":null}"#);
        assert!(matches!(end, Ok(Incoming::Terminate)));
    }

    #[test]
    fn the_words_of_one_protocol_are_none_of_the_other() {
        for text in [r#"{"type":"ping"}"#, r#"{"type":"pong"}"#, r#"{"id":"1","type":"complete"}"#] {
            assert!(read(Dialect::Current, text).is_ok() && read(Dialect::Legacy, text).is_err(), "{text}");
        }
        for text in [r#"{"type":"connection_terminate"}"#, r#"{"id":"1","type":"stop"}"#] {
            assert!(read(Dialect::Legacy, text).is_ok() && read(Dialect::Current, text).is_err(), "{text}");
        }
        for (dialect, _, _) in EACH {
            let [current, legacy] = EACH.map(|(_, start, _)| {
                let text = format!(r#"{{"id":"1","type":"{start}","payload":{{"query":"{{a}}"}}}}"#);
                read(dialect, &text).is_ok()
            });
            assert_eq!((current, legacy), (dialect == Dialect::Current, dialect == Dialect::Legacy));
        }
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
            r#"{"type":"stop"}"#,
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
            for dialect in Dialect::ALL {
                let Err(Unreadable(reason)) = read(dialect, text) else { unreachable!("{text} was read") };
                assert!(!reason.is_empty() && reason.len() <= 123, "{reason}");
            }
        }
    }

    #[test]
    fn messages_are_written_as_each_protocol_spells_them() {
        let refused = [ServerError::new("m", None), ServerError::new("n", None)];
        let both = |message: Outgoing<'_, Value>| Dialect::ALL.map(|dialect| message.text(dialect).unwrap());
        let same = |text: &str| [text.to_owned(), text.to_owned()];
        assert_eq!(both(Outgoing::ConnectionAck), same(r#"{"type":"connection_ack"}"#));
        assert_eq!(both(Outgoing::Ping), [r#"{"type":"ping"}"#, r#"{"type":"ka"}"#]);
        assert_eq!(both(Outgoing::Pong(None))[0], r#"{"type":"pong"}"#);
        assert_eq!(both(Outgoing::Pong(Some(json!({"a": 1}))))[0], r#"{"type":"pong","payload":{"a":1}}"#);
        assert_eq!(
            both(Outgoing::Next("1", json!({"data": null}))),
            [
                r#"{"type":"next","id":"1","payload":{"data":null}}"#,
                r#"{"type":"data","id":"1","payload":{"data":null}}"#
            ]
        );
        assert_eq!(
            both(Outgoing::Error("1", &refused)),
            [
                r#"{"type":"error","id":"1","payload":[{"message":"m"},{"message":"n"}]}"#,
                r#"{"type":"error","id":"1","payload":{"message":"m","errors":[{"message":"m"},{"message":"n"}]}}"#
            ]
        );
        assert_eq!(both(Outgoing::Complete("\"")), same(r#"{"type":"complete","id":"\""}"#));
        assert_eq!(
            both(Outgoing::ConnectionError(json!({"message": "m"})))[1],
            r#"{"type":"connection_error","payload":{"message":"m"}}"#
        );
    }
}
