use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Desk, refusal};

const VERIFY: &str = "mutation($shop: ID!, $on: Boolean!, $reason: String!) {
    setShopVerification(shopId: $shop, verified: $on, reason: $reason) { message shop { shop { verified featured } } } }";
const FEATURE: &str = "mutation($shop: ID!, $on: Boolean!, $reason: String!) {
    setShopFeatured(shopId: $shop, featured: $on, reason: $reason) { message shop { shop { verified featured } } } }";
const SHOPS: &str = "query($filter: ManagedShopFilter, $first: Int, $after: String) {
    managedShops(filter: $filter, first: $first, after: $after) {
        nodes { createdAt shop { id shopName verified hours { dayOfWeek } } owner { phone name }
            vendorProfile { businessName gstNumber } documents(first: 2) { nodes { documentType fileUrl } pageInfo { hasNextPage endCursor } } }
        pageInfo { hasNextPage endCursor } } }";

impl Desk {
    async fn names(&self, filter: Value) -> Vec<Value> {
        let listed = self.run(&self.staff, SHOPS, json!({"filter": filter})).await;
        listed["nodes"].as_array().unwrap().iter().map(|node| node["shop"]["shopName"].clone()).collect()
    }
}

#[tokio::test]
async fn only_the_staff_lists_shops_and_says_what_they_are() {
    let desk = Desk::begin().await;
    let variables = json!({"shop": desk.shop, "on": true, "reason": "Papers seen"});
    desk.is_for_the_staff_only(SHOPS, json!({})).await;
    desk.is_for_the_staff_only(VERIFY, variables.clone()).await;
    desk.is_for_the_staff_only(FEATURE, variables).await;
    assert_eq!(desk.app.number("SELECT count(*) FROM shop WHERE verified OR featured").await, 0);
}

#[tokio::test]
async fn a_verified_shop_has_its_badge_and_its_vendor_hears_of_it_once() {
    let desk = Desk::begin().await;
    let follow =
        "subscription { notificationAdded { notification { kind title body target { screen id } } } }";
    let mut heard = desk.app.subscribe(&desk.vendor, follow, json!({})).await;
    let on = json!({"shop": desk.shop, "on": true, "reason": "GST certificate seen"});
    let (told, done) = tokio::join!(heard.next(), desk.run(&desk.staff, VERIFY, on.clone()));
    assert_eq!(
        done,
        json!({"message": "Shop verified", "shop": {"shop": {"verified": true, "featured": false}}})
    );
    let target = json!({"screen": "SHOP", "id": desk.shop.to_string()});
    let body = "Fresh Basket is verified: customers see its badge from now on.";
    assert_eq!(
        told.unwrap().ok()["notificationAdded"]["notification"],
        json!({"kind": "SHOP", "title": "Shop verified", "body": body, "target": target})
    );
    let shops = "{ shops { nodes { verified } } }";
    assert_eq!(desk.run(&desk.consumer, shops, json!({})).await["nodes"], json!([{"verified": true}]));

    let again = desk.run(&desk.admin, VERIFY, on).await;
    assert_eq!(again["message"], "Nothing changed");
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 1);
    let off = json!({"shop": desk.shop, "on": false, "reason": "Certificate expired"});
    assert_eq!(desk.run(&desk.admin, VERIFY, off).await["message"], "Shop is not verified any more");
    let told = "SELECT title || ': ' || body FROM notification ORDER BY id DESC LIMIT 1";
    assert_eq!(
        desk.app.text(told).await,
        "Shop not verified any more: Fresh Basket is not verified any more: Certificate expired"
    );
    let log: Vec<Value> =
        desk.log(json!({})).await.into_iter().map(|act| json!([act["action"], act["reason"]])).collect();
    assert_eq!(
        log,
        [json!(["SHOP_UNVERIFIED", "Certificate expired"]), json!(["SHOP_VERIFIED", "GST certificate seen"])]
    );
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn many_who_verify_a_shop_at_once_tell_its_vendor_once() {
    let desk = Desk::begin().await;
    let on = json!({"shop": desk.shop, "on": true, "reason": "Papers seen"});
    let calls = (0..6).map(|_| desk.run(&desk.staff, VERIFY, on.clone()));
    let changed =
        join_all(calls).await.into_iter().filter(|answer| answer["message"] == "Shop verified").count();
    assert_eq!(changed, 1);
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 1);
    assert_eq!(desk.acts().await.len(), 1);
}

#[tokio::test]
async fn a_featured_shop_stays_as_verified_as_it_was_and_nobody_is_told() {
    let desk = Desk::begin().await;
    let on = json!({"shop": desk.shop, "on": true, "reason": "Season"});
    desk.run(&desk.staff, VERIFY, on.clone()).await;
    let featured = desk.run(&desk.staff, FEATURE, on.clone()).await;
    assert_eq!(
        featured,
        json!({"message": "Shop featured", "shop": {"shop": {"verified": true, "featured": true}}})
    );
    assert_eq!(desk.run(&desk.staff, FEATURE, on).await["message"], "Nothing changed");
    let off = json!({"shop": desk.shop, "on": false, "reason": "Season is over"});
    assert_eq!(desk.run(&desk.staff, FEATURE, off).await["message"], "Shop is not featured any more");
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 1);
    let acts: Vec<String> = desk.acts().await.into_iter().map(|(act, _)| act).collect();
    assert_eq!(acts, ["SHOP_UNFEATURED", "SHOP_FEATURED", "SHOP_VERIFIED"]);
}

#[tokio::test]
async fn a_shop_that_is_none_and_a_reason_that_is_none_are_refused() {
    let desk = Desk::begin().await;
    for document in [VERIFY, FEATURE] {
        let unknown = json!({"shop": "999999", "on": true, "reason": "Papers seen"});
        let refused = desk.app.graphql(&desk.staff, document, unknown).await;
        assert_eq!(refusal(&refused), ("NOT_FOUND", "shopId"));
        for reason in ["", "  \n", &"x".repeat(201), "a\u{7}"] {
            let refused = desk
                .app
                .graphql(&desk.staff, document, json!({"shop": desk.shop, "on": true, "reason": reason}))
                .await;
            assert_eq!(refusal(&refused), ("BAD_INPUT", "reason"), "{reason}");
        }
    }
    assert!(desk.acts().await.is_empty());
}

#[tokio::test]
async fn shops_that_wait_are_listed_with_all_that_the_staff_has_to_see() {
    let desk = Desk::begin().await;
    let (second, _) = desk.app.shop("100% Organic").await;
    desk.app.shop("Daily Basket").await;
    let profile =
        "mutation { createVendorProfile(input: {businessType: \"Grocery\", businessName: \"Fresh Foods\",
        address: \"Gate 2\", gstNumber: \"27AAAPA1234A1Z5\"}) { message } }";
    desk.run(&desk.vendor, profile, json!({})).await;
    for paper in ["PAN", "GST certificate", "Licence"] {
        let add = "mutation($paper: String!) {
            addVendorDocument(input: {documentType: $paper, fileUrl: \"https://files.example/1\"}) { message } }";
        desk.run(&desk.vendor, add, json!({"paper": paper})).await;
    }
    desk.run(&desk.staff, VERIFY, json!({"shop": second, "on": true, "reason": "Papers seen"})).await;

    assert_eq!(desk.names(json!({})).await, ["Fresh Basket", "100% Organic", "Daily Basket"]);
    assert_eq!(desk.names(json!({"verified": false})).await, ["Fresh Basket", "Daily Basket"]);
    assert_eq!(desk.names(json!({"verified": true})).await, ["100% Organic"]);
    assert_eq!(desk.names(json!({"query": "basket"})).await, ["Fresh Basket", "Daily Basket"]);
    assert_eq!(desk.names(json!({"query": "%", "verified": true})).await, ["100% Organic"]);
    let long = json!({"filter": {"query": "x".repeat(101)}});
    assert_eq!(refusal(&desk.app.graphql(&desk.staff, SHOPS, long).await), ("BAD_INPUT", "query"));

    let (page, statements) = desk.app.statements(desk.run(&desk.staff, SHOPS, json!({"first": 1}))).await;
    let (all, same) = desk.app.statements(desk.run(&desk.staff, SHOPS, json!({}))).await;
    assert_eq!((statements, same), (5, 5), "shops, hours, owners, profiles, papers");
    assert_eq!(page["nodes"][0], all["nodes"][0]);
    let shop = &page["nodes"][0];
    assert_eq!(shop["owner"]["phone"], json!(desk.vendor.phone));
    assert_eq!(shop["vendorProfile"], json!({"businessName": "Fresh Foods", "gstNumber": "27AAAPA1234A1Z5"}));
    let papers = |of: &Value| {
        let nodes = of["nodes"].as_array().unwrap().iter();
        nodes.map(|paper| paper["documentType"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(papers(&shop["documents"]), ["Licence", "GST certificate"]);
    let cursor = &shop["documents"]["pageInfo"]["endCursor"];
    let more = "query($after: String!) { managedShops(first: 1) {
        nodes { documents(after: $after) { nodes { documentType } } } } }";
    let more = desk.run(&desk.staff, more, json!({"after": cursor})).await;
    assert_eq!(papers(&more["nodes"][0]["documents"]), ["PAN"]);
    let next =
        desk.run(&desk.staff, SHOPS, json!({"first": 1, "after": page["pageInfo"]["endCursor"]})).await;
    assert_eq!(next["nodes"][0]["shop"]["shopName"], "100% Organic");
    assert_eq!(next["nodes"][0]["vendorProfile"], Value::Null);
}
