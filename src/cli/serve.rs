//! From nothing to a running gateway, and back in order.

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Role};
use crate::cli::open::{self, Opened};
use crate::config::{Config, Environment};
use crate::demo;
use crate::journeys::staff::mailing;
use crate::journeys::wallet::loading;
use crate::server::{self, ServerState};

/// How long what was sent may go without an answer. Only so a stream of events hears that its client is gone, or takes
/// nothing any more.
#[cfg(target_os = "linux")]
const UNANSWERED: Duration = Duration::from_secs(60);

/// Serves until SIGTERM or Ctrl-C.
pub(super) async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    // First of all: from here on a signal ends the gateway in order, also while it starts.
    let mut told = tokio::spawn(told_to_stop());
    // Then the address: when it is taken, nothing has to be undone.
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        format!("cannot listen on {}: {error}. Set LISTEN to another address.", config.listen)
    })?;
    let opened = open::open_quietly(config).await?;
    let outcome = run(&opened, listener, &mut told).await;
    let closed = opened.close().await;
    outcome.and(closed)
}

/// Everything between an open database and its orderly end.
async fn run(
    opened: &Opened,
    listener: TcpListener,
    told: &mut JoinHandle<()>,
) -> Result<(), Box<dyn Error>> {
    let (app, address) = (&opened.app, listener.local_addr()?);
    opened.migrated.iter().for_each(|step| tracing::info!("applied {step}"));
    if app.config.environment == Environment::Development && demo::load(app, ()).await? {
        tracing::info!("loaded the demo society");
    }
    let background = app
        .start_background()
        .await?
        .with(mailing::run(app.clone()))
        .with(loading::keep_looking(app.clone()));
    let stopping = CancellationToken::new();
    let state =
        ServerState::new(app.clone(), stopping.clone()).await.map_err(|cause| cause as Box<dyn Error>)?;
    let sockets = state.sockets.clone();
    let router = server::router(state).await?;
    greet(app, address)?;

    let drained = stopping.clone();
    let mut serving = tokio::spawn(async move {
        axum::serve(listener.tap_io(tune), router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(drained.cancelled_owned())
            .await
    });
    tokio::select! {
        ended = &mut serving => ended??,
        _ = told => {
            tracing::info!("stopping: finishing the requests in progress");
            stopping.cancel();
            let drain = async {
                // The server forgets a connection when it becomes a socket.
                sockets.closed().await;
                (&mut serving).await
            };
            let seconds = app.config.shutdown_seconds;
            match tokio::time::timeout(Duration::from_secs(seconds.into()), drain).await {
                Ok(ended) => ended??,
                Err(_) => {
                    tracing::warn!("some requests took longer than {seconds} s and were dropped");
                    serving.abort();
                }
            }
        }
    }
    drop(background);
    Ok(())
}

/// Small messages go out at once, and dead connections end. Without either the connection works, too.
fn tune(connection: &mut TcpStream) {
    let _ = connection.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&*connection).set_tcp_user_timeout(Some(UNANSWERED));
}

async fn told_to_stop() {
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without signals only the end of the server ends the process.
        _ => std::future::pending().await,
    }
}

/// Says what to open and whom to sign in as. Where nobody reads it, nothing is lost.
fn greet(app: &App, address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let explorer = if app.config.explorer {
        format!("  Explorer       http://{address}/graphiql\n")
    } else {
        String::new()
    };
    let mut text = format!(
        "\nsociety-gateway is running.\n\n{explorer}  GraphQL        http://{address}/graphql\n  \
         Subscriptions  ws://{address}/graphql/ws, http://{address}/graphql/stream\n  \
         REST           http://{address}/api/v1, described in http://{address}/api/v1/openapi.json\n"
    );
    if app.config.api_docs {
        writeln!(text, "  REST, to try   http://{address}{}", server::docs::PAGE)?;
    }
    if app.config.environment == Environment::Development {
        introduce(&mut text, app)?;
    }
    // A closed standard output must not end the gateway.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn introduce(text: &mut String, app: &App) -> Result<(), Box<dyn Error>> {
    let mut societies = HashSet::new();
    let people = demo::people()?;
    writeln!(text, "\nSign in with one of these phones (development data):\n")?;
    // One vendor of each society is enough to try the other side.
    for person in
        people.iter().filter(|person| person.role != Role::Vendor || societies.insert(&person.society))
    {
        let (phone, name, role, society) =
            (&person.phone, &person.name, person.role.as_str(), &person.society);
        writeln!(text, "  {phone}  {name:22}  {role:8}  {society}")?;
    }
    match &app.config.dev_otp {
        Some(code) => writeln!(text, "\nEvery phone receives the code {code}.\n")?,
        None => writeln!(
            text,
            "\nCodes are printed here when they are asked for; DEV_OTP=123456 makes them all the same.\n"
        )?,
    }
    Ok(())
}
