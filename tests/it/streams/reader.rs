//! A reader of server-sent events over loopback.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::harness::Person;
use crate::server::{PATIENCE, Server};

impl Server {
    /// A `POST` that takes events, ready to be sent.
    pub fn post(&self, who: impl Into<Option<Person>>, query: &str, variables: Value) -> RequestBuilder {
        let body = json!({"query": query, "variables": variables}).to_string();
        let request = Client::new().post(format!("http://{}/graphql/stream", self.address));
        let request =
            request.header("accept", "text/event-stream").header("content-type", "application/json");
        signed(request, who.into()).body(body)
    }

    /// A `GET` as an `EventSource` sends it.
    pub fn get(&self, who: impl Into<Option<Person>>, query: &str) -> RequestBuilder {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let request = Client::new().get(format!("http://{}/graphql/stream?query={query}", self.address));
        signed(request.header("accept", "text/event-stream"), who.into())
    }

    /// The cursor of an event that was delivered to somebody.
    pub async fn an_event(&self, who: &Person) -> String {
        let mut stream = self.follow(who, "subscription { orderStatusChanged { id } }", json!({})).await;
        self.topics(2).await;
        self.app.status_of_order(who, 7, 1).await;
        stream.next().await.0
    }

    /// A subscription that is open.
    pub async fn follow(&self, who: &Person, query: &str, variables: Value) -> Reader {
        open(self.post(who.clone(), query, variables)).await
    }
}

fn signed(request: RequestBuilder, who: Option<Person>) -> RequestBuilder {
    match who {
        Some(who) => request.header("authorization", format!("Bearer {}", who.token)),
        None => request,
    }
}

/// Sends a request whose answer must be a stream, and hears that it is open.
pub async fn open(request: RequestBuilder) -> Reader {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut reader = Reader { response, heard: String::new() };
    let opening = reader.hear().await.expect("an opening");
    assert!(opening.starts_with("retry: "), "{opening}");
    reader
}

/// The status and the JSON of a request whose answer must be none.
pub async fn refused(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

pub struct Reader {
    pub response: Response,
    heard: String,
}

impl Reader {
    /// The next lines up to an empty one; none after the end.
    pub async fn hear(&mut self) -> Option<String> {
        let block = async {
            loop {
                if let Some((block, rest)) = self.heard.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.heard = rest;
                    return Some(block);
                }
                let Some(bytes) = self.response.chunk().await.unwrap() else {
                    assert_eq!(self.heard, "", "the stream broke off in the middle");
                    return None;
                };
                self.heard.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, block).await.expect("an event in time")
    }

    /// That the stream follows, and from which place on.
    pub async fn begun(&mut self) {
        let block = self.hear().await.expect("a place");
        assert!(block.starts_with("id: ") && !block.contains('\n'), "{block}");
    }

    /// The id and the data of the next event; what a page does not hear of is left out.
    pub async fn next(&mut self) -> (String, Value) {
        let event = async {
            loop {
                let block = self.hear().await.expect("an event");
                if block.contains("event: ") {
                    return block;
                }
            }
        };
        let block = tokio::time::timeout(PATIENCE, event).await.expect("an event in time");
        let lines = block.strip_prefix("event: next\n").unwrap_or_else(|| panic!("no next: {block}"));
        let (id, data) = match lines.strip_prefix("id: ").and_then(|lines| lines.split_once('\n')) {
            Some((id, data)) => (id, data),
            None => ("", lines),
        };
        (id.to_owned(), serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
    }

    /// The code of the error that is all the operation comes to, which is then complete.
    pub async fn refusal(&mut self) -> String {
        let (id, answer) = self.next().await;
        assert_eq!((id.as_str(), answer.get("data")), ("", None), "{answer}");
        self.completed().await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    pub async fn completed(&mut self) {
        assert_eq!(self.hear().await.as_deref(), Some("event: complete\ndata: "));
        self.ended().await;
    }

    pub async fn ended(&mut self) {
        assert_eq!(self.hear().await, None);
    }
}
