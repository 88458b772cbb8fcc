//! What consumers say of delivered orders.

use serde_json::json;

use crate::orders::Story;

const RATE: &str = "rateOrder(orderId: $order, rating: 4, review: \" Fresh \") {
    message rating { orderId rating review } order { rating { rating } shop { rating } } }";

#[tokio::test]
async fn a_delivered_order_is_rated_once_and_the_shops_rating_follows() {
    let story = Story::begin(20).await;
    let order = story.delivered().await;
    let rated = story.act(&story.buyer, &order, RATE).await.ok();
    assert_eq!(
        rated["rateOrder"],
        json!({"message": "Thank you for rating!", "rating": {"orderId": order, "rating": 4, "review": "Fresh"},
            "order": {"rating": {"rating": 4}, "shop": {"rating": 4.0}}})
    );
    let again = story.act(&story.buyer, &order, RATE).await;
    assert_eq!(again.refused(), ("CONFLICT", "Rating already submitted"));

    story.fill(&story.buyer, 3).await;
    let second = story.delivered().await;
    let worse = "rateOrder(orderId: $order, rating: 1) { order { shop { rating } } }";
    let rated = story.act(&story.buyer, &second, worse).await.ok();
    assert_eq!(rated["rateOrder"]["order"]["shop"]["rating"], json!(2.5));
    assert_eq!(story.told(&story.vendor).await, ["New order", "New rating", "New order", "New rating"]);
}

#[tokio::test]
async fn what_cannot_be_rated_is_refused_by_name() {
    let story = Story::begin(10).await;
    let order = story.order(json!({})).await;
    assert_eq!(
        story.act(&story.buyer, &order, RATE).await.refused(),
        ("CONFLICT", "Order not yet delivered")
    );
    for rating in [0, 6, -1] {
        let call = format!("rateOrder(orderId: $order, rating: {rating}) {{ message }}");
        let answer = story.act(&story.buyer, &order, &call).await;
        assert_eq!(
            (answer.refused(), answer.field()),
            (("BAD_INPUT", "Rating must be between 1 and 5"), "rating")
        );
    }
    let neighbour = story.app.consumer("Neighbour").await;
    assert_eq!(story.act(&neighbour, &order, RATE).await.refused(), ("FORBIDDEN", "Unauthorized"));
    assert_eq!(story.app.number("SELECT count(*) FROM order_rating").await, 0);
}

#[tokio::test]
async fn an_issue_reaches_the_shop_with_a_message() {
    let story = Story::begin(10).await;
    let call = "reportOrderIssue(orderId: $order, issueType: \"missing_item\", description: \"One bag\") {
        message issue { issueType description status } }";
    let order = story.order(json!({})).await;
    let early = story.act(&story.buyer, &order, call).await;
    assert_eq!(early.refused(), ("CONFLICT", "Issue can only be raised for delivered orders"));
    story.set(&order, "DELIVERED").await.ok();
    let reported = story.act(&story.buyer, &order, call).await.ok();
    let issue = json!({"issueType": "missing_item", "description": "One bag", "status": "RAISED"});
    assert_eq!(reported["reportOrderIssue"], json!({"message": "Issue raised", "issue": issue}));

    let list = "query($order: ID) { shopIssues(orderId: $order) { nodes { orderId issueType userPhone } } }";
    let expected = json!([{"orderId": order, "issueType": "missing_item", "userPhone": story.buyer.phone}]);
    for variables in [json!({}), json!({"order": order})] {
        let listed = story.app.graphql(&story.vendor, list, variables).await.ok();
        assert_eq!(listed["shopIssues"]["nodes"], expected);
    }
    let seen = story
        .see(&story.vendor, &order, "issues { status } messages { nodes { message isAutomatic } }")
        .await;
    assert_eq!(
        seen["messages"]["nodes"],
        json!([{"message": "Issue raised: missing_item\nOne bag", "isAutomatic": true}])
    );
    let (_, stranger) = story.app.shop("Daily Basket").await;
    let answer = story.app.graphql(&stranger, list, json!({"order": order})).await;
    assert_eq!((answer.refused().0, answer.field()), ("FORBIDDEN", "orderId"));
    assert_eq!(story.app.graphql(&stranger, list, json!({})).await.ok()["shopIssues"]["nodes"], json!([]));
}

#[tokio::test]
async fn issues_of_one_order_are_bounded() {
    let story = Story::begin(10).await;
    let order = story.delivered().await;
    let call = "reportOrderIssue(orderId: $order, issueType: \"damaged_item\") { message }";
    for _ in 0..20 {
        story.act(&story.buyer, &order, call).await.ok();
    }
    let answer = story.act(&story.buyer, &order, call).await;
    assert_eq!(answer.refused(), ("CONFLICT", "An order can have at most 20 issues"));
}
