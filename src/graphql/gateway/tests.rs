//! The way of an operation, on a schema that is small enough to see through.

use super::*;
use crate::app::App;
use crate::config::Config;
use crate::db::Pool;
use crate::request::{Authentication, Face};
use crate::values::{Clock, Paise};
use async_graphql::{ID, Object, Subscription};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};

struct Query;

#[Object]
impl Query {
    async fn echo(&self, text: String) -> String {
        text
    }

    async fn deep(&self) -> Query {
        Query
    }

    async fn panics(&self) -> i32 {
        let nothing: [i32; 0] = [];
        nothing[text_length("")]
    }

    async fn maybe(&self) -> Option<Query> {
        Some(Query)
    }

    async fn refuses(&self) -> crate::error::Result<i32> {
        Err(Error::bad_input("x", "x is missing"))
    }
}

fn text_length(text: &str) -> usize {
    text.len()
}

#[derive(Default)]
struct Mutation {
    bumps: Arc<AtomicU32>,
}

#[Object]
impl Mutation {
    async fn bump(&self) -> u32 {
        self.bumps.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn pay(&self, amount: Paise, to: ID) -> String {
        format!("{amount} to {}", to.as_str())
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn count(&self, to: i32) -> crate::error::Result<impl Stream<Item = i32>> {
        if to > 10 {
            return Err(Error::forbidden("Forbidden"));
        }
        Ok(futures_util::stream::iter(1..=to))
    }

    async fn falls(&self) -> impl Stream<Item = i32> {
        futures_util::stream::iter([1, 0])
            .map(|n| [7, 8].into_iter().cycle().nth(n).map_or(0, |m| 7 / (m - 7)))
    }
}

type Tiny = async_graphql::Schema<Query, Mutation, Events>;

fn tiny() -> (Arc<Gateway<Tiny>>, Arc<AtomicU32>) {
    let mutation = Mutation::default();
    let bumps = mutation.bumps.clone();
    let schema = Tiny::build(Query, mutation, Events).limit_depth(MAX_DEPTH).finish();
    let types = Types::read(&schema.sdl()).unwrap();
    (Gateway::over(schema, types, None), bumps)
}

/// A scope whose database nobody asks.
fn scope() -> Arc<Scope> {
    let pool = Pool::new("postgres://nobody@127.0.0.1:1/none", 1).unwrap();
    let app = App::new(Config::read(&|_| None).unwrap(), Clock::default(), pool, &[7; 32]);
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Arc::new(Scope::new(app, Face::Graphql, Authentication::Anonymous, address))
}

fn ask(query: &str, variables: Json) -> Ask {
    let Json::Object(variables) = variables else { unreachable!("variables are an object") };
    Ask { query: query.to_owned(), variables, ..Ask::default() }
}

async fn run(gateway: &Gateway<Tiny>, query: &str, variables: Json) -> Json {
    let answer = match gateway.prepare(ask(query, variables)) {
        Ok(prepared) => gateway.execute(prepared, scope()).await,
        Err(refusals) => Answer::refused(refusals),
    };
    serde_json::to_value(answer).unwrap()
}

fn code(answer: &Json) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("")
}

#[tokio::test]
async fn only_documents_that_ran_are_kept() {
    let (gateway, _) = tiny();
    for _ in 0..2 {
        assert_eq!(run(&gateway, "{ echo(text: \"a\") }", json!({})).await, json!({"data": {"echo": "a"}}));
        assert_eq!(code(&run(&gateway, "{ unknown }", json!({})).await), VALIDATION_FAILED);
        assert_eq!(run(&gateway, "{ refuses }", json!({})).await["data"], json!(null));
    }
    assert_eq!(gateway.documents.count(), 2);
    let again = gateway.prepare(ask("{ refuses }", json!({}))).unwrap();
    assert!(again.unknown.is_none());
}

#[tokio::test]
async fn nothing_of_a_mutation_runs_when_a_variable_is_wrong() {
    let (gateway, bumps) = tiny();
    let text = "mutation($amount: Money!, $to: ID!) { bump pay(amount: $amount, to: $to) }";
    for variables in [json!({}), json!({"amount": "x", "to": 1}), json!({"amount": 1, "to": {}})] {
        let answer = run(&gateway, text, variables).await;
        assert_eq!(code(&answer), "BAD_INPUT");
        assert_eq!(answer.get("data"), None);
    }
    assert_eq!(bumps.load(Ordering::Relaxed), 0);
    let paid = run(&gateway, text, json!({"amount": "1.50", "to": 7})).await;
    assert_eq!(paid, json!({"data": {"bump": 1, "pay": "1.50 to 7"}}));
}

#[tokio::test]
async fn a_resolver_that_panics_is_answered_as_our_fault() {
    let (gateway, _) = tiny();
    let answer = run(&gateway, "{ echo(text: \"a\") panics }", json!({})).await;
    assert_eq!(answer["data"], json!(null));
    assert_eq!(code(&answer), "INTERNAL");
}

#[tokio::test]
async fn a_failed_field_leaves_the_others() {
    let (gateway, _) = tiny();
    let answer = run(&gateway, "{ maybe { refuses } echo(text: \"a\") }", json!({})).await;
    assert_eq!(answer["data"], json!({"maybe": null, "echo": "a"}));
    assert_eq!(answer["errors"][0]["extensions"], json!({"code": "BAD_INPUT", "field": "x"}));
    assert_eq!(answer["errors"][0]["path"], json!(["maybe", "refuses"]));
}

#[tokio::test]
async fn nests_of_brackets_are_refused_and_the_deepest_allowed_ones_run() {
    let (gateway, _) = tiny();
    for nest in ["[", "{a:"] {
        let text = format!("{{ echo(text: {}", nest.repeat(1_350));
        assert_eq!(code(&run(&gateway, &text, json!({})).await), "GRAPHQL_PARSE_FAILED");
    }
    let lists = format!("{{ echo(text: {}1{}) }}", "[".repeat(62), "]".repeat(62));
    assert_eq!(code(&run(&gateway, &lists, json!({})).await), VALIDATION_FAILED);
    let fields = |levels: usize| {
        format!("{}echo(text: \"a\"){}", "{ deep ".repeat(levels) + "{ ", "}".repeat(levels + 1))
    };
    assert!(run(&gateway, &fields(11), json!({})).await.get("errors").is_none());
    assert_eq!(code(&run(&gateway, &fields(12), json!({})).await), VALIDATION_FAILED);
}

#[tokio::test]
async fn the_operation_is_picked_by_name() {
    let (gateway, _) = tiny();
    let text = "query A { echo(text: \"a\") } mutation B($n: Int!) { bump }";
    let named = |name: Option<&str>| Ask {
        operation_name: name.map(str::to_owned),
        variables: [("n".to_owned(), json!(1))].into_iter().collect(),
        query: text.to_owned(),
        document_id: None,
    };
    let picked = gateway.prepare(named(Some("A"))).unwrap();
    assert_eq!((picked.operation_type(), picked.operation_name()), (OperationType::Query, Some("A")));
    assert_eq!(gateway.prepare(named(Some("B"))).unwrap().operation_type(), OperationType::Mutation);
    assert!(gateway.prepare(named(None)).unwrap_err()[0].message.contains("operationName"));
    assert!(gateway.prepare(named(Some("C"))).unwrap_err()[0].message.contains("\"C\""));
}

#[tokio::test]
async fn a_subscription_answers_per_event_and_its_end_is_told_apart_from_a_refusal() {
    let (gateway, _) = tiny();
    let all = async |text: &str| -> Vec<Json> {
        let prepared = gateway.prepare(ask(text, json!({}))).unwrap();
        let answers = gateway.subscribe(prepared, scope());
        answers.map(|answer| serde_json::to_value(answer).unwrap()).collect().await
    };
    assert_eq!(
        all("subscription { count(to: 2) }").await,
        [json!({"data": {"count": 1}}), json!({"data": {"count": 2}})]
    );
    let refused = all("subscription { count(to: 11) }").await;
    assert_eq!((refused.len(), code(&refused[0]), refused[0].get("data")), (1, "FORBIDDEN", None));
    let invalid = all("subscription { none }").await;
    assert_eq!((invalid.len(), code(&invalid[0]), invalid[0].get("data")), (1, VALIDATION_FAILED, None));
    let fallen = all("subscription { falls }").await;
    assert_eq!((fallen[0]["data"]["falls"].clone(), code(&fallen[1])), (json!(7), "INTERNAL"));
}

#[tokio::test]
async fn the_schema_answers_the_introspection_of_an_explorer() {
    let gateway = Gateway::new(None).unwrap();
    let text = include_str!("introspection.graphql");
    let prepared = gateway.prepare(ask(text, json!({}))).unwrap();
    let answer = serde_json::to_value(gateway.execute(prepared, scope()).await).unwrap();
    assert_eq!(answer.get("errors"), None);
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
}
