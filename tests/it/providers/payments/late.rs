//! Money that comes late, from elsewhere, twice, or not at all.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use society_gateway::journeys::wallet::loading::look_after;

use super::World;
use crate::auth::Console;
use crate::harness::TestApp;
use crate::providers::line::Trouble;
use crate::providers::razorpay::{WEBHOOK_SECRET, sign, signature};

#[tokio::test]
async fn money_that_is_not_there_yet_comes_when_it_is() {
    let world = World::begin().await;
    let begun = world.load(70).await;
    let paid = world.razorpay.pay(&begun.order, "authorized");
    let waiting = world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"].clone();
    assert_eq!(waiting["message"], "Your bank is not done yet. The money is added as soon as it is");
    assert_eq!(
        (&waiting["payment"]["status"], &waiting["wallet"]["balance"]),
        (&json!("PENDING"), &json!(0))
    );
    assert_eq!(world.tell(world.razorpay.event("payment.authorized", &paid)).await, 200);
    assert_eq!(world.credits().await, 0);

    world.razorpay.change(&paid, "status", "captured");
    assert_eq!(world.tell(world.razorpay.event("payment.captured", &paid)).await, 200);
    assert_eq!((world.balance().await, world.status(&begun).await.as_str()), (json!(70), "PAID"));
}

#[tokio::test]
async fn a_webhook_that_is_not_theirs_or_not_for_us_changes_nothing_and_is_not_logged() {
    let world = World::begin().await;
    let console = Console::open();
    let begun = world.load(70).await;
    let paid = world.razorpay.pay(&begun.order, "captured");
    let event = world.razorpay.event("payment.captured", &paid);
    for forged in ["", "x", &sign("another secret", &event), &signature(&begun.order, &paid)] {
        assert_eq!(world.tell_with(event.clone(), forged).await, 401, "{forged}");
    }
    let signed = sign(WEBHOOK_SECRET, &event);
    assert_eq!(world.tell_with(event.replace("7000", "7001"), &signed).await, 401);
    let bare = Request::post("/webhooks/razorpay").body(Body::from(event.clone())).unwrap();
    assert_eq!(world.app.call(bare).await.0, 401);
    assert_eq!(world.tell(" ".repeat(200_000)).await, 413);
    for unread in ["", "{", "[]", "{\"event\": 7}", "{\"event\": \"order.paid\", \"payload\": {}}"] {
        assert_eq!(world.tell(unread.to_owned()).await, 400, "{unread}");
    }
    assert_eq!(world.tell(event.replace(&begun.order, "order_of_others")).await, 404);
    assert_eq!(world.tell(event.replace("\"amount\":7000", "\"amount\":7001")).await, 400);
    for nothing in [event.replace("captured\"", "failed\""), event.replace("INR", "USD")] {
        assert_eq!(world.tell(nothing).await, 200);
    }
    assert_eq!((world.credits().await, world.status(&begun).await.as_str()), (0, "PENDING"));
    let log = console.text();
    for secret in ["somebody@example.org", "+919876500001", &paid, "order_of_others", WEBHOOK_SECRET] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let elsewhere = TestApp::start().await;
    let request = Request::post("/webhooks/razorpay").header("x-razorpay-signature", signed);
    assert_eq!(elsewhere.call(request.body(Body::from(event)).unwrap()).await.0, 404);
}

#[tokio::test]
async fn whoever_hears_first_of_the_money_it_fills_the_wallet_once() {
    let world = World::begin().await;
    let second = world.app.beside(&world.razorpay.settings()).await;
    for round in 1..=3 {
        let begun = world.load(10).await;
        let paid = world.razorpay.pay(&begun.order, "captured");
        world.app.sql("UPDATE payment SET look_at = created_at WHERE look_at IS NOT NULL").await;
        let event = world.razorpay.event("payment.captured", &paid);
        let confirms = join_all((0..8).map(|_| world.confirm(&begun, &paid)));
        let webhooks = join_all((0..8).map(|_| world.tell(event.clone())));
        let looks = join_all((0..4).map(|_| look_after(&second.app)));
        let (confirms, webhooks, looks) = tokio::join!(confirms, webhooks, looks);

        for answer in confirms {
            assert_eq!(answer.ok()["confirmWalletLoad"]["payment"]["status"], "PAID");
        }
        assert!(webhooks.iter().all(|status| *status == 200), "{webhooks:?}");
        assert!(looks.iter().all(Result::is_ok));
        assert_eq!((world.balance().await, world.credits().await), (json!(10 * round), round));
    }
    world.app.audit_is_clean().await;
}

#[tokio::test]
async fn what_nobody_confirmed_is_found_and_what_nobody_paid_is_given_up() {
    let world = World::begin().await;
    let (paid, unpaid, refunded) = (world.load(40).await, world.load(50).await, world.load(60).await);
    let late = world.load(70).await;
    world.razorpay.pay(&paid.order, "failed");
    world.razorpay.pay(&paid.order, "captured");
    let given_back = world.razorpay.pay(&refunded.order, "captured");
    world.razorpay.change(&given_back, "amount_refunded", 6000);
    assert_eq!(world.look_after().await, 0, "it is too early to ask");

    world.app.clock.advance(TimeDelta::minutes(4));
    assert_eq!(world.look_after().await, 4);
    assert_eq!((world.balance().await, world.status(&paid).await.as_str()), (json!(40), "PAID"));
    let asked = world.razorpay.line.asked().len();
    world.look_after().await;
    assert_eq!(world.razorpay.line.asked().len(), asked, "they come up again later");

    world.app.clock.advance(TimeDelta::hours(23));
    world.look_after().await;
    assert_eq!(world.status(&unpaid).await, "PENDING");
    world.app.clock.advance(TimeDelta::hours(1));
    world.look_after().await;
    for begun in [&unpaid, &refunded, &late] {
        assert_eq!(world.status(begun).await, "FAILED");
    }
    let asked = world.razorpay.line.asked().len();
    assert_eq!(asked, 4 + 4 + 3 + 3, "orders, then looks");
    world.app.clock.advance(TimeDelta::hours(24));
    assert_eq!((world.look_after().await, world.razorpay.line.asked().len()), (0, asked));

    // Money that was taken all the same is theirs.
    let paid = world.razorpay.pay(&late.order, "captured");
    assert_eq!(world.tell(world.razorpay.event("order.paid", &paid)).await, 200);
    assert_eq!((world.balance().await, world.status(&late).await.as_str()), (json!(110), "PAID"));
    world.app.audit_is_clean().await;
}

#[tokio::test]
async fn while_they_are_down_nobody_waits_and_no_money_is_lost() {
    let world = World::begin().await;
    let begun = world.load(40).await;
    let paid = world.razorpay.pay(&begun.order, "captured");
    world.razorpay.line.always(Trouble::Hangs);

    let began = Instant::now();
    let waiting = world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"].clone();
    assert_eq!(waiting["payment"]["status"], "PENDING");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    world.razorpay.line.always(Trouble::Answers(503));
    for _ in 0..4 {
        assert_eq!(world.ask(5, None).await.refused().0, "PROVIDER_UNAVAILABLE");
    }
    let (asked, began) = (world.razorpay.line.asked().len(), Instant::now());
    for _ in 0..10 {
        assert_eq!(world.ask(5, Some("later")).await.refused().0, "PROVIDER_UNAVAILABLE");
        world.confirm(&begun, &paid).await.ok();
    }
    world.app.sql("UPDATE payment SET look_at = created_at").await;
    world.look_after().await;
    assert_eq!(world.razorpay.line.asked().len(), asked, "nobody is asked any more");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());

    world.razorpay.line.always(None);
    world.app.clock.advance(TimeDelta::minutes(10));
    world.look_after().await;
    assert_eq!((world.balance().await, world.status(&begun).await.as_str()), (json!(40), "PAID"));
    world.ask(5, Some("later")).await.ok();
    world.app.audit_is_clean().await;
}

#[tokio::test]
async fn whoever_leaves_in_the_middle_of_a_payment_gets_their_money_back() {
    let world = World::begin().await;
    let begun = world.load(40).await;
    let delete = "mutation($phone: Phone!) { deleteMyAccount(confirmPhone: $phone) { message } }";
    let phone = json!({"phone": world.who.phone});
    let refused = world.app.graphql(&world.who, delete, phone.clone()).await;
    let sentence =
        "Payment #1 for your wallet was begun. Finish it, or delete the account an hour after you left it";
    assert_eq!(refused.refused(), ("CONFLICT", sentence));
    let data = world.app.graphql(&world.who, "{ myData }", json!({})).await.ok();
    let told = &data["myData"]["payments"][0];
    assert_eq!(
        (&told["status"], &told["amount"], &told["provider_order_id"]),
        (&json!("pending"), &json!(40.0), &json!(begun.order))
    );

    world.app.clock.advance(TimeDelta::hours(1));
    world.app.graphql(&world.who, delete, phone).await.ok();
    let paid = world.razorpay.pay(&begun.order, "captured");
    for _ in 0..2 {
        assert_eq!(world.tell(world.razorpay.event("order.paid", &paid)).await, 200);
    }
    assert_eq!(world.app.text("SELECT status FROM payment").await, "refund_due");
    assert_eq!(world.credits().await, 0);
    world.app.audit_is_clean().await;
}

#[tokio::test]
async fn what_a_full_wallet_cannot_take_goes_back() {
    let world = World::begin().await;
    let begun = world.load(40).await;
    world
        .app
        .sql(
            "INSERT INTO consumer_wallet (user_id, balance_paise) SELECT id, 9999999999 FROM user_profile
        ON CONFLICT (user_id) DO UPDATE SET balance_paise = 9999999999",
        )
        .await;
    let paid = world.razorpay.pay(&begun.order, "captured");
    let refused = world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"].clone();
    assert_eq!(refused["message"], "The wallet cannot take this payment. You get the money back");
    assert_eq!((&refused["payment"]["status"], world.credits().await), (&json!("REFUND_DUE"), 0));
    assert_eq!(world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"], refused);
}
