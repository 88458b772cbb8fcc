//! Requests with files, as the GraphQL multipart request specification has them: the part `operations` is the request,
//! with null where a file belongs, and the part `map` says which part of the form stands at which place.
//!
//! A page of another origin can send such a body unasked, so a header must come that it cannot. Files are read only for
//! somebody who is signed in, and only so many at once.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value as Json};

use super::{Refusal, of_json};
use crate::graphql::Ask;
use crate::request::{File, Form, Unread, Upload};

/// Each of them makes a browser ask before it sends.
const PREFLIGHTED: [&str; 2] = ["graphql-require-preflight", "apollo-require-preflight"];
/// How long a client may take to send the files.
const WAIT: Duration = Duration::from_secs(60);
/// So many places may be filled with files.
const MOST_PLACES: usize = 16;

/// Whether the body is said to be a form with files.
pub fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    said.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Whether a browser would have asked before it sent this.
///
/// # Errors
/// 415, when no header says so.
pub fn check_preflight(headers: &HeaderMap) -> Result<(), Refusal> {
    if PREFLIGHTED.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty())) {
        return Ok(());
    }
    let problem =
        "A request with files needs the header GraphQL-Require-Preflight, such as with the value 1.";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem))
}

/// The request in a form, and its files.
///
/// # Errors
/// 400 for a form that is not as the specification says, 408, 413.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<(Ask, Vec<File>), Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let form = tokio::time::timeout(WAIT, Form::read(content_type, body.into_data_stream())).await;
    let form = match form {
        Ok(Ok(form)) => form,
        Ok(Err(Unread::TooLarge)) => {
            let problem = "The form is too large: 5 MB of files, 16 parts.";
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, problem));
        }
        Ok(Err(Unread::NoForm | Unread::Broken)) => {
            return Err(Refusal::bad_request("The form cannot be read."));
        }
        Err(_) => return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The form did not arrive in time.")),
    };
    let operations = form.texts.get("operations");
    let operations =
        operations.ok_or_else(|| Refusal::bad_request("The form has no part named operations."))?;
    let mut ask = of_json(operations.as_bytes())?;
    let map = form.texts.get("map").ok_or_else(|| Refusal::bad_request("The form has no part named map."))?;
    let map: Map<String, Json> = serde_json::from_str(map).map_err(|_| {
        Refusal::bad_request("map is a JSON object of the names of parts with lists of places.")
    })?;
    fill(&mut ask, map, &form.names)?;
    Ok((ask, form.files))
}

/// Puts every file where the map wants it.
fn fill(ask: &mut Ask, map: Map<String, Json>, names: &[String]) -> Result<(), Refusal> {
    let mut filled = 0;
    for (name, places) in map {
        let file = names.iter().position(|known| *known == name);
        let file =
            file.ok_or_else(|| Refusal::bad_request("map names a part that is no file of the form."))?;
        let Json::Array(places) = places else {
            return Err(Refusal::bad_request(
                "map is a JSON object of the names of parts with lists of places.",
            ));
        };
        for place in places {
            filled += 1;
            let place = place.as_str().and_then(|place| place.strip_prefix("variables."));
            let place =
                place.filter(|_| filled <= MOST_PLACES).and_then(|place| find(&mut ask.variables, place));
            // Only null is filled: what the client put there itself is not changed behind its back.
            match place {
                Some(place) if place.is_null() => *place = Upload::variable(file),
                _ => {
                    return Err(Refusal::bad_request("map names a place that is not null in the variables."));
                }
            }
        }
    }
    Ok(())
}

/// The value at a place such as `input.files.0`.
fn find<'a>(variables: &'a mut Map<String, Json>, place: &str) -> Option<&'a mut Json> {
    let (first, rest) = place.split_once('.').map_or((place, None), |(first, rest)| (first, Some(rest)));
    let value = variables.get_mut(first)?;
    rest.into_iter().flat_map(|rest| rest.split('.')).try_fold(value, |value, step| match value {
        Json::Object(fields) => fields.get_mut(step),
        Json::Array(entries) => entries.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}
