//! Selling: the business, the shop and its items.

use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const PROFILE: &str = "mutation($input: CreateVendorProfileInput!) { createVendorProfile(input: $input) {
    message profile { businessName gstNumber } } }";
const CREATE: &str = "mutation($input: CreateShopInput!) { createShop(input: $input) { message shop {
    shopName shopType city society description isOpen delivers appointmentOnly featured verified rating
    tags logoUrl phone } } }";
const UPDATE: &str = "mutation($input: UpdateShopInput!) { updateShop(input: $input) { message shop {
    shopName shopType society description isOpen delivers tags logoUrl verified featured } } }";
const OPEN: &str = "mutation($open: Boolean!) { setShopOpen(isOpen: $open) { message shop { isOpen } } }";
const ADD: &str = "mutation($input: AddItemInput!) { addItem(input: $input) { message item {
    id title price mrp brand description discount quantityInStock unit packSize category tags sku expiryDate
    imageUrl isAvailable isActive } } }";
const CHANGE: &str =
    "mutation($id: ID!, $input: UpdateItemInput!) { updateItem(id: $id, input: $input) { message item {
    title price mrp description quantityInStock unit tags expiryDate isAvailable } } }";
const TOGGLE: &str = "mutation($id: ID!) { toggleItem(id: $id) { message item { isAvailable } } }";

fn business() -> Value {
    json!({"input": {"businessType": "Retail", "businessName": "Daily Basket", "address": "Shop 3, Main Gate"}})
}

/// A vendor with a business.
async fn vendor(app: &TestApp) -> Person {
    let who = app.vendor("Vendor").await;
    app.graphql(&who, PROFILE, business()).await.ok();
    who
}

#[tokio::test]
async fn a_vendor_is_onboarded_from_the_business_to_the_shop() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    let early =
        app.graphql(&who, CREATE, json!({"input": {"shopName": "Basket", "shopType": "Grocery"}})).await;
    assert_eq!(
        early.refused(),
        ("CONFLICT", "Vendor profile not found. Please complete vendor onboarding first.")
    );
    let mut with_gst = business();
    with_gst["input"]["gstNumber"] = json!(" 27AAPFU0939F1ZV ");
    let profile = app.graphql(&who, PROFILE, with_gst).await.ok();
    assert_eq!(
        profile["createVendorProfile"],
        json!({"message": "Vendor profile created",
            "profile": {"businessName": "Daily Basket", "gstNumber": "27AAPFU0939F1ZV"}})
    );
    let again = app.graphql(&who, PROFILE, business()).await;
    assert_eq!(again.refused(), ("CONFLICT", "Vendor profile already exists"));
    let done = "SELECT count(*) FROM user_profile WHERE role_onboarding_done";
    assert_eq!(app.number(done).await, 0);

    let created = app.graphql(
        &who,
        CREATE,
        json!({"input": {"shopName": " Basket ", "shopType": "Grocery", "tags": "rice, dal"}}),
    );
    let expected = json!({"shopName": "Basket", "shopType": "Grocery", "city": "Pune", "society": "Green Meadows",
        "description": null, "isOpen": true, "delivers": false, "appointmentOnly": false, "featured": false,
        "verified": false, "rating": null, "tags": ["rice", "dal"], "logoUrl": null,
        "phone": who.phone});
    assert_eq!(created.await.ok()["createShop"], json!({"message": "Shop created", "shop": expected}));
    assert_eq!(app.number(done).await, 1);
    let again =
        app.graphql(&who, CREATE, json!({"input": {"shopName": "Second", "shopType": "Grocery"}})).await;
    assert_eq!(again.refused(), ("CONFLICT", "Shop already exists for this vendor"));
    assert_eq!(app.number("SELECT count(*) FROM shop").await, 1);
}

#[tokio::test]
async fn eight_shops_created_at_once_are_one_shop() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    let businesses = (0..4).map(|_| app.graphql(&who, PROFILE, business()));
    let refused = futures_util::future::join_all(businesses).await;
    let refused: Vec<_> = refused.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|answer| answer.refused() == ("CONFLICT", "Vendor profile already exists")));

    let shops = (0..8).map(|number| {
        app.graphql(
            &who,
            CREATE,
            json!({"input": {"shopName": format!("Shop {number}"), "shopType": "Grocery"}}),
        )
    });
    let answers = futures_util::future::join_all(shops).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 7);
    assert!(
        refused.iter().all(|answer| answer.refused() == ("CONFLICT", "Shop already exists for this vendor"))
    );
    assert_eq!(app.number("SELECT count(*) FROM shop").await, 1);
}

#[tokio::test]
async fn a_vendor_cannot_feature_or_verify_their_own_shop() {
    let app = TestApp::start().await;
    let who = vendor(&app).await;
    for extra in ["featured", "verified", "rating", "ownerId"] {
        let mut input = json!({"shopName": "Basket", "shopType": "Grocery"});
        input[extra] = json!(true);
        assert!(!app.graphql(&who, CREATE, json!({"input": input})).await.errors.is_empty(), "{extra}");
        assert!(
            !app.graphql(&who, UPDATE, json!({"input": {extra: true}})).await.errors.is_empty(),
            "{extra}"
        );
    }
    assert_eq!(app.number("SELECT count(*) FROM shop").await, 0);
}

#[tokio::test]
async fn what_is_absent_of_a_shop_stays_and_null_clears() {
    let app = TestApp::start().await;
    let who = vendor(&app).await;
    let without = app.graphql(&who, UPDATE, json!({"input": {"delivers": true}})).await;
    assert_eq!(without.refused(), ("NOT_FOUND", "Shop not found"));
    let full = json!({"shopName": "Basket", "shopType": "Grocery", "description": "Fresh\nevery day", "tags": ["rice"],
        "logoUrl": "/media/logo.png", "delivers": true});
    app.graphql(&who, CREATE, json!({"input": full})).await.ok();

    let shop = app.graphql(&who, UPDATE, json!({"input": {}})).await.ok()["updateShop"].clone();
    let kept = json!({"shopName": "Basket", "shopType": "Grocery", "society": "Green Meadows", "isOpen": true,
        "description": "Fresh\nevery day", "delivers": true, "tags": ["rice"], "logoUrl": "/media/logo.png",
        "verified": false, "featured": false});
    assert_eq!(shop, json!({"message": "Shop updated", "shop": kept}));
    let changes = json!({"shopName": "Bigger Basket", "shopType": null, "description": null, "tags": null, "logoUrl": " ",
        "delivers": false, "society": "Palm Residency"});
    let shop = app.graphql(&who, UPDATE, json!({"input": changes})).await.ok()["updateShop"]["shop"].clone();
    let changed = json!({"shopName": "Bigger Basket", "shopType": "Grocery", "society": "Palm Residency",
        "isOpen": true, "description": null, "delivers": false, "tags": [], "logoUrl": null,
        "verified": false, "featured": false});
    assert_eq!(shop, changed);
}

#[tokio::test]
async fn a_vendor_opens_and_closes_only_their_own_shop() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let (other, _) = app.shop("Other").await;
    let closed = app.graphql(&who, OPEN, json!({"open": false})).await.ok();
    assert_eq!(closed["setShopOpen"], json!({"message": "Shop marked as closed", "shop": {"isOpen": false}}));
    assert_eq!(app.number(&format!("SELECT count(*) FROM shop WHERE is_open AND id = {other}")).await, 1);
    let opened = app.graphql(&who, OPEN, json!({"open": true})).await.ok();
    assert_eq!(opened["setShopOpen"]["message"], "Shop marked as opened");

    let shopless = app.vendor("Shopless").await;
    for (query, variables) in [
        (OPEN, json!({"open": true})),
        (ADD, json!({"input": {"title": "Rice", "price": 1}})),
        ("{ myShop { id } }", json!({})),
        ("{ myItems { nodes { id } } }", json!({})),
    ] {
        let answer = app.graphql(&shopless, query, variables).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Shop not found"), "{query}");
    }
}

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

#[tokio::test]
async fn a_vendor_without_basic_onboarding_opens_no_business() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    app.sql("UPDATE user_profile SET basic_onboarding_done = FALSE").await;
    let answer = app.graphql(&who, PROFILE, business()).await;
    assert_eq!(answer.refused(), ("CONFLICT", "Basic onboarding incomplete"));
    assert_eq!(app.number("SELECT count(*) FROM vendor_profile").await, 0);
}
