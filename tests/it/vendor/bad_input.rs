//! What a vendor may not say of a business, a shop or an item.

use serde_json::json;

use super::{ADD, CHANGE, CREATE, PROFILE, UPDATE, business, vendor};
use crate::harness::TestApp;

#[tokio::test]
async fn bad_input_is_refused_by_its_name_and_writes_nothing() {
    let app = TestApp::start().await;
    let who = vendor(&app).await;
    let (_, owner) = app.shop("Near").await;
    let newcomer = app.vendor("Newcomer").await;
    for field in ["businessType", "businessName", "address"] {
        for (text, message) in
            [(" ".to_owned(), Some("Missing required vendor details")), ("x".repeat(501), None)]
        {
            let mut input = business();
            input["input"][field] = json!(text);
            let answer = app.graphql(&newcomer, PROFILE, input).await;
            assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field));
            assert!(message.is_none_or(|message| answer.refused().1 == message));
        }
    }
    let long = "x".repeat(2001);
    let shops = [
        (json!({"shopName": ""}), "shopName", "Missing required fields"),
        (json!({"shopType": " "}), "shopType", "Missing required fields"),
        (
            json!({"shopName": "x".repeat(101)}),
            "shopName",
            "shopName has 101 characters; at most 100 are allowed",
        ),
        (
            json!({"description": long}),
            "description",
            "description has 2001 characters; at most 2000 are allowed",
        ),
        (json!({"description": "a\u{7}"}), "description", "description must not contain control characters"),
        (json!({"tags": ["x".repeat(51)]}), "tags", "tags has 51 characters; at most 50 are allowed"),
        (
            json!({"logoUrl": "x".repeat(501)}),
            "logoUrl",
            "logoUrl has 501 characters; at most 500 are allowed",
        ),
    ];
    for (changes, field, message) in shops {
        let mut input = json!({"shopName": "Basket", "shopType": "Grocery"});
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let answer = app.graphql(&who, CREATE, json!({"input": input})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field), "{changes}");
        let answer = app.graphql(&owner, UPDATE, json!({"input": changes})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{changes}");
    }
    let tags: Vec<String> = (0..21).map(|tag| format!("tag {tag}")).collect();
    let items = [
        (json!({"title": " "}), "title", "title must not be empty"),
        (json!({"title": "x".repeat(101)}), "title", "title has 101 characters; at most 100 are allowed"),
        (json!({"price": 0}), "price", "price must be above zero"),
        (json!({"price": -1}), "price", "price must be above zero"),
        (json!({"mrp": 9.99}), "mrp", "mrp must not be below price"),
        (json!({"discount": -0.1}), "discount", "discount must not be below zero"),
        (json!({"quantityInStock": -1}), "quantityInStock", "quantityInStock is a number from 0 to 1000000"),
        (
            json!({"quantityInStock": 1_000_001}),
            "quantityInStock",
            "quantityInStock is a number from 0 to 1000000",
        ),
        (json!({"brand": "x".repeat(101)}), "brand", "brand has 101 characters; at most 100 are allowed"),
        (json!({"unit": "x".repeat(51)}), "unit", "unit has 51 characters; at most 50 are allowed"),
        (
            json!({"packSize": "x".repeat(51)}),
            "packSize",
            "packSize has 51 characters; at most 50 are allowed",
        ),
        (json!({"category": "a\u{7}"}), "category", "category must not contain control characters"),
        (json!({"tags": tags}), "tags", "at most 20 tags are allowed"),
        (json!({"sku": "x".repeat(51)}), "sku", "sku has 51 characters; at most 50 are allowed"),
        (json!({"expiryDate": "1999-12-31"}), "expiryDate", "expiryDate is a day from 2000 to 2099"),
        (
            json!({"imageUrl": "x".repeat(501)}),
            "imageUrl",
            "imageUrl has 501 characters; at most 500 are allowed",
        ),
    ];
    let shop = app.number(&format!("SELECT id FROM shop WHERE owner_id = {}", owner.user_id)).await;
    let rice = app.item(society_gateway::values::ShopId(shop), "Rice", "10", 5).await;
    for (changes, field, message) in items {
        let mut input = json!({"title": "Dal", "price": 10});
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let answer = app.graphql(&owner, ADD, json!({"input": input})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field), "{changes}");
        let answer = app.graphql(&owner, CHANGE, json!({"id": rice, "input": changes})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field), "{changes}");
    }
    for changes in [
        json!({"price": 1.005}),
        json!({"price": "NaN"}),
        json!({"expiryDate": "soon"}),
        json!({"expiryDate": "-5000-01-01"}),
    ] {
        let answer = app.graphql(&owner, CHANGE, json!({"id": rice, "input": changes})).await;
        assert!(!answer.errors.is_empty(), "{changes}");
    }
    assert_eq!(app.number("SELECT count(*) FROM vendor_profile").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM shop WHERE shop_name = 'Near' AND updated_at = created_at").await,
        1
    );
    assert_eq!(app.number("SELECT count(*) FROM shop").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM item WHERE title = 'Rice' AND updated_at = created_at").await,
        1
    );
    assert_eq!(app.number("SELECT count(*) FROM item").await, 1);
}
