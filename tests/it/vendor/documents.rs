//! The vendor's papers.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::TestApp;

const ADD: &str = "mutation($input: AddVendorDocumentInput!) { addVendorDocument(input: $input) {
    message document { documentType fileUrl } } }";
const LIST: &str = "query($first: Int, $after: String) { vendorDocuments(first: $first, after: $after) {
    nodes { documentType fileUrl } pageInfo { hasNextPage endCursor } } }";

#[tokio::test]
async fn papers_are_listed_newest_first_and_only_to_their_vendor() {
    let app = TestApp::start().await;
    let (who, other) = (app.vendor("Vendor").await, app.vendor("Other").await);
    for kind in ["GST certificate", "Licence", "Lease"] {
        let paper = json!({"documentType": format!(" {kind} "), "fileUrl": "/media/paper.pdf"});
        let added = app.graphql(&who, ADD, json!({"input": paper})).await.ok();
        assert_eq!(
            added["addVendorDocument"],
            json!({"message": "Document uploaded",
                "document": {"documentType": kind, "fileUrl": "/media/paper.pdf"}})
        );
    }
    let first = app.graphql(&who, LIST, json!({"first": 2})).await.ok()["vendorDocuments"].clone();
    let kinds = |page: &serde_json::Value| -> Vec<String> {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["documentType"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&first), ["Lease", "Licence"]);
    let rest = app.graphql(&who, LIST, json!({"after": first["pageInfo"]["endCursor"]})).await.ok();
    assert_eq!(kinds(&rest["vendorDocuments"]), ["GST certificate"]);

    assert_eq!(app.graphql(&other, LIST, json!({})).await.ok()["vendorDocuments"]["nodes"], json!([]));
    let buyer = app.consumer("Buyer").await;
    assert_eq!(app.graphql(&buyer, LIST, json!({})).await.refused().0, "FORBIDDEN");
}

#[tokio::test]
async fn a_paper_has_a_type_and_an_address() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    for (field, text, problem) in [
        ("documentType", " ".to_owned(), "must not be empty"),
        ("documentType", "x".repeat(101), "has 101 characters; at most 100 are allowed"),
        ("fileUrl", String::new(), "must not be empty"),
        ("fileUrl", "javascript:alert(1)".to_owned(), "begins with https://, http:// or /"),
        ("fileUrl", "paper.pdf".to_owned(), "begins with https://, http:// or /"),
        ("fileUrl", "x".repeat(501), "has 501 characters; at most 500 are allowed"),
        ("fileUrl", "a\u{7}".to_owned(), "must not contain control characters"),
    ] {
        let mut input = json!({"documentType": "Licence", "fileUrl": "/media/paper.pdf"});
        input[field] = json!(text);
        let answer = app.graphql(&who, ADD, json!({"input": input})).await;
        let message = format!("{field} {problem}");
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message.as_str()), field));
    }
    assert_eq!(app.number("SELECT count(*) FROM vendor_document").await, 0);
}

#[tokio::test]
async fn of_eight_papers_at_once_only_as_many_are_added_as_there_is_room_for() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    let held = format!(
        "INSERT INTO vendor_document (vendor_id, document_type, file_url, created_at)
         SELECT {}, 'Licence', '/media/paper.pdf', now() FROM generate_series(1, 97)",
        who.user_id
    );
    app.sql(&held).await;
    let paper = json!({"input": {"documentType": "Lease", "fileUrl": "/media/paper.pdf"}});
    let answers = join_all((0..8).map(|_| app.graphql(&who, ADD, paper.clone()))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 5);
    for answer in refused {
        assert_eq!(answer.refused(), ("CONFLICT", "At most 100 documents are kept"));
    }
    assert_eq!(app.number("SELECT count(*) FROM vendor_document").await, 100);
}
