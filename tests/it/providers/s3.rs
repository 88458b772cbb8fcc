//! A bucket of S3: as much of it as keeps, shows, lists and removes objects.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::providers::line::Line;

const BUCKET: &str = "/pictures";
const MODIFIED: &str = "2026-01-02T03:04:05.000Z";
const MODIFIED_HTTP: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

#[derive(Clone)]
pub struct Bucket {
    pub url: String,
    pub line: Line,
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
}

impl Bucket {
    pub async fn start() -> Bucket {
        let mut bucket = Bucket { url: String::new(), line: Line::default(), objects: Arc::default() };
        let router = Router::new().fallback(answer).with_state(bucket.clone());
        bucket.url = bucket.line.serve(router).await;
        bucket
    }

    /// What it holds.
    pub fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }
}

async fn answer(
    State(bucket): State<Bucket>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_signed = headers
        .get("authorization")
        .is_some_and(|by| by.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=key-of-the-bucket/"));
    let (Some(key), true) = (uri.path().strip_prefix(BUCKET), is_signed) else {
        return (StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>").into_response();
    };
    let key = key.trim_start_matches('/').to_owned();
    let query: BTreeMap<String, String> =
        form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).into_owned().collect();
    let mut objects = bucket.objects.lock().unwrap();
    match method {
        Method::PUT => {
            objects.insert(key, body);
            [(header::ETAG, "\"1\"")].into_response()
        }
        Method::GET if query.contains_key("list-type") => listed(&objects, &query["prefix"]).into_response(),
        Method::GET => match objects.get(&key) {
            Some(object) => {
                ([(header::ETAG, "\"1\""), (header::LAST_MODIFIED, MODIFIED_HTTP)], object.clone())
                    .into_response()
            }
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        },
        Method::DELETE => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        Method::POST if query.contains_key("delete") => {
            let asked = String::from_utf8(body.to_vec()).unwrap();
            let keys = asked.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
            let removed: String = keys
                .map(|key| {
                    objects.remove(key);
                    format!("<Deleted><Key>{key}</Key></Deleted>")
                })
                .collect();
            format!("<DeleteResult>{removed}</DeleteResult>").into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn listed(objects: &BTreeMap<String, Bytes>, prefix: &str) -> String {
    let found = objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let contents: String = found
        .map(|(key, object)| {
            let size = object.len();
            format!("<Contents><Key>{key}</Key><LastModified>{MODIFIED}</LastModified><ETag>\"1\"</ETag><Size>{size}</Size></Contents>")
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
}
