//! What the shop lists.

use serde_json::{Value, json};

use super::{ADD, CHANGE, CREATE, OPEN, PROFILE, TOGGLE, UPDATE, business};
use crate::harness::TestApp;

#[tokio::test]
async fn an_item_needs_only_a_title_and_a_price() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let added = app.graphql(&who, ADD, json!({"input": {"title": " Rice ", "price": "60.50"}})).await.ok();
    assert_eq!(added["addItem"]["message"], "Item added");
    let id = added["addItem"]["item"]["id"].clone();
    assert_eq!(
        added["addItem"]["item"],
        json!({"id": id, "title": "Rice", "price": 60.5, "mrp": null, "brand": null, "description": null,
            "discount": null, "quantityInStock": 100, "unit": "pcs", "packSize": null, "category": null,
            "tags": [], "sku": null, "expiryDate": null, "imageUrl": null, "isAvailable": true,
            "isActive": true})
    );
    let full = json!({"title": "Dal", "price": 90, "mrp": 90, "brand": "Tata", "description": "Toor", "discount": 5.5,
        "quantityInStock": 0, "unit": "kg", "packSize": "1 kg", "category": "Pulses", "tags": ["dal,toor"],
        "sku": "D-1", "expiryDate": "2027-02-28", "imageUrl": "/media/dal.png"});
    let added = app.graphql(&who, ADD, json!({"input": full})).await.ok();
    let mut expected = full.clone();
    expected["id"] = added["addItem"]["item"]["id"].clone();
    expected["tags"] = json!(["dal", "toor"]);
    expected["isAvailable"] = json!(true);
    expected["isActive"] = json!(true);
    assert_eq!(added["addItem"]["item"], expected);
}

#[tokio::test]
async fn an_item_changes_as_asked_and_its_prices_fit_together_afterwards() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    let change = async |input: Value| app.graphql(&who, CHANGE, json!({"id": rice, "input": input})).await;

    let item =
        change(json!({"mrp": 80, "description": "Long", "tags": "a,b"})).await.ok()["updateItem"].clone();
    assert_eq!(
        item,
        json!({"message": "Item updated", "item": {"title": "Rice", "price": 60, "mrp": 80, "description": "Long",
            "quantityInStock": 5, "unit": "pcs", "tags": ["a", "b"], "expiryDate": null, "isAvailable": true}})
    );
    for (input, field, message) in [
        (json!({"price": 80.01}), "price", "mrp must not be below price"),
        (json!({"mrp": 59.99}), "mrp", "mrp must not be below price"),
        (json!({"price": 90, "mrp": 89}), "mrp", "mrp must not be below price"),
        (json!({"price": 0}), "price", "price must be above zero"),
        (json!({"price": -5, "mrp": null}), "price", "price must be above zero"),
    ] {
        let answer = change(input.clone()).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field), "{input}");
    }
    let dearer = json!({"price": 90, "mrp": null, "description": null, "title": null, "quantityInStock": 7,
        "unit": "kg", "expiryDate": "2027-01-31", "isAvailable": false});
    assert_eq!(
        change(dearer).await.ok()["updateItem"]["item"],
        json!({"title": "Rice", "price": 90, "mrp": null, "description": null, "quantityInStock": 7, "unit": "kg",
            "tags": ["a", "b"], "expiryDate": "2027-01-31", "isAvailable": false})
    );
    change(json!({"price": 100, "mrp": 120})).await.ok();
    assert_eq!(app.number("SELECT price_paise + mrp_paise FROM item").await, 22_000);
}

#[tokio::test]
async fn prices_changed_at_once_fit_together_whichever_comes_last() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    app.graphql(&who, CHANGE, json!({"id": rice, "input": {"mrp": 100}})).await.ok();
    let dearer = app.graphql(&who, CHANGE, json!({"id": rice, "input": {"price": 90}}));
    let cheaper = app.graphql(&who, CHANGE, json!({"id": rice, "input": {"mrp": 70}}));
    let (dearer, cheaper) = tokio::join!(dearer, cheaper);
    let refused = [dearer, cheaper].into_iter().find(|answer| !answer.errors.is_empty()).unwrap();
    assert_eq!(refused.refused(), ("BAD_INPUT", "mrp must not be below price"));
    assert!(["price", "mrp"].contains(&refused.field()));
    assert_eq!(app.number("SELECT count(*) FROM item WHERE mrp_paise >= price_paise").await, 1);
}

#[tokio::test]
async fn availability_turned_eight_times_at_once_is_what_it_was() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    let turned = app.graphql(&who, TOGGLE, json!({"id": rice})).await.ok();
    assert_eq!(
        turned["toggleItem"],
        json!({"message": "Item availability updated", "item": {"isAvailable": false}})
    );
    let turns = (0..8).map(|_| app.graphql(&who, TOGGLE, json!({"id": rice})));
    let answers = futures_util::future::join_all(turns).await;
    let available = answers
        .into_iter()
        .filter(|answer| answer.data["toggleItem"]["item"]["isAvailable"] == json!(true))
        .count();
    assert_eq!(available, 4);
    assert_eq!(app.number("SELECT count(*) FROM item WHERE NOT is_available").await, 1);
}

#[tokio::test]
async fn another_vendors_item_is_not_found_and_stays_as_it_is() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let (theirs, _) = app.shop("Theirs").await;
    let rice = app.item(theirs, "Rice", "60", 5).await;
    let shopless = app.vendor("Shopless").await;
    for vendor in [&who, &shopless] {
        for id in [rice.0, 999] {
            let turned = app.graphql(vendor, TOGGLE, json!({"id": id})).await;
            assert_eq!(turned.refused(), ("NOT_FOUND", "Item not found or unauthorized"));
            let changed = app.graphql(vendor, CHANGE, json!({"id": id, "input": {"price": 1}})).await;
            assert_eq!(changed.refused(), ("NOT_FOUND", "Item not found or unauthorized"));
        }
    }
    assert_eq!(app.number("SELECT count(*) FROM item WHERE price_paise = 6000 AND is_available").await, 1);
}

#[tokio::test]
async fn a_vendor_sees_the_stock_of_all_their_items_and_nobody_elses() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    let (_, neighbour) = app.shop("Neighbour").await;
    let consumer = app.consumer("Consumer").await;
    for (title, stock) in [("a", 1), ("b", 0), ("c", 3)] {
        app.item(shop, title, "10", stock).await;
    }
    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'b'; UPDATE item SET is_active = FALSE WHERE title = 'c'")
        .await;

    let query = "query($first: Int = 20, $after: String) { myItems(first: $first, after: $after) {
        nodes { title quantityInStock isAvailable isActive } pageInfo { hasNextPage endCursor } } }";
    let items = app.graphql(&who, query, json!({"first": 2})).await.ok()["myItems"].clone();
    assert_eq!(
        items["nodes"],
        json!([{"title": "a", "quantityInStock": 1, "isAvailable": true, "isActive": true},
            {"title": "b", "quantityInStock": 0, "isAvailable": false, "isActive": true}])
    );
    let rest = app.graphql(&who, query, json!({"after": items["pageInfo"]["endCursor"]})).await.ok();
    assert_eq!(
        rest["myItems"]["nodes"],
        json!([{"title": "c", "quantityInStock": 3, "isAvailable": true, "isActive": false}])
    );
    let (_, statements) = app.statements(app.graphql(&who, query, json!({}))).await;
    assert_eq!(statements, 3, "the shop, its items, and whose they are");

    let mine =
        app.graphql(&who, "{ myShop { shopName phone items { nodes { title } } } }", json!({})).await.ok();
    assert_eq!(
        mine["myShop"],
        json!({"shopName": "Near", "phone": who.phone, "items": {"nodes": [{"title": "a"}]}})
    );
    let none = app.graphql(&neighbour, query, json!({})).await.ok();
    assert_eq!(none["myItems"]["nodes"], json!([]));
    for query in ["{ myShop { id } }", "{ myItems { nodes { id } } }"] {
        assert_eq!(app.graphql(&consumer, query, json!({})).await.refused(), ("FORBIDDEN", "Forbidden"));
    }
    let writes = [
        (PROFILE, business()),
        (CREATE, json!({"input": {"shopName": "a", "shopType": "b"}})),
        (UPDATE, json!({"input": {}})),
        (OPEN, json!({"open": true})),
        (ADD, json!({"input": {"title": "a", "price": 1}})),
        (CHANGE, json!({"id": 1, "input": {}})),
        (TOGGLE, json!({"id": 1})),
    ];
    for (query, variables) in writes {
        assert_eq!(app.graphql(&consumer, query, variables).await.refused().0, "FORBIDDEN", "{query}");
    }
}
