//! Looks at everything that the gateway stands on, and says what to do about what is wrong.
//!
//! It changes nothing but a picture, which it keeps, reads and forgets again, sends nobody a message and takes no money. The
//! private PostgreSQL is started for it where it does not run. Whatever is asked has its time, so that it always ends.

mod database;
mod providers;
mod services;
mod settings;

use std::fmt;

use super::{Outcome, open};
use crate::config::Config;
use crate::db::embedded::EmbeddedError;

/// What was found out about one thing.
struct Finding {
    /// What was looked at: one word.
    subject: &'static str,
    verdict: Verdict,
    /// What was seen, in one line.
    seen: String,
}

enum Verdict {
    /// Nothing to do.
    Good,
    /// Works, but somebody may want it otherwise.
    Note,
    /// Does not work; what to do about it.
    Wrong(String),
}

impl Finding {
    fn good(subject: &'static str, seen: impl Into<String>) -> Finding {
        Finding { subject, verdict: Verdict::Good, seen: seen.into() }
    }

    fn note(subject: &'static str, seen: impl Into<String>) -> Finding {
        Finding { subject, verdict: Verdict::Note, seen: seen.into() }
    }

    fn wrong(subject: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { subject, verdict: Verdict::Wrong(remedy.into()), seen: seen.into() }
    }

    fn is_wrong(&self) -> bool {
        matches!(self.verdict, Verdict::Wrong(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, remedy) = match &self.verdict {
            Verdict::Good => ("ok", None),
            Verdict::Note => ("note", None),
            Verdict::Wrong(remedy) => ("WRONG", Some(remedy)),
        };
        write!(f, "  {mark:5}  {:11}  {}", self.subject, self.seen)?;
        remedy.map_or(Ok(()), |remedy| write!(f, "\n         {:11}  → {remedy}", ""))
    }
}

/// Prints a line for each thing as it is looked at. Fails when anything is wrong.
pub(super) async fn doctor(config: Config) -> Outcome {
    let mut wrong = 0;
    let mut show = |finding: Finding| {
        println!("{finding}");
        wrong += usize::from(finding.is_wrong());
    };
    settings::look(&config).into_iter().for_each(&mut show);
    show(services::address(&config).await);
    look_at_database(&config, &mut show).await?;
    show(services::redis(&config).await);
    show(services::media(&config).await);
    providers::codes(&config).await.into_iter().for_each(&mut show);
    providers::payments(&config).await.into_iter().for_each(&mut show);
    show(services::assistant(&config).await);
    show(services::traces(&config).await);
    match wrong {
        0 => Ok(()),
        1 => Err("one thing is wrong; the arrow says what to do".into()),
        more => Err(format!("{more} things are wrong; the arrows say what to do").into()),
    }
}

async fn look_at_database(config: &Config, show: &mut impl FnMut(Finding)) -> Outcome {
    if let Some(url) = &config.database_url {
        database::look(url, config).await.into_iter().for_each(show);
        return Ok(());
    }
    match open::start_embedded(config).await {
        Ok(embedded) => {
            database::look(&embedded.database_url(), config).await.into_iter().for_each(show);
            embedded.stop().await?;
        }
        Err(EmbeddedError::InUse { pid, .. }) => {
            let who = pid
                .map_or_else(|| "a gateway".to_owned(), |pid| format!("the gateway with process id {pid}"));
            let seen = format!("the private PostgreSQL belongs to {who}; stop it to look deeper");
            show(Finding::note("database", seen));
        }
        Err(error) => {
            show(Finding::wrong("database", "the private PostgreSQL does not start", error.to_string()))
        }
    }
    Ok(())
}
