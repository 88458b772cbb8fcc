//! The audit: clean after everything that people do, and for each invariant a planted fault that it finds.

mod planted;

use std::process::{Command, Output};

use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::journeys::staff::mailing;
use society_gateway::journeys::vendor::payouts::settle;
use society_gateway::journeys::wallet::payments::{self, Taken};
use society_gateway::values::{ItemId, Paise, PayoutRequestId};

use crate::harness::{Person, TestApp};

/// What everybody does in a busy week. Orders are known by their delivery notes.
struct Story {
    app: TestApp,
    buyer: Person,
    neighbour: Person,
    vendor: Person,
    rice: ItemId,
    tea: ItemId,
}

impl Story {
    async fn begin() -> Story {
        let app = TestApp::with(&[("RATE_LIMITS", "off")]).await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        let rice = app.item(shop, "Rice", "50.25", 1000).await;
        let tea = app.item(shop, "Tea", "120", 1000).await;
        let (buyer, neighbour) = (app.consumer("Buyer").await, app.consumer("Neighbour").await);
        let (rated, _) = app.shop("Daily Basket").await;
        app.sql(&format!("UPDATE shop SET rating = 4.5 WHERE id = {rated}")).await;
        Story { app, buyer, neighbour, vendor, rice, tea }
    }

    async fn run(&self, who: &Person, calls: &str) -> Value {
        let calls = calls.replace("$rice", &self.rice.to_string()).replace("$tea", &self.tea.to_string());
        self.app.graphql(who, &format!("mutation {{ {calls} }}"), json!({})).await.ok()
    }

    /// Three of rice and one of tea; then what the two sides do with it: `c` is the consumer, `v` the vendor.
    async fn order(&self, notes: &str, mode: &str, acts: &[(char, &str)]) {
        self.fill().await;
        self.confirm(notes, mode, acts).await;
    }

    /// The same with a coupon and with points.
    async fn order_for_less(&self, notes: &str, acts: &[(char, &str)]) {
        self.fill().await;
        self.run(&self.buyer, "applyCoupon(code: \"SAVE\") { message } redeemPoints(points: 4) { message }")
            .await;
        self.confirm(notes, "WALLET", acts).await;
    }

    async fn fill(&self) {
        self.run(&self.buyer, "addToCart(itemId: $rice, quantity: 3) { message }").await;
        self.run(&self.buyer, "addToCart(itemId: $tea) { message }").await;
    }

    async fn confirm(&self, notes: &str, mode: &str, acts: &[(char, &str)]) {
        let confirm = format!(
            "confirmOrder(input: {{paymentMode: {mode}, deliveryNotes: \"{notes}\"}}, idempotencyKey: \"{notes}\") {{ order {{ id }} }}"
        );
        let placed = self.run(&self.buyer, &confirm).await;
        let order = placed["confirmOrder"]["order"]["id"].as_str().unwrap();
        for (side, act) in acts {
            let who = if *side == 'c' { &self.buyer } else { &self.vendor };
            let act = act.replacen('(', &format!("(orderId: {order}, "), 1).replace(", )", ")");
            self.run(who, &format!("{act} {{ message }}")).await;
        }
    }

    /// A load of the neighbour's wallet through a payment provider.
    async fn pay(&self, order: &'static str, is_paid: bool) {
        let (who, amount, now) = (self.neighbour.user_id, Paise::rupees(30), self.app.clock.now());
        let pay = async move |conn: &mut _| {
            let id = payments::begin(conn, who, amount, now).await?;
            payments::keep_order(conn, id, order, now).await?;
            let taken = Taken { order_id: order.to_owned(), payment_id: format!("pay of {order}"), amount };
            if is_paid { payments::settle(conn, &taken, now).await.map(drop) } else { Ok(()) }
        };
        self.app.app.write(pay).await.unwrap();
    }

    async fn busy() -> Story {
        const ACCEPT: (char, &str) = ('v', "setOrderStatus(status: ACCEPTED)");
        const DELIVER: (char, &str) = ('v', "setOrderStatus(status: DELIVERED)");
        const CHEAPER: (char, &str) = ('v', "modifyOrder(modifications: [{itemId: $rice, quantity: 1}])");
        const DEARER: (char, &str) = ('v', "modifyOrder(modifications: [{itemId: $rice, quantity: 9}])");
        const WITHOUT: (char, &str) = ('v', "modifyOrder(modifications: [{itemId: $tea, quantity: 0}])");
        const AGREE: (char, &str) = ('c', "confirmModifiedOrder()");
        const CANCEL: (char, &str) = ('c', "cancelOrder()");
        const ASK_BACK: (char, &str) = ('c', "requestReturn(items: [{itemId: $rice, quantity: 1}])");
        const TAKE_BACK: (char, &str) = ('v', "acceptReturn()");
        const PAY_BACK: (char, &str) = ('v', "completeReturn()");
        let story = Story::begin().await;
        story.run(&story.buyer, "loadWallet(amount: 9000.50, idempotencyKey: \"load\") { message }").await;
        story.run(&story.neighbour, "loadWallet(amount: 70) { message }").await;
        story.run(&story.neighbour, "debitWallet(amount: 20, reference: \"gate pass\") { message }").await;
        story.run(&story.neighbour, "refundWallet(amount: 5.25, reference: \"gate pass\") { message }").await;

        story.pay("paid", true).await;
        story.pay("unpaid", false).await;

        story.order("pending", "WALLET", &[]).await;
        let talk =
            [('c', "sendOrderMessage(message: \"Hello\")"), ('v', "sendOrderMessage(message: \"Yes?\")")];
        story.order("accepted", "CASH", &[ACCEPT, talk[0], talk[1]]).await;
        story.order("rejected", "WALLET", &[('v', "setOrderStatus(status: REJECTED)")]).await;
        story.order("cancelled", "WALLET", &[ACCEPT, CANCEL]).await;
        story.order("cancelled by the shop", "CASH", &[('v', "cancelOrder()")]).await;
        story.order("awaiting", "WALLET", &[CHEAPER]).await;
        story.order("unanswered", "WALLET", &[ACCEPT, DEARER, CANCEL]).await;
        story.order("cheaper", "WALLET", &[CHEAPER, AGREE]).await;
        story.order("dearer", "WALLET", &[DEARER, AGREE]).await;
        story.order("without tea", "CASH", &[WITHOUT, AGREE, CANCEL]).await;
        story.order("delivered", "WALLET", &[DELIVER, ('c', "rateOrder(rating: 4)")]).await;
        let issue = ('c', "reportOrderIssue(issueType: \"damaged_item\")");
        story
            .order(
                "delivered cheaper",
                "WALLET",
                &[CHEAPER, AGREE, DELIVER, issue, ('c', "rateOrder(rating: 1)")],
            )
            .await;
        story.order("asked back", "CASH", &[DELIVER, ASK_BACK]).await;
        story.order("taken back", "WALLET", &[DELIVER, ASK_BACK, TAKE_BACK]).await;
        story.order("paid back", "WALLET", &[DELIVER, ASK_BACK, ASK_BACK, TAKE_BACK, PAY_BACK]).await;
        let all = ('v', "initiateReturn(items: [{itemId: $rice, quantity: 3}, {itemId: $tea}])");
        story.order("all paid back", "WALLET", &[DELIVER, all, PAY_BACK]).await;
        story.order("cash paid back", "CASH", &[DELIVER, all, PAY_BACK]).await;

        let account = "bankName: \"First Bank\", accountNumber: \"123456789012\", ifscCode: \"FRST0001234\"";
        story.run(&story.vendor, &format!("setUpPayout(input: {{{account}}}) {{ message }}")).await;
        for (amount, is_paid) in [("100", None), ("20.50", Some(true)), ("30", Some(false))] {
            let call = format!("withdraw(amount: {amount}) {{ payout {{ id }} }}");
            let asked = story.run(&story.vendor, &call).await;
            let id = asked["withdraw"]["payout"]["id"].as_str().unwrap().parse().unwrap();
            let (Some(is_paid), now) = (is_paid, story.app.clock.now()) else { continue };
            let settle = async move |conn: &mut _| settle(conn, PayoutRequestId(id), is_paid, now).await;
            story.app.app.write(settle).await.unwrap();
        }

        let offer =
            "code: \"save\", title: \"Save\", discountType: PERCENT, discountValue: 12.5, perUserLimit: 9";
        story.run(&story.vendor, &format!("createOffer(input: {{{offer}}}) {{ message }}")).await;
        story.order_for_less("for less", &[DELIVER]).await;
        story.order_for_less("cancelled for less", &[CANCEL]).await;
        story.order_for_less("returned for less", &[DELIVER, ASK_BACK, TAKE_BACK, PAY_BACK]).await;
        story.order_for_less("cheaper for less", &[CHEAPER, AGREE, DELIVER]).await;

        story.staff().await;
        let leaver = story.app.consumer("Leaver").await;
        story
            .run(&leaver, "addAddress(input: {houseNumber: \"7\", street: \"Lake Road\"}) { message }")
            .await;
        let leave = format!("deleteMyAccount(confirmPhone: \"{}\") {{ message }}", leaver.phone);
        story.run(&leaver, &leave).await;
        story
    }

    /// What the staff does: checks the shop, puts a wallet right, tells people of the offer, and stops doing so.
    async fn staff(&self) {
        let staff = self.app.person("Staff", Some(Role::Staff), "Green Meadows").await;
        let verify = "setShopVerification(shopId: 1, verified: true, reason: \"Papers seen\") { message }";
        self.run(&staff, verify).await;
        let adjust = |direction, amount| {
            let to = format!("userId: {}, direction: {direction}, amount: {amount}", self.neighbour.user_id);
            format!("adjustWallet({to}, reason: \"Paid twice\") {{ message }}")
        };
        self.run(&staff, &adjust("CREDIT", "12.50")).await;
        self.run(&staff, &adjust("DEBIT", "2.25")).await;
        self.run(&self.neighbour, "updateSettings(input: {marketingOptIn: true}) { message }").await;
        let send = "sendPromotion(input: {title: \"Save\", body: \"Type SAVE\", city: \"Pune\"}) { message }";
        self.run(&staff, send).await;
        while mailing::tell_next(&self.app.app).await.unwrap() {}
        self.run(&staff, send).await;
        self.run(&staff, "cancelPromotion(id: 2, reason: \"Sent already\") { message }").await;
    }

    /// The command, as an operator runs it.
    async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_society-gateway"));
        command.args(arguments).env_clear().env("APP_ENV", "development").env("RUST_LOG", "warn");
        command.env("TOKEN_SECRET", "a secret that only the tests may know");
        command.env("DATABASE_URL", self.app.app.pool().url());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn a_busy_week_is_clean_and_so_is_an_empty_database() {
    let story = Story::busy().await;
    story.app.audit_is_clean().await;
    assert_eq!(story.app.number("SELECT count(DISTINCT status) FROM orders").await, 9);
    let report = society_gateway::audit::audit(&mut *story.app.conn().await, ()).await.unwrap();
    let looked_at = |check| report.findings.iter().find(|finding| finding.check == check).unwrap().rows;
    assert!(report.findings.iter().all(|finding| finding.rows > 0), "{report}");
    assert_eq!((looked_at("order money"), looked_at("status events"), looked_at("item stock")), (21, 21, 2));
    TestApp::start().await.audit_is_clean().await;
}

#[tokio::test]
async fn what_was_pruned_is_not_missed() {
    let story = Story::busy().await;
    // As if the first orders were a month old and their events gone, in the middle of one order.
    let old = "(SELECT id FROM orders WHERE delivery_notes = 'unanswered')";
    story
        .app
        .sql(&format!(
            "UPDATE event SET created_at = created_at - INTERVAL '30 days'
                 WHERE id <= (SELECT max(id) FROM event WHERE order_id = {old} AND seq = 2);
             UPDATE orders SET created_at = created_at - INTERVAL '30 days' WHERE id <= {old};
             UPDATE notification SET created_at = created_at - INTERVAL '30 days'
                 WHERE id <= (SELECT max(value::BIGINT) FROM event
                     WHERE kind = 'notification_added' AND created_at < now() - INTERVAL '29 days')"
        ))
        .await;
    let week_ago = story.app.clock.now() - chrono::TimeDelta::days(7);
    // Transactions of other databases of this server hold events back, too.
    while story.app.number(&format!("SELECT min(seq) FROM event WHERE order_id = {old}")).await == 1 {
        society_gateway::events::prune(&mut *story.app.conn().await, week_ago).await.unwrap();
    }
    story.app.audit_is_clean().await;

    // What is left is still looked at.
    story.app.sql(&format!("UPDATE orders SET event_seq = event_seq + 1 WHERE id = {old}")).await;
    let report = society_gateway::audit::audit(&mut *story.app.conn().await, ()).await.unwrap();
    assert_eq!(report.at_fault(), 1, "{report}");
}

#[tokio::test]
async fn the_command_tells_a_clean_database_from_one_at_fault_by_its_exit() {
    let story = Story::begin().await;
    story.run(&story.buyer, "loadWallet(amount: 10) { message }").await;
    let clean = story.command(&["audit"]).await;
    let table = String::from_utf8(clean.stdout).unwrap();
    assert!(clean.status.success(), "{table} {}", String::from_utf8_lossy(&clean.stderr));
    let line = table.lines().find(|line| line.starts_with("consumer wallet balance")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["consumer", "wallet", "balance", "1", "0"]);

    story.app.sql("UPDATE consumer_wallet SET balance_paise = 999").await;
    let fault = story.command(&["audit"]).await;
    assert_eq!(fault.status.code(), Some(1));
    let row = format!("  user {}: expected 1000, found 999\n", story.buyer.user_id);
    assert!(String::from_utf8(fault.stdout).unwrap().contains(&row));
    assert_eq!(
        String::from_utf8(fault.stderr).unwrap(),
        "society-gateway: the audit found rows at fault: 1\n"
    );

    let report: Value = serde_json::from_slice(&story.command(&["audit", "--json"]).await.stdout).unwrap();
    let expected = json!({
        "check": "consumer wallet balance", "rows": 1, "at_fault": 1,
        "faults": [{"what": format!("user {}", story.buyer.user_id), "expected": "1000", "found": "999"}],
    });
    assert_eq!((&report["is_clean"], &report["findings"][0]), (&json!(false), &expected));
}

#[tokio::test]
async fn a_database_that_is_not_up_to_date_is_refused_and_left_as_it_is() {
    let story = Story::begin().await;
    story.app.sql("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)").await;
    let refused = story.command(&["audit"]).await;
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("`society-gateway migrate` comes first"), "{error}");
}
