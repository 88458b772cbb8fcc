//! The business and the shop.

use serde_json::json;

use super::{ADD, CREATE, OPEN, PROFILE, UPDATE, business, vendor};
use crate::harness::TestApp;

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
async fn a_vendor_without_basic_onboarding_opens_no_business() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    app.sql("UPDATE user_profile SET basic_onboarding_done = FALSE").await;
    let answer = app.graphql(&who, PROFILE, business()).await;
    assert_eq!(answer.refused(), ("CONFLICT", "Basic onboarding incomplete"));
    assert_eq!(app.number("SELECT count(*) FROM vendor_profile").await, 0);
}
