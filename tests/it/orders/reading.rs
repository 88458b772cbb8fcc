//! Lists of orders.

use serde_json::json;

use crate::orders::Story;

#[tokio::test]
async fn a_history_of_any_length_takes_three_statements_and_pages_without_gaps() {
    let story = Story::begin(1000).await;
    let history = "query($first: Int, $after: String) { orders(first: $first, after: $after) {
        nodes { id shop { shopName } items { name } } pageInfo { hasNextPage endCursor } } }";
    for placed in 1..=7 {
        story.fill(&story.buyer, 1).await;
        story.order(json!({"mode": "CASH"})).await;
        let read = story.app.graphql(&story.buyer, history, json!({}));
        let (answer, statements) = story.app.statements(read).await;
        assert_eq!(answer.ok()["orders"]["nodes"].as_array().unwrap().len(), placed);
        assert_eq!(statements, 3);
    }
    let (mut after, mut seen) = (json!(null), Vec::new());
    loop {
        let page = story.app.graphql(&story.buyer, history, json!({"first": 3, "after": after})).await.ok();
        let ids = page["orders"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|order| order["id"].as_str().unwrap().to_owned());
        seen.extend(ids.map(|id| id.parse::<i64>().unwrap()));
        after = page["orders"]["pageInfo"]["endCursor"].clone();
        if page["orders"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert!(seen.len() == 7 && seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    let filtered = "{ orders(filter: {status: [DELIVERED]}) { nodes { id } } }";
    assert_eq!(story.app.graphql(&story.buyer, filtered, json!({})).await.ok()["orders"]["nodes"], json!([]));
}

#[tokio::test]
async fn pages_that_are_none_are_refused_and_named() {
    let story = Story::begin(10).await;
    let page = "query($first: Int, $after: String) { orders(first: $first, after: $after) { nodes { id } } }";
    for (variables, field) in [
        (json!({"first": 0}), "first"),
        (json!({"first": 101}), "first"),
        (json!({"first": -1}), "first"),
        (json!({"after": "x"}), "after"),
    ] {
        let answer = story.app.graphql(&story.buyer, page, variables.clone()).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{variables}");
    }
}
