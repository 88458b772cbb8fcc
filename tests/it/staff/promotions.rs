use diesel::result::Error as DieselError;
use diesel_async::AsyncConnection;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::db::Conn;
use society_gateway::journeys::staff::{mailing, tell_next};
use society_gateway::values::UserId;

use super::{Desk, refusal};
use crate::harness::{Answer, Person, TestApp};

const SEND: &str = "mutation($input: SendPromotionInput!, $key: String) { sendPromotion(input: $input, idempotencyKey: $key) {
    message promotion { id status recipients sent city society offerId finishedAt } } }";
const CANCEL: &str = "mutation($id: ID!, $reason: String!) {
    cancelPromotion(id: $id, reason: $reason) { message promotion { status sent } } }";
const READ: &str = "query($id: ID!) { promotion(id: $id) { title body status recipients sent } }";
const LIST: &str = "query($first: Int, $after: String) { promotions(first: $first, after: $after) {
    nodes { id title status sent } pageInfo { hasNextPage endCursor } } }";

/// Who was told how often.
const TOLD: &str =
    "SELECT count(*) FROM (SELECT user_id FROM notification WHERE kind = 'promo' GROUP BY user_id";

fn news() -> Value {
    json!({"title": "Mango week", "body": "All mangoes are cheaper.", "city": "Pune", "society": "Green Meadows"})
}

impl Desk {
    /// So many consumers of Green Meadows who want to hear of offers.
    async fn audience(&self, count: i32) {
        self.app
            .sql(&format!(
                "INSERT INTO user_profile (phone, name, city, society, role, basic_onboarding_done, marketing_opt_in)
                 SELECT '+9170000' || lpad(n::TEXT, 5, '0'), 'Consumer', 'Pune', 'Green Meadows', 'consumer', TRUE, TRUE
                 FROM generate_series(1, {count}) AS n"
            ))
            .await;
    }

    /// One of them, signed in.
    async fn member(&self, n: i32) -> Person {
        let phone = format!("+9170000{n:05}");
        let id = self.app.number(&format!("SELECT id FROM user_profile WHERE phone = '{phone}'")).await;
        let token = self.app.sign_in(UserId(id)).await;
        Person { user_id: UserId(id), phone, token }
    }

    async fn leave(&self, who: &Person) -> Answer {
        let call = format!("mutation {{ deleteMyAccount(confirmPhone: \"{}\") {{ message }} }}", who.phone);
        self.app.graphql(who, &call, json!({})).await
    }

    async fn send(&self, input: Value) -> Answer {
        self.app.graphql(&self.staff, SEND, json!({"input": input})).await
    }

    async fn progress(&self, id: i64) -> (Value, i64) {
        let read = self.run(&self.staff, READ, json!({"id": id})).await;
        (read["status"].clone(), read["sent"].as_i64().unwrap())
    }

    async fn tell_all(&self) {
        while mailing::tell_next(&self.app.app).await.unwrap() {}
    }

    async fn told(&self) -> i64 {
        self.app.number(&format!("{TOLD}) AS told")).await
    }

    async fn told_twice(&self) -> i64 {
        self.app.number(&format!("{TOLD} HAVING count(*) > 1) AS told")).await
    }
}

#[tokio::test]
async fn only_the_staff_sends_reads_and_stops_promotions() {
    let desk = Desk::begin().await;
    desk.audience(1).await;
    desk.is_for_the_staff_only(SEND, json!({"input": news()})).await;
    desk.is_for_the_staff_only(LIST, json!({})).await;
    desk.is_for_the_staff_only(READ, json!({"id": 1})).await;
    desk.is_for_the_staff_only(CANCEL, json!({"id": 1, "reason": "Slip"})).await;
    assert_eq!(desk.app.number("SELECT count(*) FROM promotion").await, 0);
}

#[tokio::test]
async fn a_promotion_reaches_those_who_want_to_hear_of_offers_and_nobody_else() {
    let desk = Desk::begin().await;
    let neighbour = desk.app.consumer("Neighbour").await;
    let elsewhere = desk.app.person("Elsewhere", Some(Role::Consumer), "Palm Residency").await;
    let opt_in = "mutation { updateSettings(input: {marketingOptIn: true}) { message } }";
    for who in [&desk.consumer, &elsewhere] {
        desk.run(who, opt_in, json!({})).await;
    }
    let create = "mutation { createOffer(input: {code: \"MANGO\", title: \"Mangoes\", discountType: FLAT, discountValue: 5}) { offer { id } } }";
    desk.run(&desk.staff, create, json!({})).await;
    let mut input = news();
    input["offerId"] = json!("1");

    let follow =
        "subscription { notificationAdded { notification { kind title body target { screen id } } } }";
    let mut heard = desk.app.subscribe(&desk.consumer, follow, json!({})).await;
    let sent = desk.send(input).await.ok()["sendPromotion"].clone();
    assert_eq!(
        sent,
        json!({"message": "Promotion is being sent", "promotion": {"id": "1", "status": "RUNNING",
            "recipients": 1, "sent": 0, "city": "Pune", "society": "Green Meadows", "offerId": "1", "finishedAt": null}})
    );
    let (told, ()) = tokio::join!(heard.next(), desk.tell_all());
    assert_eq!(
        told.unwrap().ok()["notificationAdded"]["notification"],
        json!({"kind": "PROMO", "title": "Mango week", "body": "All mangoes are cheaper.",
            "target": {"screen": "OFFERS", "id": "1"}})
    );
    assert_eq!(desk.progress(1).await, (json!("DONE"), 1));
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 1, "nobody else is told");
    assert_eq!(
        desk.run(&neighbour, "{ notifications { nodes { id } } }", json!({})).await["nodes"],
        json!([])
    );
    let (status, rest) = desk.app.rest(&desk.consumer, "GET", "/consumer/notifications", None).await;
    assert_eq!(
        (status, &rest["notifications"][0]["type"], &rest["notifications"][0]["target"]),
        (200, &json!("promo"), &json!({"screen": "offers", "id": 1}))
    );

    let mut whole_city = news();
    whole_city["society"] = Value::Null;
    let sent = desk.send(whole_city).await.ok()["sendPromotion"]["promotion"].clone();
    assert_eq!((&sent["recipients"], &sent["society"]), (&json!(2), &Value::Null));
    desk.tell_all().await;
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 3);
    let expected = [
        ("PROMOTION_SENT", "Pune: Mango week (recipients: 2)"),
        ("PROMOTION_SENT", "Green Meadows, Pune: Mango week (recipients: 1)"),
        ("OFFER_CREATED", "MANGO: ₹5.00"),
    ];
    assert_eq!(desk.acts().await, expected.map(|(act, detail)| (act.to_owned(), detail.to_owned())));
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn a_gateway_that_dies_between_two_batches_leaves_the_rest_to_the_next_and_nobody_hears_twice() {
    let desk = Desk::begin().await;
    desk.audience(1200).await;
    desk.app.sql("UPDATE user_profile SET marketing_opt_in = FALSE WHERE phone = '+917000000007'").await;
    let sent = desk.send(news()).await.ok();
    assert_eq!(sent["sendPromotion"]["promotion"]["recipients"], 1199);

    assert!(mailing::tell_next(&desk.app.app).await.unwrap());
    assert_eq!((desk.progress(1).await, desk.told().await), ((json!("RUNNING"), 500), 500));
    // Killed in the middle of the second: neither the people nor the place are kept.
    let mut conn = desk.app.conn().await;
    let killed = Conn::transaction(&mut *conn, async |conn| {
        tell_next(conn, desk.app.clock.now()).await.unwrap();
        Err::<(), _>(DieselError::RollbackTransaction)
    });
    assert!(killed.await.is_err());
    assert_eq!((desk.progress(1).await, desk.told().await), ((json!("RUNNING"), 500), 500));

    // Between the batches somebody changes their mind, and somebody leaves.
    desk.app.sql("UPDATE user_profile SET marketing_opt_in = FALSE WHERE phone = '+917000001100'").await;
    desk.leave(&desk.member(1101).await).await.ok();

    let beside = desk.app.beside(&[]).await;
    let working = tokio::spawn(mailing::run(beside.app.clone()));
    let mut done = desk.progress(1).await;
    while done.0 != "DONE" {
        tokio::task::yield_now().await;
        done = desk.progress(1).await;
    }
    working.abort();
    assert_eq!(done.1, 1197);
    assert_eq!((desk.told().await, desk.told_twice().await), (1197, 0));
    let silent = "SELECT count(*) FROM notification JOIN user_profile ON user_profile.id = user_id
        WHERE NOT marketing_opt_in";
    assert_eq!(desk.app.number(silent).await, 0);
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn several_gateways_at_once_tell_each_person_once_also_when_they_are_stopped() {
    let desk = Desk::begin().await;
    desk.audience(2100).await;
    desk.send(news()).await.ok();
    desk.send(news()).await.ok();
    let others = [desk.app.beside(&[]).await, desk.app.beside(&[]).await];
    let first = tokio::spawn(mailing::run(desk.app.app.clone()));
    while desk.progress(1).await.1 == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    let apps = || others.iter().chain([&desk.app]);
    let all = |app: &TestApp| {
        let app = app.app.clone();
        async move { while mailing::tell_next(&app).await.unwrap() {} }
    };
    join_all(apps().map(all)).await;
    // Who finds a promotion in other hands leaves it to them.
    desk.tell_all().await;

    for id in [1, 2] {
        assert_eq!(desk.progress(id).await, (json!("DONE"), 2100));
    }
    let told = "SELECT count(*) FROM (SELECT user_id FROM notification GROUP BY user_id HAVING count(*) = 2) AS told";
    assert_eq!(desk.app.number(told).await, 2100);
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 4200);
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn people_who_leave_while_they_are_told_leave_nothing_behind() {
    let desk = Desk::begin().await;
    desk.audience(40).await;
    desk.send(news()).await.ok();
    let mut leaving = Vec::new();
    for n in 1..=6 {
        leaving.push(desk.member(n * 5).await);
    }
    let (left, ()) = tokio::join!(join_all(leaving.iter().map(|who| desk.leave(who))), desk.tell_all());
    let gone = left.iter().filter(|answer| answer.errors.is_empty()).count();
    assert_eq!(gone, 6, "{left:?}");
    let ids: Vec<String> = leaving.iter().map(|who| who.user_id.to_string()).collect();
    let kept = format!("SELECT count(*) FROM notification WHERE user_id IN ({})", ids.join(", "));
    assert_eq!(desk.app.number(&kept).await, 0);
    assert_eq!((desk.told().await, desk.told_twice().await), (34, 0));
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn a_stopped_promotion_tells_nobody_else() {
    let desk = Desk::begin().await;
    desk.audience(600).await;
    desk.send(news()).await.ok();
    mailing::tell_next(&desk.app.app).await.unwrap();
    let stop = json!({"id": 1, "reason": "Wrong date"});
    let stopped = desk.run(&desk.admin, CANCEL, stop.clone()).await;
    assert_eq!(
        stopped,
        json!({"message": "Promotion cancelled", "promotion": {"status": "CANCELLED", "sent": 500}})
    );
    assert!(!mailing::tell_next(&desk.app.app).await.unwrap());
    assert_eq!(desk.told().await, 500);
    assert_eq!(desk.run(&desk.staff, CANCEL, stop).await["message"], "Nothing changed");
    let acts = desk.acts().await;
    assert_eq!(acts[0], ("PROMOTION_CANCELLED".to_owned(), "500 of 600 told".to_owned()));
    assert_eq!(acts.len(), 2);

    desk.send(news()).await.ok();
    desk.tell_all().await;
    let late = desk.app.graphql(&desk.staff, CANCEL, json!({"id": 2, "reason": "Slip"})).await;
    assert_eq!(late.refused(), ("CONFLICT", "Everybody was told already"));
    for (id, reason, expected) in [(999_999, "Slip", ("NOT_FOUND", "id")), (2, "  ", ("BAD_INPUT", "reason"))]
    {
        let refused = desk.app.graphql(&desk.staff, CANCEL, json!({"id": id, "reason": reason})).await;
        assert_eq!(refusal(&refused), expected);
    }
    desk.app.audit_is_clean().await;
}

#[tokio::test]
async fn a_promotion_for_nobody_or_for_an_offer_that_they_cannot_use_is_refused() {
    let desk = Desk::begin().await;
    desk.audience(1).await;
    let offer = |code: &str, more: &str| {
        format!(
            "mutation {{ createOffer(input: {{code: \"{code}\", title: \"T\", discountType: FLAT, discountValue: 5{more}}}) {{ message }} }}"
        )
    };
    let (palm, _) = desk.app.shop_in("Palm Mart", "Palm Residency").await;
    for (code, more) in [
        ("PALM", format!(", shopId: {palm}")),
        ("LATER", ", startsAt: \"2099-01-01T00:00:00Z\"".to_owned()),
        ("GONE", String::new()),
        ("FRESH", format!(", shopId: {}", desk.shop)),
    ] {
        desk.run(&desk.staff, &offer(code, &more), json!({})).await;
    }
    desk.run(&desk.staff, "mutation { updateOffer(id: 3, input: {isActive: false}) { message } }", json!({}))
        .await;

    let long = "x".repeat(501);
    for (field, value, expected) in [
        ("title", json!(" "), ("BAD_INPUT", "title")),
        ("title", json!("x".repeat(101)), ("BAD_INPUT", "title")),
        ("body", json!(""), ("BAD_INPUT", "body")),
        ("body", json!(long), ("BAD_INPUT", "body")),
        ("city", json!(""), ("BAD_INPUT", "city")),
        ("society", json!("  "), ("BAD_INPUT", "society")),
        ("society", json!("green meadows"), ("CONFLICT", "")),
        ("city", json!("Mumbai"), ("CONFLICT", "")),
        ("offerId", json!("999999"), ("NOT_FOUND", "offerId")),
        ("offerId", json!("1"), ("CONFLICT", "offerId")),
        ("offerId", json!("2"), ("CONFLICT", "offerId")),
        ("offerId", json!("3"), ("CONFLICT", "offerId")),
    ] {
        let mut input = news();
        input[field] = value.clone();
        let refused = desk.send(input).await;
        assert_eq!(refusal(&refused), expected, "{field} {value:.40}");
    }
    let mut nobody = news();
    nobody["society"] = json!("Palm Residency");
    assert_eq!(
        desk.send(nobody).await.refused().1,
        "Nobody in Palm Residency, Pune wants to hear of offers. Names must be spelled as people have them"
    );
    assert_eq!(desk.app.number("SELECT count(*) FROM promotion").await, 0);
    let mut good = news();
    good["offerId"] = json!("4");
    desk.send(good).await.ok();
    let mut whole_city = news();
    whole_city["offerId"] = json!("4");
    whole_city["society"] = Value::Null;
    assert_eq!(
        desk.send(whole_city).await.refused(),
        ("CONFLICT", "The offer holds in Green Meadows, Pune only")
    );
}

#[tokio::test]
async fn the_same_key_sends_a_promotion_once() {
    let desk = Desk::begin().await;
    desk.audience(3).await;
    let call = || desk.run(&desk.staff, SEND, json!({"input": news(), "key": "k"}));
    for answer in join_all((0..5).map(|_| call())).await {
        assert_eq!(answer["promotion"]["id"], "1");
    }
    desk.tell_all().await;
    assert_eq!(call().await["promotion"]["status"], "DONE");
    assert_eq!(desk.app.number("SELECT count(*) FROM notification").await, 3);
    let mut other = news();
    other["title"] = json!("Another");
    let refused = desk.app.graphql(&desk.staff, SEND, json!({"input": other, "key": "k"})).await;
    assert_eq!(refused.refused().0, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(desk.acts().await.len(), 1);
}

#[tokio::test]
async fn promotions_are_listed_newest_first_with_one_statement() {
    let desk = Desk::begin().await;
    desk.audience(1).await;
    for title in ["One", "Two", "Three"] {
        let mut input = news();
        input["title"] = json!(title);
        desk.send(input).await.ok();
    }
    let (page, statements) = desk.app.statements(desk.run(&desk.staff, LIST, json!({"first": 2}))).await;
    let titles = |page: &Value| {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((titles(&page), statements), (vec!["Three".to_owned(), "Two".to_owned()], 1));
    let after = json!({"after": page["pageInfo"]["endCursor"]});
    assert_eq!(titles(&desk.run(&desk.staff, LIST, after).await), ["One"]);
    let refused = desk.app.graphql(&desk.staff, READ, json!({"id": 999_999})).await;
    assert_eq!((refused.refused().1, refused.field()), ("Promotion not found", "id"));
}
