//! Real calls with their real answers, recorded by the tests that walk through the contract.
//!
//! `examples.json` is written by `RECORD=1 cargo test --test it contract`; without it the same test fails where the file is not
//! what the gateway answers.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};

/// Everything that was recorded.
pub struct Recorded(Json);

/// What was recorded of one path; null where nothing was.
#[derive(Clone, Copy)]
pub struct Examples<'a>(&'a Json);

impl Recorded {
    /// Reads the file that this build was made with.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read() -> Result<Recorded, serde_json::Error> {
        serde_json::from_str(include_str!("examples.json")).map(Recorded)
    }

    /// Of a line of the table.
    pub fn of(&self, method: &Method, path: &str) -> Examples<'_> {
        Examples(&self.0[format!("{method} {path}")])
    }
}

impl<'a> Examples<'a> {
    /// The value of a parameter of the path or the query.
    pub fn parameter(self, name: &str) -> Option<&'a Json> {
        self.0["parameters"].get(name)
    }

    /// The body of a call that works.
    pub fn request(self) -> Option<&'a Json> {
        self.0.get("request")
    }

    /// What that call is answered with.
    pub fn answer(self) -> Option<&'a Json> {
        self.0.get("answer")
    }

    /// The refusals with this status, as the member `examples` of a response; those of the table included.
    pub fn refusals(self, status: u16, worded: impl Iterator<Item = &'static str>) -> Map<String, Json> {
        let recorded = self.0["refusals"].as_array().into_iter().flatten();
        let recorded = recorded.filter(|body| body["code"] == status).cloned();
        let worded = worded.map(|message| json!({"status": "error", "message": message, "code": status}));
        let mut examples = Map::new();
        for body in recorded.chain(worded) {
            let message = body["message"].as_str().unwrap_or_default().to_owned();
            examples.entry(message).or_insert_with(|| json!({"value": body}));
        }
        examples
    }
}
