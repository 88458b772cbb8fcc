//! The log of a whole story: one line for each request, and nothing in it that must not be.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use super::{each, people, story};
use crate::harness::TestApp;

/// What was logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn with_message(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["fields"]["message"] == message).collect()
    }
}

/// As production logs, but more of it; on this thread, on which a test runs whole.
fn logging() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::new("info,society_gateway=trace"))
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn no_phone_no_code_and_no_token_gets_into_the_log_of_a_story() {
    let app = TestApp::with(&[("DEV_OTP", "918273"), ("OTP_DELIVERY", "off")]).await;
    let (buyer, item, vendor) = people(&app).await;
    let (log, _logging) = logging();
    let mut secrets = vec!["9876500001".to_owned(), "918273".to_owned(), "564738".to_owned()];

    app.graphql(None, "mutation { sendOtp(phone: \"9876500001\") { message } }", json!({})).await.ok();
    let verify = "mutation($otp: String!) { verifyOtp(phone: \"+91 98765-00001\", otp: $otp) { accessToken refreshToken } }";
    app.graphql(None, verify, json!({"otp": "564738"})).await.refused();
    let pair = app.graphql(None, verify, json!({"otp": "918273"})).await.ok()["verifyOtp"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let refresh =
        "mutation($token: String!) { refreshSession(refreshToken: $token) { accessToken refreshToken } }";
    let next = app.graphql(None, refresh, json!({"token": pair["refreshToken"]})).await.ok();
    let next = next["refreshSession"].clone();
    for token in [&pair, &next] {
        secrets.extend([text(&token["accessToken"]), text(&token["refreshToken"])]);
    }
    app.rest(None, "POST", "/send-otp", Some(json!({"phone": "9876500001"}))).await;
    app.rest(None, "POST", "/verify-otp", Some(json!({"phone": "9876500001", "otp": "564738"}))).await;
    app.rest(None, "POST", "/verify-otp", Some(json!({"phone": "98765000019876500001", "otp": 918273})))
        .await;
    let (_, signed_in) =
        app.rest(None, "POST", "/verify-otp", Some(json!({"phone": "9876500001", "otp": "918273"}))).await;
    secrets.push(text(&signed_in["access_token"]));
    story(&app, &buyer, item, &vendor).await;
    secrets.extend([&buyer, &vendor].iter().flat_map(|who| [who.token.clone(), who.phone[3..].to_owned()]));
    app.sql("DROP TABLE cart_item CASCADE").await;
    app.graphql(&buyer, "{ cart { lines { quantity } } }", json!({})).await.refused();

    let logged = log.text();
    for secret in secrets {
        assert!(!logged.contains(&secret), "{secret} is in the log: {logged}");
    }
    assert!(log.lines().len() > 15, "{logged}");
}

#[tokio::test]
async fn each_request_has_one_line_that_reads_alone_on_both_faces() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let (log, _logging) = logging();

    let named = format!("query {} {{ wallet {{ balance }} }}", "N".repeat(300));
    let id = [("x-request-id", "order-42")];
    app.graphql_with(&buyer, &id, &named, json!({})).await.ok();
    app.rest(&buyer, "GET", "/wallet", None).await;
    app.rest(None, "GET", "/nowhere", None).await;

    let lines = log.with_message("graphql request");
    assert_eq!(lines.len(), 1);
    let fields = &lines[0]["fields"];
    assert_eq!(lines[0]["span"]["id"], "order-42");
    assert_eq!(fields["operation"], json!("N".repeat(100)));
    assert_eq!((&fields["face"], &fields["root"]), (&json!("graphql"), &json!("wallet")));
    assert_eq!((&fields["outcome"], &fields["status"]), (&json!("ok"), &json!(200)));
    assert_eq!((&fields["viewer.id"], &fields["cost"]), (&json!(buyer.user_id.0), &json!(2)));
    assert!(fields["duration_ms"].as_f64().unwrap() > 0.0);
    let lines = log.with_message("rest request");
    let fields: Vec<_> = lines.iter().map(|line| line["fields"].clone()).collect();
    assert_eq!(each(&fields, "path"), ["/api/v1/wallet", "unknown"]);
    assert_eq!(each(&fields, "operation"), ["wallet"]);
    assert_eq!(each(&fields, "status"), [200, 404]);
    assert_eq!(each(&fields, "viewer.id"), [buyer.user_id.0]);
    assert!(lines.iter().all(|line| line["span"]["id"].as_str().unwrap().len() == 32));
}

#[tokio::test]
async fn a_fault_of_ours_is_logged_once_with_the_name_of_its_request() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    app.sql("ALTER TABLE consumer_wallet RENAME TO gone").await;
    let (log, _logging) = logging();

    let id = [("x-request-id", "fault-7")];
    let query = "{ a: wallet { balance } }";
    let (code, _) = {
        let answer = app.graphql_with(&buyer, &id, query, json!({})).await;
        let (code, message) = answer.refused();
        (code.to_owned(), message.to_owned())
    };

    assert_eq!(code, "INTERNAL");
    let errors: Vec<_> = log.lines().into_iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["span"]["id"], "fault-7");
    assert!(errors[0]["fields"]["cause"].as_str().unwrap().contains("consumer_wallet"), "{errors:?}");
}
