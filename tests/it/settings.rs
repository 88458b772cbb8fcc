//! What a consumer allows.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, Person, TestApp};

const SETTINGS: &str = "{ settings { locationAllowed marketingOptIn dataSharingAllowed } }";
const UPDATE: &str = "mutation($input: UpdateSettingsInput!) { updateSettings(input: $input) {
    message settings { locationAllowed marketingOptIn dataSharingAllowed } } }";

async fn settings(app: &TestApp, who: &Person) -> Value {
    app.graphql(who, SETTINGS, json!({})).await.ok()["settings"].clone()
}

async fn update(app: &TestApp, who: &Person, input: Value) -> Answer {
    app.graphql(who, UPDATE, json!({"input": input})).await
}

fn allowed(location: bool, marketing: bool, sharing: bool) -> Value {
    json!({"locationAllowed": location, "marketingOptIn": marketing, "dataSharingAllowed": sharing})
}

#[tokio::test]
async fn nothing_is_allowed_until_the_person_says_so() {
    let app = TestApp::start().await;
    let (who, other) = (app.consumer("First").await, app.consumer("Second").await);
    assert_eq!(settings(&app, &who).await, allowed(false, false, false));
    let (_, statements) = app.statements(settings(&app, &who)).await;
    assert_eq!(statements, 1);

    let answer = update(&app, &who, json!({"marketingOptIn": true})).await.ok();
    let expected = json!({"message": "Settings updated", "settings": allowed(false, true, false)});
    assert_eq!(answer["updateSettings"], expected);
    let all = json!({"locationAllowed": true, "marketingOptIn": false, "dataSharingAllowed": true});
    update(&app, &who, all).await.ok();

    assert_eq!(settings(&app, &who).await, allowed(true, false, true));
    assert_eq!(settings(&app, &other).await, allowed(false, false, false));
    let kept = "SELECT count(*) FROM user_profile WHERE name = 'First' AND role = 'consumer'
        AND location_allowed AND data_sharing_allowed AND NOT marketing_opt_in";
    assert_eq!(app.number(kept).await, 1);
}

#[tokio::test]
async fn settings_are_yes_or_no_and_what_is_refused_changes_nothing() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    update(&app, &who, json!({"locationAllowed": true})).await.ok();

    let answer = update(&app, &who, json!({})).await;
    assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", "No settings provided"), "input"));
    for field in ["locationAllowed", "marketingOptIn", "dataSharingAllowed"] {
        let mut input = json!({"locationAllowed": false, "marketingOptIn": true, "dataSharingAllowed": true});
        input[field] = Value::Null;
        let answer = update(&app, &who, input.clone()).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field));
        for value in [json!("true"), json!(1), json!("no")] {
            input[field] = value;
            let answer = update(&app, &who, input.clone()).await;
            assert!(answer.errors[0]["message"].as_str().unwrap().contains(field), "{answer:?}");
        }
    }

    assert_eq!(settings(&app, &who).await, allowed(true, false, false));
}

#[tokio::test]
async fn of_settings_that_change_at_once_none_is_lost() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let changes = ["locationAllowed", "marketingOptIn", "dataSharingAllowed"];
    for answer in join_all(changes.map(|field| update(&app, &who, json!({field: true})))).await {
        answer.ok();
    }
    assert_eq!(settings(&app, &who).await, allowed(true, true, true));
}

#[tokio::test]
async fn settings_are_for_consumers() {
    let app = TestApp::start().await;
    let vendor = app.vendor("First").await;
    for (who, code) in [(Some(&vendor), "FORBIDDEN"), (None, "UNAUTHENTICATED")] {
        assert_eq!(app.graphql(who, SETTINGS, json!({})).await.refused().0, code);
        let change = json!({"input": {"marketingOptIn": true}});
        assert_eq!(app.graphql(who, UPDATE, change).await.refused().0, code);
    }
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE marketing_opt_in").await, 0);
}
