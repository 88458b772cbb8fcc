//! The people of the story and what they know.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::contract::lines::{Line, Told};
use crate::contract::recorded::Recorded;
use crate::contract::shape::difference;
use crate::forms::{self, Part};
use crate::harness::TestApp;
use crate::rest::Client;

/// The code that every phone receives.
pub const CODE: &str = "123456";
/// What a vendor uploads.
const ITEMS: Part<'static> = ("file", Some("items.csv"), b"title,price\nSalt,20\n");

/// One to use, and one for each reason not to.
const OFFERS: &str = "
    INSERT INTO offer (code, title, discount_type, discount_value, min_order_paise, shop_id, starts_at, expires_at,
                       created_by, created_at, updated_at)
    SELECT code, 'Ten off', 'flat', 1000, least, shop, now() - INTERVAL '1 year', ends, user_profile.id, now(), now()
    FROM user_profile, (VALUES
        ('TENOFF', 0, NULL, NULL),
        ('OVER', 0, NULL, now() - INTERVAL '1 day'),
        ('CORNER', 0, {other}, NULL),
        ('LARGE', 100000, NULL, NULL)
    ) AS offers (code, least, shop, ends)
    WHERE role = 'admin'";

/// A gateway, who is signed in, and what earlier answers said.
pub struct World {
    pub app: TestApp,
    client: Client,
    tokens: HashMap<&'static str, String>,
    known: HashMap<&'static str, Value>,
    pub recorded: Recorded,
}

impl World {
    /// Beside the story's own people there are: somebody without a role, a neighbour, another shop's vendor, an admin.
    pub async fn begin() -> World {
        let app = TestApp::with(&[("DEV_OTP", CODE), ("RATE_LIMITS", "off")]).await;
        let client = Client::of(&app).await;
        let mut tokens = HashMap::new();
        tokens.insert("newcomer", app.person("Newcomer", None, "").await.token);
        tokens.insert("neighbour", app.consumer("Neighbour").await.token);
        tokens.insert("admin", app.person("Admin", Some(Role::Admin), "Green Meadows").await.token);
        let (other, stranger) = app.shop("Corner Store").await;
        let bread = app.item(other, "Bread", "30", 5).await;
        tokens.insert("stranger", stranger.token);
        app.sql(&OFFERS.replace("{other}", &other.to_string())).await;
        let known = HashMap::from([("foreign_item", json!(bread.0)), ("foreign_shop", json!(other.0))]);
        World { app, client, tokens, known, recorded: Recorded::default() }
    }

    /// Makes one call and compares what is told.
    pub async fn walk(&mut self, line: &Line) {
        let at = format!("{} {} by {} with {}", line.method, line.path, line.who, line.body);
        let (status, body) = self.call(line).await;
        let wrong = match &line.told {
            Told::Success(shape) => {
                let mut shape = shape.clone();
                shape["status"] = json!("=success");
                (status != 200).then(|| "is refused".to_owned()).or_else(|| difference(&body, &shape, ""))
            }
            Told::Refused(code, message) => {
                let envelope = json!({"status": "error", "message": message, "code": code});
                (status != *code || body != envelope).then(|| format!("is not {envelope}"))
            }
            Told::Invalid(places) => {
                let entry = json!({"loc": ["str"], "msg": "str", "type": "str"});
                let errors = if places == &["body"] {
                    json!([{"loc": [], "msg": "str", "type": "str"}])
                } else {
                    json!([entry])
                };
                let envelope = json!({"status": "=error", "message": "=Validation error", "code": 400, "errors": errors});
                let told = body["errors"].as_array().cloned().unwrap_or_default();
                let told: Vec<&str> = told.iter().filter_map(|error| error["loc"][0].as_str()).collect();
                difference(&body, &envelope, "").or_else(|| {
                    (places != &["body"] && told != *places).then(|| format!("{told:?} are named"))
                })
            }
        };
        if let Some(wrong) = wrong {
            panic!("{at}\n{wrong}\n{status} {body:#}");
        }
        self.recorded
            .note(&line.method, &self.filled(line.path), self.filled_in(&line.body), status, &body)
            .await;
        for (name, pointer) in &line.kept {
            let value = body.pointer(pointer).unwrap_or_else(|| panic!("{at}: no {pointer} in {body}"));
            self.known.insert(name, value.clone());
        }
        if let Some(who) = line.signs_in {
            self.tokens.insert(who, body["access_token"].as_str().expect("a token").to_owned());
        }
    }

    async fn call(&self, line: &Line) -> (u16, Value) {
        let is_upload = line.body == json!("a file of items");
        let body = match &line.body {
            _ if line.method == Method::GET => Body::empty(),
            _ if is_upload => Body::from(forms::form(&[ITEMS])),
            body => Body::from(self.filled_in(body).to_string()),
        };
        let content_type = if is_upload { forms::CONTENT_TYPE } else { "application/json" };
        let mut headers = vec![("content-type", content_type)];
        if line.who != "nobody" {
            let token = self.tokens.get(line.who).unwrap_or_else(|| panic!("{} is not signed in", line.who));
            headers.push(("authorization", token));
        }
        let reply = self.client.send(line.method.clone(), &self.filled(line.path), &headers, body).await;
        (reply.status, reply.body)
    }

    fn filled(&self, path: &str) -> String {
        self.known.iter().fold(path.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value.to_string().trim_matches('"'))
        })
    }

    fn filled_in(&self, body: &Value) -> Value {
        match body {
            Value::String(text) => {
                let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                name.and_then(|name| self.known.get(name)).unwrap_or(body).clone()
            }
            Value::Array(entries) => entries.iter().map(|entry| self.filled_in(entry)).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (key.clone(), self.filled_in(value))).collect()
            }
            other => other.clone(),
        }
    }
}
