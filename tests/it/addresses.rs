//! The address book, and the copy of an address that an order keeps.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const ADD: &str = "mutation($house: String!, $street: String!, $landmark: String) {
    addAddress(input: {houseNumber: $house, street: $street, landmark: $landmark}) {
        message address { id houseNumber street landmark } } }";
const LIST: &str = "{ addresses { id houseNumber street landmark } }";

async fn add(app: &TestApp, who: &Person, house: &str) -> Value {
    let variables = json!({"house": house, "street": "Lake Road", "landmark": " Near the gate "});
    app.graphql(who, ADD, variables).await.ok()["addAddress"]["address"].clone()
}

#[tokio::test]
async fn addresses_are_added_changed_and_deleted() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let first = add(&app, &who, "B-1204").await;
    let expected = json!({"id": first["id"], "houseNumber": "B-1204", "street": "Lake Road", "landmark": "Near the gate"});
    assert_eq!(first, expected);
    let second = add(&app, &who, "C-3").await;

    let update = "mutation($id: ID!, $input: UpdateAddressInput!) {
        updateAddress(id: $id, input: $input) { message address { houseNumber street landmark } } }";
    let change = json!({"id": first["id"], "input": {"street": "Hill Road", "landmark": null}});
    let updated = app.graphql(&who, update, change).await.ok();
    assert_eq!(
        updated["updateAddress"],
        json!({"message": "Address updated",
            "address": {"houseNumber": "B-1204", "street": "Hill Road", "landmark": null}})
    );
    for (input, field) in [
        (json!({"street": null}), "street"),
        (json!({"houseNumber": " "}), "houseNumber"),
        (json!({"landmark": "x".repeat(121)}), "landmark"),
    ] {
        let answer = app.graphql(&who, update, json!({"id": first["id"], "input": input})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field));
    }

    let delete = "mutation($id: ID!) { deleteAddress(id: $id) { message id } }";
    let deleted = app.graphql(&who, delete, json!({"id": first["id"]})).await.ok();
    assert_eq!(deleted["deleteAddress"], json!({"message": "Address deleted", "id": first["id"]}));
    let (listed, statements) = app.statements(app.graphql(&who, LIST, json!({}))).await;
    assert_eq!((listed.ok()["addresses"].clone(), statements), (json!([second]), 1));
    let again = app.graphql(&who, delete, json!({"id": first["id"]})).await;
    assert_eq!(again.refused(), ("NOT_FOUND", "Address not found"));
    let gone = app.graphql(&who, update, json!({"id": first["id"], "input": {}})).await;
    assert_eq!(gone.refused(), ("NOT_FOUND", "Address not found"));
    assert_eq!(app.number("SELECT count(*) FROM consumer_address WHERE deleted_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn nobody_reaches_anothers_address() {
    let app = TestApp::start().await;
    let (who, other) = (app.consumer("First").await, app.consumer("Second").await);
    let address = add(&app, &who, "B-1204").await;
    assert_eq!(app.graphql(&other, LIST, json!({})).await.ok()["addresses"], json!([]));
    for call in [
        "mutation($id: ID!) { updateAddress(id: $id, input: {street: \"Mine\"}) { message } }",
        "mutation($id: ID!) { deleteAddress(id: $id) { message } }",
    ] {
        let answer = app.graphql(&other, call, json!({"id": address["id"]})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Address not found"));
    }
    assert_eq!(app.graphql(&who, LIST, json!({})).await.ok()["addresses"], json!([address]));
}

#[tokio::test]
async fn the_book_holds_twenty_also_when_they_come_at_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for number in 0..18 {
        add(&app, &who, &number.to_string()).await;
    }
    let variables = json!({"house": "x", "street": "Lake Road"});
    let answers = join_all((0..4).map(|_| app.graphql(&who, ADD, variables.clone()))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 2);
    refused.iter().for_each(|answer| assert_eq!(answer.refused(), ("CONFLICT", "Address limit reached")));
    assert_eq!(app.number("SELECT count(*) FROM consumer_address").await, 20);
}

#[tokio::test]
async fn an_order_keeps_the_address_it_was_placed_with() {
    let app = TestApp::start().await;
    let (who, other) = (app.consumer("First").await, app.consumer("Second").await);
    let (shop, vendor) = app.shop("Fresh Basket").await;
    let item = app.item(shop, "Rice", "50.25", 10).await;
    let address = add(&app, &who, "B-1204").await;
    let foreign = add(&app, &other, "C-3").await;
    let fill = "mutation($item: ID!) { addToCart(itemId: $item) { message } }";
    app.graphql(&who, fill, json!({"item": item})).await.ok();

    let confirm = "mutation($address: ID) { confirmOrder(input: {addressId: $address}) { order { id deliveryAddress } } }";
    let answer = app.graphql(&who, confirm, json!({"address": foreign["id"]})).await;
    assert_eq!((answer.refused(), answer.field()), (("NOT_FOUND", "Address not found"), "addressId"));
    let placed = app.graphql(&who, confirm, json!({"address": address["id"]})).await.ok();
    let order = &placed["confirmOrder"]["order"];
    assert_eq!(order["deliveryAddress"], "B-1204, Lake Road, Near the gate");

    let delete = "mutation($id: ID!) { deleteAddress(id: $id) { id } }";
    app.graphql(&who, delete, json!({"id": address["id"]})).await.ok();
    let see = "query($id: ID!) { order(id: $id) { deliveryAddress } }";
    let seen = app.graphql(&vendor, see, json!({"id": order["id"]})).await.ok();
    assert_eq!(seen["order"]["deliveryAddress"], "B-1204, Lake Road, Near the gate");
}
