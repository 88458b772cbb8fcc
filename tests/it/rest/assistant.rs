//! Questions to the assistant on the legacy path.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

const PATH: &str = "/agent/query";
const KNOWN: &str = "How do I cancel an order?";
const UNKNOWN: &str = "xyzzy qwfpgj";

#[tokio::test]
async fn a_question_is_answered_as_in_graphql_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("Buyer").await;
    client.get(&who, "/consumer/settings").await.ok();
    let (told, statements) =
        app.statements(client.post(&who, PATH, json!({"query": format!("  {KNOWN} ")}))).await;
    let told = told.ok();
    assert_fields(&told, "status str, answer str, suggestions list");
    assert_eq!(statements, 0, "the session is known, and nothing is read");
    let twin = "mutation($query: String!) { askAssistant(query: $query) { answer suggestions } }";
    let twin = app.graphql(&who, twin, json!({"query": KNOWN})).await.ok()["askAssistant"].clone();
    assert_eq!((&told["answer"], &told["suggestions"]), (&twin["answer"], &twin["suggestions"]));
    let long = client.post(&who, PATH, json!({"query": "x".repeat(1_001)})).await;
    assert_eq!(long.refused(), (400, "query has 1001 characters; at most 1000 are allowed"));
}

#[tokio::test]
async fn a_model_that_fails_is_told_only_where_nothing_written_fits() {
    // Nobody listens there.
    let app = TestApp::with(&[
        ("ASSISTANT_MODEL", "gpt-5-mini"),
        ("ASSISTANT_URL", "http://127.0.0.1:1/v1/"),
        ("ASSISTANT_KEY", "none"),
    ])
    .await;
    let client = Client::of(&app).await;
    let who = app.consumer("Buyer").await;
    let known = client.post(&who, PATH, json!({"query": KNOWN})).await.ok();
    assert_ne!(known["answer"], Value::Null);
    let unknown = client.post(&who, PATH, json!({"query": UNKNOWN})).await;
    assert_eq!(unknown.refused(), (503, "Assistant not available"));
}

#[tokio::test]
async fn one_person_asks_so_often_and_no_more() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (who, other) = (app.consumer("Buyer").await, app.consumer("Other").await);
    for _ in 0..30 {
        client.post(&who, PATH, json!({"query": KNOWN})).await.ok();
    }
    let reply = client.post(&who, PATH, json!({"query": KNOWN})).await;
    assert_eq!(reply.refused(), (429, "Rate limit exceeded. Please try again later."));
    assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    client.post(&other, PATH, json!({"query": KNOWN})).await.ok();
}
