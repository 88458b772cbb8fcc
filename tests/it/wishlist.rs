//! The wishlist.

use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::values::ItemId;

use crate::harness::{Answer, Person, TestApp};

const LIST: &str = "query($first: Int, $after: String) { wishlist(first: $first, after: $after) {
    nodes { available addedAt item { id title price shop { shopName isOpen } } } pageInfo { hasNextPage endCursor } } }";

async fn change(app: &TestApp, who: &Person, verb: &str, item: ItemId) -> Answer {
    let call = format!("mutation($item: ID!) {{ {verb}(itemId: $item) {{ message itemId }} }}");
    app.graphql(who, &call, json!({"item": item})).await
}

fn titles(list: &Value) -> Vec<&str> {
    let nodes = list["wishlist"]["nodes"].as_array().unwrap();
    nodes.iter().map(|entry| entry["item"]["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn items_are_remembered_once_newest_first_and_forgotten() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (rice, salt) = (app.item(shop, "Rice", "50.25", 5).await, app.item(shop, "Salt", "20", 5).await);
    let added = change(&app, &who, "addToWishlist", rice).await.ok();
    assert_eq!(
        added["addToWishlist"],
        json!({"message": "Item added to wishlist", "itemId": rice.to_string()})
    );
    change(&app, &who, "addToWishlist", salt).await.ok();
    let again = change(&app, &who, "addToWishlist", rice).await.ok();
    assert_eq!(again["addToWishlist"]["message"], "Item already in wishlist");

    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'Rice'").await;
    let (list, statements) = app.statements(app.graphql(&who, LIST, json!({}))).await;
    let list = list.ok();
    assert_eq!((titles(&list), statements), (vec!["Salt", "Rice"], 2));
    let available = |place: usize| list["wishlist"]["nodes"][place]["available"].clone();
    assert_eq!((available(0), available(1)), (json!(true), json!(false)));
    let page = app.graphql(&who, LIST, json!({"first": 1})).await.ok();
    let rest = json!({"first": 1, "after": page["wishlist"]["pageInfo"]["endCursor"]});
    assert_eq!(titles(&app.graphql(&who, LIST, rest).await.ok()), ["Rice"]);

    let removed = change(&app, &who, "removeFromWishlist", rice).await.ok();
    assert_eq!(removed["removeFromWishlist"]["message"], "Item removed from wishlist");
    let again = change(&app, &who, "removeFromWishlist", rice).await;
    assert_eq!(again.refused(), ("NOT_FOUND", "Item not found in wishlist"));
    assert_eq!(titles(&app.graphql(&who, LIST, json!({})).await.ok()), ["Salt"]);
}

#[tokio::test]
async fn what_cannot_be_ordered_now_may_be_remembered_but_nothing_of_elsewhere() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (far, _) = app.shop_in("Far Basket", "Palm Residency").await;
    let (rice, salt) = (app.item(shop, "Rice", "50", 5).await, app.item(shop, "Salt", "20", 5).await);
    let elsewhere = app.item(far, "Dal", "90", 5).await;
    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'Rice'").await;
    app.sql("UPDATE item SET is_active = FALSE WHERE title = 'Salt'").await;
    change(&app, &who, "addToWishlist", rice).await.ok();
    for item in [salt, elsewhere, ItemId(999_999)] {
        let answer = change(&app, &who, "addToWishlist", item).await;
        assert_eq!((answer.refused(), answer.field()), (("NOT_FOUND", "Item not available"), "itemId"));
    }
    assert_eq!(app.number("SELECT count(*) FROM wishlist_item").await, 1);
}

#[tokio::test]
async fn added_many_times_at_once_it_stands_there_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let rice = app.item(shop, "Rice", "50.25", 5).await;
    let answers = join_all((0..6).map(|_| change(&app, &who, "addToWishlist", rice))).await;
    let messages: Vec<Value> =
        answers.into_iter().map(|answer| answer.ok()["addToWishlist"]["message"].clone()).collect();
    let new = messages.iter().filter(|message| **message == "Item added to wishlist").count();
    assert_eq!((new, app.number("SELECT count(*) FROM wishlist_item").await), (1, 1));
}
