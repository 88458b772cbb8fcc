//! What a consumer allows, on the legacy paths.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

const PATH: &str = "/consumer/settings/update";

#[tokio::test]
async fn settings_are_read_and_changed_one_by_one() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let read = client.get(&who, "/consumer/settings").await.ok();
    assert_fields(&read, "status str, settings object");
    let none = json!({"location_allowed": false, "marketing_opt_in": false, "data_sharing_allowed": false});
    assert_eq!(read["settings"], none);

    let updated = client.post(&who, PATH, json!({"location_allowed": true, "unknown": 1})).await.ok();
    let settings =
        json!({"location_allowed": true, "marketing_opt_in": false, "data_sharing_allowed": false});
    assert_eq!(updated, json!({"status": "success", "message": "Settings updated", "settings": settings}));
    let body = json!({"location_allowed": false, "marketing_opt_in": true, "data_sharing_allowed": true});
    client.post(&who, PATH, body.clone()).await.ok();
    assert_eq!(client.get(&who, "/consumer/settings").await.ok()["settings"], body);
}

#[tokio::test]
async fn settings_that_are_no_yes_or_no_are_validation_errors() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for body in [json!({}), json!({"unknown": true})] {
        assert_eq!(client.post(&who, PATH, body).await.refused(), (400, "No settings provided"));
    }
    for (value, kind) in [
        (json!("true"), "bool_type"),
        (json!(1), "bool_type"),
        (json!([true]), "bool_type"),
        (Value::Null, "value_error"),
    ] {
        let body = json!({"location_allowed": true, "marketing_opt_in": value});
        let reply = client.post(&who, PATH, body.clone()).await;
        assert_eq!(reply.faults(), [("marketing_opt_in".to_owned(), kind.to_owned())], "{body}");
    }
    assert_eq!(client.post(&who, PATH, Value::Null).await.refused().0, 400);
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE location_allowed").await, 0);
    let vendor = app.vendor("Second").await;
    assert_eq!(client.get(&vendor, "/consumer/settings").await.refused(), (403, "Forbidden"));
}
