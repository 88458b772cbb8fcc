//! Support on the legacy paths.

use serde_json::json;
use society_gateway::app::Role;

use crate::harness::TestApp;
use crate::rest::{Client, assert_fields};

const TICKET: &str =
    "id int, subject str, category str?, status str, order_id int?, created_at str, updated_at str";

#[tokio::test]
async fn a_ticket_is_opened_listed_answered_and_read() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    assert_eq!(
        client.get(&who, "/consumer/support/tickets").await.ok(),
        json!({"status": "success", "tickets": []})
    );

    let body = json!({"subject": "Wallet", "message": "Where is my money?", "category": "payment"});
    let opened = client.post(&who, "/consumer/support/ticket", body).await.ok();
    assert_fields(&opened, "status str, message str, ticket_id int, ticket object");
    assert_fields(&opened["ticket"], TICKET);
    assert_eq!(opened["message"], "Support ticket created");
    assert_eq!(
        (&opened["ticket"]["status"], &opened["ticket_id"]),
        (&json!("open"), &opened["ticket"]["id"])
    );
    let id = opened["ticket_id"].as_i64().unwrap();
    let second = json!({"subject": "Order", "message": "Late", "category": null, "order_id": null});
    let second = client.post(&who, "/consumer/support/ticket", second).await.ok();
    assert_eq!(
        client.get(&who, "/consumer/support/tickets").await.ok()["tickets"],
        json!([second["ticket"], opened["ticket"]])
    );

    let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
    let twin = "mutation($id: ID!) { replyToSupportTicket(ticketId: $id, message: \"Soon\") { message } }";
    app.graphql(&staff, twin, json!({"id": id})).await.ok();
    let told = client.get(&who, "/consumer/notifications").await.ok()["notifications"][0].clone();
    assert_eq!(
        (&told["type"], &told["target"]),
        (&json!("support"), &json!({"screen": "support", "id": id}))
    );
    let path = format!("/consumer/support/ticket/{id}/reply");
    let replied = client.post(&who, &path, json!({"message": "Thanks"})).await.ok();
    assert_fields(&replied, "status str, message str, message_id int, ticket object");

    let read = client.get(&who, &format!("/consumer/support/ticket/{id}")).await.ok();
    assert_fields(&read, "status str, ticket object, messages list");
    assert_fields(&read["ticket"], TICKET);
    assert_eq!((&read["status"], &read["ticket"]["status"]), (&json!("success"), &json!("in_progress")));
    assert_fields(&read["messages"][0], "id int, ticket_id int, sender str, message str, timestamp str");
    let told: Vec<(&str, &str)> = read["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["sender"].as_str().unwrap(), message["message"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("consumer", "Where is my money?"), ("staff", "Soon"), ("consumer", "Thanks")]);
}

#[tokio::test]
async fn faults_of_tickets_are_told_as_the_contract_words_them() {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let who = app.consumer("First").await;
    for (body, place, kind) in [
        (json!({"message": "m"}), "subject", "missing"),
        (json!({"subject": "s"}), "message", "missing"),
        (json!({"subject": 5, "message": "m"}), "subject", "string_type"),
        (json!({"subject": " ", "message": "m"}), "subject", "string_pattern_mismatch"),
        (json!({"subject": "s", "message": "m".repeat(4_001)}), "message", "string_pattern_mismatch"),
        (json!({"subject": "s", "message": "m", "order_id": "x"}), "order_id", "int_type"),
    ] {
        let reply = client.post(&who, "/consumer/support/ticket", body.clone()).await;
        assert_eq!(reply.faults(), [(place.to_owned(), kind.to_owned())], "{body:.80}");
    }
    let body = json!({"subject": "s", "message": "m", "order_id": 999_999});
    let foreign = client.post(&who, "/consumer/support/ticket", body).await;
    assert_eq!(foreign.refused(), (403, "Unauthorized"));
    assert_eq!(app.number("SELECT count(*) FROM support_ticket").await, 0);

    let body = json!({"subject": "s", "message": "m"});
    let id = client.post(&who, "/consumer/support/ticket", body.clone()).await.ok()["ticket_id"].clone();
    let neighbour = app.consumer("Neighbour").await;
    for (who, id) in [(&neighbour, id), (&who, json!(999_999)), (&who, json!(0))] {
        let path = format!("/consumer/support/ticket/{id}");
        assert_eq!(client.get(who, &path).await.refused(), (404, "Ticket not found"));
        let reply = client.post(who, &format!("{path}/reply"), json!({"message": "m"})).await;
        assert_eq!(reply.refused(), (404, "Ticket not found"));
    }
    let vendor = app.vendor("Seller").await;
    assert_eq!(client.post(&vendor, "/consumer/support/ticket", body).await.refused(), (403, "Forbidden"));
    assert_eq!(app.number("SELECT count(*) FROM support_message").await, 1);
}

#[tokio::test]
async fn the_questions_are_read_and_searched_without_signing_in() {
    let app = TestApp::start().await;
    let (status, all) = app.rest(None, "GET", "/consumer/support/faqs", None).await;
    assert_eq!(status, 200);
    assert_fields(&all, "status str, faqs list");
    assert_fields(&all["faqs"][0], "category str, question str, answer str");
    let (_, found) = app.rest(None, "GET", "/consumer/support/faqs?search=wishlist", None).await;
    assert_eq!(found["faqs"][0]["question"], "What is the wishlist for?");
    let twin = "{ faqs(search: \"wishlist\") { category question answer } }";
    assert_eq!(found["faqs"], app.graphql(None, twin, json!({})).await.ok()["faqs"]);
}
