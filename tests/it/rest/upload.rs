//! Many items at once, on the legacy path.

use axum::http::Method;
use serde_json::{Value, json};

use crate::forms::{CONTENT_TYPE, Part, form};
use crate::harness::{Person, TestApp};
use crate::rest::{Client, Reply, assert_fields};

async fn send(client: &Client, who: &Person, path: &str, parts: &[Part<'_>]) -> Reply {
    let headers = [("authorization", who.token.as_str()), ("content-type", CONTENT_TYPE)];
    client.send(Method::POST, path, &headers, form(parts)).await
}

#[tokio::test]
async fn a_file_of_items_is_reported_row_by_row() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = app.shop("Fresh Mart").await;
    let file: Part<'_> = ("file", Some("items.csv"), b"title,price,sku\nRice,60.5,R-1\nDal,-1,D-1\n");
    for path in ["/vendor/item/bulk-upload", "/item/bulk-upload"] {
        let told = send(&client, &vendor, path, &[file, ("note", None, b"x")]).await.ok();
        assert_fields(&told, "status str, message str, task_id str, failed int, rows list");
        assert_eq!((&told["message"], &told["failed"]), (&json!("1 items uploaded"), &json!(1)));
        let id = told["rows"][0]["item_id"].as_i64().unwrap();
        assert_eq!(
            told["rows"],
            json!([
                {"row": 2, "status": "added", "item_id": id, "error": null},
                {"row": 3, "status": "refused", "item_id": null,
                    "error": "Row 3, column price: must be above zero; it says \"-1\""},
            ])
        );
        let listed = client.get(&vendor, "/vendor/item/my").await.ok()["data"].clone();
        let last = listed.as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["id"], &last["price"], &last["sku"]), (&json!(id), &json!(60.5), &json!("R-1")));
    }
}

#[tokio::test]
async fn what_is_no_file_of_items_is_worded_as_the_contract_words_it() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = app.shop("Fresh Mart").await;
    let path = "/vendor/item/bulk-upload";
    for (parts, message) in [
        (vec![], "No file uploaded"),
        (vec![("other", Some("items.csv"), &b"title,price\n"[..])], "No file uploaded"),
        (vec![("file", None, b"title,price\n")], "No file uploaded"),
        (vec![("file", Some("items.pdf"), b"x")], "Unsupported file type"),
        (vec![("file", Some("items.csv"), b"name,cost\n")], "Missing columns: title, price"),
        (vec![("file", Some("items.csv"), b"")], "File read error: the file is empty"),
        (
            vec![("file", Some("items.xlsx"), b"PK\x03\x04x")],
            "File read error: the workbook cannot be read; save it anew as .xlsx or .csv",
        ),
    ] {
        let reply = send(&client, &vendor, path, &parts).await;
        assert_eq!(reply.refused(), (400, message));
    }
    for body in [json!({}), json!(null), json!({"file": "file 0"})] {
        assert_eq!(client.post(&vendor, path, body).await.refused(), (400, "No file uploaded"));
    }
    let headers = [("authorization", vendor.token.as_str()), ("content-type", CONTENT_TYPE)];
    let broken = client.send(Method::POST, path, &headers, "--boundary-of-tests\r\nContent-Dis").await;
    assert_eq!(broken.refused(), (400, "The request body could not be read."));
    let large = vec![b'x'; 5 * 1024 * 1024 + 1];
    let reply = send(&client, &vendor, path, &[("file", Some("items.csv"), &large)]).await;
    assert_eq!(reply.refused(), (413, "The request body is too large."));

    let good: Part<'_> = ("file", Some("items.csv"), b"title,price\nRice,60\n");
    let shopless = app.vendor("Newcomer").await;
    assert_eq!(send(&client, &shopless, path, &[good]).await.refused(), (404, "Shop not found"));
    let consumer = app.consumer("First").await;
    assert_eq!(send(&client, &consumer, path, &[good]).await.refused(), (403, "Forbidden"));
    let nobody: Vec<(&str, &str)> = vec![("content-type", CONTENT_TYPE)];
    let reply = client.send(Method::POST, path, &nobody, form(&[good])).await;
    assert_eq!(reply.refused(), (401, "Auth header missing"));
    assert_eq!(app.number("SELECT count(*) FROM item").await, 0);
}

#[tokio::test]
async fn the_idempotency_key_header_makes_an_upload_safe_to_repeat() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (_, vendor) = app.shop("Fresh Mart").await;
    let file: Part<'_> = ("file", Some("items.csv"), b"title,price\nRice,60\n");
    let headers = [
        ("authorization", vendor.token.as_str()),
        ("content-type", CONTENT_TYPE),
        ("idempotency-key", "monday"),
    ];
    let mut told: Vec<Value> = Vec::new();
    for _ in 0..2 {
        let reply = client.send(Method::POST, "/vendor/item/bulk-upload", &headers, form(&[file])).await;
        told.push(reply.ok());
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(app.number("SELECT count(*) FROM item").await, 1);
}
