//! Which form of JSON a GraphQL client sends and accepts.

use axum::http::{HeaderMap, HeaderValue, header};

/// The forms of a GraphQL response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// The status tells whether the operation ran.
    GraphqlResponse,
    /// For older clients: 200 whether it ran or not.
    Json,
}

impl Media {
    /// The value of `content-type`.
    #[must_use]
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
        })
    }
}

/// The form that the client prefers; `None` when it accepts neither.
///
/// A wildcard means `application/json`: who knows the newer form names it.
#[must_use]
pub fn accepted(headers: &HeaderMap) -> Option<Media> {
    let ranges = ranges(headers);
    if ranges.is_empty() {
        return Some(Media::Json);
    }
    let weight = |name: &str| weight(&ranges, name);
    let newer = weight("application/graphql-response+json").unwrap_or(0.0);
    let older = weight("application/json")
        .or_else(|| weight("application/*"))
        .or_else(|| weight("*/*"))
        .unwrap_or(0.0);
    match (newer > 0.0, older > 0.0) {
        (true, _) if newer >= older => Some(Media::GraphqlResponse),
        (_, true) => Some(Media::Json),
        _ => None,
    }
}

/// Whether the client takes a stream of events.
#[must_use]
pub fn accepts_events(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers);
    let weight = ["text/event-stream", "text/*", "*/*"].iter().find_map(|name| weight(&ranges, name));
    ranges.is_empty() || weight.is_some_and(|weight| weight > 0.0)
}

/// The media ranges that the client accepts, with their weights.
fn ranges(headers: &HeaderMap) -> Vec<(String, f32)> {
    let lines = headers.get_all(header::ACCEPT).iter().map(|line| line.to_str().unwrap_or(""));
    lines.flat_map(|line| line.split(',')).filter_map(range).collect()
}

fn weight(ranges: &[(String, f32)], name: &str) -> Option<f32> {
    ranges.iter().find(|(range, _)| range == name).map(|(_, weight)| *weight)
}

/// The name of a media range in lower case, and its weight.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
    Some((name.to_ascii_lowercase(), weight))
}

/// Whether the body is said to be JSON in UTF-8.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(said) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = said.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            let value = value.trim_matches('"');
            !name.eq_ignore_ascii_case("charset")
                || value.eq_ignore_ascii_case("utf-8")
                || value.eq_ignore_ascii_case("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn the_form_of_the_answer_follows_the_clients_preference() {
        for (lines, expected) in [
            (&[][..], Some(Media::Json)),
            (&[""], Some(Media::Json)),
            (&["*/*"], Some(Media::Json)),
            (&["application/*"], Some(Media::Json)),
            (&["application/json"], Some(Media::Json)),
            (&["APPLICATION/JSON; charset=utf-8"], Some(Media::Json)),
            (&["application/graphql-response+json"], Some(Media::GraphqlResponse)),
            (&["application/graphql-response+json, application/json;q=0.9"], Some(Media::GraphqlResponse)),
            (&["application/json, application/graphql-response+json"], Some(Media::GraphqlResponse)),
            (&["application/json", "application/graphql-response+json;q=0.5"], Some(Media::Json)),
            (&["application/graphql-response+json;q=0, */*"], Some(Media::Json)),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["text/html, */*;q=0.1"], Some(Media::Json)),
        ] {
            assert_eq!(accepted(&headers(header::ACCEPT, lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn events_are_sent_to_whoever_does_not_refuse_them() {
        for (lines, expected) in [
            (&[][..], true),
            (&["text/event-stream"], true),
            (&["application/json, Text/Event-Stream;q=0.5"], true),
            (&["text/*"], true),
            (&["*/*"], true),
            (&["application/json"], false),
            (&["text/event-stream;q=0, */*"], false),
        ] {
            assert_eq!(accepts_events(&headers(header::ACCEPT, lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        for (line, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json; charset=\"utf-8\"", true),
            ("application/json; charset=iso-8859-1", false),
            ("application/graphql", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("application/json-patch+json", false),
        ] {
            assert_eq!(is_json(&headers(header::CONTENT_TYPE, &[line])), expected, "{line}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
