//! What is kept of a person: taken away as one file, and forgotten.

use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::harness::{Person, TestApp};

const EXPORT: &str = "{ myData }";
const DELETE: &str = "mutation($phone: Phone!) { deleteMyAccount(confirmPhone: $phone) { message } }";
/// Texts that say something of the person, wherever they wrote them.
const PERSONAL: [&str; 12] = [
    "Asha",
    "Lake Road",
    "Ring twice",
    "I am at the gate",
    "Bad smell",
    "Torn bag",
    "Too old",
    "Where is it",
    "Still waiting",
    "B-1204",
    "1990-02-28",
    "Marathi",
];

/// A consumer who used everything, and whose orders are over.
struct Life {
    app: TestApp,
    who: Person,
    vendor: Person,
}

impl Life {
    async fn lived() -> Life {
        let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
        let (shop, vendor) = app.shop("Fresh Mart").await;
        let rice = app.item(shop, "Rice", "50", 100).await;
        let who = app.consumer("Asha").await;
        let life = Life { app, who, vendor };
        let onboarding = "completeConsumerOnboarding(input: {flatNumber: \"B-1204\", gender: \"Female\",
            dateOfBirth: \"1990-02-28\", preferredLanguage: \"Marathi\"}) { message }";
        let fill = format!("addToCart(itemId: {rice}, quantity: 2) {{ message }}");
        let order = "confirmOrder(input: {paymentMode: WALLET, deliveryNotes: \"Ring twice\", addressId: 1}) { order { id } }";
        for calls in [
            onboarding,
            "loadWallet(amount: 100) { message }",
            "addAddress(input: {houseNumber: \"7\", street: \"Lake Road\"}) { message }",
            &format!("addToWishlist(itemId: {rice}) {{ message }}"),
            &fill,
            order,
            "sendOrderMessage(orderId: 1, message: \"I am at the gate\") { message }",
        ] {
            life.consumer(calls).await;
        }
        life.shop("setOrderStatus(orderId: 1, status: DELIVERED) { message }").await;
        for calls in [
            "rateOrder(orderId: 1, rating: 2, review: \"Bad smell\") { message }",
            "reportOrderIssue(orderId: 1, issueType: \"damaged_item\", description: \"Torn bag\") { message }",
            &format!(
                "requestReturn(orderId: 1, items: [{{itemId: {rice}, quantity: 1}}], reason: \"Too old\") {{ message }}"
            ),
        ] {
            life.consumer(calls).await;
        }
        life.shop("acceptReturn(orderId: 1) { message } completeReturn(orderId: 1) { message }").await;
        for calls in [
            "openSupportTicket(input: {subject: \"Where is it\", message: \"Still waiting\"}) { message }",
            // The refund, so that the wallet is empty.
            "debitWallet(amount: 50) { message }",
            &fill,
        ] {
            life.consumer(calls).await;
        }
        life
    }

    async fn run(&self, who: &Person, calls: &str) -> Value {
        self.app.graphql(who, &format!("mutation {{ {calls} }}"), json!({})).await.ok()
    }

    async fn consumer(&self, calls: &str) -> Value {
        self.run(&self.who, calls).await
    }

    async fn shop(&self, calls: &str) -> Value {
        self.run(&self.vendor, calls).await
    }

    async fn delete(&self, phone: &str) -> crate::harness::Answer {
        self.app.graphql(&self.who, DELETE, json!({"phone": phone})).await
    }

    /// Every text of the database, as one.
    async fn everything(&self) -> String {
        let mut all = String::new();
        for table in [
            "user_profile",
            "consumer_profile",
            "consumer_address",
            "orders",
            "order_message",
            "order_action_log",
            "order_rating",
            "order_issue",
            "order_return",
            "support_ticket",
            "support_message",
            "notification",
            "user_session",
            "otp",
            "idempotency_key",
            "event",
            "wishlist_item",
            "cart_item",
            "wallet_transaction",
            "staff_action",
        ] {
            all += &self
                .app
                .text(&format!("SELECT COALESCE(json_agg(row)::TEXT, '') FROM {table} AS row"))
                .await;
        }
        all
    }
}

#[tokio::test]
async fn an_export_holds_everything_of_the_person_and_nothing_of_others() {
    let life = Life::lived().await;
    let neighbour = life.app.consumer("Neighbour").await;
    life.run(&neighbour, "addAddress(input: {houseNumber: \"9\", street: \"Hill Road\"}) { message }").await;

    let (answer, statements) = life.app.statements(life.app.graphql(&life.who, EXPORT, json!({}))).await;
    let all = answer.ok()["myData"].clone();
    assert_eq!(statements, 22, "one for each kind of thing, and the transaction");
    let text = all.to_string();
    for told in PERSONAL {
        assert!(text.contains(told), "{told} is missing");
    }
    for secret in ["Hill Road", "Neighbour", "hash", &neighbour.phone] {
        assert!(!text.contains(secret), "{secret} is told");
    }
    assert_eq!(all["profile"]["phone"], json!(life.who.phone));
    assert_eq!(all["wallet"]["balance"], json!(0.0));
    assert_eq!(all["orders"][0]["items"], json!([{"name": "Rice", "quantity": 2, "unit_price": 50.0}]));
    assert_eq!(all["orders"][0]["total"], json!(100.0));
    assert_eq!(all["returns"][0]["reason"], "Too old");
    assert_eq!(all["support_tickets"][0]["messages"][0]["message"], "Still waiting");
    assert_eq!(all["rewards_ledger"].as_array().unwrap().len(), 2, "earned, and half of it taken back");
    assert_eq!(all["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(all["settings"]["marketing_opt_in"], json!(false));

    let (answer, again) = life.app.statements(life.app.graphql(&neighbour, EXPORT, json!({}))).await;
    assert_eq!(again, statements);
    assert_eq!(answer.ok()["myData"]["orders"], json!([]));
    assert_eq!(life.app.graphql(&life.vendor, EXPORT, json!({})).await.refused().0, "FORBIDDEN");
}

#[tokio::test]
async fn what_the_staff_noted_of_a_person_is_theirs_to_take_away_and_to_have_forgotten() {
    let app = TestApp::start().await;
    let (who, neighbour) = (app.consumer("Asha").await, app.consumer("Neighbour").await);
    let staff = app.person("Helper", Some(Role::Staff), "Green Meadows").await;
    let adjust = |of: &Person, way: &str| {
        let to = format!("userId: {}, direction: {way}, amount: 5", of.user_id);
        format!("mutation {{ adjustWallet({to}, reason: \"Asha of B-1204 rang\") {{ message }} }}")
    };
    for call in [adjust(&who, "CREDIT"), adjust(&who, "DEBIT"), adjust(&neighbour, "CREDIT")] {
        app.graphql(&staff, &call, json!({})).await.ok();
    }
    let all = app.graphql(&who, EXPORT, json!({})).await.ok()["myData"].clone();
    assert_eq!(all["wallet_transactions"].as_array().unwrap().len(), 2);
    let noted = all["staff_actions"].as_array().unwrap();
    assert_eq!(
        (noted.len(), &noted[0]["action"], &noted[0]["reason"]),
        (2, &json!("wallet_adjusted"), &json!("Asha of B-1204 rang"))
    );
    assert!(!all.to_string().contains("Helper"));

    app.graphql(&who, DELETE, json!({"phone": who.phone})).await.ok();
    let of = format!("WHERE user_id = {} AND reference = 'Adjustment by staff'", who.user_id);
    assert_eq!(app.number(&format!("SELECT count(*) FROM wallet_transaction {of}")).await, 2);
    let reasons = "SELECT string_agg(reason, ', ' ORDER BY id) FROM staff_action";
    assert_eq!(app.text(reasons).await, "(deleted), (deleted), Asha of B-1204 rang", "another's stays");
    app.audit_is_clean().await;
}

#[tokio::test]
async fn an_export_is_asked_for_five_times_a_day() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for _ in 0..5 {
        app.graphql(&who, EXPORT, json!({})).await.ok();
    }
    assert_eq!(app.graphql(&who, EXPORT, json!({})).await.refused().0, "RATE_LIMITED");
}

#[tokio::test]
async fn a_deleted_account_is_forgotten_and_the_books_stay_right() {
    let life = Life::lived().await;
    let elsewhere = life.app.sign_in(life.who.user_id).await;
    let before = life.everything().await;
    assert!(PERSONAL.iter().all(|told| before.contains(told)));
    let stays = "SELECT sum(amount_paise) + (SELECT sum(final_paise) FROM orders) + (SELECT sum(abs(points)) FROM reward_ledger)
         FROM wallet_transaction";
    let books = life.app.number(stays).await;

    let done = life.delete(&life.who.phone).await.ok();
    assert_eq!(done["deleteMyAccount"]["message"], "Your account is deleted");

    let after = life.everything().await;
    for told in PERSONAL.iter().copied().chain([life.who.phone.as_str(), "tests"]) {
        assert!(!after.contains(told), "{told} is still there");
    }
    assert_eq!(life.app.number(stays).await, books);
    life.app.audit_is_clean().await;
    for token in [life.who.token.clone(), elsewhere] {
        let gone = Person { token, ..life.who.clone() };
        assert_eq!(
            life.app.graphql(&gone, "{ wallet { balance } }", json!({})).await.refused().0,
            "UNAUTHENTICATED"
        );
    }
    // The shop still reads its orders.
    let orders = "{ shopOrders { nodes { id customerPhone rating { rating review } messages { nodes { message senderPhone } } } } }";
    let told = life.app.graphql(&life.vendor, orders, json!({})).await.ok()["shopOrders"]["nodes"][0].clone();
    assert_eq!(told["messages"]["nodes"][0]["message"], "(deleted)");
    assert_eq!(told["rating"], json!({"rating": 2, "review": ""}));
    assert!(!told.to_string().contains(&life.who.phone), "{told}");
    let (status, _) = life.app.rest(&life.vendor, "GET", "/vendor/orders", None).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn the_phone_of_a_deleted_account_belongs_to_somebody_new() {
    let app = TestApp::with(&[("DEV_OTP", "123456"), ("RATE_LIMITS", "off")]).await;
    let sign_in = async |phone: &str| {
        app.rest(None, "POST", "/send-otp", Some(json!({"phone": phone}))).await;
        app.rest(None, "POST", "/verify-otp", Some(json!({"phone": phone, "otp": "123456"}))).await.1
    };
    let who = app.consumer("First").await;
    app.graphql(
        &who,
        "mutation { loadWallet(amount: 5) { message } debitWallet(amount: 5) { message } }",
        json!({}),
    )
    .await
    .ok();
    app.graphql(&who, DELETE, json!({"phone": who.phone})).await.ok();
    let again = sign_in(&who.phone).await;
    assert_eq!((&again["role"], &again["basic_onboarding_done"]), (&Value::Null, &json!(false)), "{again}");
    let token = again["access_token"].as_str().unwrap().to_owned();
    let new = Person { token, ..who.clone() };
    let basics = json!({"name": "New", "city": "Pune", "society": "Green Meadows", "role": "consumer"});
    app.rest(&new, "POST", "/onboarding/basic", Some(basics)).await;
    let wallet = app.graphql(
        &new,
        "{ wallet { balance transactions { nodes { id } } } orders { nodes { id } } }",
        json!({}),
    );
    assert_eq!(
        wallet.await.ok(),
        json!({"wallet": {"balance": 0, "transactions": {"nodes": []}}, "orders": {"nodes": []}})
    );
    app.audit_is_clean().await;
}

#[tokio::test]
async fn an_account_with_something_under_way_is_not_deleted() {
    let app = TestApp::start().await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "50", 100).await;
    let who = app.consumer("First").await;
    let run = async |who: &Person, calls: String| {
        app.graphql(who, &format!("mutation {{ {calls} }}"), json!({})).await.ok();
    };
    let refused = async || {
        let answer = app.graphql(&who, DELETE, json!({"phone": who.phone})).await;
        let (code, message) = answer.refused();
        (code.to_owned(), message.to_owned())
    };
    run(&who, "loadWallet(amount: 60.50) { message }".to_owned()).await;
    let message = "There are ₹60.50 in your wallet. Spend them first, or ask support to pay them out";
    assert_eq!(refused().await, ("CONFLICT".to_owned(), message.to_owned()));
    run(
        &who,
        format!(
            "debitWallet(amount: 10.50) {{ message }} addToCart(itemId: {rice}) {{ message }}
        confirmOrder(input: {{paymentMode: WALLET}}) {{ message }}"
        ),
    )
    .await;
    let message = "Order #1 is still under way. Delete the account when it is delivered or cancelled, and its return is completed";
    let under_way = ("CONFLICT".to_owned(), message.to_owned());
    assert_eq!(refused().await, under_way);
    run(&vendor, "setOrderStatus(orderId: 1, status: DELIVERED) { message }".to_owned()).await;
    run(&who, format!("requestReturn(orderId: 1, items: [{{itemId: {rice}}}]) {{ message }}")).await;
    assert_eq!(refused().await, under_way);
    run(&vendor, "acceptReturn(orderId: 1) { message }".to_owned()).await;
    assert_eq!(refused().await, under_way);

    for phone in [vendor.phone.as_str(), "+919999999999"] {
        let answer = app.graphql(&who, DELETE, json!({"phone": phone})).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "confirmPhone"));
    }
    assert_eq!(app.graphql(&vendor, DELETE, json!({"phone": vendor.phone})).await.refused().0, "FORBIDDEN");
    assert_eq!(app.number("SELECT count(*) FROM user_profile WHERE deleted_at IS NOT NULL").await, 0);
    app.graphql(&who, "{ wallet { balance } }", json!({})).await.ok();
}

#[tokio::test]
async fn money_and_orders_that_race_with_a_deletion_come_before_it_or_not_at_all() {
    for round in 0..6 {
        let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
        let (shop, _) = app.shop("Fresh Mart").await;
        let rice = app.item(shop, "Rice", "50", 100).await;
        let who = app.consumer("First").await;
        app.graphql(&who, &format!("mutation {{ addToCart(itemId: {rice}) {{ message }} }}"), json!({}))
            .await
            .ok();
        let delete =
            DELETE.replace("$phone)", &format!("\"{}\")", who.phone)).replace("($phone: Phone!)", "");
        let load = "mutation { loadWallet(amount: 10) { message } }";
        let confirm = "mutation { confirmOrder(input: {paymentMode: CASH}) { message } }";
        let calls =
            if round % 2 == 0 { [delete.as_str(), load, confirm] } else { [load, confirm, delete.as_str()] };
        join_all(calls.map(|call| app.graphql(&who, call, json!({})))).await;

        let deleted = app.number("SELECT count(*) FROM user_profile WHERE deleted_at IS NOT NULL").await;
        let money = app.number("SELECT COALESCE(sum(balance_paise), 0) FROM consumer_wallet").await;
        let orders = app.number("SELECT count(*) FROM orders").await;
        assert!(deleted == 0 || (money, orders) == (0, 0), "round {round}: {deleted} {money} {orders}");
        app.audit_is_clean().await;
    }
}

#[tokio::test]
async fn a_shop_takes_nothing_back_from_somebody_who_left() {
    let app = TestApp::start().await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "50", 100).await;
    let who = app.consumer("First").await;
    app.graphql(
        &who,
        &format!(
            "mutation {{ loadWallet(amount: 50) {{ message }} addToCart(itemId: {rice}) {{ message }}
        confirmOrder(input: {{paymentMode: WALLET}}) {{ message }} }}"
        ),
        json!({}),
    )
    .await
    .ok();
    app.graphql(&vendor, "mutation { setOrderStatus(orderId: 1, status: DELIVERED) { message } }", json!({}))
        .await
        .ok();
    app.graphql(&who, DELETE, json!({"phone": who.phone})).await.ok();
    let back = format!(
        "mutation {{ initiateReturn(orderId: 1, items: [{{itemId: {rice}, quantity: 1}}]) {{ message }} }}"
    );
    let answer = app.graphql(&vendor, &back, json!({})).await;
    assert_eq!(answer.refused(), ("CONFLICT", "The customer deleted their account"));
    assert_eq!(app.number("SELECT count(*) FROM order_return").await, 0);
    app.audit_is_clean().await;
}

#[tokio::test]
async fn nothing_is_written_for_somebody_who_left_neither_in_the_same_document_nor_beside_it() {
    let app = TestApp::start().await;
    let (shop, vendor) = app.shop("Fresh Mart").await;
    let rice = app.item(shop, "Rice", "50", 1_000).await;
    let writes = format!(
        "a: addAddress(input: {{houseNumber: \"5\", street: \"Secret Street\"}}) {{ message }}
         s: openSupportTicket(input: {{subject: \"abc\", message: \"my secret\"}}) {{ message }}
         u: updateSettings(input: {{marketingOptIn: true}}) {{ message }}
         i: setCartItem(itemId: {rice}, quantity: 1) {{ message }}
         o: confirmOrder(input: {{paymentMode: CASH}}) {{ message }}"
    );
    let who = app.consumer("First").await;
    let all = format!(
        "mutation($phone: Phone!) {{ deleteMyAccount(confirmPhone: $phone) {{ message }} {writes} }}"
    );
    let answer = app.graphql(&who, &all, json!({"phone": who.phone})).await;
    assert!(!answer.errors.is_empty());
    assert!(answer.errors.iter().all(|error| error["extensions"]["code"] == "UNAUTHENTICATED"));
    assert_eq!(app.number("SELECT count(*) FROM orders").await, 0);
    app.audit_is_clean().await;

    // Beside a deletion: each comes before it, and then it is forgotten or stops it, or finds nobody.
    for round in 0..12 {
        let who = app.consumer(&format!("Racer {round}")).await;
        let write = format!("mutation {{ {writes} }}");
        let deletion = app.graphql(&who, DELETE, json!({"phone": who.phone}));
        let _ = tokio::join!(
            app.graphql(&who, &write, json!({})),
            deletion,
            app.graphql(&who, &write, json!({}))
        );
    }
    app.audit_is_clean().await;

    // A shop that writes to somebody who left tells nobody.
    let who = app.consumer("Last").await;
    let order = format!(
        "mutation {{ setCartItem(itemId: {rice}, quantity: 1) {{ message }}
             confirmOrder(input: {{paymentMode: CASH}}) {{ order {{ id }} }} }}"
    );
    let placed = app.graphql(&who, &order, json!({})).await.ok();
    let order = json!({"order": placed["confirmOrder"]["order"]["id"]});
    let deliver = "mutation($order: ID!) { setOrderStatus(orderId: $order, status: DELIVERED) { message } }";
    app.graphql(&vendor, deliver, order.clone()).await.ok();
    app.graphql(&who, DELETE, json!({"phone": who.phone})).await.ok();
    let hello =
        "mutation($order: ID!) { sendOrderMessage(orderId: $order, message: \"Hello?\") { message } }";
    app.graphql(&vendor, hello, order).await.ok();
    app.audit_is_clean().await;
}
