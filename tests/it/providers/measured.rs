//! What an operator sees of the services of others.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use crate::harness::{Answer, TestApp};
use crate::operations::metrics::Scrape;
use crate::providers::line::Trouble;
use crate::providers::razorpay::Razorpay;
use crate::providers::twilio::Twilio;

const OUTCOMES: [&str; 4] = ["ok", "refused", "failed", "not_sent"];

/// How many requests to this provider came to each outcome.
async fn counted(app: &TestApp, provider: &str) -> [f64; 4] {
    let scrape = Scrape::of(app).await;
    let labels = |outcome| [("provider", provider), ("outcome", outcome)];
    OUTCOMES.map(|outcome| scrape.value("gateway_provider_requests_total", &labels(outcome)))
}

async fn send(app: &TestApp, phone: u64) -> Answer {
    let query = "mutation($phone: Phone!) { sendOtp(phone: $phone) { message } }";
    app.graphql(None, query, json!({"phone": format!("+91{phone}")})).await
}

#[tokio::test]
async fn requests_are_counted_by_what_they_came_to_and_a_provider_that_is_down_is_seen() {
    let (twilio, nobody) = (Twilio::start().await, [("provider", "twilio")]);
    let app = TestApp::with(&twilio.settings()).await;
    let before = Scrape::of(&app).await;
    assert_eq!(counted(&app, "twilio").await, [0.0; 4]);
    assert!(
        before.has("gateway_provider_down") && before.has("gateway_provider_request_duration_seconds_bucket")
    );

    send(&app, 9_876_500_001).await.ok();
    // Tried again, and counted once.
    twilio.line.next(&[Trouble::Answers(503)]);
    send(&app, 9_876_500_002).await.ok();
    twilio.refuse(21211);
    send(&app, 9_876_500_003).await.refused();
    twilio.refuse(None);
    assert_eq!(counted(&app, "twilio").await, [2.0, 1.0, 0.0, 0.0]);

    twilio.line.always(Trouble::Answers(500));
    send(&app, 9_876_500_004).await.refused();
    assert_eq!(Scrape::of(&app).await.value("gateway_provider_down", &nobody), 0.0);
    send(&app, 9_876_500_005).await.refused();
    send(&app, 9_876_500_006).await.refused();
    let down = Scrape::of(&app).await;
    assert_eq!(counted(&app, "twilio").await, [2.0, 1.0, 2.0, 1.0]);
    assert_eq!(down.value("gateway_provider_down", &nobody), 1.0);
    assert_eq!(down.value("gateway_provider_request_duration_seconds_count", &nobody), 5.0);

    twilio.line.always(None);
    app.clock.advance(TimeDelta::seconds(16));
    assert_eq!(Scrape::of(&app).await.value("gateway_provider_down", &nobody), 1.0, "nobody has tried yet");
    send(&app, 9_876_500_007).await.ok();
    assert_eq!(Scrape::of(&app).await.value("gateway_provider_down", &nobody), 0.0);
    assert_eq!(counted(&app, "twilio").await, [3.0, 1.0, 2.0, 1.0]);
}

#[tokio::test]
async fn the_time_of_a_provider_that_hangs_is_seen_and_who_is_not_set_up_is_not() {
    let razorpay = Razorpay::start().await;
    let app = TestApp::with(&razorpay.settings()).await;
    let buyer = app.consumer("Buyer").await;
    let load =
        "mutation($key: String!) { startWalletLoad(amount: 5, idempotencyKey: $key) { payment { id } } }";
    app.graphql(&buyer, load, json!({"key": "one"})).await.ok();
    razorpay.line.next(&[Trouble::Hangs]);
    app.graphql(&buyer, load, json!({"key": "two"})).await.refused();
    assert_eq!(counted(&app, "razorpay").await, [1.0, 0.0, 1.0, 0.0]);
    let scrape = Scrape::of(&app).await;
    let took = scrape.value("gateway_provider_request_duration_seconds_sum", &[("provider", "razorpay")]);
    assert!((Duration::from_secs(1).as_secs_f64()..5.0).contains(&took), "{took}");
    let below = [("provider", "razorpay"), ("le", "0.5")];
    assert_eq!(scrape.value("gateway_provider_request_duration_seconds_bucket", &below), 1.0);
    assert_eq!(counted(&app, "twilio").await, [0.0; 4]);
    assert!(!Scrape::of(&TestApp::start().await).await.has("gateway_provider_requests_total"));
}
