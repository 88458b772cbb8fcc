//! What every answer under `/api/v1` says of the end of these paths, where the operator has announced it.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use chrono::{NaiveDate, NaiveTime};

use crate::config::{Config, Deprecation};
use crate::server::docs::PAGE;

/// Since when (RFC 9745).
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// Until when (RFC 8594).
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The headers that are put into the answers.
#[derive(Clone, Debug)]
pub struct Announcement(Vec<(HeaderName, HeaderValue)>);

impl Announcement {
    /// What these settings announce: nothing, where nothing is deprecated.
    pub fn of(config: &Config) -> Announcement {
        let Some(Deprecation { since, sunset }) = config.rest_deprecation else {
            return Announcement(Vec::new());
        };
        let page = if config.api_docs { PAGE } else { "" };
        let told = [
            (DEPRECATION, Some(format!("@{}", midnight(since).timestamp()))),
            (SUNSET, sunset.map(|day| midnight(day).format("%a, %d %b %Y %H:%M:%S GMT").to_string())),
            (header::LINK, Some(format!("<{}{page}>; rel=\"deprecation\"", config.public_url))),
        ];
        let value = |(name, text): (HeaderName, Option<String>)| Some((name, text?.parse().ok()?));
        Announcement(told.into_iter().filter_map(value).collect())
    }

    /// The names, for pages of other origins to read.
    pub fn names(&self) -> impl Iterator<Item = HeaderName> {
        self.0.iter().map(|(name, _)| name.clone())
    }

    /// The answer with the announcement.
    pub fn told(&self, mut response: Response) -> Response {
        response.headers_mut().extend(self.0.iter().cloned());
        response
    }
}

fn midnight(day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
