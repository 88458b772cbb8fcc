//! Contract 3.3: the oldest clients know no `/api/v1`. `REST_AT_ROOT` serves them.

use axum::http::Method;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::contract::paths::{OLDER, documented};
use crate::contract::world::CODE;
use crate::harness::TestApp;
use crate::rest::Client;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Every path and every older way, with values in their places.
fn calls() -> impl Iterator<Item = (Method, String)> {
    let calls = documented().chain(OLDER.iter().map(|(call, _)| *call)).map(|call| call.replace("{}", "1"));
    calls.map(|call| {
        let (method, path) = call.split_once(' ').expect("a method and a path");
        (method.parse().expect("a method"), path.to_owned())
    })
}

#[tokio::test]
async fn every_path_answers_at_the_root_as_it_does_below_its_prefix() {
    let app = TestApp::with(&[("REST_AT_ROOT", "on"), ("RATE_LIMITS", "off")]).await;
    let (below, root) = (Client::of(&app).await, Client::at_root(&app).await);
    let admin = app.person("Admin", Some(Role::Admin), "Green Meadows").await;
    for (method, path) in calls() {
        // Signing out would end the walk.
        let token = Some(admin.token.as_str()).filter(|_| !path.starts_with("/logout"));
        for token in [None, token] {
            let headers: Vec<_> =
                [JSON].into_iter().chain(token.map(|token| ("authorization", token))).collect();
            let one = root.send(method.clone(), &path, &headers, "{").await;
            let other = below.send(method.clone(), &path, &headers, "{").await;
            assert_ne!((one.status, path.contains('1')), (404, false), "{path}");
            assert_eq!((one.status, one.body), (other.status, other.body), "{method} {path}");
        }
        let other = root.send(Method::DELETE, &path, &[], "").await;
        assert_eq!(other.refused(), (405, "The method is not allowed for the requested URL."), "{path}");
        let allowed = other.headers["allow"].to_str().unwrap();
        assert!(allowed.split(',').any(|allowed| allowed == method.as_str()), "{path}: {allowed}");
        let preflight = root.send(Method::OPTIONS, &path, &[], "").await;
        assert!(matches!(preflight.status, 200 | 204), "OPTIONS {path}: {}", preflight.status);
        assert_eq!(root.send(method, &format!("{path}/"), &[JSON], "{}").await.refused().0, 404, "{path}/");
    }
}

#[tokio::test]
async fn what_else_is_at_the_root_stays_there() {
    for setting in ["on", "off"] {
        let app = TestApp::with(&[("REST_AT_ROOT", setting)]).await;
        let root = Client::at_root(&app).await;
        let health = root.send(Method::GET, "/health", &[], "").await;
        assert_eq!((health.status, health.body), (200, json!({"status": "ok"})));
        assert_eq!(health.headers["x-frame-options"], "DENY");
        for path in ["/healthz", "/readyz"] {
            assert_eq!(root.send(Method::GET, path, &[], "").await.status, 200, "{path}");
        }
        let asked = root.send(Method::POST, "/graphql", &[JSON], r#"{"query": "{ __typename }"}"#).await;
        assert_eq!(asked.body, json!({"data": {"__typename": "Query"}}));
        for path in ["/", "/nothing", "/media/none.png", "/api/v1/nothing"] {
            assert_eq!(root.send(Method::GET, path, &[], "").await.refused().0, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn the_root_is_left_alone_unless_it_is_asked_for() {
    let app = TestApp::start().await;
    let root = Client::at_root(&app).await;
    for (method, path) in calls() {
        let reply = root.send(method, &path, &[JSON], "{}").await;
        assert_eq!(reply.refused(), (404, "There is nothing at this address."), "{path}");
    }
}

/// The customer app before its last revision: bare tokens, no prefix, and its older names for everything.
struct PreviousApp {
    client: Client,
    token: Option<String>,
}

impl PreviousApp {
    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let token = self.token.as_deref().map(|token| ("authorization", token));
        let headers: Vec<_> = [JSON].into_iter().chain(token).collect();
        self.client.send(method, path, &headers, body.to_string()).await.ok()
    }

    async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, &json!({})).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, &body).await
    }
}

#[tokio::test]
async fn the_previous_customer_app_goes_from_its_phone_to_a_return() {
    let app = TestApp::with(&[("REST_AT_ROOT", "on"), ("DEV_OTP", CODE)]).await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "60", 50).await;
    let mut phone = PreviousApp { client: Client::at_root(&app).await, token: None };
    phone.post("/send-otp", json!({"phone": "+919876543210"})).await;
    let signed_in = phone.post("/verify-otp", json!({"phone": "+919876543210", "otp": CODE})).await;
    phone.token = signed_in["auth_token"].as_str().map(str::to_owned);
    let basics = json!({"name": "Buyer", "city": "Pune", "society": "Green Meadows", "role": "consumer"});
    phone.post("/onboarding/basic", basics).await;
    phone.post("/onboarding/consumer", json!({"flat_number": "B-7"})).await;
    assert_eq!(phone.get("/profile/me").await["data"]["flat_number"], "B-7");
    let whole = phone.get("/profile/me").await["data"].clone();
    phone.post("/profile/edit", whole).await;

    assert_eq!(phone.get("/shops?status=open").await["shops"][0]["id"], json!(shop.0));
    assert_eq!(phone.get("/shops/search?q=fresh").await["shops"][0]["id"], json!(shop.0));
    assert_eq!(phone.get(&format!("/items/shop/{shop}")).await["items"][0]["id"], json!(rice.0));
    phone.post("/wallet/load", json!({"amount": 500})).await;
    phone.post("/cart/clear", Value::Null).await;
    phone.post("/cart/add", json!({"item_id": rice.0, "quantity": 2})).await;
    phone.post("/cart/update", json!({"item_id": rice.0, "quantity": 3})).await;
    assert_eq!(phone.get("/cart/view").await["total_price"], json!(180));
    let placed = phone.post("/order/confirm", json!({"payment_mode": "wallet"})).await;
    let order = placed["order_id"].as_i64().unwrap();
    assert_eq!(phone.get("/wallet").await["balance"], json!(320));
    phone.post(&format!("/order/consumer/message/send/{order}"), json!({"message": "Before six?"})).await;
    let messages = phone.get(&format!("/order/consumer/messages/{order}")).await;
    assert_eq!(messages["messages"][0]["message"], "Before six?");

    let seller = PreviousApp { client: Client::at_root(&app).await, token: Some(vendor.token.clone()) };
    assert_eq!(seller.get("/order/vendor").await["orders"][0]["order_id"], json!(order));
    seller.post(&format!("/order/vendor/status/{order}"), json!({"status": "delivered"})).await;
    phone.post(&format!("/order/rate/{order}"), json!({"rating": 5})).await;
    phone.post(&format!("/order/issue/{order}"), json!({"issue_type": "damaged_item"})).await;
    // Its fault: it puts what it has to say one level deeper, beside the token.
    let asked = json!({"items": [{"item_id": rice.0, "quantity": 1}], "reason": "torn"});
    let body = json!({"token": phone.token, "body": asked});
    let raised = phone.post(&format!("/order/return/raise/{order}"), body).await;
    assert_eq!(raised["message"], "Return request sent");
    assert_eq!(
        app.text("SELECT concat_ws(' ', item_id, quantity, reason) FROM order_return").await,
        format!("{rice} 1 torn")
    );
    seller.post(&format!("/order/return/vendor/accept/{order}"), json!({})).await;
    seller.post(&format!("/order/return/complete/{order}"), json!({})).await;
    assert_eq!(phone.get("/order/history").await["orders"][0]["status"], "return_completed");
    assert_eq!(phone.get("/wallet").await["balance"], json!(380));
    phone.post("/logout", json!({})).await;
    app.audit_is_clean().await;
}
