//! The assistant: answered by what is written, or by a model, whatever the model does.

mod model;

use futures_util::StreamExt;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::assistant::model::{Behaviour, Model, PROVIDERS_WORDS};
use crate::harness::{Answer, Person, TestApp};
use crate::operations::metrics::Scrape;

const ASK: &str = "mutation($query: String!) { askAssistant(query: $query) { answer suggestions } }";
const LISTEN: &str = "subscription($query: String!) {
    assistantAnswer(query: $query) { text answer { answer suggestions } } }";

/// Something that is written about, and how its answer begins.
const KNOWN: (&str, &str) = ("How can I pay?", "From your wallet");
/// Something that nothing is written about.
const UNKNOWN: &str = "Who painted the ceiling of the chapel?";

async fn ask(app: &TestApp, who: &Person, query: &str) -> Answer {
    app.graphql(who, ASK, json!({"query": query})).await
}

async fn answered(app: &TestApp, who: &Person, query: &str) -> String {
    ask(app, who, query).await.ok()["askAssistant"]["answer"].as_str().unwrap().to_owned()
}

/// Everything that a subscription says.
async fn heard(app: &TestApp, who: &Person, query: &str) -> Vec<Answer> {
    app.subscribe(who, LISTEN, json!({"query": query})).await.collect().await
}

/// A model that behaves like this, a gateway that asks it, and somebody who asks the gateway.
async fn with_a_model_that(behaviour: Behaviour) -> (Model, TestApp, Person) {
    let model = Model::that(behaviour).await;
    let app = model.gateway().await;
    let who = app.consumer("Asker").await;
    (model, app, who)
}

/// How many answers of the model came, and how many did not.
async fn counted(app: &TestApp) -> (f64, f64) {
    let scrape = Scrape::of(app).await;
    let of = |outcome| {
        scrape.value("gateway_provider_requests_total", &[("provider", "assistant"), ("outcome", outcome)])
    };
    (of("ok"), of("failed"))
}

#[tokio::test]
async fn without_a_model_what_is_written_answers_and_nothing_is_made_up() {
    let app = TestApp::start().await;
    let who = app.consumer("Asker").await;

    let answer = ask(&app, &who, KNOWN.0).await.ok()["askAssistant"].clone();
    assert!(answer["answer"].as_str().unwrap().starts_with(KNOWN.1), "{answer}");
    assert_eq!(answer["suggestions"].as_array().unwrap().len(), 3);
    for suggestion in answer["suggestions"].as_array().unwrap() {
        assert!(!answered(&app, &who, suggestion.as_str().unwrap()).await.contains("found no answer"));
    }
    assert!(answered(&app, &who, UNKNOWN).await.starts_with("I found no answer to that."));

    let pieces = heard(&app, &who, KNOWN.0).await;
    assert_eq!(pieces.len(), 1);
    let piece = &pieces[0].data["assistantAnswer"];
    assert_eq!(piece["text"], "");
    assert_eq!(piece["answer"], answer);
}

#[tokio::test]
async fn a_question_reads_nothing_from_the_database() {
    let app = TestApp::start().await;
    let who = app.consumer("Asker").await;
    answered(&app, &who, KNOWN.0).await;
    let (_, statements) = app.statements(ask(&app, &who, KNOWN.0)).await;
    assert_eq!(statements, 0);
}

#[tokio::test]
async fn who_asks_is_known_and_what_they_ask_is_a_question() {
    let app = TestApp::start().await;
    let who = app.consumer("Asker").await;
    assert_eq!(
        app.graphql(None, ASK, json!({"query": "x"})).await.refused(),
        ("UNAUTHENTICATED", "Auth header missing")
    );
    for query in ["", "  \n ", &"x".repeat(1_001)] {
        let refused = ask(&app, &who, query).await;
        assert_eq!((refused.refused().0, refused.field()), ("BAD_INPUT", "query"), "{query:?}");
        assert_eq!(heard(&app, &who, query).await[0].refused().0, "BAD_INPUT");
    }
    // Everybody who is signed in may ask, before they said what they are as well.
    for role in [None, Some(Role::Vendor), Some(Role::Staff)] {
        let other = app.person("Other", role, "Green Meadows").await;
        assert!(answered(&app, &other, KNOWN.0).await.starts_with(KNOWN.1));
    }
}

#[tokio::test]
async fn thirty_questions_are_answered_in_ten_minutes_on_all_ways_together() {
    let app = TestApp::start().await;
    let who = app.consumer("Asker").await;
    for _ in 0..10 {
        answered(&app, &who, KNOWN.0).await;
        heard(&app, &who, KNOWN.0).await[0].data["assistantAnswer"]["answer"].as_object().unwrap();
        assert_eq!(app.rest(&who, "POST", "/agent/query", Some(json!({"query": "hi"}))).await.0, 200);
    }
    assert_eq!(ask(&app, &who, KNOWN.0).await.refused().0, "RATE_LIMITED");
    assert_eq!(heard(&app, &who, KNOWN.0).await[0].refused().0, "RATE_LIMITED");
    assert_eq!(app.rest(&who, "POST", "/agent/query", Some(json!({"query": "hi"}))).await.0, 429);
    let other = app.consumer("Other").await;
    answered(&app, &other, KNOWN.0).await;
}

#[tokio::test]
async fn the_path_answers_as_the_operation_does() {
    let app = TestApp::start().await;
    let who = app.consumer("Asker").await;
    let twin = ask(&app, &who, KNOWN.0).await.ok()["askAssistant"].clone();
    let (status, body) = app.rest(&who, "POST", "/agent/query", Some(json!({"query": KNOWN.0}))).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({"status": "success", "answer": twin["answer"], "suggestions": twin["suggestions"]})
    );
    for body in [json!({}), json!({"query": null}), json!({"query": ""}), json!({"query": "  "})] {
        let (status, answer) = app.rest(&who, "POST", "/agent/query", Some(body)).await;
        assert_eq!((status, &answer["message"]), (400, &json!("Query is required")));
    }
    let (model, app, who) = with_a_model_that(Behaviour::Refuses(500)).await;
    let (status, body) = app.rest(&who, "POST", "/agent/query", Some(json!({"query": UNKNOWN}))).await;
    assert_eq!(model.asked().len(), 1);
    assert_eq!(status, 503);
    assert_eq!(body, json!({"status": "error", "message": "Assistant not available", "code": 503}));
}

#[tokio::test]
async fn a_model_answers_from_what_is_written_piece_by_piece() {
    let (model, app, who) =
        with_a_model_that(Behaviour::Says(&["In cash, ", "or by\u{7} wallet.", "\n"])).await;
    let answer = ask(&app, &who, KNOWN.0).await.ok()["askAssistant"].clone();
    assert_eq!(answer["answer"], "In cash, or by wallet.");
    assert_eq!(answer["suggestions"].as_array().unwrap().len(), 3);

    let pieces = heard(&app, &who, KNOWN.0).await;
    let texts: Vec<_> = pieces.iter().map(|piece| &piece.data["assistantAnswer"]["text"]).collect();
    assert_eq!(texts, ["In cash, ", "or by wallet.", "\n", ""]);
    assert_eq!(pieces[3].data["assistantAnswer"]["answer"], answer);
    assert!(pieces[..3].iter().all(|piece| piece.data["assistantAnswer"]["answer"].is_null()));

    assert_eq!(counted(&app).await, (2.0, 0.0));
    let (headers, asked) = model.asked().swap_remove(0);
    assert_eq!(headers["authorization"], "Bearer key-of-the-provider");
    assert_eq!(asked["model"], "small-model");
    assert_eq!(asked["stream"], true);
    assert_eq!(asked.get("max_tokens").or(asked.get("max_completion_tokens")), Some(&json!(600)));
    let messages = asked["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1], json!({"role": "user", "content": KNOWN.0}));
    let system = messages[0]["content"].as_str().unwrap();
    assert!(system.contains(KNOWN.1) && !system.contains(&who.phone), "{system}");
}

#[tokio::test]
async fn a_model_that_fails_is_replaced_by_what_is_written_and_its_words_are_not_shown() {
    for behaviour in [
        Behaviour::Refuses(401),
        Behaviour::Refuses(429),
        Behaviour::Refuses(500),
        Behaviour::Hangs,
        Behaviour::FallsSilentAfter("In"),
        Behaviour::BreaksOffAfter("In"),
        Behaviour::Says(&[]),
        Behaviour::Babbles("{not json"),
        Behaviour::Babbles("{\"error\": {\"message\": \"quota of account acct_secret exceeded\"}}"),
    ] {
        let (model, app, who) = with_a_model_that(behaviour).await;
        assert!(answered(&app, &who, KNOWN.0).await.starts_with(KNOWN.1), "{behaviour:?}");
        let refused = ask(&app, &who, UNKNOWN).await;
        assert_eq!(refused.refused(), ("ASSISTANT_UNAVAILABLE", "Assistant not available"), "{behaviour:?}");

        let pieces = heard(&app, &who, KNOWN.0).await;
        let last = &pieces.last().unwrap().data["assistantAnswer"]["answer"]["answer"];
        assert!(last.as_str().unwrap().starts_with(KNOWN.1), "{behaviour:?}: {last}");
        let pieces = heard(&app, &who, UNKNOWN).await;
        assert_eq!(pieces.last().unwrap().refused().0, "ASSISTANT_UNAVAILABLE", "{behaviour:?}");
        assert!(!format!("{pieces:?}").contains(PROVIDERS_WORDS));
        assert_eq!(model.asked().len(), 4);
        assert_eq!(counted(&app).await, (0.0, 4.0), "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_model_that_goes_on_for_ever_is_cut_off() {
    let (model, app, who) = with_a_model_that(Behaviour::GoesOn).await;
    let answer = ask(&app, &who, KNOWN.0).await.ok()["askAssistant"]["answer"].clone();
    assert!(answer.as_str().unwrap().chars().count() <= 4_000, "{answer}");
    model.is_left().await;
}

#[tokio::test]
async fn who_stops_listening_stops_the_model() {
    let (model, app, who) = with_a_model_that(Behaviour::GoesOn).await;
    let mut answer = app.subscribe(&who, LISTEN, json!({"query": KNOWN.0})).await;
    let first: Value = answer.next().await.unwrap().ok();
    assert_eq!(first["assistantAnswer"]["text"], "and so on ");
    drop(answer);
    model.is_left().await;
}
