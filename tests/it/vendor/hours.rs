//! When the shop opens.

use serde_json::{Value, json};

use crate::harness::TestApp;

const HOURS: &str = "mutation($hours: [ShopHoursInput!]!) { updateShopHours(hours: $hours) {
    message shop { hours { dayOfWeek openTime closeTime } } } }";

fn day(day: i32, open: &str, close: &str) -> Value {
    json!({"dayOfWeek": day, "openTime": open, "closeTime": close})
}

#[tokio::test]
async fn a_week_replaces_the_week_before_it_and_buyers_see_it() {
    let app = TestApp::start().await;
    let (near, who) = app.shop("Near").await;
    let (other, neighbour) = app.shop("Other").await;
    let buyer = app.consumer("Buyer").await;
    let theirs = json!({"hours": [day(3, "10:00", "12:00")]});
    app.graphql(&neighbour, HOURS, theirs).await.ok();

    let week = json!({"hours": [day(6, "18:00", "02:00"), day(0, "9:00", "21:30")]});
    let set = app.graphql(&who, HOURS, week).await.ok();
    let in_order = json!([day(0, "09:00", "21:30"), day(6, "18:00", "02:00")]);
    assert_eq!(set["updateShopHours"], json!({"message": "Shop hours updated", "shop": {"hours": in_order}}));
    let again = app.graphql(&who, HOURS, json!({"hours": [day(5, "08:00", "20:00")]})).await.ok();
    assert_eq!(again["updateShopHours"]["shop"]["hours"], json!([day(5, "08:00", "20:00")]));

    app.graphql(&buyer, "{ shops { nodes { id } } }", json!({})).await.ok();
    let seen = "{ shops { nodes { id hours { dayOfWeek openTime closeTime } } } }";
    let (answer, statements) = app.statements(app.graphql(&buyer, seen, json!({}))).await;
    assert_eq!(
        answer.ok()["shops"]["nodes"],
        json!([{"id": near.to_string(), "hours": [day(5, "08:00", "20:00")]},
            {"id": other.to_string(), "hours": [day(3, "10:00", "12:00")]}])
    );
    assert_eq!(statements, 2, "the shops, and the hours of all of them");

    let closed = app.graphql(&who, HOURS, json!({"hours": []})).await.ok();
    assert_eq!(closed["updateShopHours"]["shop"]["hours"], json!([]));
    assert_eq!(app.number("SELECT count(*) FROM shop_hours").await, 1);
}

#[tokio::test]
async fn a_week_that_makes_no_sense_is_refused_and_the_old_one_stays() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    app.graphql(&who, HOURS, json!({"hours": [day(1, "09:00", "21:00")]})).await.ok();
    for (hours, field, message) in [
        (
            json!([day(7, "09:00", "21:00")]),
            "dayOfWeek",
            "dayOfWeek is a number from 0 for Monday to 6 for Sunday",
        ),
        (
            json!([day(-1, "09:00", "21:00")]),
            "dayOfWeek",
            "dayOfWeek is a number from 0 for Monday to 6 for Sunday",
        ),
        (json!([day(2, "09:00", "12:00"), day(2, "16:00", "21:00")]), "dayOfWeek", "dayOfWeek 2 comes twice"),
        (json!([day(3, "09:00", "09:00")]), "closeTime", "closeTime of day 3 must differ from its opening"),
    ] {
        let answer = app.graphql(&who, HOURS, json!({"hours": hours})).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field), "{hours}");
    }
    for time in ["Closed", "24:00", "9", ""] {
        let answer = app.graphql(&who, HOURS, json!({"hours": [day(2, time, "21:00")]})).await;
        let (code, message) = answer.refused();
        assert_eq!(code, "BAD_INPUT", "{time}");
        assert!(message.starts_with("A time of the day"), "{message}");
    }
    assert_eq!(app.number("SELECT count(*) FROM shop_hours WHERE day_of_week = 1").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM shop_hours").await, 1);

    let shopless = app.vendor("Shopless").await;
    let answer = app.graphql(&shopless, HOURS, json!({"hours": []})).await;
    assert_eq!(answer.refused(), ("NOT_FOUND", "Shop not found"));
    let buyer = app.consumer("Buyer").await;
    assert_eq!(app.graphql(&buyer, HOURS, json!({"hours": []})).await.refused().0, "FORBIDDEN");
}

#[tokio::test]
async fn of_eight_weeks_at_once_one_is_kept_whole() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let weeks = (0..8).map(|hour| {
        let days: Vec<_> = (0..7).map(|of| day(of, &format!("{hour}:00"), "21:00")).collect();
        app.graphql(&who, HOURS, json!({"hours": days}))
    });
    for answer in futures_util::future::join_all(weeks).await {
        answer.ok();
    }
    assert_eq!(app.number("SELECT count(*) FROM shop_hours").await, 7);
    assert_eq!(app.number("SELECT count(DISTINCT open_time) FROM shop_hours").await, 1);
}
