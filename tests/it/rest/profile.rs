//! The profile on the legacy paths.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

const FIELDS: &str = "name str, phone str, city str, society str, flat_number str?, profile_image_url str?, \
    gender str?, date_of_birth str?, preferred_language str?";

#[tokio::test]
async fn a_profile_is_read_and_posted_back_whole_with_its_changes() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    let details = json!({"flat_number": "B-1204", "gender": "Female", "date_of_birth": "1990-02-28"});
    client.post(&who, "/consumer/onboarding", details).await.ok();

    let read = client.get(&who, "/consumer/profile/me").await.ok();
    assert_fields(&read, "status str, data object");
    assert_fields(&read["data"], FIELDS);
    assert_eq!(
        read["data"],
        json!({"name": "First", "phone": who.phone, "city": "Pune", "society": "Green Meadows",
            "flat_number": "B-1204", "profile_image_url": null, "gender": "Female",
            "date_of_birth": "1990-02-28", "preferred_language": null})
    );
    assert_eq!(client.get(&who, "/profile/me").await.ok(), read);

    let mut form = read["data"].clone();
    form["name"] = json!("Renamed");
    form["phone"] = json!("+919999999999");
    form["city"] = json!(null);
    form["society"] = json!("Elsewhere");
    form["date_of_birth"] = json!("");
    form["gender"] = json!(null);
    form["unknown"] = json!([1]);
    let edited = client.post(&who, "/consumer/profile/edit", form).await.ok();
    let mut expected = read["data"].clone();
    expected["name"] = json!("Renamed");
    expected["date_of_birth"] = json!(null);
    expected["gender"] = json!(null);
    assert_eq!(edited, json!({"status": "success", "message": "Profile updated", "data": expected}));
    assert_eq!(client.get(&who, "/consumer/profile/me").await.ok()["data"], expected);
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE name = 'Renamed'").await, 1);

    let edited = client.post(&who, "/profile/edit", json!({"date_of_birth": "1991-03-01"})).await.ok();
    expected["date_of_birth"] = json!("1991-03-01");
    assert_eq!(edited["data"], expected);
    assert_eq!(client.post(&who, "/profile/edit", json!({})).await.ok()["data"], expected);
}

#[tokio::test]
async fn faults_of_a_profile_are_told_and_change_nothing() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for path in ["/consumer/profile/me", "/profile/me"] {
        assert_eq!(client.get(&who, path).await.refused(), (404, "Consumer profile not found"));
    }
    let reply = client.post(&who, "/consumer/profile/edit", json!({"name": "Renamed"})).await;
    assert_eq!(reply.refused(), (404, "Consumer profile not found"));
    client.post(&who, "/consumer/onboarding", json!({"flat_number": "B-1204"})).await.ok();
    let before = client.get(&who, "/consumer/profile/me").await.ok();

    for name in [json!(null), json!(""), json!("  ")] {
        let reply =
            client.post(&who, "/consumer/profile/edit", json!({"name": name, "gender": "Other"})).await;
        assert_eq!(reply.refused(), (400, "Name cannot be empty"));
    }
    for (key, value, kind) in [
        ("name", json!(5), "string_type"),
        ("flat_number", json!("x".repeat(51)), "string_pattern_mismatch"),
        ("gender", json!("x".repeat(11)), "string_pattern_mismatch"),
        ("date_of_birth", json!("28-02-1990"), "value_error"),
        ("date_of_birth", json!("1990-02-30"), "value_error"),
        ("date_of_birth", json!("1899-12-31"), "value_error"),
    ] {
        let reply =
            client.post(&who, "/consumer/profile/edit", json!({key: value, "preferred_language": "x"})).await;
        assert_eq!(reply.faults(), [(key.to_owned(), kind.to_owned())], "{value}");
    }
    let headers = [("authorization", who.token.as_str())];
    let reply = client.send(Method::POST, "/consumer/profile/edit", &headers, Body::empty()).await;
    assert_eq!(reply.refused().0, 400);
    assert_eq!(client.post(&who, "/consumer/profile/edit", Value::Null).await.refused().0, 400);
    assert_eq!(client.get(&who, "/consumer/profile/me").await.ok(), before);
}
