//! What the settings come to. Those that could not be used would have ended the process before.

use std::collections::HashSet;

use chrono::Utc;

use super::Finding;
use crate::config::{Config, Environment, Origins};

/// Fewer different characters than this in a secret: it was typed, not drawn. 32 random hexadecimal digits have
/// fewer once in millions of times.
const FEWEST_CHARACTERS: usize = 8;
/// What stands in secrets of examples, and in none that was drawn.
const PLACEHOLDERS: [&str; 4] = ["secret", "change", "example", "password"];

/// Everything that can be said without asking anybody.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![match config.environment {
        Environment::Development => {
            Finding::note("settings", "APP_ENV is development: for yourself, and nobody else")
        }
        Environment::Production => Finding::good("settings", "APP_ENV is production"),
    }];
    if config.environment == Environment::Production {
        findings.push(secrets(config));
        findings.extend([address(config), origins(config), watched(config)].into_iter().flatten());
    }
    findings.extend(rest_end(config));
    findings
}

/// Who guesses a secret, also a former one, signs in as anybody.
fn secrets(config: &Config) -> Finding {
    let previous = config.token_secrets_previous.iter().map(|secret| ("TOKEN_SECRETS_PREVIOUS", secret));
    let mut all = config.token_secret.iter().map(|secret| ("TOKEN_SECRET", secret)).chain(previous);
    let Some((setting, _)) = all.find(|(_, secret)| can_be_guessed(secret)) else {
        return Finding::good("secret", "TOKEN_SECRET is long, and nothing that one types");
    };
    Finding::wrong(
        "secret",
        format!("{setting} can be guessed: whoever does signs in as anybody"),
        "set TOKEN_SECRET to what `openssl rand -hex 32` prints, and take the former one away, also from \
         TOKEN_SECRETS_PREVIOUS: people sign in anew, and vendors enter their account numbers again",
    )
}

fn can_be_guessed(secret: &str) -> bool {
    let different: HashSet<char> = secret.chars().collect();
    let words = secret.to_ascii_lowercase();
    different.len() < FEWEST_CHARACTERS || PLACEHOLDERS.iter().any(|word| words.contains(word))
}

/// How clients come in.
fn address(config: &Config) -> Option<Finding> {
    let url = &config.public_url;
    if url.starts_with("http://") {
        return Some(Finding::wrong(
            "public url",
            format!("PUBLIC_URL is {url}: tokens and codes travel in the open"),
            "put a proxy that speaks HTTPS in front, and its address into PUBLIC_URL",
        ));
    }
    // The gateway itself speaks no TLS: somebody in front of it does.
    config.trusted_proxies.is_empty().then(|| {
        Finding::note(
            "proxies",
            "TRUSTED_PROXIES is not set: to the limits of each address, all who come by the proxy of \
             PUBLIC_URL are one",
        )
    })
}

fn origins(config: &Config) -> Option<Finding> {
    (config.allowed_origins == Origins::Any)
        .then(|| Finding::note("origins", "ALLOWED_ORIGINS is any: pages of every site may call the gateway"))
}

/// Whether somebody would see that something goes wrong.
fn watched(config: &Config) -> Option<Finding> {
    config
        .metrics_token
        .is_none()
        .then(|| Finding::note("metrics", "METRICS_TOKEN is not set: there is no /metrics, and no alert"))
}

/// Whether the REST paths are served longer than was announced.
fn rest_end(config: &Config) -> Option<Finding> {
    let end = config.rest_deprecation?.sunset.filter(|end| *end < Utc::now().date_naive())?;
    let seen =
        format!("REST_DEPRECATION says that the REST paths ended on {end}; they are served all the same");
    Some(Finding::note("rest", seen))
}
