//! What a vendor keeps beside the catalogue, on the legacy paths: hours, papers, the payout account.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::rest::Client;

#[tokio::test]
async fn hours_are_replaced_and_days_that_cannot_be_read_are_skipped() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = app.shop("Fresh Mart").await;
    let day = |day: i32, open: Value, close: Value| json!({"day_of_week": day, "open_time": open, "close_time": close});
    let week = json!({"weekly_hours": [
        day(0, json!("09:00"), json!("21:00")),
        day(1, json!("Closed"), json!("Closed")),
        day(2, json!(null), json!(null)),
        day(3, json!("9 to 5"), json!("21:00")),
        day(4, json!("9:30"), json!("20:15")),
        "Closed",
        {"day_of_week": 5},
    ], "shop_id": 999});
    let set = client.post(&vendor, "/vendor/shop/hours", week).await.ok();
    assert_eq!(set, json!({"status": "success", "message": "Shop hours updated"}));
    let kept =
        "SELECT string_agg(day_of_week || ' ' || open_time || ' ' || close_time, ', ' ORDER BY day_of_week) =
        '0 09:00:00 21:00:00, 4 09:30:00 20:15:00' FROM shop_hours";
    assert_eq!(app.number(&format!("SELECT CASE WHEN ({kept}) THEN 1 ELSE 0 END")).await, 1);

    for body in [
        json!({}),
        json!({"weekly_hours": []}),
        json!({"weekly_hours": null}),
        json!({"weekly_hours": "Closed"}),
        json!({"weekly_hours": 5}),
    ] {
        let reply = client.post(&vendor, "/vendor/shop/hours", body.clone()).await;
        assert_eq!(reply.refused(), (400, "No hours data provided"), "{body}");
    }
    let twice = json!({"weekly_hours": [day(1, json!("09:00"), json!("12:00")), day(1, json!("16:00"), json!("21:00"))]});
    let reply = client.post(&vendor, "/vendor/shop/hours", twice).await;
    assert_eq!(reply.refused(), (400, "day_of_week 1 comes twice"));
    let reply = client
        .post(
            &vendor,
            "/vendor/shop/hours",
            json!({"weekly_hours": [day(9, json!("09:00"), json!("12:00"))]}),
        )
        .await;
    assert_eq!(reply.refused(), (400, "day_of_week is a number from 0 for Monday to 6 for Sunday"));
    assert_eq!(app.number("SELECT count(*) FROM shop_hours").await, 2);

    // A week of closed days is a week: nothing of the old one stays.
    let closed: Vec<Value> = (0..7).map(|of| day(of, json!("Closed"), json!("Closed"))).collect();
    client.post(&vendor, "/shop/update-hours", json!({"weekly_hours": closed})).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM shop_hours").await, 0);

    let shopless = app.vendor("Newcomer").await;
    let one = json!({"weekly_hours": [day(0, json!("09:00"), json!("21:00"))]});
    let reply = client.post(&shopless, "/vendor/shop/hours", one.clone()).await;
    assert_eq!(reply.refused(), (404, "Shop not found"));
    let consumer = app.consumer("First").await;
    assert_eq!(client.post(&consumer, "/vendor/shop/hours", one).await.refused(), (403, "Forbidden"));
}

#[tokio::test]
async fn papers_are_added_by_their_address() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.vendor("Seller").await;
    let paper = json!({"document_type": "GST certificate", "file_url": "https://files.example.org/gst.pdf"});
    let added = client.post(&vendor, "/vendor/upload-document", paper).await.ok();
    assert_eq!(added, json!({"status": "success", "message": "Document uploaded"}));
    for (body, place, kind) in [
        (json!({"document_type": "Licence"}), "file_url", "missing"),
        (json!({"document_type": 5, "file_url": "x"}), "document_type", "string_type"),
        (json!({"document_type": " ", "file_url": "x"}), "document_type", "string_pattern_mismatch"),
    ] {
        let reply = client.post(&vendor, "/vendor/upload-document", body.clone()).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{body}");
    }
    assert_eq!(app.number("SELECT count(*) FROM vendor_document").await, 1);
}

#[tokio::test]
async fn the_payout_account_is_set_up_and_never_shown_in_full() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let vendor = app.vendor("Seller").await;
    let account =
        json!({"bank_name": "First Bank", "account_number": "123456789012", "ifsc_code": "FRST0001234"});
    for _ in 0..2 {
        let saved = client.post(&vendor, "/vendor/payout/setup", account.clone()).await.ok();
        assert_eq!(saved, json!({"status": "success", "message": "Payout bank info saved"}));
    }
    assert_eq!(app.number("SELECT count(*) FROM payout_account").await, 1);
    for (body, place, kind) in [
        (json!({"account_number": null}), "account_number", "type_error"),
        (json!({"account_number": 123_456_789_013_i64}), "account_number", "value_error"),
        (json!({"account_number": "12345678901x"}), "account_number", "value_error"),
        (json!({"ifsc_code": "123456789012"}), "ifsc_code", "string_pattern_mismatch"),
        (json!({"bank_name": ""}), "bank_name", "string_pattern_mismatch"),
    ] {
        let mut changed = account.clone();
        changed.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let reply = client.post(&vendor, "/vendor/payout/setup", changed).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{body}");
        assert!(!reply.body.to_string().contains("1234567890"), "{}", reply.body);
    }
}
