//! Input that nobody means well: every argument of every operation, on both faces. Nothing may answer with our fault,
//! and what is refused is named.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use serde_json::{Map, Value, json};
use society_gateway::app::Role;
use society_gateway::graphql;
use society_gateway::values::ItemId;

use crate::harness::{Person, TestApp};

/// What is tried in place of each value.
fn hostile() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!("   "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{7}"),
        json!("%_\\"),
        json!("'; DROP TABLE orders; --"),
        json!("x".repeat(70_000)),
        json!("🦀".repeat(300)),
        json!(-1),
        json!(0),
        json!(11),
        json!(1.5),
        json!(1e308),
        json!(-0.01),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!("9223372036854775808"),
        json!("NaN"),
        json!("Infinity"),
        json!("1e3"),
        json!("2026-02-30"),
        json!("9999-12-31"),
        json!("+0000-00-00"),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({"x": 1}),
    ]
}

/// The schema's input types, and its operations with their arguments.
struct Shapes {
    inputs: HashMap<String, Vec<(String, Type)>>,
    enums: HashMap<String, String>,
    operations: Vec<Operation>,
    /// Ids of rows that exist, by the name of the argument that takes them.
    known: HashMap<&'static str, String>,
}

struct Operation {
    root: &'static str,
    name: String,
    arguments: Vec<(String, Type)>,
    is_leaf: bool,
}

impl Shapes {
    fn read(known: HashMap<&'static str, String>) -> Shapes {
        let mut shapes =
            Shapes { inputs: HashMap::new(), enums: HashMap::new(), operations: Vec::new(), known };
        for definition in parse_schema(graphql::sdl()).unwrap().definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            match definition.node.kind {
                TypeKind::InputObject(of) => {
                    let fields = of
                        .fields
                        .into_iter()
                        .map(|field| (field.node.name.node.to_string(), field.node.ty.node));
                    shapes.inputs.insert(name, fields.collect());
                }
                TypeKind::Enum(of) => {
                    shapes.enums.insert(name, of.values[0].node.value.node.to_string());
                }
                TypeKind::Object(of) => {
                    let root = match name.as_str() {
                        "Query" => "query",
                        "Mutation" => "mutation",
                        _ => continue,
                    };
                    shapes.operations.extend(of.fields.into_iter().map(|field| {
                        Operation {
                            root,
                            name: field.node.name.node.to_string(),
                            arguments: (field.node.arguments.into_iter())
                                .map(|argument| (argument.node.name.node.to_string(), argument.node.ty.node))
                                .collect(),
                            is_leaf: ["String", "Boolean", "Int", "Float", "ID"]
                                .contains(&named(&field.node.ty.node)),
                        }
                    }));
                }
                _ => {}
            }
        }
        shapes
    }

    /// A value that nobody could object to.
    fn friendly(&self, field: &str, of: &Type) -> Value {
        if of.to_string() == "String" {
            // Nothing is better than a cursor of no list.
            return json!(null);
        }
        let name = match &of.base {
            BaseType::List(inner) => return json!([self.friendly(field, inner)]),
            BaseType::Named(name) => name.as_str(),
        };
        if let Some(fields) = self.inputs.get(name) {
            return fields
                .iter()
                .map(|(name, of)| (name.clone(), self.friendly(name, of)))
                .collect::<Map<_, _>>()
                .into();
        }
        if let Some(value) = self.enums.get(name) {
            return json!(value);
        }
        match name {
            "ID" => json!(self.known.get(field).map_or("999999", String::as_str)),
            "Int" | "Float" | "Money" => json!(2),
            "Boolean" => json!(true),
            "Phone" => json!("+919812345678"),
            "Date" => json!("2010-02-03"),
            "TimeOfDay" => json!("09:30"),
            "AccountNumber" => json!("123456789012"),
            _ => json!("123456"),
        }
    }

    /// The places inside a value of this type where something else can stand, with the name of each.
    fn places(&self, name: &str, of: &Type, path: &[String]) -> Vec<Vec<String>> {
        let mut here = path.to_vec();
        here.push(name.to_owned());
        let mut found = vec![here.clone()];
        if let Some(fields) = self.inputs.get(named(of)) {
            found.extend(fields.iter().flat_map(|(name, of)| self.places(name, of, &here)));
        }
        found
    }
}

fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => named(inner),
    }
}

fn put(values: &mut Value, path: &[String], value: Value) {
    match path {
        [] => *values = value,
        // The one entry of a list.
        _ if values.is_array() => put(&mut values[0], path, value),
        [first, rest @ ..] => put(&mut values[first.as_str()], rest, value),
    }
}

async fn try_all(app: &TestApp, who: &Person, shapes: &Shapes, operation: &Operation) -> Vec<String> {
    let declared: Vec<String> =
        operation.arguments.iter().map(|(name, of)| format!("${name}: {of}")).collect();
    let passed: Vec<String> =
        operation.arguments.iter().map(|(name, _)| format!("{name}: ${name}")).collect();
    let selection = if operation.is_leaf { "" } else { "{ __typename }" };
    let document = format!(
        "{}({}) {{ {}({}) {selection} }}",
        operation.root,
        declared.join(", "),
        operation.name,
        passed.join(", ")
    );
    let friendly: Map<String, Value> =
        operation.arguments.iter().map(|(name, of)| (name.clone(), shapes.friendly(name, of))).collect();
    let places = operation.arguments.iter().flat_map(|(name, of)| shapes.places(name, of, &[]));

    let mut wrong = Vec::new();
    for place in places {
        for value in hostile() {
            let mut variables = Value::Object(friendly.clone());
            put(&mut variables, &place, value.clone());
            let answer = app.graphql(who, &document, variables).await;
            for error in &answer.errors {
                let code = error["extensions"]["code"].as_str().unwrap_or("none");
                let message = error["message"].as_str().unwrap_or("");
                let field = error["extensions"]["field"].as_str().unwrap_or("");
                let what = || {
                    format!(
                        "{}({}) = {:.60}: {code} {message:.100} [{field}]",
                        operation.name,
                        place.join("."),
                        value.to_string()
                    )
                };
                if ["INTERNAL", "BUSY", "none"].contains(&code) {
                    wrong.push(what());
                }
                let is_named = !field.is_empty() || place.iter().any(|name| message.contains(name.as_str()));
                if code == "BAD_INPUT" && !is_named {
                    wrong.push(format!("unnamed: {}", what()));
                }
            }
        }
    }
    wrong
}

/// The id of an order with everything that an order can have.
async fn delivered_order(app: &TestApp, buyer: &Person, vendor: &Person, item: ItemId) -> String {
    let add = json!({"item": item});
    app.graphql(buyer, "mutation($item: ID!) { addToCart(itemId: $item, quantity: 3) { message } }", add)
        .await
        .ok();
    let confirm = "mutation { confirmOrder(input: {paymentMode: CASH}) { order { id } } }";
    let order = app.graphql(buyer, confirm, json!({})).await.ok()["confirmOrder"]["order"]["id"].clone();
    let deliver = "mutation($order: ID!) { setOrderStatus(orderId: $order, status: DELIVERED) { message } }";
    app.graphql(vendor, deliver, json!({"order": order})).await.ok();
    order.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_argument_of_any_operation_gives_our_fault_and_what_is_refused_is_named() {
    let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
    let buyer = app.consumer("Buyer").await;
    let (shop, vendor) = app.shop("Fresh Basket").await;
    let item = app.item(shop, "Rice", "50.25", 1000).await;
    let order = delivered_order(&app, &buyer, &vendor, item).await;
    let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
    let neighbour = app.consumer("Neighbour").await;
    let shapes = Shapes::read(HashMap::from([
        ("orderId", order),
        ("itemId", item.to_string()),
        ("shopId", shop.to_string()),
        ("userId", neighbour.user_id.to_string()),
    ]));
    assert!(shapes.operations.len() > 25, "the schema was read");
    let mut wrong = Vec::new();
    for operation in shapes.operations.iter().filter(|operation| !operation.arguments.is_empty()) {
        for who in [&buyer, &vendor, &staff] {
            wrong.extend(try_all(&app, who, &shapes, operation).await);
        }
    }
    assert!(wrong.is_empty(), "{} answers, such as {:#?}", wrong.len(), &wrong[..wrong.len().min(9)]);
}

/// The paths that read a body, with a body that nobody could object to.
fn bodies() -> Vec<(&'static str, Value)> {
    vec![
        ("/send-otp", json!({"phone": "+919812345678"})),
        ("/verify-otp", json!({"phone": "+919812345678", "otp": "123456"})),
        ("/auth/refresh", json!({"refresh_token": "x"})),
        ("/onboarding/basic", json!({"name": "N", "city": "C", "society": "S", "role": "consumer"})),
        (
            "/consumer/onboarding",
            json!({"flat_number": "1", "date_of_birth": "1990-02-03", "gender": "Other"}),
        ),
        (
            "/consumer/profile/edit",
            json!({"name": "N", "flat_number": "1", "profile_image_url": "U", "gender": "Other",
                "date_of_birth": "1990-02-03", "preferred_language": "L"}),
        ),
        ("/consumer/cart/add", json!({"item_id": 999_999, "quantity": 1})),
        ("/consumer/cart/update", json!({"item_id": 999_999, "quantity": 1})),
        ("/consumer/cart/remove", json!({"item_id": 999_999})),
        ("/consumer/wallet/load", json!({"amount": 1, "reference": "r"})),
        ("/consumer/wallet/debit", json!({"amount": 1, "reference": "r"})),
        ("/consumer/wallet/refund", json!({"amount": 1, "reference": "r"})),
        ("/consumer/order/confirm", json!({"payment_mode": "cash", "delivery_notes": "n"})),
        ("/consumer/notifications/mark-read", json!({"ids": [1], "id": 1, "all": false})),
        (
            "/vendor/profile",
            json!({"business_type": "T", "business_name": "N", "address": "A", "gst_number": "G"}),
        ),
        ("/vendor/upload-document", json!({"document_type": "T", "file_url": "/U"})),
        (
            "/vendor/payout/setup",
            json!({"bank_name": "B", "account_number": "123456789012", "ifsc_code": "FRST0001234"}),
        ),
        ("/vendor/wallet/debit", json!({"amount": 1, "reference": "r"})),
        ("/vendor/wallet/withdraw", json!({"amount": 1})),
        (
            "/vendor/shop/hours",
            json!({"weekly_hours": [{"day_of_week": 1, "open_time": "09:00", "close_time": "21:00"}]}),
        ),
        (
            "/vendor/shop",
            json!({"shop_name": "N", "shop_type": "T", "category_tags": "a,b", "is_open": true}),
        ),
        ("/vendor/shop/toggle-status", json!({"is_open": true})),
        (
            "/vendor/item/add",
            json!({"title": "T", "price": 10, "mrp": 12, "quantity_in_stock": 3, "expiry_date": "2030-01-01"}),
        ),
        (
            "/vendor/item/update/1",
            json!({"title": "T", "price": 10, "mrp": 12, "quantity_in_stock": 3, "discount": 1}),
        ),
        ("/vendor/orders/999999/status", json!({"status": "accepted"})),
        ("/consumer/cart/apply-coupon", json!({"code": "c", "remove": false})),
        ("/consumer/rewards/redeem", json!({"amount": 1})),
        ("/consumer/wishlist/add", json!({"item_id": 1})),
        ("/consumer/wishlist/remove", json!({"item_id": 1})),
        (
            "/consumer/settings/update",
            json!({"location_allowed": true, "marketing_opt_in": true, "data_sharing_allowed": true}),
        ),
        ("/consumer/address/add", json!({"house_number": "h", "street": "s", "landmark": "l"})),
        ("/consumer/address/1/edit", json!({"house_number": "h", "street": "s", "landmark": "l"})),
        ("/consumer/orders/1/message", json!({"message": "m"})),
        ("/consumer/orders/1/rate", json!({"rating": 5, "review": "r"})),
        ("/consumer/orders/1/issue", json!({"issue_type": "t", "description": "d"})),
        ("/consumer/orders/1/return/raise", json!({"items": [{"item_id": 1, "quantity": 1}], "reason": "r"})),
        ("/consumer/support/ticket", json!({"subject": "s", "message": "m", "category": "c", "order_id": 1})),
        ("/consumer/support/ticket/1/reply", json!({"message": "m"})),
        ("/vendor/orders/1/modify", json!({"modifications": [{"item_id": 1, "quantity": 1}]})),
        (
            "/vendor/orders/1/return/initiate",
            json!({"items": [{"item_id": 1, "quantity": 1}], "reason": "r"}),
        ),
    ]
}

#[tokio::test]
async fn no_body_of_any_rest_path_gives_our_fault() {
    let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
    let buyer = app.consumer("Buyer").await;
    let (shop, vendor) = app.shop("Fresh Basket").await;
    let item = app.item(shop, "Rice", "50.25", 10).await;
    delivered_order(&app, &buyer, &vendor, item).await;
    let mut wrong = Vec::new();
    for (path, body) in bodies() {
        let who = if path.starts_with("/vendor") { &vendor } else { &buyer };
        let mut tried = hostile();
        for key in body.as_object().unwrap().keys() {
            tried.extend(hostile().into_iter().map(|value| {
                let mut body = body.clone();
                body[key] = value;
                body
            }));
        }
        for body in tried {
            let (status, answer) = app.rest(who, "POST", path, Some(body.clone())).await;
            let is_envelope = answer["status"] == "success" || answer["code"] == json!(status);
            if status >= 500 || !is_envelope || answer["message"].as_str().is_some_and(str::is_empty) {
                wrong.push(format!("{path} {body:.80}: {status} {answer}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn no_query_string_of_any_rest_path_gives_our_fault() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    for path in [
        "/consumer/shops",
        "/consumer/shops/search",
        "/consumer/wallet/history",
        "/consumer/order/history",
        "/consumer/notifications",
        "/consumer/support/faqs",
    ] {
        for key in [
            "q",
            "search",
            "status",
            "type",
            "tag",
            "min_price",
            "max_price",
            "rating",
            "available",
            "limit",
            "cursor",
            "before",
            "unread",
        ] {
            for value in [
                "",
                "-1",
                "0",
                "x",
                "1.005",
                "NaN",
                "1e400",
                "%00",
                "%F0%9F%A6%80",
                "%ff",
                "99999999999999999999",
            ] {
                let (status, answer) = app.rest(&buyer, "GET", &format!("{path}?{key}={value}"), None).await;
                assert!(status < 500, "{path}?{key}={value}: {status} {answer}");
            }
        }
    }
}
