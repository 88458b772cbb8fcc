//! What admins see, on both faces: everybody, every shop, every order.

use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::harness::TestApp;
use crate::rest::Client;

const LISTS: [&str; 3] = [
    "query($first: Int, $after: String) { list: users(first: $first, after: $after) {
        nodes { id } pageInfo { endCursor hasNextPage } } }",
    "query($first: Int, $after: String) { list: allShops(first: $first, after: $after) {
        nodes { id } pageInfo { endCursor hasNextPage } } }",
    "query($first: Int, $after: String) { list: allOrders(first: $first, after: $after) {
        nodes { id } pageInfo { endCursor hasNextPage } } }",
];

fn ids(list: &Value) -> Vec<i64> {
    let nodes = list["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Two societies with a shop each, and two orders in one of them.
async fn begin() -> TestApp {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Fresh Mart").await;
    app.shop_in("Palm Mart", "Palm Residency").await;
    let item = app.item(shop, "Rice", "60", 50).await;
    let buyer = app.consumer("Buyer").await;
    for _ in 0..2 {
        let add = "mutation($item: ID!) { addToCart(itemId: $item) { message } }";
        app.graphql(&buyer, add, json!({"item": item})).await.ok();
        let confirm = "mutation { confirmOrder(input: {paymentMode: CASH}) { order { id } } }";
        app.graphql(&buyer, confirm, json!({})).await.ok();
    }
    app
}

#[tokio::test]
async fn an_admin_reads_everything_in_pages_newest_first() {
    let app = begin().await;
    let admin = app.person("Admin", Some(Role::Admin), "Green Meadows").await;
    // What is read once per session is no part of a list.
    app.graphql(&admin, "{ __typename }", json!({})).await.ok();
    for (list, count) in LISTS.iter().zip([4, 2, 2]) {
        let (whole, statements) = app.statements(app.graphql(&admin, list, json!({}))).await;
        let whole = ids(&whole.ok()["list"]);
        assert_eq!((whole.len(), statements), (count, 1), "{list}");
        assert!(whole.is_sorted_by(|one, next| one > next), "{whole:?}");
        let first = app.graphql(&admin, list, json!({"first": 1})).await.ok()["list"].clone();
        assert_eq!((ids(&first), &first["pageInfo"]["hasNextPage"]), (vec![whole[0]], &json!(true)));
        let behind = json!({"first": 100, "after": first["pageInfo"]["endCursor"]});
        let rest = app.graphql(&admin, list, behind).await.ok()["list"].clone();
        assert_eq!((ids(&rest), &rest["pageInfo"]["hasNextPage"]), (whole[1..].to_vec(), &json!(false)));
        assert_eq!(app.graphql(&admin, list, json!({"first": 101})).await.refused().0, "BAD_INPUT");
    }
    let delivered = "{ allOrders(filter: {status: [DELIVERED]}) { nodes { id } } }";
    assert_eq!(app.graphql(&admin, delivered, json!({})).await.ok()["allOrders"]["nodes"], json!([]));
}

#[tokio::test]
async fn nobody_but_an_admin_reads_them() {
    let app = begin().await;
    for role in [Role::Consumer, Role::Vendor, Role::Staff] {
        let who = app.person("Other", Some(role), "Green Meadows").await;
        for list in LISTS {
            assert_eq!(
                app.graphql(&who, list, json!({})).await.refused(),
                ("FORBIDDEN", "Forbidden"),
                "{role:?}"
            );
        }
    }
    let newcomer = app.person("Newcomer", None, "").await;
    for list in LISTS {
        assert_eq!(app.graphql(&newcomer, list, json!({})).await.refused().0, "ONBOARDING_REQUIRED");
        assert_eq!(app.graphql(None, list, json!({})).await.refused().0, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn the_legacy_paths_show_the_newest_fifty() {
    let app = begin().await;
    let client = Client::of(&app).await;
    let admin = app.person("Admin", Some(Role::Admin), "Green Meadows").await;
    let gone = app.consumer("Gone").await;
    let delete = "mutation($phone: Phone!) { deleteMyAccount(confirmPhone: $phone) { message } }";
    app.graphql(&gone, delete, json!({"phone": gone.phone})).await.ok();
    let users = client.get(&admin, "/admin/users").await.ok()["users"].clone();
    assert_eq!((users.as_array().unwrap().len(), &users[0]), (4, &json!(admin.phone)));
    let shops = client.get(&admin, "/admin/shops").await.ok()["shops"].clone();
    assert_eq!(shops, json!([{"id": 2, "name": "Palm Mart"}, {"id": 1, "name": "Fresh Mart"}]));
    let orders = client.get(&admin, "/admin/orders").await.ok()["orders"].clone();
    assert_eq!(orders, json!([{"id": 2, "status": "pending"}, {"id": 1, "status": "pending"}]));

    app.sql(
        "INSERT INTO orders (user_id, shop_id, payment_mode, payment_status, status, total_paise, final_paise, created_at, updated_at)
         SELECT user_id, shop_id, payment_mode, payment_status, status, total_paise, final_paise, created_at, updated_at
         FROM orders, generate_series(1, 30)",
    )
    .await;
    let orders = client.get(&admin, "/admin/orders").await.ok()["orders"].clone();
    let orders = orders.as_array().unwrap();
    assert_eq!((orders.len(), &orders[0]["id"], &orders[49]["id"]), (50, &json!(62), &json!(13)));
}
