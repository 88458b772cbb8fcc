//! Wallets that are loaded through Razorpay.

mod late;

use axum::body::Body;
use axum::http::Request;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::journeys::wallet::loading::look_after;

use crate::harness::{Answer, Person, TestApp};
use crate::providers::line::Trouble;
use crate::providers::razorpay::{KEY_ID, Razorpay, WEBHOOK_SECRET, sign, signature};

const START: &str = "mutation($amount: Money!, $key: String) { startWalletLoad(amount: $amount, idempotencyKey: $key) {
    message payment { id amount status transaction { id } } checkout { keyId providerOrderId amountInPaise currency } } }";
const CONFIRM: &str = "mutation($id: ID!, $paid: String!, $signature: String!) {
    confirmWalletLoad(paymentId: $id, providerPaymentId: $paid, signature: $signature) {
        message payment { id status transaction { id kind source amount reference } } wallet { balance } } }";

struct World {
    razorpay: Razorpay,
    app: TestApp,
    who: Person,
}

/// A load that somebody began.
#[derive(Clone)]
struct Begun {
    id: String,
    order: String,
}

impl World {
    async fn begin() -> World {
        let razorpay = Razorpay::start().await;
        let app = TestApp::with(&razorpay.settings()).await;
        let who = app.consumer("First").await;
        World { razorpay, app, who }
    }

    async fn ask(&self, amount: impl Into<Value>, key: Option<&str>) -> Answer {
        let variables = json!({"amount": amount.into(), "key": key});
        self.app.graphql(&self.who, START, variables).await
    }

    async fn load(&self, amount: impl Into<Value>) -> Begun {
        let begun = self.ask(amount, None).await.ok()["startWalletLoad"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Begun { id: text(&begun["payment"]["id"]), order: text(&begun["checkout"]["providerOrderId"]) }
    }

    async fn confirm(&self, begun: &Begun, paid: &str) -> Answer {
        self.confirm_with(begun, paid, &signature(&begun.order, paid)).await
    }

    async fn confirm_with(&self, begun: &Begun, paid: &str, signature: &str) -> Answer {
        let variables = json!({"id": begun.id, "paid": paid, "signature": signature});
        self.app.graphql(&self.who, CONFIRM, variables).await
    }

    /// What Razorpay tells, signed as by it.
    async fn tell(&self, body: String) -> u16 {
        let signature = sign(WEBHOOK_SECRET, &body);
        self.tell_with(body, &signature).await
    }

    async fn tell_with(&self, body: String, signature: &str) -> u16 {
        let request = Request::post("/webhooks/razorpay")
            .header("content-type", "application/json")
            .header("x-razorpay-signature", signature)
            .header("x-razorpay-event-id", "event-1");
        self.app.call(request.body(Body::from(body)).unwrap()).await.0
    }

    async fn status(&self, begun: &Begun) -> String {
        let query = "query($id: ID!) { walletPayment(id: $id) { status } }";
        let answer = self.app.graphql(&self.who, query, json!({"id": begun.id})).await.ok();
        answer["walletPayment"]["status"].as_str().unwrap().to_owned()
    }

    async fn balance(&self) -> Value {
        let answer = self.app.graphql(&self.who, "{ wallet { balance } }", json!({})).await.ok();
        answer["wallet"]["balance"].clone()
    }

    async fn credits(&self) -> i64 {
        self.app.number("SELECT count(*) FROM wallet_transaction").await
    }

    async fn look_after(&self) -> usize {
        look_after(&self.app.app).await.unwrap()
    }
}

#[tokio::test]
async fn a_load_is_paid_in_the_checkout_and_fills_the_wallet_once() {
    let world = World::begin().await;

    let begun = world.ask("250.50", None).await.ok()["startWalletLoad"].clone();
    let order = &world.razorpay.orders()[0];
    assert_eq!(
        begun["payment"],
        json!({"id": "1", "amount": 250.5, "status": "PENDING", "transaction": null})
    );
    let checkout =
        json!({"keyId": KEY_ID, "providerOrderId": order["id"], "amountInPaise": 25050, "currency": "INR"});
    assert_eq!(begun["checkout"], checkout);
    assert_eq!((&order["amount"], &order["currency"]), (&json!(25050), &json!("INR")));
    assert_eq!(world.balance().await, json!(0));

    let begun = Begun { id: "1".to_owned(), order: order["id"].as_str().unwrap().to_owned() };
    let paid = world.razorpay.pay(&begun.order, "captured");
    let confirmed = world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"].clone();
    assert_eq!(confirmed["message"], "Money added to wallet");
    assert_eq!(confirmed["wallet"]["balance"], json!(250.5));
    let transaction = json!({"id": "1", "kind": "RECHARGE", "source": "PAYMENT", "amount": 250.5, "reference": "Payment #1"});
    assert_eq!(confirmed["payment"], json!({"id": "1", "status": "PAID", "transaction": transaction}));

    assert_eq!(world.confirm(&begun, &paid).await.ok()["confirmWalletLoad"], confirmed);
    for event in ["payment.captured", "order.paid", "payment.captured"] {
        assert_eq!(world.tell(world.razorpay.event(event, &paid)).await, 200);
    }
    assert_eq!((world.balance().await, world.credits().await), (json!(250.5), 1));
    assert_eq!(world.app.number("SELECT count(*) FROM notification WHERE title = 'Money added'").await, 1);
    let (_, history) = world.app.rest(&world.who, "GET", "/consumer/wallet/history", None).await;
    assert_eq!(history["transactions"][0]["source"], "payment");
    world.app.audit_is_clean().await;
}

#[tokio::test]
async fn the_same_key_begins_one_load_also_when_an_answer_was_lost() {
    let world = World::begin().await;
    world.razorpay.line.next(&[Trouble::LosesTheAnswer]);
    let lost = world.ask(100, Some("load")).await;
    assert_eq!(lost.refused().0, "PROVIDER_UNAVAILABLE");
    assert_eq!(world.razorpay.orders().len(), 1, "the order was made, and nobody heard of it");

    let answers = join_all((0..4).map(|_| world.ask(100, Some("load")))).await;
    let answers: Vec<Value> = answers.into_iter().map(Answer::ok).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(world.razorpay.orders().len(), 1);
    assert_eq!(world.app.number("SELECT count(*) FROM payment").await, 1);
    assert_eq!(world.ask(101, Some("load")).await.refused().0, "IDEMPOTENCY_KEY_REUSED");

    let order = answers[0]["startWalletLoad"]["checkout"]["providerOrderId"].as_str().unwrap();
    let begun = Begun { id: "1".to_owned(), order: order.to_owned() };
    let paid = world.razorpay.pay(order, "captured");
    world.confirm(&begun, &paid).await.ok();
    assert_eq!(world.ask(100, Some("load")).await.refused().0, "CONFLICT");
}

#[tokio::test]
async fn amounts_that_the_provider_does_not_take_are_refused_before_it_is_asked() {
    let world = World::begin().await;
    for amount in [json!(0), json!("0.99"), json!(-5), json!("100000.01")] {
        let answer = world.ask(amount.clone(), None).await;
        assert_eq!(
            (answer.refused(), answer.field()),
            (("BAD_INPUT", "Invalid amount"), "amount"),
            "{amount}"
        );
    }
    assert_eq!(world.razorpay.line.asked().len(), 0);
    for amount in [json!(1), json!(100_000)] {
        world.ask(amount, None).await.ok();
    }
    assert_eq!(world.app.number("SELECT count(*) FROM payment").await, 2);
}

#[tokio::test]
async fn what_does_not_belong_to_the_payment_fills_nothing() {
    let world = World::begin().await;
    let (begun, other) = (world.load(500).await, world.load(1).await);
    let (paid, cheap) =
        (world.razorpay.pay(&begun.order, "captured"), world.razorpay.pay(&other.order, "captured"));
    let right = signature(&begun.order, &paid);
    for wrong in [
        "",
        "0",
        &right[1..],
        &right.to_uppercase(),
        &signature(&other.order, &paid),
        &sign(WEBHOOK_SECRET, "x"),
    ] {
        let answer = world.confirm_with(&begun, &paid, wrong).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "signature"), "{wrong}");
    }
    for wrong in ["", "pay_", "pay_../../orders", "pay_1?x", "order_1", &"pay_".repeat(30)] {
        let answer = world.confirm(&begun, wrong).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "providerPaymentId"), "{wrong}");
    }
    // Both were signed as if they belonged together: the provider's books say otherwise.
    let answer = world.confirm(&begun, &cheap).await;
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "providerPaymentId"));
    let answer = world.confirm(&begun, "pay_nobody").await;
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "providerPaymentId"));

    let stranger = world.app.consumer("Stranger").await;
    let variables = json!({"id": begun.id, "paid": paid, "signature": right});
    assert_eq!(world.app.graphql(&stranger, CONFIRM, variables).await.refused().0, "NOT_FOUND");
    assert_eq!((world.credits().await, world.status(&begun).await.as_str()), (0, "PENDING"));
}

#[tokio::test]
async fn the_setting_says_which_way_a_wallet_is_loaded() {
    let world = World::begin().await;
    let load = "mutation { loadWallet(amount: 5) { message } }";
    let sentence = "Wallets are loaded in two steps: startWalletLoad, then confirmWalletLoad (GraphQL)";
    assert_eq!(world.app.graphql(&world.who, load, json!({})).await.refused(), ("CONFLICT", sentence));
    let (status, body) =
        world.app.rest(&world.who, "POST", "/consumer/wallet/load", Some(json!({"amount": 5}))).await;
    assert_eq!((status, body), (400, json!({"status": "error", "message": sentence, "code": 400})));
    assert_eq!(world.credits().await, 0);

    let simulated = TestApp::start().await;
    let who = simulated.consumer("First").await;
    let answer = simulated.graphql(&who, START, json!({"amount": 5})).await;
    assert_eq!(
        answer.refused(),
        ("CONFLICT", "Payments are simulated here: loadWallet adds the money at once")
    );
    let off = TestApp::with(&[("PAYMENTS", "off")]).await;
    let who = off.consumer("First").await;
    for query in [START, "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }"] {
        let answer = off.graphql(&who, query, json!({"amount": 5})).await;
        assert_eq!(answer.refused(), ("FORBIDDEN", "Wallet top-up is not available"));
    }
}

#[tokio::test]
async fn twenty_loads_an_hour_can_be_begun_and_asking_again_is_none() {
    let world = World::begin().await;
    for number in 0..20 {
        let key = format!("load {number}");
        world.ask(5, Some(&key)).await.ok();
        world.ask(5, Some(&key)).await.ok();
    }
    assert_eq!(world.ask(5, None).await.refused().0, "RATE_LIMITED");
    assert_eq!(world.app.number("SELECT count(*) FROM payment").await, 20);
}
