//! Asking in GraphQL: for the whole answer, or for its pieces as they come.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt, pin_mut, stream};

use crate::app::{App, Limit};
use crate::error::{Code, Error, Result};
use crate::journeys::assistant::answerer::{Answer, Grounds};
use crate::meters::AnswerSource;
use crate::request::Reach;
use crate::values::required_text;

/// The longest question, in characters.
const LONGEST_QUESTION: usize = 1_000;

/// An answer of the assistant.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssistantAnswer {
    /// The answer, to show as it is.
    answer: String,
    /// Up to three questions that may come next; each can be asked as it stands.
    suggestions: Vec<String>,
}

impl From<Answer> for AssistantAnswer {
    fn from(answer: Answer) -> AssistantAnswer {
        AssistantAnswer { answer: answer.text, suggestions: answer.suggestions }
    }
}

/// A piece of an answer. The last one has no text, but the whole answer.
#[derive(Clone, Debug, SimpleObject)]
pub struct AssistantPiece {
    /// What to append to the pieces before; empty in the last one.
    text: String,
    /// The whole answer, in the last piece only: show it in place of the pieces, from which it can differ when the
    /// assistant could not finish what it began.
    answer: Option<AssistantAnswer>,
}

/// Checks the question, and that this person may ask it now.
fn ask(ctx: &Context<'_>, query: &str) -> Result<(Arc<App>, Grounds)> {
    let (viewer, app) = (ctx.viewer()?, ctx.app()?);
    let query = match query.trim() {
        "" => return Err(Error::bad_input("query", "Query is required")),
        text => required_text(text, LONGEST_QUESTION)
            .map_err(|problem| Error::bad_input("query", format!("query {problem}")))?,
    };
    app.limiters.check(Limit::QuestionsPerUser, &viewer.user_id.to_string())?;
    Ok((app.clone(), Grounds::of(&query)))
}

/// The pieces of the answer, the whole answer last.
///
/// A model that fails is not heard of: what is written takes its place, and only when nothing fits the person is told.
fn pieces(app: &App, grounds: Grounds) -> impl Stream<Item = Result<AssistantPiece>> + use<> {
    let asked = app.language_model.as_ref().map(|model| model.ask(grounds.prompt()));
    let state = Some((asked, String::new(), grounds));
    let meters = app.meters.clone();
    stream::unfold(state, move |state| {
        let meters = meters.clone();
        async move {
            let (asked, mut said, grounds) = state?;
            let Some(mut asked) = asked else {
                let written = grounds.written();
                meters.answered(if written.is_some() {
                    AnswerSource::Written
                } else {
                    AnswerSource::NothingFits
                });
                return Some((Ok(last(written.unwrap_or_else(|| grounds.nothing()))), None));
            };
            match asked.next().await {
                Some(Ok(text)) => {
                    said.push_str(&text);
                    Some((Ok(AssistantPiece { text, answer: None }), Some((Some(asked), said, grounds))))
                }
                Some(Err(_)) => {
                    let written = grounds.written().map(last);
                    meters.answered(if written.is_some() {
                        AnswerSource::Written
                    } else {
                        AnswerSource::Failed
                    });
                    let none = || Error::new(Code::AssistantUnavailable, "Assistant not available");
                    Some((written.ok_or_else(none), None))
                }
                None => {
                    meters.answered(AnswerSource::Model);
                    let answer = Answer { text: said.trim().to_owned(), suggestions: grounds.suggestions() };
                    Some((Ok(last(answer)), None))
                }
            }
        }
    })
}

fn last(answer: Answer) -> AssistantPiece {
    AssistantPiece { text: String::new(), answer: Some(answer.into()) }
}

/// Questions to the assistant.
#[derive(Default)]
pub struct AssistantMutation;

#[Object]
impl AssistantMutation {
    /// Answers a question about using the app, in the person's own words. The assistant sees no accounts and changes nothing.
    ///
    /// Errors: `BAD_INPUT` that names `query`; `RATE_LIMITED`; `ASSISTANT_UNAVAILABLE`: offer a support ticket.
    async fn ask_assistant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question, 1 to 1000 characters.")] query: String,
    ) -> Result<AssistantAnswer> {
        let (app, grounds) = ask(ctx, &query)?;
        let pieces = pieces(&app, grounds);
        pin_mut!(pieces);
        while let Some(piece) = pieces.next().await {
            if let Some(answer) = piece?.answer {
                return Ok(answer);
            }
        }
        Err(Error::internal("an answer without an end"))
    }
}

/// Answers as they come.
#[derive(Default)]
pub struct AssistantSubscription;

#[Subscription]
impl AssistantSubscription {
    /// Answers a question as `askAssistant` does, piece by piece as the words come, then completes. Closing it ends the
    /// answer. There is nothing to resume: ask again.
    ///
    /// Errors: `BAD_INPUT` that names `query`; `RATE_LIMITED`; `ASSISTANT_UNAVAILABLE`: offer a support ticket.
    async fn assistant_answer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question, 1 to 1000 characters.")] query: String,
    ) -> Result<impl Stream<Item = Result<AssistantPiece>> + use<>> {
        let (app, grounds) = ask(ctx, &query)?;
        Ok(pieces(&app, grounds))
    }
}
