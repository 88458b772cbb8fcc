//! A language model of any provider, asked within bounds of time, length and number.
//!
//! What it answers is shown to people, what goes wrong with it is not: that is logged here, once.

use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use genai::Client;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStream, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use crate::config::Config;
use crate::meters::{Asked, Meters, ProviderMeter};

/// So many questions are with the provider at once.
const PLACES: usize = 16;
/// How long a question waits for its place.
const WAIT: Duration = Duration::from_secs(2);
/// The longest answer, in tokens: a page.
const MOST_TOKENS: u32 = 600;
/// The longest answer, in characters, for providers that do not count tokens.
const MOST_CHARACTERS: usize = 4_000;

/// What a model is asked.
pub struct Prompt {
    /// What it is to do, and what it knows: ours.
    pub system: String,
    /// What the person wrote: never mixed with ours.
    pub question: String,
}

/// The model gave no answer, or not all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelError;

/// A model and the way to it.
pub struct LanguageModel {
    client: Client,
    model: String,
    time: Duration,
    places: Arc<Semaphore>,
    meter: ProviderMeter,
}

impl LanguageModel {
    /// The model of the settings, if one is set.
    #[must_use]
    pub fn of(config: &Config, meters: &Meters) -> Option<LanguageModel> {
        let model = config.assistant_model.clone()?;
        let key = config.assistant_key.as_ref().map(|key| key.reveal().to_owned());
        let client = match (&config.assistant_url, key) {
            (Some(url), key) => {
                // Local servers ask for no key, but the protocol has a place for it.
                let auth = AuthData::from_single(key.unwrap_or_else(|| "none".to_owned()));
                Client::builder()
                    .with_adapter_kind(AdapterKind::OpenAI)
                    .append_provider_config(AdapterKind::OpenAI, (Endpoint::from_owned(url.as_str()), auth))
            }
            (None, Some(key)) => {
                Client::builder().with_auth_resolver_fn(move |_| Ok(Some(AuthData::from_single(key))))
            }
            (None, None) => Client::builder(),
        };
        let client = match client.build() {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(cause = %error, "the assistant's model cannot be used");
                return None;
            }
        };
        let time = Duration::from_secs(config.assistant_seconds.into());
        let (places, meter) = (Arc::new(Semaphore::new(PLACES)), meters.provider("assistant", false));
        Some(LanguageModel { client, model, time, places, meter })
    }

    /// The answer in pieces as they come. It ends with the answer, or with one error; dropping it ends the request.
    pub fn ask(&self, prompt: Prompt) -> BoxStream<'static, Result<String, ModelError>> {
        let request =
            ChatRequest::new(vec![ChatMessage::system(prompt.system), ChatMessage::user(prompt.question)]);
        let (client, model, places) = (self.client.clone(), self.model.clone(), self.places.clone());
        let deadline = Instant::now() + self.time;
        let begin = async move {
            let Ok(Ok(place)) = timeout(WAIT, places.acquire_owned()).await else {
                return failed("too many questions are being answered");
            };
            let options = ChatOptions::default().with_max_tokens(MOST_TOKENS).with_temperature(0.2);
            let asked = client.exec_chat_stream(model.as_str(), request, Some(&options));
            let answer = match timeout_at(deadline, asked).await {
                Ok(Ok(answer)) => answer.stream,
                Ok(Err(error)) => return failed(&error.to_string()),
                Err(_) => return failed("it took too long to begin"),
            };
            Some(Answering { answer, deadline, length: 0, _place: place })
        };
        // Boxed: the types of a client for all providers go deep.
        let begin = begin.boxed();
        let pieces = stream::once(begin).flat_map(|answering: Option<Answering>| match answering {
            Some(answering) => answering.pieces().boxed(),
            None => stream::once(async { Err(ModelError) }).boxed(),
        });
        counted(pieces, self.meter.clone()).boxed()
    }
}

/// Counts an answer when it ends; one that nobody listens to any more is not counted.
fn counted(
    pieces: impl Stream<Item = Result<String, ModelError>> + Send,
    meter: ProviderMeter,
) -> impl Stream<Item = Result<String, ModelError>> + Send {
    let (begun, mut pieces, mut meter) = (Instant::now(), Box::pin(pieces), Some(meter));
    stream::poll_fn(move |context| {
        let next = ready!(pieces.poll_next_unpin(context));
        let outcome = match &next {
            Some(Ok(_)) => None,
            Some(Err(_)) => Some(Asked::Failed),
            None => Some(Asked::Ok),
        };
        if let Some((outcome, meter)) = outcome.and_then(|outcome| Some((outcome, meter.take()?))) {
            meter.asked(outcome, begun.elapsed());
        }
        Poll::Ready(next)
    })
}

/// An answer on its way.
struct Answering {
    answer: ChatStream,
    deadline: Instant,
    length: usize,
    _place: OwnedSemaphorePermit,
}

impl Answering {
    fn pieces(self) -> impl Stream<Item = Result<String, ModelError>> + use<> {
        stream::unfold(Some(self), |answering| async {
            let mut answering = answering?;
            match answering.next().await {
                Some(Ok(piece)) => Some((Ok(piece), Some(answering))),
                Some(Err(error)) => Some((Err(error), None)),
                None => None,
            }
        })
    }

    async fn next(&mut self) -> Option<Result<String, ModelError>> {
        loop {
            let Ok(event) = timeout_at(self.deadline, self.answer.next()).await else {
                failed::<()>("it took too long");
                return Some(Err(ModelError));
            };
            match event {
                Some(Ok(ChatStreamEvent::Chunk(chunk))) => {
                    let piece = shown(&chunk.content, MOST_CHARACTERS - self.length);
                    self.length += piece.chars().count();
                    match piece.is_empty() {
                        // Whoever goes on for ever is not listened to any more.
                        true if self.length == MOST_CHARACTERS => return None,
                        true => {}
                        false => return Some(Ok(piece)),
                    }
                }
                Some(Ok(ChatStreamEvent::End(_))) => return (self.length == 0).then_some(Err(ModelError)),
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    failed::<()>(&error.to_string());
                    return Some(Err(ModelError));
                }
                None => {
                    failed::<()>("it broke off");
                    return Some(Err(ModelError));
                }
            }
        }
    }
}

fn failed<T>(cause: &str) -> Option<T> {
    // What a provider says may be long, and may repeat what was asked.
    let cause: String = cause.chars().take(300).collect();
    tracing::warn!(cause, "the assistant's model gave no answer");
    None
}

/// The text without control characters, at most so many characters of it.
fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).take(most).collect()
}
