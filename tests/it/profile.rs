//! Onboarding and who a person is.

mod avatar;
mod editing;

use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::journeys::profile::grant;
use society_gateway::values::Phone;

use crate::harness::{Answer, Person, TestApp};

const ME: &str =
    "{ me { id phone name city society role basicOnboardingDone roleOnboardingDone consumerProfile {
    name city society flatNumber profileImageUrl gender dateOfBirth preferredLanguage } } }";
const BASIC: &str = "mutation($input: BasicOnboardingInput!) { completeBasicOnboarding(input: $input) {
    message user { name city society role basicOnboardingDone roleOnboardingDone } } }";
const CONSUMER: &str =
    "mutation($input: ConsumerOnboardingInput!) { completeConsumerOnboarding(input: $input) {
    message user { roleOnboardingDone consumerProfile { name city society flatNumber profileImageUrl gender
    dateOfBirth preferredLanguage } } } }";

async fn basic(app: &TestApp, who: &Person, input: Value) -> Answer {
    app.graphql(who, BASIC, json!({"input": input})).await
}

async fn consumer(app: &TestApp, who: &Person, input: Value) -> Answer {
    app.graphql(who, CONSUMER, json!({"input": input})).await
}

async fn me(app: &TestApp, who: &Person) -> Value {
    app.graphql(who, ME, json!({})).await.ok()["me"].clone()
}

fn basics(name: &str) -> Value {
    json!({"name": name, "city": "Pune", "society": "Green Meadows", "role": "CONSUMER"})
}

#[tokio::test]
async fn a_token_that_was_issued_before_onboarding_works_afterwards() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    let wallet = "{ wallet { balance } }";
    let before = app.graphql(&who, wallet, json!({})).await;
    assert_eq!(before.refused(), ("ONBOARDING_REQUIRED", "Role missing"));

    let input = json!({"name": " First ", "city": "Pune", "society": "Green Meadows", "role": "CONSUMER"});
    let answer = basic(&app, &who, input).await.ok();

    let user = json!({"name": "First", "city": "Pune", "society": "Green Meadows", "role": "CONSUMER",
        "basicOnboardingDone": true, "roleOnboardingDone": false});
    assert_eq!(
        answer["completeBasicOnboarding"],
        json!({"message": "Basic onboarding complete", "user": user})
    );
    assert_eq!(app.graphql(&who, wallet, json!({})).await.ok(), json!({"wallet": {"balance": 0}}));
    let told = "SELECT count(*) FROM event WHERE kind = 'sessions_ended' AND value = 'changed'";
    assert_eq!(app.number(told).await, 1);
}

#[tokio::test]
async fn a_second_basic_onboarding_changes_nothing_but_is_checked() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    basic(&app, &who, basics("First")).await.ok();
    let before = me(&app, &who).await;

    let other = json!({"name": "Second", "city": "Delhi", "society": "Elsewhere", "role": "VENDOR"});
    let answer = basic(&app, &who, other).await.ok();
    assert_eq!(answer["completeBasicOnboarding"]["message"], "Basic onboarding already complete");
    assert_eq!(answer["completeBasicOnboarding"]["user"]["name"], "First");
    let answer = basic(&app, &who, basics(" ")).await;
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "name"));

    assert_eq!(me(&app, &who).await, before);
    assert_eq!(app.number("SELECT count(*) FROM event").await, 1);
}

#[tokio::test]
async fn of_eight_basic_onboardings_at_once_one_counts() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let answers = join_all(names.map(|name| basic(&app, &who, basics(name)))).await;
    let completed: Vec<&str> = answers
        .into_iter()
        .zip(names)
        .filter(|(answer, _)| {
            answer.data["completeBasicOnboarding"]["message"] == json!("Basic onboarding complete")
        })
        .map(|(_, name)| name)
        .collect();
    assert_eq!(completed.len(), 1);
    assert_eq!(me(&app, &who).await["name"], completed[0]);
}

#[tokio::test]
async fn nobody_chooses_to_be_staff_or_admin() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    for role in ["ADMIN", "STAFF", "admin", ""] {
        let mut input = basics("First");
        input["role"] = json!(role);
        let answer = basic(&app, &who, input).await;
        assert!(answer.errors[0]["message"].as_str().unwrap().contains("role"), "{answer:?}");
    }
    let literal = "mutation { completeBasicOnboarding(input: {name: \"A\", city: \"B\", society: \"C\", role: ADMIN}) { message } }";
    assert_eq!(app.graphql(&who, literal, json!({})).await.errors.len(), 1);
    assert_eq!(me(&app, &who).await["role"], json!(null));
    assert_eq!(me(&app, &who).await["basicOnboardingDone"], false);
}

#[tokio::test]
async fn a_vendor_chooses_to_be_one_and_is_no_consumer() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    let mut input = basics("First");
    input["role"] = json!("VENDOR");
    let answer = basic(&app, &who, input).await.ok();
    assert_eq!(answer["completeBasicOnboarding"]["user"]["role"], "VENDOR");
    assert_eq!(consumer(&app, &who, json!({})).await.refused(), ("FORBIDDEN", "Forbidden"));
}

#[tokio::test]
async fn wrong_basics_are_refused_by_name_and_change_nothing() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    for field in ["name", "city", "society"] {
        for text in ["", "  ", &"x".repeat(101), "a\u{7}b"] {
            let mut input = basics("First");
            input[field] = json!(text);
            let answer = basic(&app, &who, input).await;
            assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{text}");
        }
        let mut input = basics("First");
        input[field] = json!(null);
        let answer = basic(&app, &who, input).await;
        assert!(answer.errors[0]["message"].as_str().unwrap().contains(field), "{answer:?}");
    }
    assert_eq!(me(&app, &who).await["basicOnboardingDone"], false);
    assert_eq!(app.number("SELECT count(*) FROM event").await, 0);
}

#[tokio::test]
async fn a_consumer_tells_about_themselves_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    assert_eq!(me(&app, &who).await["consumerProfile"], json!(null));
    let input = json!({"flatNumber": " B-1204 ", "gender": "Female", "dateOfBirth": "1990-02-28",
        "preferredLanguage": " ", "profileImageUrl": null});

    let answer = consumer(&app, &who, input).await.ok();

    let profile = json!({"name": "First", "city": "Pune", "society": "Green Meadows", "flatNumber": "B-1204",
        "profileImageUrl": null, "gender": "Female", "dateOfBirth": "1990-02-28", "preferredLanguage": null});
    let user = json!({"roleOnboardingDone": true, "consumerProfile": profile});
    assert_eq!(
        answer["completeConsumerOnboarding"],
        json!({"message": "Consumer onboarding done", "user": user})
    );
    let again = consumer(&app, &who, json!({"flatNumber": "C-1"})).await;
    assert_eq!(again.refused(), ("CONFLICT", "Role onboarding already done"));
    assert_eq!(me(&app, &who).await["consumerProfile"], profile);
}

#[tokio::test]
async fn of_eight_consumer_onboardings_at_once_one_counts() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let flats = (0..8).map(|number| consumer(&app, &who, json!({"flatNumber": format!("B-{number}")})));
    let (done, refused): (Vec<_>, Vec<_>) =
        join_all(flats).await.into_iter().partition(|answer| answer.errors.is_empty());
    assert_eq!((done.len(), refused.len()), (1, 7));
    assert!(refused.iter().all(|answer| answer.refused() == ("CONFLICT", "Role onboarding already done")));
    assert_eq!(app.number("SELECT count(*) FROM consumer_profile").await, 1);
}

#[tokio::test]
async fn a_profile_that_is_there_is_kept_and_nothing_is_half_done() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    app.sql(&format!(
        "INSERT INTO consumer_profile (user_phone, name, city, society, flat_number)
         VALUES ('{}', 'First', 'Pune', 'Green Meadows', 'A-1')",
        who.phone
    ))
    .await;
    let answer = consumer(&app, &who, json!({"flatNumber": "B-1"})).await;
    assert_eq!(answer.refused(), ("CONFLICT", "Profile already exists"));
    let user = me(&app, &who).await;
    assert_eq!(user["roleOnboardingDone"], false);
    assert_eq!(user["consumerProfile"]["flatNumber"], "A-1");
}

#[tokio::test]
async fn consumer_onboarding_comes_after_basic_onboarding() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    let answer = consumer(&app, &who, json!({})).await;
    assert_eq!(answer.refused(), ("ONBOARDING_REQUIRED", "Role missing"));

    app.sql(&format!("UPDATE user_profile SET role = 'consumer' WHERE id = {}", who.user_id)).await;
    app.app.sessions.forget(who.user_id);
    let answer = consumer(&app, &who, json!({})).await;
    assert_eq!(answer.refused(), ("CONFLICT", "Basic onboarding incomplete"));
    assert_eq!(app.number("SELECT count(*) FROM consumer_profile").await, 0);
}

#[tokio::test]
async fn wrong_details_are_refused_by_name_and_change_nothing() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string();
    for (field, value) in [
        ("flatNumber", "x".repeat(51)),
        ("flatNumber", "a\u{7}b".to_owned()),
        ("profileImageUrl", "x".repeat(256)),
        ("gender", "x".repeat(11)),
        ("preferredLanguage", "x".repeat(21)),
        ("dateOfBirth", tomorrow),
        ("dateOfBirth", "1899-12-31".to_owned()),
    ] {
        let answer = consumer(&app, &who, json!({field: value})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{value}");
    }
    for date in ["1990-02-30", "28-02-1990", "1990-2-3", "", "yesterday"] {
        let answer = consumer(&app, &who, json!({"dateOfBirth": date})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "input.dateOfBirth"), "{date}");
    }
    assert_eq!(me(&app, &who).await["consumerProfile"], json!(null));
    assert_eq!(me(&app, &who).await["roleOnboardingDone"], false);
}

#[tokio::test]
async fn a_role_that_the_operator_granted_works_in_open_sessions_and_survives_onboarding() {
    let app = TestApp::start().await;
    let who = app.person("", None, "").await;
    let may_buy = "{ wallet { balance } }";
    assert_eq!(app.graphql(&who, may_buy, json!({})).await.refused().0, "ONBOARDING_REQUIRED");

    let (phone, now) = (Phone::parse(&who.phone).unwrap(), app.clock.now());
    let granted = app.app.write(async move |conn| grant(conn, &phone, Role::Staff, now).await).await.unwrap();
    assert_eq!((granted.id, granted.role), (who.user_id, Some(Role::Staff)));

    // The command line runs in a process of its own: only the event tells this gateway.
    let told = async {
        while app.graphql(&who, may_buy, json!({})).await.refused().0 != "FORBIDDEN" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.unwrap();
    basic(&app, &who, basics("First")).await.ok();
    assert_eq!(me(&app, &who).await["role"], "STAFF");
}

#[tokio::test]
async fn a_role_can_be_granted_before_the_first_sign_in() {
    let app = TestApp::with(&[("DEV_OTP", "246813")]).await;
    let (phone, now) = (Phone::parse("9876500001").unwrap(), app.clock.now());
    app.app.write(async move |conn| grant(conn, &phone, Role::Admin, now).await).await.unwrap();
    let send = "mutation { sendOtp(phone: \"9876500001\") { message } }";
    app.graphql(None, send, json!({})).await.ok();
    let verify = "mutation { verifyOtp(phone: \"9876500001\", otp: \"246813\") { user { role } } }";
    let signed_in = app.graphql(None, verify, json!({})).await.ok();
    assert_eq!(signed_in["verifyOtp"]["user"]["role"], "ADMIN");
}

#[tokio::test]
async fn a_look_at_oneself_costs_two_statements() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    me(&app, &who).await;
    let (_, statements) = app.statements(me(&app, &who)).await;
    assert_eq!(statements, 2);
}
