//! The way of an operation from its text to its answer, the same for every transport: prepare, then execute or
//! subscribe.
//!
//! Nothing runs before the text was scanned, the document measured, and the variables brought to their types.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Executor, Name, Positioned, Request, Value, Variables};
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Value as Json;
use tracing::{Instrument, Span};

use crate::error::Error;
use crate::graphql::documents::{self, Document, Documents};
use crate::graphql::report::{Answer, RequestError, VALIDATION_FAILED};
use crate::graphql::{Schema, Types, absent, builder, limits, scan, variables};
use crate::request::Scope;
use crate::spans::TARGET;

/// Fields within fields: GraphiQL's introspection has 15. Other documents are held to less by [`limits`].
const MAX_DEPTH: usize = 16;
/// The engine's count of fields, lists counted by their page sizes: about 10 ms of work at most.
const MAX_COMPLEXITY: usize = 20_000;
/// Selection sets within selection sets, as in [`limits`].
const MAX_RECURSION: usize = 32;
/// Directives on one field.
const MAX_DIRECTIVES: usize = 5;

/// What a client asks for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The document.
    pub query: String,
    /// Which of its operations; needed where there are several.
    pub operation_name: Option<String>,
    /// The variables, as they came.
    pub variables: serde_json::Map<String, Json>,
}

/// An operation that may run.
#[derive(Debug)]
pub struct Prepared {
    document: Arc<Document>,
    /// The text of a document that is not yet known to be valid.
    unknown: Option<String>,
    operation_name: Option<String>,
    operation_type: OperationType,
    root_field: Option<Name>,
    variables: Variables,
}

impl Prepared {
    /// The name of the operation, if it has one.
    #[must_use]
    pub fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// The size of the document, which a live operation holds.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.document.tokens
    }

    /// The one field at its root, if it is one. Whether the schema has it is not known before the operation has run.
    #[must_use]
    pub fn root_field(&self) -> Option<&Name> {
        self.root_field.as_ref()
    }

    /// What the document costs: its selections, with every fragment spread out.
    #[must_use]
    pub fn selections(&self) -> u64 {
        self.document.selections
    }

    /// Query, mutation or subscription.
    #[must_use]
    pub fn operation_type(&self) -> OperationType {
        self.operation_type
    }

    /// What the engine runs. The document is cloned (about 1 µs): it drops the skipped fields from its copy.
    fn request(&mut self, scope: Arc<Scope>) -> Request {
        let mut document = self.document.with_only(self.operation_name.as_deref());
        absent::take_out(&mut document, self.operation_name.as_deref(), &self.variables);
        let mut request = Request::new("").variables(std::mem::take(&mut self.variables)).data(scope);
        request.operation_name = self.operation_name.take();
        request.set_parsed_query(document);
        request
    }
}

/// The schema with its limits, and the documents it has seen.
pub struct Gateway<E = Schema> {
    schema: E,
    types: Types,
    documents: Documents,
}

impl Gateway {
    /// A gateway to the product's schema.
    ///
    /// # Errors
    /// `INTERNAL` when the schema's own text cannot be read: a fault in the build.
    pub fn new() -> crate::error::Result<Arc<Gateway>> {
        let schema = builder()
            .limit_depth(MAX_DEPTH)
            .limit_complexity(MAX_COMPLEXITY)
            .limit_recursive_depth(MAX_RECURSION)
            .limit_directives(MAX_DIRECTIVES)
            .finish();
        let types = Types::read(&schema.sdl()).map_err(Error::internal)?;
        Ok(Gateway::over(schema, types))
    }
}

impl<E: Executor> Gateway<E> {
    fn over(schema: E, types: Types) -> Arc<Gateway<E>> {
        Arc::new(Gateway { schema, types, documents: Documents::default() })
    }

    /// The schema's types.
    #[must_use]
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// Reads a request up to the point where the operation could run. Validation is left to the engine, which does it
    /// when it runs the operation, still before anything of it.
    ///
    /// # Errors
    /// Why it may not run: `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`, `BAD_INPUT` for variables.
    pub fn prepare(&self, ask: Ask) -> Result<Prepared, Vec<RequestError>> {
        let (document, unknown) = self.document(ask.query).map_err(|refusal| vec![refusal])?;
        let (name, operation) =
            pick(&document.parsed, ask.operation_name.as_deref()).map_err(|refusal| vec![refusal])?;
        let variables = variables::coerce(&self.types, &operation.variable_definitions, ask.variables)
            .map_err(|misfits| misfits.into_iter().map(RequestError::from).collect::<Vec<_>>())?;
        let (operation_name, operation_type) = (name.map(|name| name.to_string()), operation.ty);
        let root_field = documents::only_field(&document.parsed, &operation.selection_set.node).cloned();
        Ok(Prepared { document, unknown, operation_name, operation_type, root_field, variables })
    }

    /// The parsed document; with its text, unless it is known to be valid.
    fn document(&self, text: String) -> Result<(Arc<Document>, Option<String>), RequestError> {
        if text.len() <= scan::MAX_TEXT
            && let Some(document) = self.documents.get(&text)
        {
            return Ok((document, None));
        }
        let tokens = scan::scan(&text)?;
        let parsed = parse_query(&text)?;
        let selections = limits::check(&parsed)?;
        Ok((Arc::new(Document { parsed, tokens, selections }), Some(text)))
    }

    /// Runs a query or a mutation. A panic in a resolver is answered with `INTERNAL`.
    pub async fn execute(&self, mut prepared: Prepared, scope: Arc<Scope>) -> Answer {
        let app = scope.app.clone();
        let _turn = app.turn().await;
        let span = span_of(&prepared);
        let request = prepared.request(scope);
        let run = self.schema.execute(request).instrument(span);
        let response = match AssertUnwindSafe(run).catch_unwind().await {
            Ok(response) => response,
            // The panic hook has logged it.
            Err(_) => return Answer::of_panic(),
        };
        let answer = Answer::of(response);
        if let Some(text) = prepared.unknown
            && !answer.is_request_error()
        {
            self.documents.keep(text, prepared.document);
        }
        answer
    }

    /// Runs a subscription: an answer per event. When it cannot begin, its only answer is a request error.
    pub fn subscribe(
        &self,
        mut prepared: Prepared,
        scope: Arc<Scope>,
    ) -> impl Stream<Item = Answer> + Send + 'static + use<E> {
        let responses = self.schema.execute_stream(prepared.request(scope), None);
        AssertUnwindSafe(responses).catch_unwind().enumerate().map(|(place, response)| {
            let mut answer = match response {
                Ok(response) => Answer::of(response),
                Err(_) => Answer::of_panic(),
            };
            if place == 0 && answer.data == Some(Value::Null) && !answer.errors.is_empty() {
                answer.data = None;
            }
            answer
        })
    }
}

/// The span of an operation. Clients choose its name, so what it runs comes first.
fn span_of(prepared: &Prepared) -> Span {
    tracing::trace_span!(
        target: TARGET,
        "operation",
        otel.name = prepared.root_field.as_ref().map_or("several", Name::as_str),
        graphql.operation.name = prepared.operation_name,
        graphql.operation.type = %prepared.operation_type,
    )
}

/// The operation that is meant.
fn pick<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), RequestError> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(wanted) => operations
            .find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted))
            .ok_or_else(|| format!("Unknown operation named \"{wanted}\".")),
        None if operations.len() == 1 => operations.next().ok_or_else(String::new),
        None => Err("The document has several operations; name the one to run in operationName.".to_owned()),
    };
    match found {
        Ok((name, Positioned { node, .. })) => Ok((name, node)),
        Err(message) => Err(RequestError::new(VALIDATION_FAILED, message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::config::Config;
    use crate::db::Pool;
    use crate::request::{Authentication, Face, Loaders, PageLimits, Place};
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
        (Gateway::over(schema, types), bumps)
    }

    /// A scope whose database nobody asks.
    fn scope() -> Arc<Scope> {
        let pool = Pool::new("postgres://nobody@127.0.0.1:1/none", 1).unwrap();
        let app = App::new(Config::read(&|_| None).unwrap(), Clock::default(), pool.clone(), &[7; 32]);
        Arc::new(Scope {
            app,
            face: Face::Graphql,
            authentication: Authentication::Anonymous,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            idempotency_key: None,
            files: std::sync::OnceLock::new(),
            page_limits: PageLimits::GRAPHQL,
            loaders: Loaders::new(pool),
            place: Place::default(),
        })
    }

    fn ask(query: &str, variables: Json) -> Ask {
        let Json::Object(variables) = variables else { unreachable!("variables are an object") };
        Ask { query: query.to_owned(), operation_name: None, variables }
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
            assert_eq!(
                run(&gateway, "{ echo(text: \"a\") }", json!({})).await,
                json!({"data": {"echo": "a"}})
            );
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
        let gateway = Gateway::new().unwrap();
        let text = include_str!("gateway/introspection.graphql");
        let prepared = gateway.prepare(ask(text, json!({}))).unwrap();
        let answer = serde_json::to_value(gateway.execute(prepared, scope()).await).unwrap();
        assert_eq!(answer.get("errors"), None);
        assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
    }
}
