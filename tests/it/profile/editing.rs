//! Changes of a profile.

use super::*;

const PROFILE: &str = "{ consumerProfile {
    name phone city society flatNumber profileImageUrl gender dateOfBirth preferredLanguage } }";
const UPDATE: &str = "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { message
    profile { name phone city society flatNumber profileImageUrl gender dateOfBirth preferredLanguage }
    user { name consumerProfile { name } } } }";
const TOLD: &str = "SELECT count(*) FROM event WHERE kind = 'sessions_ended' AND value = 'changed'";

async fn update(app: &TestApp, who: &Person, input: Value) -> Answer {
    app.graphql(who, UPDATE, json!({"input": input})).await
}

async fn profile(app: &TestApp, who: &Person) -> Value {
    app.graphql(who, PROFILE, json!({})).await.ok()["consumerProfile"].clone()
}

/// A consumer who told everything about themselves.
async fn told(app: &TestApp) -> Person {
    let who = app.consumer("First").await;
    let input = json!({"flatNumber": "B-1204", "profileImageUrl": "https://example.org/me.png",
        "gender": "Female", "dateOfBirth": "1990-02-28", "preferredLanguage": "Marathi"});
    consumer(app, &who, input).await.ok();
    who
}

/// The name that a gateway has in memory for the person.
async fn known_name(app: &TestApp, who: &Person) -> String {
    let (sessions, now) = (&app.app.sessions, app.clock.now());
    let viewer = sessions.viewer(app.app.pool(), app.claims(who).sid, now).await.unwrap().unwrap();
    viewer.name.clone().unwrap()
}

#[tokio::test]
async fn a_profile_keeps_what_is_absent_and_loses_what_is_null() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    let other = app.consumer("Second").await;
    consumer(&app, &other, json!({"flatNumber": "C-3"})).await.ok();

    let input = json!({"flatNumber": " C-7 ", "gender": null, "preferredLanguage": " "});
    let answer = update(&app, &who, input).await.ok();

    let expected = json!({"name": "First", "phone": who.phone, "city": "Pune", "society": "Green Meadows",
        "flatNumber": "C-7", "profileImageUrl": "https://example.org/me.png", "gender": null,
        "dateOfBirth": "1990-02-28", "preferredLanguage": null});
    let user = json!({"name": "First", "consumerProfile": {"name": "First"}});
    assert_eq!(
        answer["updateProfile"],
        json!({"message": "Profile updated", "profile": expected, "user": user})
    );
    assert_eq!(profile(&app, &who).await, expected);
    let answer = update(&app, &who, json!({"dateOfBirth": null, "profileImageUrl": null})).await.ok();
    assert_eq!(answer["updateProfile"]["profile"]["dateOfBirth"], json!(null));
    assert_eq!(answer["updateProfile"]["profile"]["profileImageUrl"], json!(null));
    assert_eq!(answer["updateProfile"]["profile"]["flatNumber"], "C-7");
    assert_eq!(profile(&app, &other).await["flatNumber"], "C-3");
    assert_eq!(app.number(TOLD).await, 0, "nobody got another name");
}

#[tokio::test]
async fn a_new_name_is_the_persons_everywhere_at_once() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    let node = app.beside(&[]).await;
    assert_eq!(
        (known_name(&app, &who).await, known_name(&node, &who).await),
        ("First".into(), "First".into())
    );
    let mut changes = node.app.sessions.changes();

    let answer = update(&app, &who, json!({"name": " Renamed "})).await.ok();

    let user = json!({"name": "Renamed", "consumerProfile": {"name": "Renamed"}});
    assert_eq!(answer["updateProfile"]["user"], user);
    assert_eq!(me(&app, &who).await["name"], "Renamed");
    assert_eq!(profile(&app, &who).await["flatNumber"], "B-1204");
    assert_eq!(known_name(&app, &who).await, "Renamed");
    changes.recv().await.unwrap();
    assert_eq!(known_name(&node, &who).await, "Renamed");
    update(&app, &who, json!({"name": "Renamed"})).await.ok();
    assert_eq!(app.number(TOLD).await, 1, "the same name again is no news");
}

#[tokio::test]
async fn a_name_cannot_be_taken_away() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    let before = profile(&app, &who).await;
    for name in [json!(null), json!(""), json!(" \t ")] {
        let answer = update(&app, &who, json!({"name": name, "flatNumber": "C-7"})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", "Name cannot be empty"), "name"));
    }
    assert_eq!(profile(&app, &who).await, before);
    assert_eq!(me(&app, &who).await["name"], "First");
}

#[tokio::test]
async fn wrong_changes_of_a_profile_are_refused_by_name_and_change_nothing() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    let before = me(&app, &who).await;
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string();
    for (field, value) in [
        ("name", "x".repeat(101)),
        ("name", "a\u{7}b".to_owned()),
        ("flatNumber", "x".repeat(51)),
        ("profileImageUrl", "x".repeat(256)),
        ("gender", "x".repeat(11)),
        ("preferredLanguage", "x".repeat(21)),
        ("dateOfBirth", tomorrow),
        ("dateOfBirth", "1899-12-31".to_owned()),
    ] {
        let mut input = json!({"name": "Renamed", "flatNumber": "C-7"});
        input[field] = json!(value);
        let answer = update(&app, &who, input).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{value}");
    }
    for (field, value) in
        [("dateOfBirth", json!("1990-02-30")), ("city", json!("Delhi")), ("gender", json!(1))]
    {
        let answer = update(&app, &who, json!({field: value, "name": "Renamed"})).await;
        assert_eq!(answer.field(), format!("input.{field}"), "{answer:?}");
    }
    assert_eq!(me(&app, &who).await, before);
}

#[tokio::test]
async fn a_consumer_without_a_profile_has_none_to_read_or_change() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let missing = ("NOT_FOUND", "Consumer profile not found");
    assert_eq!(app.graphql(&who, PROFILE, json!({})).await.refused(), missing);
    assert_eq!(update(&app, &who, json!({"name": "Renamed"})).await.refused(), missing);
    assert_eq!(me(&app, &who).await["name"], "First");
    assert_eq!(app.number(TOLD).await, 0);

    let vendor = app.vendor("Second").await;
    let newcomer = app.person("", None, "").await;
    for (who, code) in
        [(Some(&vendor), "FORBIDDEN"), (Some(&newcomer), "ONBOARDING_REQUIRED"), (None, "UNAUTHENTICATED")]
    {
        assert_eq!(app.graphql(who, PROFILE, json!({})).await.refused().0, code);
        let change = json!({"input": {"name": "Renamed"}});
        assert_eq!(app.graphql(who, UPDATE, change).await.refused().0, code);
    }
}

#[tokio::test]
async fn of_changes_at_once_none_is_lost() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    let changes = [
        json!({"name": "Renamed"}),
        json!({"flatNumber": "C-7"}),
        json!({"gender": null}),
        json!({"preferredLanguage": "Hindi"}),
        json!({"dateOfBirth": "1991-03-01"}),
    ];
    for answer in join_all(changes.map(|input| update(&app, &who, input))).await {
        answer.ok();
    }
    let now = profile(&app, &who).await;
    assert_eq!(
        [&now["name"], &now["flatNumber"], &now["gender"], &now["preferredLanguage"], &now["dateOfBirth"]],
        [&json!("Renamed"), &json!("C-7"), &json!(null), &json!("Hindi"), &json!("1991-03-01")]
    );
    assert_eq!(me(&app, &who).await["name"], "Renamed");
}

#[tokio::test]
async fn a_look_at_a_profile_costs_one_statement() {
    let app = TestApp::start().await;
    let who = told(&app).await;
    profile(&app, &who).await;
    let (_, statements) = app.statements(profile(&app, &who)).await;
    assert_eq!(statements, 1);
}

#[tokio::test]
async fn everybody_with_a_role_may_change_their_name_and_a_consumers_profile_follows() {
    let app = TestApp::start().await;
    let update =
        "mutation($input: UpdateMeInput!) { updateMe(input: $input) { message user { name city society } } }";
    let update = async |who: &Person, input: Value| app.graphql(who, update, json!({"input": input})).await;
    let (vendor, consumer) = (app.vendor("Seller").await, told(&app).await);
    assert_eq!(known_name(&app, &vendor).await, "Seller");
    for who in [&vendor, &consumer] {
        let told = update(who, json!({"name": " New name "})).await.ok();
        let user = json!({"name": "New name", "city": "Pune", "society": "Green Meadows"});
        assert_eq!(told["updateMe"], json!({"message": "Profile updated", "user": user}));
        assert_eq!(update(who, json!({})).await.ok(), told);
        assert_eq!(known_name(&app, who).await, "New name");
        for name in [json!(null), json!("  ")] {
            let refused = update(who, json!({"name": name})).await;
            assert_eq!((refused.refused(), refused.field()), (("BAD_INPUT", "Name cannot be empty"), "name"));
        }
    }
    assert_eq!(profile(&app, &consumer).await["name"], "New name");
    assert_eq!(app.number(TOLD).await, 2);
    let newcomer = app.person("", None, "").await;
    assert_eq!(update(&newcomer, json!({"name": "x"})).await.refused().0, "ONBOARDING_REQUIRED");
}
