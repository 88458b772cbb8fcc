//! Sessions: refreshed, listed, ended.

use super::*;

#[tokio::test]
async fn an_access_token_ends_after_fifteen_minutes_and_a_refresh_gives_the_next() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(device.me(&app).await.refused(), ("TOKEN_EXPIRED", "token expired"));

    let payload = refresh(&app, &device.refresh_token).await.ok()["refreshSession"].clone();

    assert_eq!(payload["message"], "Session refreshed");
    assert_lives(&payload["expiresIn"], 900);
    let next = Device::of(&payload);
    assert_ne!(next.refresh_token, device.refresh_token);
    next.me(&app).await.ok();
    refresh(&app, &next.refresh_token).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_at IS NULL").await, 1);
}

#[tokio::test]
async fn a_session_lives_as_long_as_it_is_refreshed_within_thirty_days() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    app.clock.advance(TimeDelta::days(29));
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    app.clock.advance(TimeDelta::days(29));
    let last = Device::of(&refresh(&app, &next.refresh_token).await.ok()["refreshSession"]);
    app.clock.advance(TimeDelta::days(30));
    assert_eq!(refresh(&app, &last.refresh_token).await.refused(), ("TOKEN_EXPIRED", "token expired"));
}

#[tokio::test]
async fn a_refresh_token_used_again_at_once_gives_the_same_pair() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let answers = join_all((0..8).map(|_| refresh(&app, &device.refresh_token))).await;
    let pairs: Vec<Device> =
        answers.into_iter().map(|answer| Device::of(&answer.ok()["refreshSession"])).collect();
    app.clock.advance(TimeDelta::seconds(8));
    let late = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    for pair in &pairs {
        assert_eq!(pair.refresh_token, late.refresh_token);
        assert_eq!(pair.person.token, late.person.token);
    }
    late.me(&app).await.ok();
    refresh(&app, &late.refresh_token).await.ok();
}

#[tokio::test]
async fn a_refresh_token_used_again_later_ends_its_session_and_no_other() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let other = Device::sign_in(&app, PHONE).await;
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    next.me(&app).await.ok();

    app.clock.advance(TimeDelta::seconds(11));
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);

    assert_eq!(next.me(&app).await.refused(), INVALID);
    assert_eq!(refresh(&app, &next.refresh_token).await.refused(), INVALID);
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_reason = 'reuse'").await, 1);
    let told = "SELECT count(*) FROM event e JOIN user_session s ON e.value = s.id::text
        WHERE e.kind = 'sessions_ended' AND e.user_id = s.user_id AND s.revoked_reason = 'reuse'";
    assert_eq!(app.number(told).await, 1);
    other.me(&app).await.ok();
}

#[tokio::test]
async fn a_refresh_token_two_uses_old_ends_its_session_even_within_ten_seconds() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let next = Device::of(&refresh(&app, &device.refresh_token).await.ok()["refreshSession"]);
    let last = Device::of(&refresh(&app, &next.refresh_token).await.ok()["refreshSession"]);
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    assert_eq!(last.me(&app).await.refused(), INVALID);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_and_says_why() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    for (token, answer) in [
        ("", INVALID),
        ("x", INVALID),
        (&device.refresh_token[..device.refresh_token.len() - 1], INVALID),
        (&device.person.token, ("UNAUTHENTICATED", "expected refresh token")),
    ] {
        assert_eq!(refresh(&app, token).await.refused(), answer, "{token}");
    }
    let as_access = Person { token: device.refresh_token.clone(), ..device.person.clone() };
    let answer = app.graphql(&as_access, "{ me { phone } }", json!({})).await;
    assert_eq!(answer.refused(), ("UNAUTHENTICATED", "expected access token"));
    refresh(&app, &device.refresh_token).await.ok();
}

#[tokio::test]
async fn logging_out_takes_effect_at_once_on_this_device_only() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    let other = Device::sign_in(&app, PHONE).await;
    device.me(&app).await.ok();

    let answer = app.graphql(&device.person, LOGOUT, json!({})).await.ok();

    assert_eq!(answer["logout"]["message"], "Logged out");
    assert_eq!(device.me(&app).await.refused(), INVALID);
    assert_eq!(app.graphql(&device.person, LOGOUT, json!({})).await.refused(), INVALID);
    assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    other.me(&app).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM event WHERE kind = 'sessions_ended'").await, 1);
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions_of_the_person_and_says_how_many() {
    let app = start().await;
    let devices = [
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
    ];
    let neighbour = Device::sign_in(&app, "+919876500002").await;
    app.graphql(&devices[2].person, LOGOUT, json!({})).await.ok();

    let everywhere = "mutation { logoutAll { message revoked } }";
    let answer = app.graphql(&devices[0].person, everywhere, json!({})).await.ok();

    assert_eq!(answer["logoutAll"], json!({"message": "Logged out from all devices", "revoked": 2}));
    for device in &devices {
        assert_eq!(device.me(&app).await.refused(), INVALID);
        assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    }
    neighbour.me(&app).await.ok();
    assert_eq!(app.number("SELECT count(*) FROM event WHERE value = 'all'").await, 1);
}

#[tokio::test]
async fn a_person_sees_their_own_live_sessions_newest_first() {
    let app = start().await;
    let devices = [
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
    ];
    Device::sign_in(&app, "+919876500002").await;
    app.graphql(&devices[1].person, LOGOUT, json!({})).await.ok();

    let page = app.graphql(&devices[0].person, SESSIONS, json!({"first": 1})).await.ok()["sessions"].clone();
    let newest = &page["nodes"][0];
    assert_eq!(page["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    assert_eq!((&newest["isCurrent"], &newest["face"]), (&json!(false), &json!("GRAPHQL")));

    let variables = json!({"after": page["pageInfo"]["endCursor"]});
    let rest = app.graphql(&devices[0].person, SESSIONS, variables).await.ok()["sessions"].clone();
    assert_eq!(rest["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(rest["nodes"][0]["isCurrent"], true);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);

    app.clock.advance(TimeDelta::days(30));
    let later = Device::sign_in(&app, PHONE).await;
    let page = app.graphql(&later.person, SESSIONS, json!({})).await.ok()["sessions"].clone();
    assert_eq!(page["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_page_of_sessions_is_refused_by_name() {
    let app = start().await;
    let device = Device::sign_in(&app, PHONE).await;
    for (field, variables) in [
        ("first", json!({"first": 0})),
        ("first", json!({"first": 101})),
        ("first", json!({"first": -1})),
        ("after", json!({"after": "x"})),
    ] {
        let answer = app.graphql(&device.person, SESSIONS, variables).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field));
    }
}

#[tokio::test]
async fn a_person_ends_another_device_of_their_own_but_nobody_elses() {
    let app = start().await;
    let mine = Device::sign_in(&app, PHONE).await;
    let lost = Device::sign_in(&app, PHONE).await;
    let neighbour = Device::sign_in(&app, "+919876500002").await;
    let revoke = "mutation($id: ID!) { revokeSession(id: $id) { message id } }";
    let current = async |device: &Device| {
        let nodes = app.graphql(&device.person, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
        let session = nodes.as_array().unwrap().iter().find(|node| node["isCurrent"] == json!(true)).cloned();
        session.unwrap()["id"].clone()
    };
    let (lost_id, neighbour_id) = (current(&lost).await, current(&neighbour).await);

    let answer = app.graphql(&mine.person, revoke, json!({"id": lost_id})).await.ok();
    assert_eq!(answer["revokeSession"], json!({"message": "Session ended", "id": lost_id}));
    assert_eq!(lost.me(&app).await.refused(), INVALID);

    for id in [lost_id, neighbour_id, json!("999999")] {
        let answer = app.graphql(&mine.person, revoke, json!({"id": id})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Session not found"));
    }
    mine.me(&app).await.ok();
    neighbour.me(&app).await.ok();
    let answer = app.graphql(&mine.person, revoke, json!({"id": "x"})).await;
    assert!(answer.errors[0]["message"].as_str().unwrap().contains("id"), "{answer:?}");
}

#[tokio::test]
async fn a_person_signs_out_everywhere_else_and_stays_here() {
    let app = start().await;
    let devices = [
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
        Device::sign_in(&app, PHONE).await,
    ];
    let neighbour = Device::sign_in(&app, "+919876500002").await;
    for device in &devices {
        device.me(&app).await.ok();
    }

    let answer = app.graphql(&devices[1].person, LOGOUT_OTHERS, json!({})).await.ok();

    let message = "Logged out from all other devices";
    assert_eq!(answer["logoutOthers"], json!({"message": message, "revoked": 2}));
    for device in [&devices[0], &devices[2]] {
        assert_eq!(device.me(&app).await.refused(), INVALID);
        assert_eq!(refresh(&app, &device.refresh_token).await.refused(), INVALID);
    }
    devices[1].me(&app).await.ok();
    neighbour.me(&app).await.ok();
    let left = app.graphql(&devices[1].person, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["isCurrent"]), (1, &json!(true)));
    refresh(&app, &devices[1].refresh_token).await.ok();

    let again = app.graphql(&devices[1].person, LOGOUT_OTHERS, json!({})).await.ok();
    assert_eq!(again["logoutOthers"]["revoked"], 0);
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_reason = 'revoked'").await, 2);
    assert_eq!(app.number("SELECT count(*) FROM event WHERE value = 'others'").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM event").await, 1);
}

#[tokio::test]
async fn of_devices_that_sign_each_other_out_at_once_one_stays() {
    let app = start().await;
    let who = app.consumer("First").await;
    let mut devices = vec![who.clone()];
    for _ in 0..5 {
        devices.push(Person { token: app.sign_in(who.user_id).await, ..who.clone() });
    }

    let answers = join_all(devices.iter().map(|device| app.graphql(device, LOGOUT_OTHERS, json!({})))).await;

    let (stayed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.errors.is_empty());
    assert_eq!((stayed.len(), refused.len()), (1, 5));
    assert_eq!(stayed[0].data["logoutOthers"]["revoked"], 5);
    refused.iter().for_each(|answer| assert_eq!(answer.refused(), INVALID));
    assert_eq!(app.number("SELECT count(*) FROM user_session WHERE revoked_at IS NULL").await, 1);
}

#[tokio::test]
async fn a_session_of_the_rest_face_keeps_its_long_life_whichever_way_it_is_refreshed() {
    let app = TestApp::with(&[("DEV_OTP", CODE), ("REST_TOKEN_DAYS", "45")]).await;
    let life = 45 * 86_400;
    send(&app, PHONE).await.ok();
    let (status, body) =
        app.rest(None, "POST", "/verify-otp", Some(json!({"phone": PHONE, "otp": CODE}))).await;
    assert_eq!(status, 200);
    assert_lives(&body["expires_in"], life);
    let who = Person {
        user_id: UserId(0),
        phone: PHONE.to_owned(),
        token: body["access_token"].as_str().unwrap().to_owned(),
    };

    app.clock.advance(TimeDelta::days(44));
    let nodes = app.graphql(&who, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
    assert_eq!(nodes[0]["face"], "REST");
    let payload = refresh(&app, body["refresh_token"].as_str().unwrap()).await.ok()["refreshSession"].clone();
    assert_lives(&payload["expiresIn"], life);
    app.clock.advance(TimeDelta::days(44));
    Device::of(&payload).me(&app).await.ok();
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(Device::of(&payload).me(&app).await.refused().0, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_session_is_named_after_its_device() {
    let app = start().await;
    send(&app, PHONE).await.ok();
    let body = json!({"query": VERIFY, "variables": {"phone": PHONE, "otp": CODE}}).to_string();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("user-agent", format!("Firefox {}", "x".repeat(300)));
    let (_, answer) = app.call(request.body(Body::from(body)).unwrap()).await;
    let device = Device::of(&answer["data"]["verifyOtp"]);
    let nodes = app.graphql(&device.person, SESSIONS, json!({})).await.ok()["sessions"]["nodes"].clone();
    assert_eq!(nodes[0]["device"], format!("Firefox {}", "x".repeat(192)));
}

#[tokio::test]
async fn sessions_are_for_those_who_are_signed_in() {
    let app = start().await;
    for query in [
        "{ sessions { nodes { id } } }",
        "{ me { id } }",
        LOGOUT,
        "mutation { logoutAll { message } }",
        LOGOUT_OTHERS,
        "mutation { revokeSession(id: 1) { message } }",
    ] {
        let answer = app.graphql(None, query, json!({})).await;
        assert_eq!(answer.refused(), ("UNAUTHENTICATED", "Auth header missing"), "{query}");
    }
}
