//! A line of the contract: who calls what, and what is told.

use axum::http::Method;
use serde_json::Value;

/// What the gateway answers.
#[derive(Clone, Debug)]
pub enum Told {
    /// 200 with exactly these keys beside `status`, each of its type.
    Success(Value),
    /// The error envelope with this status and message.
    Refused(u16, &'static str),
    /// The `Validation error` form, of these places.
    Invalid(&'static [&'static str]),
}

/// One call. `{order}` in the path, or as a whole text in the body, stands for what an earlier line kept as `order`.
#[derive(Clone, Debug)]
pub struct Line {
    pub who: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub body: Value,
    pub told: Told,
    /// Names, and the pointers to what they are to stand for.
    pub kept: Vec<(&'static str, &'static str)>,
    /// A later call in the name of this person carries the token of the answer.
    pub signs_in: Option<&'static str>,
}

impl Line {
    /// What of the answer later lines need.
    pub fn keep(mut self, name: &'static str, pointer: &'static str) -> Line {
        self.kept.push((name, pointer));
        self
    }

    /// The answer's token is this person's.
    pub fn signs_in(mut self, who: &'static str) -> Line {
        self.signs_in = Some(who);
        self
    }

    /// Method and path of a call that works, its values by place only.
    pub fn succeeds_at(&self) -> Option<String> {
        let Told::Success(_) = self.told else { return None };
        let path = self.path.split('?').next().unwrap_or_default();
        let step = |step: &str| if step.starts_with('{') { "{}".to_owned() } else { step.to_owned() };
        let path: Vec<String> = path.split('/').map(step).collect();
        Some(format!("{} {}", self.method, path.join("/")))
    }
}

fn line(who: &'static str, call: &'static str, body: Value, told: Told) -> Line {
    let (method, path) = call.split_once(' ').expect("a method and a path");
    let method = method.parse().expect("a method");
    Line { who, method, path, body, told, kept: Vec::new(), signs_in: None }
}

/// A read that works.
pub fn get(who: &'static str, path: &'static str, shape: Value) -> Line {
    Line { path, ..line(who, "GET ", Value::Null, Told::Success(shape)) }
}

/// A change that works.
pub fn post(who: &'static str, path: &'static str, body: Value, shape: Value) -> Line {
    Line { path, ..line(who, "POST ", body, Told::Success(shape)) }
}

/// A call, `GET` or `POST` with its path, that is refused.
pub fn refused(
    who: &'static str,
    call: &'static str,
    body: Value,
    status: u16,
    message: &'static str,
) -> Line {
    line(who, call, body, Told::Refused(status, message))
}

/// A `POST` whose values do not fit.
pub fn invalid(who: &'static str, path: &'static str, body: Value, places: &'static [&'static str]) -> Line {
    Line { path, ..line(who, "POST ", body, Told::Invalid(places)) }
}
