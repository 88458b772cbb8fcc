use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Desk, refusal};
use crate::harness::{Person, TestApp};

const FIND: &str = "query($phone: Phone!) { userByPhone(phone: $phone) {
    user { id name role basicOnboardingDone consumerProfile { flatNumber } } joinedAt lastSeenAt liveSessions
    wallet { balance transactions { nodes { amount userPhone } } }
    orders(first: 5) { nodes { id total acts customerPhone items { name } shop { shopName } } pageInfo { hasNextPage } }
    shop { shop { shopName } } } }";
const SIGN_OUT: &str = "mutation($user: ID!, $reason: String!) {
    revokeUserSessions(userId: $user, reason: $reason) { message revoked } }";

impl Desk {
    async fn find(&self, phone: &str) -> Value {
        self.run(&self.staff, FIND, json!({"phone": phone})).await
    }

    async fn order(&self, quantity: i32) {
        let item = self.app.number("SELECT min(id) FROM item").await;
        let calls = format!(
            "mutation {{ addToCart(itemId: {item}, quantity: {quantity}) {{ message }}
             confirmOrder(input: {{paymentMode: WALLET}}) {{ message }} }}"
        );
        self.run(&self.consumer, &calls, json!({})).await;
    }

    async fn is_signed_in(&self, app: &TestApp, person: &Person) -> bool {
        app.graphql(person, "{ me { id } }", json!({})).await.errors.is_empty()
    }
}

#[tokio::test]
async fn only_the_staff_looks_people_up_and_signs_them_out() {
    let desk = Desk::begin().await;
    desk.is_for_the_staff_only(FIND, json!({"phone": desk.consumer.phone})).await;
    desk.is_for_the_staff_only(SIGN_OUT, json!({"user": desk.consumer.user_id, "reason": "Lost phone"}))
        .await;
    assert!(desk.is_signed_in(&desk.app, &desk.consumer).await);
}

#[tokio::test]
async fn a_consumer_is_found_by_phone_with_all_that_helps_them_in_a_fixed_number_of_statements() {
    let desk = Desk::begin().await;
    desk.app.item(desk.shop, "Rice", "50", 100).await;
    let load = "mutation { loadWallet(amount: 500) { message } completeConsumerOnboarding(input: {flatNumber: \"B-7\"}) { message } }";
    desk.run(&desk.consumer, load, json!({})).await;
    desk.order(2).await;
    desk.run(&desk.staff, "{ me { id } }", json!({})).await;
    let (found, statements) = desk.app.statements(desk.find(&desk.consumer.phone)).await;
    desk.app.sign_in(desk.consumer.user_id).await;
    desk.order(1).await;
    let (again, same) = desk.app.statements(desk.find(&format!(" {}", &desk.consumer.phone[3..]))).await;
    assert_eq!((statements, same), (13, 13), "however much there is");

    assert_eq!(
        found["user"],
        json!({"id": desk.consumer.user_id.to_string(), "name": "First", "role": "CONSUMER",
            "basicOnboardingDone": true, "consumerProfile": {"flatNumber": "B-7"}})
    );
    assert_eq!((&found["liveSessions"], &again["liveSessions"]), (&json!(1), &json!(2)));
    assert!(found["joinedAt"].is_string() && found["lastSeenAt"].is_string());
    let history = json!([{"amount": 100, "userPhone": desk.consumer.phone}, {"amount": 500, "userPhone": desk.consumer.phone}]);
    assert_eq!(found["wallet"], json!({"balance": 400, "transactions": {"nodes": history}}));
    assert_eq!(
        found["orders"]["nodes"],
        json!([{"id": "1", "total": 100, "acts": [], "customerPhone": desk.consumer.phone,
            "items": [{"name": "Rice"}], "shop": {"shopName": "Fresh Basket"}}])
    );
    assert_eq!(again["orders"]["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(found["shop"], Value::Null);

    let vendor = desk.find(&desk.vendor.phone).await;
    assert_eq!(vendor["shop"]["shop"]["shopName"], "Fresh Basket");
    assert_eq!((&vendor["wallet"], &vendor["user"]["role"]), (&Value::Null, &json!("VENDOR")));
    let acts = desk.log(json!({"targetKind": "USER", "targetId": desk.consumer.user_id})).await;
    assert_eq!(acts.len(), 2);
    assert_eq!((&acts[0]["action"], &acts[0]["actor"]["name"]), (&json!("USER_LOOKED_UP"), &json!("Staff")));
}

#[tokio::test]
async fn an_unknown_phone_finds_nobody_and_is_not_written_down() {
    let desk = Desk::begin().await;
    let leave =
        format!("mutation {{ deleteMyAccount(confirmPhone: \"{}\") {{ message }} }}", desk.consumer.phone);
    desk.run(&desk.consumer, &leave, json!({})).await;
    let deleted = desk.app.text("SELECT phone FROM user_profile WHERE deleted_at IS NOT NULL").await;
    for phone in ["+919812345678", desk.consumer.phone.as_str()] {
        let refused = desk.app.graphql(&desk.staff, FIND, json!({"phone": phone})).await;
        assert_eq!(refused.refused(), ("NOT_FOUND", "User not found"));
        assert_eq!(refused.field(), "phone");
    }
    for phone in [deleted.as_str(), "x", ""] {
        let refused = desk.app.graphql(&desk.staff, FIND, json!({"phone": phone})).await;
        assert!(["BAD_INPUT", "NOT_FOUND"].contains(&refused.refused().0), "{phone}");
    }
    assert!(desk.acts().await.is_empty());
}

#[tokio::test]
async fn one_member_of_the_staff_looks_up_a_hundred_people_an_hour() {
    let desk = Desk::begin().await;
    let fields: String =
        (0..10).map(|n| format!("n{n}: userByPhone(phone: $phone) {{ joinedAt }} ")).collect();
    let ten = format!("query($phone: Phone!) {{ {fields} }}");
    for _ in 0..10 {
        desk.app.graphql(&desk.staff, &ten, json!({"phone": desk.consumer.phone})).await.ok();
    }
    let refused = desk.app.graphql(&desk.staff, FIND, json!({"phone": "+919812345678"})).await;
    assert_eq!(refused.refused().0, "RATE_LIMITED");
    desk.run(&desk.admin, FIND, json!({"phone": desk.consumer.phone})).await;
    desk.app.clock.advance(TimeDelta::minutes(2));
    desk.find(&desk.consumer.phone).await;
    assert_eq!(desk.app.number("SELECT count(*) FROM staff_action").await, 102);
}

#[tokio::test]
async fn who_is_signed_out_by_the_staff_is_out_at_once_everywhere() {
    let desk = Desk::begin().await;
    let beside = desk.app.beside(&[]).await;
    let other = Person { token: desk.app.sign_in(desk.consumer.user_id).await, ..desk.consumer.clone() };
    assert!(desk.is_signed_in(&desk.app, &desk.consumer).await);
    assert!(desk.is_signed_in(&beside, &other).await);
    let mut changes = beside.app.sessions.changes();

    let variables = json!({"user": desk.consumer.user_id, "reason": "Lost phone"});
    let done = desk.run(&desk.staff, SIGN_OUT, variables.clone()).await;
    assert_eq!(done, json!({"message": "Signed out on all devices", "revoked": 2}));
    assert!(!desk.is_signed_in(&desk.app, &desk.consumer).await);
    while changes.recv().await.unwrap() != Some(desk.consumer.user_id) {}
    assert!(!desk.is_signed_in(&beside, &other).await);
    assert!(desk.is_signed_in(&desk.app, &desk.vendor).await);
    let why = "SELECT count(*) FROM user_session WHERE revoked_reason = 'staff'";
    assert_eq!(desk.app.number(why).await, 2);

    assert_eq!(desk.run(&desk.staff, SIGN_OUT, variables).await["revoked"], 0);
    let found = desk.find(&desk.consumer.phone).await;
    assert_eq!(found["liveSessions"], 0);
    assert!(found["lastSeenAt"].is_string(), "ended sessions still tell");
    let acts = desk.acts().await;
    let expected = [("SESSIONS_REVOKED", "sessions: 0"), ("SESSIONS_REVOKED", "sessions: 2")];
    assert_eq!(acts[1..], expected.map(|(act, detail)| (act.to_owned(), detail.to_owned())));
}

#[tokio::test]
async fn the_staff_is_signed_out_by_admins_only_and_a_reason_is_needed() {
    let desk = Desk::begin().await;
    for (user, reason, expected) in [
        (desk.admin.user_id.0, "Lost phone", ("FORBIDDEN", "userId")),
        (desk.staff.user_id.0, "Lost phone", ("FORBIDDEN", "userId")),
        (999_999, "Lost phone", ("NOT_FOUND", "userId")),
        (desk.consumer.user_id.0, "  ", ("BAD_INPUT", "reason")),
    ] {
        let variables = json!({"user": user, "reason": reason});
        let refused = desk.app.graphql(&desk.staff, SIGN_OUT, variables).await;
        assert_eq!(refusal(&refused), expected);
    }
    assert_eq!(desk.app.number("SELECT count(*) FROM user_session WHERE revoked_at IS NOT NULL").await, 0);
    let variables = json!({"user": desk.staff.user_id, "reason": "Left the company"});
    assert_eq!(desk.run(&desk.admin, SIGN_OUT, variables).await["revoked"], 1);
    assert!(!desk.is_signed_in(&desk.app, &desk.staff).await);
}
