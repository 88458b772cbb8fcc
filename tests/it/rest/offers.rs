//! Offers, coupons and points on the legacy paths.

use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::harness::{Person, TestApp};
use crate::rest::{Client, assert_fields};

/// A consumer with two of an item that costs 100 in the cart, and an offer of ten percent.
async fn begin() -> (TestApp, Client, Person, Person) {
    let app = TestApp::start().await;
    let client = Client::of(&app).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let item = app.item(shop, "Rice", "100", 100).await;
    let buyer = app.consumer("Buyer").await;
    let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
    let create =
        "mutation { createOffer(input: {code: \"FRESH10\", title: \"Ten percent\", discountType: PERCENT,
        discountValue: 10, minOrderAmount: 50}) { message } }";
    app.graphql(&staff, create, json!({})).await.ok();
    client.post(&buyer, "/consumer/cart/add", json!({"item_id": item.0, "quantity": 2})).await.ok();
    (app, client, buyer, vendor)
}

#[tokio::test]
async fn a_coupon_is_found_applied_and_detached() {
    let (_app, client, buyer, _) = begin().await;
    let offers = client.get(&buyer, "/consumer/offers").await.ok()["offers"].clone();
    assert_fields(
        &offers[0],
        "id int, code str, title str, description str?, discount_type str, discount_value number, \
         min_order_amount number, max_discount number?, shop_id int?, shop_name str?, starts_at str, expires_at str?, \
         already_redeemed bool",
    );
    assert_eq!((&offers[0]["discount_type"], &offers[0]["discount_value"]), (&json!("percent"), &json!(10)));

    let applied = client.post(&buyer, "/consumer/cart/apply-coupon", json!({"code": "fresh10"})).await.ok();
    assert_eq!(
        applied,
        json!({"status": "success", "message": "Coupon applied", "code": "FRESH10", "subtotal": 200, "discount": 20,
            "total_price": 200, "payable_amount": 180, "adjusted_total": 180})
    );
    let cart = client.get(&buyer, "/consumer/cart/view").await.ok();
    assert_eq!(
        (&cart["coupon_code"], &cart["discount"], &cart["payable_amount"]),
        (&json!("FRESH10"), &json!(20), &json!(180))
    );

    for body in [json!({}), json!({"code": null}), json!({"code": " "}), json!({"code": 5})] {
        let reply = client.post(&buyer, "/consumer/cart/apply-coupon", body.clone()).await;
        assert_eq!(reply.refused(), (400, "Coupon code required"), "{body}");
    }
    let unknown = client.post(&buyer, "/consumer/cart/apply-coupon", json!({"code": "nothing"})).await;
    assert_eq!(unknown.refused(), (404, "Invalid coupon code"));
    for code in [Value::Null, json!("")] {
        let body = json!({"code": code, "remove": true});
        let removed = client.post(&buyer, "/consumer/cart/apply-coupon", body).await.ok();
        assert_eq!((&removed["code"], &removed["payable_amount"]), (&Value::Null, &json!(200)));
    }
}

#[tokio::test]
async fn points_are_earned_and_redeemed() {
    let (app, client, buyer, vendor) = begin().await;
    let placed = client.post(&buyer, "/consumer/order/confirm", json!({})).await.ok();
    let path = format!("/vendor/orders/{}/status", placed["order_id"]);
    client.post(&vendor, &path, json!({"status": "delivered"})).await.ok();
    let rewards = client.get(&buyer, "/consumer/rewards").await.ok();
    assert_fields(
        &rewards,
        "status str, points int, point_value number, tier object, lifetime_points int, ledger list, next_before int?",
    );
    assert_fields(
        &rewards["tier"],
        "name str, min_points int, next_tier str?, next_tier_points int?, progress number",
    );
    assert_fields(
        &rewards["ledger"][0],
        "id int, points int, type str, order_id int?, reference str, created_at str",
    );
    assert_eq!((&rewards["points"], &rewards["ledger"][0]["type"]), (&json!(20), &json!("credit")));

    let empty = client.post(&buyer, "/consumer/rewards/redeem", json!({"amount": 5})).await;
    assert_eq!(empty.refused(), (400, "Cart is empty"));
    let item = app.number("SELECT min(id) FROM item").await;
    client.post(&buyer, "/consumer/cart/add", json!({"item_id": item})).await.ok();
    let redeemed = client.post(&buyer, "/consumer/rewards/redeem", json!({"amount": 12})).await.ok();
    assert_eq!(
        redeemed,
        json!({"status": "success", "message": "Points redeemed", "points_redeemed": 12, "discount": 3, "points": 8,
            "payable_amount": 97})
    );
    for amount in [json!(0), json!(-1), json!("x"), json!(1.5), json!(null)] {
        let reply = client.post(&buyer, "/consumer/rewards/redeem", json!({"amount": amount})).await;
        assert_eq!(reply.refused(), (400, "Invalid amount"), "{amount}");
    }
    let many = client.post(&buyer, "/consumer/rewards/redeem", json!({"amount": 21})).await;
    assert_eq!(many.refused(), (400, "Insufficient points"));
    app.sql("UPDATE reward_account SET points = 1000").await;
    let dear = client.post(&buyer, "/consumer/rewards/redeem", json!({"amount": 401})).await;
    assert_eq!(dear.refused(), (400, "Redemption exceeds order total"));
}

#[tokio::test]
async fn a_coupon_is_used_once() {
    let (_app, client, buyer, _) = begin().await;
    let fresh = json!({"code": "FRESH10"});
    client.post(&buyer, "/consumer/cart/apply-coupon", fresh.clone()).await.ok();
    let item = client.get(&buyer, "/consumer/cart/view").await.ok()["cart"][0]["item_id"].clone();
    client.post(&buyer, "/consumer/order/confirm", json!({})).await.ok();
    client.post(&buyer, "/consumer/cart/add", json!({"item_id": item})).await.ok();
    let again = client.post(&buyer, "/consumer/cart/apply-coupon", fresh).await;
    assert_eq!(again.refused(), (400, "Coupon already used"));
    assert_eq!(
        client.get(&buyer, "/consumer/offers").await.ok()["offers"][0]["already_redeemed"],
        json!(true)
    );
}
