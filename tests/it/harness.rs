//! What every test stands on: one private PostgreSQL for the run, a database of its own for each test, people who are
//! signed in, and calls as a client makes them.

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};
use society_gateway::app::{App, Background, Claims, Role, TokenKind};
use society_gateway::config::Config;
use society_gateway::db::embedded::{Embedded, Options};
use society_gateway::db::{Pool, PooledConn, migrate};
use society_gateway::graphql::{Ask, Gateway};
use society_gateway::request::{Face, Scope, authenticate};
use society_gateway::schema::{item, shop, user_profile, user_session};
use society_gateway::server::{self, ServerState};
use society_gateway::values::{Clock, ItemId, Paise, Phone, SessionId, ShopId, UserId};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::described;
use crate::rest::Reply;

/// The server of this run, with the migrated database that each test's is copied from.
struct Cluster {
    embedded: Embedded,
    folder: String,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);
/// What the tokens of all tests are signed with.
pub const SECRET: &str = "a secret that only the tests may know";
const TEMPLATE: &str = "template_of_tests";

impl Cluster {
    async fn get() -> &'static Cluster {
        CLUSTER
            .get_or_init(async || {
                let folder = tempfile::Builder::new()
                    .prefix("society-gateway-tests-")
                    .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
                    .tempdir()
                    .unwrap()
                    .keep();
                let options = Options { data_dir: folder.clone(), durable: false, max_connections: 300 };
                let embedded = Embedded::start(options).await.unwrap();
                let cluster = Cluster { embedded, folder: folder.to_str().unwrap().to_owned() };
                let postmaster = cluster.postmaster().await;
                stop_with_this_process(&postmaster, &cluster.folder);
                cluster.run(&format!("CREATE DATABASE {TEMPLATE}")).await;
                migrate(&cluster.embedded.url_of(TEMPLATE), ()).await.unwrap();
                cluster
            })
            .await
    }

    async fn connect(&self) -> tokio_postgres::Client {
        let url = self.embedded.url_of("postgres");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn run(&self, statement: &str) {
        self.connect().await.batch_execute(statement).await.unwrap();
    }

    async fn postmaster(&self) -> String {
        let row = self.connect().await.query_one("SELECT pg_read_file('postmaster.pid')", &[]).await.unwrap();
        row.get::<_, String>(0).lines().next().unwrap().to_owned()
    }

    /// A fresh copy of the template; its address.
    async fn database(&self) -> String {
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")).await;
        self.embedded.url_of(&name)
    }
}

/// A test binary has no last moment of its own: a shell waits for the end of this process, whichever way it ends, and
/// then stops the server and removes its folder.
#[allow(clippy::zombie_processes, reason = "the shell outlives this process on purpose")]
fn stop_with_this_process(postmaster: &str, folder: &str) {
    let script = format!("cat >/dev/null; kill -INT {postmaster}; rm -rf '{folder}'");
    #[expect(clippy::zombie_processes, reason = "it outlives this process")]
    let mut waiting = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
    // The pipe closes with this process.
    std::mem::forget(waiting.stdin.take());
}

/// A gateway on a database of its own.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Clock,
    pub router: Router,
    gateway: Arc<Gateway>,
    pub background: Background,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub user_id: UserId,
    pub phone: String,
    pub token: String,
}

/// What a GraphQL call came to.
#[derive(Debug)]
pub struct Answer {
    pub data: Value,
    pub errors: Vec<Value>,
}

impl Answer {
    fn of(answer: &Value) -> Answer {
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        Answer { data: answer["data"].clone(), errors }
    }

    /// The data of a call that must have worked.
    pub fn ok(self) -> Value {
        assert_eq!(self.errors, Vec::<Value>::new(), "unexpected errors");
        self.data
    }

    /// The code and message of the one error of a call that must have failed.
    pub fn refused(&self) -> (&str, &str) {
        assert_eq!(self.errors.len(), 1, "expected one error: {self:?}");
        let error = &self.errors[0];
        (error["extensions"]["code"].as_str().unwrap_or(""), error["message"].as_str().unwrap())
    }

    /// The field that the one error names.
    pub fn field(&self) -> &str {
        self.errors[0]["extensions"]["field"].as_str().unwrap_or("")
    }
}

impl TestApp {
    pub async fn start() -> TestApp {
        TestApp::with(&[]).await
    }

    /// With settings other than the defaults.
    pub async fn with(settings: &[(&str, &str)]) -> TestApp {
        TestApp::at(&Cluster::get().await.database().await, settings).await
    }

    /// Another gateway on the same database.
    pub async fn beside(&self, settings: &[(&str, &str)]) -> TestApp {
        TestApp::at(self.app.pool().url(), settings).await
    }

    async fn at(url: &str, settings: &[(&str, &str)]) -> TestApp {
        let config = Config::read(&|name| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let clock = Clock::default();
        let pool = Pool::new(url, 8).unwrap();
        let app = App::new(config, clock.clone(), pool, SECRET.as_bytes());
        let background = app.start_background().await.unwrap();
        let state = ServerState::new(app.clone(), CancellationToken::new()).await.unwrap();
        let gateway = state.gateway.clone();
        let router = server::router(state).await.unwrap();
        TestApp { app, clock, router, gateway, background }
    }

    pub async fn conn(&self) -> PooledConn {
        self.app.read().await.unwrap()
    }

    /// Runs SQL as the test's own hand.
    pub async fn sql(&self, statements: &str) {
        self.conn().await.batch_execute(statements).await.unwrap();
    }

    /// One number from the database.
    pub async fn number(&self, query: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let query = format!("SELECT ({query})::BIGINT AS number");
        diesel::sql_query(query).get_result::<Number>(&mut self.conn().await).await.unwrap().number
    }

    /// One text from the database.
    pub async fn text(&self, query: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Text {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let query = format!("SELECT ({query})::TEXT AS text");
        diesel::sql_query(query).get_result::<Text>(&mut self.conn().await).await.unwrap().text
    }

    /// Every balance, order, stock and log is what the rows behind it say.
    pub async fn audit_is_clean(&self) {
        let report = society_gateway::audit::audit(&mut *self.conn().await, ()).await.unwrap();
        assert!(report.is_clean, "{report}");
    }

    /// The statements that `work` sends, `BEGIN` and `COMMIT` included.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.app.pool().statements().count();
        let value = work.await;
        (value, self.app.pool().statements().count() - before)
    }

    /// A consumer of Green Meadows, Pune, onboarded and signed in.
    pub async fn consumer(&self, name: &str) -> Person {
        self.person(name, Some(Role::Consumer), "Green Meadows").await
    }

    /// A vendor of Green Meadows, Pune, without a shop.
    pub async fn vendor(&self, name: &str) -> Person {
        self.person(name, Some(Role::Vendor), "Green Meadows").await
    }

    /// Somebody of Pune; without a role: before onboarding.
    pub async fn person(&self, name: &str, role: Option<Role>, society: &str) -> Person {
        let mut conn = self.conn().await;
        let count: i64 = user_profile::table.count().get_result(&mut conn).await.unwrap();
        let phone = format!("+9198765{:05}", count + 1);
        let user_id: UserId = diesel::insert_into(user_profile::table)
            .values((
                user_profile::phone.eq(Phone::parse(&phone).unwrap()),
                user_profile::name.eq(role.map(|_| name)),
                user_profile::city.eq(role.map(|_| "Pune")),
                user_profile::society.eq(role.map(|_| society)),
                user_profile::role.eq(role),
                user_profile::basic_onboarding_done.eq(role.is_some()),
            ))
            .returning(user_profile::id)
            .get_result(&mut conn)
            .await
            .unwrap();
        let token = self.sign_in(user_id).await;
        Person { user_id, phone, token }
    }

    /// Another device of a person: its access token.
    pub async fn sign_in(&self, user_id: UserId) -> String {
        let now = self.clock.now();
        let session: SessionId = diesel::insert_into(user_session::table)
            .values((
                user_session::user_id.eq(user_id),
                user_session::face.eq("graphql"),
                user_session::refresh_hash.eq(vec![0_u8; 32]),
                user_session::rotated_at.eq(now),
                user_session::created_at.eq(now),
                user_session::last_used_at.eq(now),
                user_session::expires_at.eq(now + chrono::TimeDelta::days(30)),
            ))
            .returning(user_session::id)
            .get_result(&mut self.conn().await)
            .await
            .unwrap();
        let claims = Claims {
            sub: user_id,
            sid: session,
            kind: TokenKind::Access,
            iat: now.timestamp(),
            exp: now.timestamp() + 86_400 * 30,
            jti: None,
        };
        self.app.keys.sign(&claims).unwrap()
    }

    /// An open shop of Green Meadows with a vendor of its own.
    pub async fn shop(&self, name: &str) -> (ShopId, Person) {
        self.shop_in(name, "Green Meadows").await
    }

    pub async fn shop_in(&self, name: &str, society: &str) -> (ShopId, Person) {
        let owner = self.person(&format!("Owner of {name}"), Some(Role::Vendor), society).await;
        let id = diesel::insert_into(shop::table)
            .values((
                shop::owner_id.eq(owner.user_id),
                shop::shop_name.eq(name),
                shop::shop_type.eq("Grocery"),
                shop::city.eq("Pune"),
                shop::society.eq(society),
            ))
            .returning(shop::id)
            .get_result(&mut self.conn().await)
            .await
            .unwrap();
        (id, owner)
    }

    /// An available item with this price in rupees and this stock.
    pub async fn item(&self, shop: ShopId, title: &str, rupees: &str, stock: i32) -> ItemId {
        let mut conn = self.conn().await;
        let id = diesel::insert_into(item::table)
            .values((
                item::shop_id.eq(shop),
                item::title.eq(title),
                item::price_paise.eq(rupees.parse::<Paise>().unwrap()),
                item::quantity_in_stock.eq(stock),
                item::unit.eq("pcs"),
            ))
            .returning(item::id)
            .get_result(&mut conn)
            .await
            .unwrap();
        society_gateway::ledger::stock::open(&mut conn, &[(id, stock)], self.clock.now()).await.unwrap();
        id
    }

    /// One GraphQL call of a person, or of nobody, as it comes over HTTP.
    pub async fn graphql(&self, who: impl Into<Option<&Person>>, query: &str, variables: Value) -> Answer {
        self.graphql_with(who, &[], query, variables).await
    }

    /// The same with further headers.
    pub async fn graphql_with(
        &self,
        who: impl Into<Option<&Person>>,
        headers: &[(&str, &str)],
        query: &str,
        variables: Value,
    ) -> Answer {
        let mut request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("user-agent", "tests");
        if let Some(person) = who.into() {
            request = request.header("authorization", format!("Bearer {}", person.token));
        }
        request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let body = json!({"query": query, "variables": variables}).to_string();
        let (_, answer) = self.call(request.body(Body::from(body)).unwrap()).await;
        Answer::of(&answer)
    }

    /// One REST call of a person, or of nobody: the status and the body.
    pub async fn rest(
        &self,
        who: impl Into<Option<&Person>>,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(person) = who.into() {
            request = request.header("authorization", &person.token);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.call(request.body(body).unwrap()).await
    }

    /// Any request: the status and the body.
    pub async fn call(&self, request: Request<Body>) -> (u16, Value) {
        let (method, path) = (request.method().clone(), request.uri().to_string());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body };
        if let Some(path) = path.strip_prefix("/api/v1") {
            described::hold(&method, path, &reply).await;
        }
        (reply.status, reply.body)
    }

    /// A subscription of a person.
    pub async fn subscribe(&self, who: &Person, query: &str, variables: Value) -> BoxStream<'static, Answer> {
        let who = authenticate(&self.app, Some(&who.token)).await.unwrap();
        let scope = Scope::new(self.app.clone(), Face::Graphql, who, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let prepared = self.gateway.prepare(ask(query, variables)).unwrap();
        self.gateway.subscribe(prepared, Arc::new(scope)).map(|answer| Answer::of(&json!(answer))).boxed()
    }
}

/// How long a token lives, in seconds, told a moment after it was issued: the clock goes on while the answer is made.
pub fn assert_lives(told: &Value, seconds: i64) {
    let told = told.as_i64().expect("a number of seconds");
    assert!((seconds - 10..=seconds).contains(&told), "{told} instead of {seconds}");
}

fn ask(query: &str, variables: Value) -> Ask {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    Ask { query: query.to_owned(), variables, ..Ask::default() }
}
