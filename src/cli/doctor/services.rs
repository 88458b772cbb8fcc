//! What the gateway talks to beside the database.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::Finding;
use crate::app::{LanguageModel, MEDIA_PATH, Media, Prompt};
use crate::cli::telemetry;
use crate::config::Config;
use crate::error::Error;
use crate::meters::Meters;
use crate::values::UserId;

/// How long a service may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whose picture is kept for a moment: ids of people begin with one.
const NOBODY: UserId = UserId(0);

/// Whether the gateway can listen where it is told to.
pub(super) async fn address(config: &Config) -> Finding {
    let (subject, listen) = ("address", config.listen);
    match TcpListener::bind(listen).await {
        Ok(_) => Finding::good(subject, format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Finding::note(subject, format!("{listen} is taken: by a running gateway, or by another program"))
        }
        Err(error) => Finding::wrong(
            subject,
            format!("cannot listen on {listen}: {error}"),
            "set LISTEN to another address",
        ),
    }
}

/// Whether the Redis answers.
pub(super) async fn redis(config: &Config) -> Finding {
    let subject = "redis";
    let Some(url) = &config.redis_url else {
        return Finding::note(subject, "REDIS_URL is not set: gateways tell each other through the database");
    };
    let ping = async {
        let mut connection = redis::Client::open(url.as_str())?.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    let problem = match timeout(PATIENCE, ping).await {
        Ok(Ok(_)) => return Finding::good(subject, "answers"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "does not answer in time".to_owned(),
    };
    let remedy = "start it, correct REDIS_URL, or take the setting away; meanwhile events are up to half a second late";
    Finding::wrong(subject, problem, remedy)
}

/// Whether a picture can be kept, read and forgotten.
pub(super) async fn media(config: &Config) -> Finding {
    let (subject, media) = ("pictures", Media::new(config, &Meters::default()));
    let place = match &config.media_url {
        Some(url) => url.clone(),
        None => config.data_dir.join("media").display().to_string(),
    };
    let try_out = async {
        let address = media.keep(NOBODY, Bytes::from_static(b"try")).await?;
        let path = address.split_once(MEDIA_PATH).map(|(_, path)| path.to_owned()).unwrap_or_default();
        let found = media.read(&path).await?;
        media.forget(NOBODY, &address).await?;
        found.map(|_| ()).ok_or_else(|| Error::internal("what was kept is not there"))
    };
    let problem = match timeout(PATIENCE, try_out).await {
        Ok(Ok(())) => return Finding::good(subject, format!("are kept in {place}")),
        // What the bucket said stands in the log.
        Ok(Err(error)) => {
            error.cause().map_or_else(|| "the log above says why".to_owned(), ToString::to_string)
        }
        Err(_) => "the store does not answer in time".to_owned(),
    };
    let remedy = match &config.media_url {
        Some(_) => "correct MEDIA_URL and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT",
        None => "let the gateway's account write there, or set DATA_DIR to another folder",
    };
    Finding::wrong(subject, format!("cannot be kept in {place}: {problem}"), remedy)
}

/// Whether the model answers a question.
pub(super) async fn assistant(config: &Config) -> Finding {
    let subject = "assistant";
    let Some(name) = &config.assistant_model else {
        return Finding::note(subject, "ASSISTANT_MODEL is not set: what is written in the help answers");
    };
    let begin = Instant::now();
    let prompt = Prompt { system: "Answer with one word.".to_owned(), question: "Are you there?".to_owned() };
    let answers = match LanguageModel::of(config, &Meters::default()) {
        Some(model) => model.ask(prompt).all(|piece| std::future::ready(piece.is_ok())).await,
        None => false,
    };
    match answers {
        true => Finding::good(subject, format!("{name} answered in {:.1} s", begin.elapsed().as_secs_f64())),
        false => Finding::wrong(
            subject,
            format!("{name} does not answer; the log above says why"),
            "correct ASSISTANT_MODEL, ASSISTANT_URL and ASSISTANT_KEY; meanwhile what is written answers",
        ),
    }
}

/// Whether the collector takes traces.
pub(super) async fn traces(config: &Config) -> Finding {
    let subject = "traces";
    let Some(endpoint) = &config.otlp_endpoint else {
        return Finding::note(subject, "OTEL_EXPORTER_OTLP_ENDPOINT is not set: requests are not traced");
    };
    let asked = endpoint.clone();
    // The exporter has its own time, and a thread of its own: it blocks.
    let tried = tokio::task::spawn_blocking(move || telemetry::try_collector(&asked)).await;
    match tried.map_err(|error| error.to_string()).flatten() {
        Ok(()) => Finding::good(subject, format!("{endpoint} takes them")),
        Err(cause) => Finding::wrong(
            subject,
            format!("{endpoint} does not take them: {cause}"),
            "start the collector (OTLP over HTTP, port 4318), or correct OTEL_EXPORTER_OTLP_ENDPOINT and \
             OTEL_EXPORTER_OTLP_HEADERS; meanwhile spans are dropped, and nothing else is",
        ),
    }
}
