//! Razorpay's orders and payments, and what it tells on its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::providers::line::Line;
use crate::providers::twilio::basic;

pub const KEY_ID: &str = "rzp_test_0123456789";
pub const LIVE_KEY_ID: &str = "rzp_live_0123456789";
pub const KEY_SECRET: &str = "secret-of-the-key";
pub const WEBHOOK_SECRET: &str = "secret-of-the-webhook";

#[derive(Clone)]
pub struct Razorpay {
    pub url: String,
    pub line: Line,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    orders: Vec<Value>,
    payments: Vec<Value>,
}

impl Razorpay {
    pub async fn start() -> Razorpay {
        let mut razorpay = Razorpay { url: String::new(), line: Line::default(), books: Arc::default() };
        let router = Router::new()
            .route("/v1/orders", post(create).get(find))
            .route("/v1/orders/{id}/payments", get(payments_of))
            .route("/v1/payments/{id}", get(payment))
            .with_state(razorpay.clone());
        razorpay.url = razorpay.line.serve(router).await;
        razorpay
    }

    /// What a gateway is set up with to be paid through it.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("PAYMENTS", "razorpay"),
            ("RAZORPAY_URL", &self.url),
            ("RAZORPAY_KEY_ID", KEY_ID),
            ("RAZORPAY_KEY_SECRET", KEY_SECRET),
            ("RAZORPAY_WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("PROVIDER_SECONDS", "1"),
        ]
    }

    pub fn orders(&self) -> Vec<Value> {
        self.books.lock().unwrap().orders.clone()
    }

    /// What somebody did in the checkout: the payment's id.
    pub fn pay(&self, order_id: &str, status: &str) -> String {
        let mut books = self.books.lock().unwrap();
        let id = format!("pay_{:014}", books.payments.len() + 1);
        let amount = books.orders.iter().find(|order| order["id"] == order_id).unwrap()["amount"].clone();
        books.payments.push(json!({"id": id, "entity": "payment", "amount": amount, "currency": "INR",
            "status": status, "order_id": order_id, "method": "upi", "amount_refunded": 0,
            "captured": status == "captured", "email": "somebody@example.org", "contact": "+919876500001"}));
        id
    }

    /// What the bank or the account's owner did with it meanwhile.
    pub fn change(&self, payment_id: &str, key: &str, value: impl Into<Value>) {
        let mut books = self.books.lock().unwrap();
        let payment = books.payments.iter_mut().find(|payment| payment["id"] == payment_id).unwrap();
        payment[key] = value.into();
    }

    /// What it tells of a payment.
    pub fn event(&self, event: &str, payment_id: &str) -> String {
        let books = self.books.lock().unwrap();
        let payment = books.payments.iter().find(|payment| payment["id"] == payment_id).unwrap();
        let order = books.orders.iter().find(|order| order["id"] == payment["order_id"]);
        json!({"entity": "event", "account_id": "acc_1", "event": event, "contains": ["payment"],
            "payload": {"payment": {"entity": payment}, "order": {"entity": order}}, "created_at": 1})
        .to_string()
    }
}

/// What the checkout answers beside the payment.
pub fn signature(order_id: &str, payment_id: &str) -> String {
    sign(KEY_SECRET, &format!("{order_id}|{payment_id}"))
}

/// HMAC-SHA256, in hexadecimal digits.
pub fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

type Answer = (StatusCode, Json<Value>);

fn refuse(description: &str) -> Answer {
    let error =
        json!({"error": {"code": "BAD_REQUEST_ERROR", "description": description, "source": "business"}});
    (StatusCode::BAD_REQUEST, Json(error))
}

fn collection(items: Vec<Value>) -> Answer {
    (StatusCode::OK, Json(json!({"entity": "collection", "count": items.len(), "items": items})))
}

async fn create(State(razorpay): State<Razorpay>, Json(asked): Json<Value>) -> Answer {
    let mut books = razorpay.books.lock().unwrap();
    if books.orders.iter().any(|order| order["receipt"] == asked["receipt"]) {
        return refuse("The receipt has been used before");
    }
    let receipt = asked["receipt"].as_str().unwrap_or("");
    if receipt.len() > 40 || asked["amount"].as_i64().is_none_or(|amount| amount < 100) {
        return refuse("The order is not accepted");
    }
    let id = format!("order_{:014}", books.orders.len() + 1);
    let order = json!({"id": id, "entity": "order", "amount": asked["amount"], "amount_paid": 0,
        "amount_due": asked["amount"], "currency": asked["currency"], "receipt": receipt,
        "offer_id": null, "status": "created", "attempts": 0, "notes": [], "created_at": 1});
    books.orders.push(order.clone());
    (StatusCode::OK, Json(order))
}

async fn find(
    State(razorpay): State<Razorpay>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    if ![KEY_ID, LIVE_KEY_ID].iter().any(|id| headers["authorization"] == basic(id, KEY_SECRET)) {
        let error = json!({"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}});
        return (StatusCode::UNAUTHORIZED, Json(error));
    }
    let books = razorpay.books.lock().unwrap();
    let is_asked = |order: &&Value| query.get("receipt").is_none_or(|receipt| order["receipt"] == **receipt);
    let most = query.get("count").map_or(10, |count| count.parse().unwrap());
    collection(books.orders.iter().filter(is_asked).take(most).cloned().collect())
}

async fn payments_of(State(razorpay): State<Razorpay>, Path(id): Path<String>) -> Answer {
    let books = razorpay.books.lock().unwrap();
    collection(books.payments.iter().filter(|payment| payment["order_id"] == id.as_str()).cloned().collect())
}

async fn payment(State(razorpay): State<Razorpay>, Path(id): Path<String>) -> Answer {
    let books = razorpay.books.lock().unwrap();
    match books.payments.iter().find(|payment| payment["id"] == id.as_str()) {
        Some(payment) => (StatusCode::OK, Json(payment.clone())),
        None => refuse("The id provided does not exist"),
    }
}
