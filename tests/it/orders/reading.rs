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

#[tokio::test]
async fn the_whole_history_of_a_legacy_client_takes_constantly_many_statements() {
    let story = Story::begin(10).await;
    let first = story.order(json!({})).await;
    story
        .app
        .sql(
            "INSERT INTO orders (user_id, shop_id, status, payment_mode, payment_status, total_paise, final_paise,
                created_at, updated_at)
             SELECT user_id, shop_id, 'delivered', 'cash', 'paid', 5025, 5025, now(), now()
             FROM orders, generate_series(1, 450);
             INSERT INTO order_item (order_id, item_id, name, unit_price_paise, quantity, subtotal_paise, ordered_quantity)
             SELECT orders.id, (SELECT min(id) FROM item), 'Rice', 5025, 1, 5025, 1 FROM orders WHERE status = 'delivered'",
        )
        .await;
    let read = story.app.rest(&story.buyer, "GET", "/consumer/order/history", None);
    let ((status, answer), statements) = story.app.statements(read).await;
    let orders = answer["orders"].as_array().unwrap();
    assert_eq!((status, orders.len()), (200, 451));
    assert!(orders.iter().all(|order| order["items"].as_array().unwrap().len() == 1));
    assert_eq!(orders[450]["order_id"].to_string(), first.as_str().unwrap());
    // Orders, items, shops, ratings.
    assert_eq!(statements, 4);
}
