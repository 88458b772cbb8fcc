//! A gateway that listens on the loopback, for what a call without a connection cannot show: sockets and streams.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use society_gateway::app::Claims;
use society_gateway::events::{Kind, NewEvent, record};
use society_gateway::server::{ServerState, Sockets, router};
use society_gateway::values::OrderId;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::harness::{Person, TestApp};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Server {
    pub app: TestApp,
    pub sockets: Sockets,
    pub stopping: CancellationToken,
    pub address: SocketAddr,
}

impl Server {
    /// The product's.
    pub async fn start() -> Server {
        Server::on(TestApp::start().await).await
    }

    /// The product's, with the settings of this app.
    pub async fn on(app: TestApp) -> Server {
        let state = ServerState::new(app.app.clone(), CancellationToken::new()).await.unwrap();
        let (sockets, stopping) = (state.sockets.clone(), state.stopping.clone());
        Server::serve(app, sockets, stopping, router(state).await.unwrap()).await
    }

    pub async fn serve(
        app: TestApp,
        sockets: Sockets,
        stopping: CancellationToken,
        router: Router,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Server { app, sockets, stopping, address }
    }

    /// Waits until somebody listens to as many topics of events, the gateway itself included.
    pub async fn topics(&self, count: usize) {
        self.until(|| self.app.app.hub.topics() >= count).await;
    }

    pub async fn until(&self, holds: impl Fn() -> bool) {
        let patient = async {
            while !holds() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, patient).await.expect("it holds in time");
    }

    /// Waits until a count that only grows has stood still for a while, longer than a read of the database takes.
    pub async fn settled(&self, count: impl Fn() -> u64) -> u64 {
        let (mut seen, mut quiet) = (count(), 0);
        while quiet < 50_000 {
            tokio::task::yield_now().await;
            quiet = if count() == seen { quiet + 1 } else { 0 };
            seen = count();
        }
        seen
    }
}

impl TestApp {
    /// Says that an order of somebody got a status.
    pub async fn status_of_order(&self, who: &Person, order: i64, seq: i32) {
        let (user, at) = (who.user_id, self.clock.now());
        let work = async move |conn: &mut society_gateway::db::Conn| {
            let fact = NewEvent {
                kind: Kind::OrderStatusChanged,
                order_id: Some(OrderId(order)),
                seq: Some(seq),
                user_id: Some(user),
                shop_id: None,
                value: "pending",
                created_at: at,
            };
            record(conn, &fact).await
        };
        self.app.write(work).await.unwrap();
    }

    /// What a person's token says.
    pub fn claims(&self, who: &Person) -> Claims {
        self.app.keys.verify(&who.token, self.clock.now()).unwrap()
    }

    /// The same person with a token that is good for some seconds.
    pub fn for_seconds(&self, who: &Person, seconds: i64) -> Person {
        let mut claims = self.claims(who);
        claims.exp = self.clock.now().timestamp() + seconds;
        Person { token: self.app.keys.sign(&claims).unwrap(), ..who.clone() }
    }
}
