//! How many statements one request sends: counted by a gateway inside of the bench, which has no other requests.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use society_gateway::app::App;
use society_gateway::config::Config;
use society_gateway::db::{Pool, Statements as Counter};
use society_gateway::server::{self, ServerState};
use society_gateway::values::Clock;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::people::{People, Person, SECRET};
use crate::report::Statements;
use crate::scenario::{Call, Scenario, WHO_ASKS};
use crate::seed::Size;
use crate::{Error, Result};

/// Enough to find payers of both kinds twice.
const SAMPLE: usize = 64;
/// Larger than any answer.
const LONGEST_ANSWER: usize = 10_000_000;

/// A gateway without a socket.
pub struct InProcess {
    router: Router,
    counter: Counter,
}

impl InProcess {
    /// One on the database of this run.
    pub async fn start(database: &str) -> Result<InProcess> {
        let config = Config::read(&|name| (name == "RATE_LIMITS").then(|| "off".to_owned()))?;
        let pool = Pool::new(database, 4).map_err(in_words)?;
        let counter = pool.statements().clone();
        let app = App::new(config, Clock::default(), pool, SECRET.as_bytes());
        let state = ServerState::new(app, CancellationToken::new()).await?;
        Ok(InProcess { router: server::router(state).await?, counter })
    }

    /// The mean of both ways to pay.
    pub async fn count(
        &self,
        scenario: &Scenario,
        database: &str,
        size: Size,
        people: &People,
    ) -> Result<Statements> {
        let asking = people.asking(scenario.askers, SAMPLE);
        scenario.prepare(database, size, &asking).await?;
        let mut mean = Statements { gateway: 0.0, floor: scenario.floor.map(|_| 0.0) };
        for from_wallet in [true, false] {
            let mut payers = asking.people().iter().filter(|person| person.pays_from_wallet() == from_wallet);
            let (first, second) = (payers.next().ok_or("nobody")?, payers.next().ok_or("nobody else")?);
            // What is sent once per connection or session is no part of it.
            self.sent(scenario.call, first).await?;
            self.sent(WHO_ASKS, second).await?;
            mean.gateway += 0.5 * self.sent(scenario.call, second).await? as f64;
            if let (Some(mean), Some(sql)) = (&mut mean.floor, scenario.floor) {
                *mean += 0.5 * sql.statements(second) as f64;
            }
        }
        Ok(mean)
    }

    async fn sent(&self, call: Call, person: &Person) -> Result<u64> {
        let line = call.line_of(person);
        let (method, path) = line.split_once(' ').ok_or("a call has a method and a path")?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", person.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(call.body_of(person).into_owned()))?;
        let before = self.counter.count();
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), LONGEST_ANSWER).await?;
        call.check(status, &body)?;
        Ok(self.counter.count() - before)
    }
}

fn in_words(error: society_gateway::error::Error) -> Error {
    format!("{error:?}").into()
}
