//! What people are told: by every act on an order and every movement of money, in a list, and live.

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;

use crate::harness::{Person, TestApp};

const TOLD: &str = "query($unread: Boolean, $first: Int, $after: String) {
    notifications(unreadOnly: $unread, first: $first, after: $after) {
        nodes { id kind title body target { screen id } readAt createdAt } pageInfo { hasNextPage endCursor } } }";
const MARK: &str = "mutation($ids: [ID!], $all: Boolean) {
    markNotificationsRead(ids: $ids, all: $all) { message updated unreadCount } }";
const FOLLOW: &str = "subscription($after: String) {
    notificationAdded(after: $after) { id at unreadCount notification { id title body } } }";
const LOAD: &str = "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }";

impl TestApp {
    async fn told(&self, who: &Person, variables: Value) -> Vec<Value> {
        let answer = self.graphql(who, TOLD, variables).await.ok();
        answer["notifications"]["nodes"].as_array().unwrap().clone()
    }

    async fn unread(&self, who: &Person) -> Value {
        self.graphql(who, "{ unreadNotificationCount }", json!({})).await.ok()["unreadNotificationCount"]
            .clone()
    }

    async fn load(&self, who: &Person, amount: &str) {
        self.graphql(who, LOAD, json!({"amount": amount})).await.ok();
    }

    /// The title, the sentence and the screen with its id, of what is new since the last look.
    async fn news(&self, who: &Person) -> Vec<(String, String, String)> {
        let mut news: Vec<_> = (self.told(who, json!({"unread": true})).await.iter())
            .map(|told| {
                let target =
                    format!("{} {}", told["target"]["screen"], told["target"]["id"]).replace('"', "");
                (
                    told["title"].as_str().unwrap().to_owned(),
                    told["body"].as_str().unwrap().to_owned(),
                    target,
                )
            })
            .collect();
        news.reverse();
        self.graphql(who, MARK, json!({"all": true})).await.ok();
        news
    }
}

fn ids(told: &[Value]) -> Vec<Value> {
    told.iter().map(|told| told["id"].clone()).collect()
}

/// A shop, a consumer with money, and what they do with orders of one item that costs 50.
struct Story {
    app: TestApp,
    buyer: Person,
    vendor: Person,
    item: Value,
}

impl Story {
    async fn begin() -> Story {
        let app = TestApp::start().await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        let item = json!(app.item(shop, "Rice", "50", 100).await.to_string());
        let buyer = app.consumer("Buyer").await;
        app.load(&buyer, "1000").await;
        app.news(&buyer).await;
        Story { app, buyer, vendor, item }
    }

    async fn order(&self) -> Value {
        let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 3) { message } }";
        self.app.graphql(&self.buyer, add, json!({"item": self.item})).await.ok();
        let confirm = "mutation { confirmOrder(input: {paymentMode: WALLET}) { order { id } } }";
        let placed = self.app.graphql(&self.buyer, confirm, json!({})).await.ok();
        placed["confirmOrder"]["order"]["id"].clone()
    }

    async fn act(&self, who: &Person, order: &Value, act: &str) {
        let item = if act.contains("$item") { ", $item: ID!" } else { "" };
        let document = format!("mutation($order: ID!{item}) {{ {act} {{ message }} }}");
        let variables = json!({"order": order, "item": self.item});
        self.app.graphql(who, &document, variables).await.ok();
    }

    /// What each act tells the other side, and nobody else.
    async fn tells(&self, by: &Person, order: &Value, act: &str, title: &str, body: &str) {
        self.app.news(&self.buyer).await;
        self.app.news(&self.vendor).await;
        self.act(by, order, act).await;
        let number = order.as_str().unwrap();
        let is_buyer = by.user_id == self.buyer.user_id;
        let other = if is_buyer { &self.vendor } else { &self.buyer };
        let expected =
            (title.to_owned(), body.replace('#', &format!("#{number}")), format!("ORDER {number}"));
        let heard = self.app.news(other).await;
        let of_order: Vec<_> = heard.into_iter().filter(|(.., target)| target.starts_with("ORDER")).collect();
        assert_eq!(of_order, [expected], "{act}");
        let own = self.app.news(by).await;
        assert!(own.iter().all(|(.., target)| target == "WALLET null"), "{act}: {own:?}");
    }
}

#[tokio::test]
async fn every_act_on_an_order_tells_the_other_side_what_happened() {
    let story = Story::begin().await;
    let (buyer, vendor) = (&story.buyer, &story.vendor);
    let order = story.order().await;
    let number = order.as_str().unwrap();
    let placed = format!("Order #{number} over ₹150.00 waits for your answer.");
    assert_eq!(story.app.news(vendor).await, [("New order".to_owned(), placed, format!("ORDER {number}"))]);
    let paid = format!("₹150.00 was paid from your wallet: Order #{number}");
    assert_eq!(story.app.news(buyer).await, [("Payment".to_owned(), paid, "WALLET null".to_owned())]);

    for (by, act, title, body) in [
        (
            vendor,
            "setOrderStatus(orderId: $order, status: ACCEPTED)",
            "Order accepted",
            "Fresh Basket accepted order #.",
        ),
        (
            buyer,
            "sendOrderMessage(orderId: $order, message: \"Ring\\ntwice\")",
            "New message",
            "The customer about order #: Ring twice",
        ),
        (
            vendor,
            "sendOrderMessage(orderId: $order, message: \"Yes\")",
            "New message",
            "Fresh Basket about order #: Yes",
        ),
        (
            vendor,
            "modifyOrder(orderId: $order, modifications: [{itemId: $item, quantity: 2}])",
            "Order changed",
            "Fresh Basket changed order #: it costs ₹100.00 now. Confirm or cancel it.",
        ),
        (
            buyer,
            "confirmModifiedOrder(orderId: $order)",
            "Changes confirmed",
            "The customer confirmed the changes of order #.",
        ),
        (
            vendor,
            "setOrderStatus(orderId: $order, status: DELIVERED)",
            "Order delivered",
            "Fresh Basket delivered order #. How was it?",
        ),
        (buyer, "rateOrder(orderId: $order, rating: 4)", "New rating", "Order # was rated 4 of 5."),
        (
            buyer,
            "reportOrderIssue(orderId: $order, issueType: \"damaged_item\")",
            "Issue reported",
            "The customer reported an issue with order #: damaged_item.",
        ),
        (
            buyer,
            "requestReturn(orderId: $order, items: [{itemId: $item}])",
            "Return requested",
            "The customer wants to return 1 × Rice of order #.",
        ),
        (
            vendor,
            "acceptReturn(orderId: $order)",
            "Return accepted",
            "Fresh Basket takes back what you want to return of order #.",
        ),
        (
            vendor,
            "completeReturn(orderId: $order)",
            "Return completed",
            "Fresh Basket has back what you returned of order #.",
        ),
    ] {
        story.tells(by, &order, act, title, body).await;
    }
}

#[tokio::test]
async fn the_other_side_hears_of_an_order_that_is_called_off_whoever_does_it() {
    let story = Story::begin().await;
    let (buyer, vendor) = (&story.buyer, &story.vendor);
    for (by, act, title, body) in [
        (
            vendor,
            "setOrderStatus(orderId: $order, status: REJECTED)",
            "Order rejected",
            "Fresh Basket could not take order #.",
        ),
        (buyer, "cancelOrder(orderId: $order)", "Order cancelled", "The customer cancelled order #."),
        (vendor, "cancelOrder(orderId: $order)", "Order cancelled", "Fresh Basket cancelled order #."),
    ] {
        let order = story.order().await;
        story.tells(by, &order, act, title, body).await;
    }
    let order = story.order().await;
    story.act(vendor, &order, "setOrderStatus(orderId: $order, status: DELIVERED)").await;
    let act = "initiateReturn(orderId: $order, items: [{itemId: $item, quantity: 2}])";
    story
        .tells(vendor, &order, act, "Return initiated", "Fresh Basket takes back 2 × Rice of order #.")
        .await;
}

#[tokio::test]
async fn money_that_moves_is_told_to_the_owner_of_the_wallet_alone() {
    let app = TestApp::start().await;
    let (who, neighbour) = (app.consumer("First").await, app.consumer("Neighbour").await);
    app.load(&who, "500.50").await;
    for act in [
        "debitWallet(amount: 20, reference: \"gate pass\")",
        "refundWallet(amount: 5.25, reference: \"gate pass\")",
    ] {
        app.graphql(&who, &format!("mutation {{ {act} {{ message }} }}"), json!({})).await.ok();
    }
    let told = |title: &str, body: &str| (title.to_owned(), body.to_owned(), "WALLET null".to_owned());
    assert_eq!(
        app.news(&who).await,
        [
            told("Money added", "₹500.50 was added to your wallet."),
            told("Payment", "₹20.00 was paid from your wallet: gate pass"),
            told("Refund", "₹5.25 is back in your wallet: gate pass"),
        ]
    );
    assert_eq!(app.told(&neighbour, json!({})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn money_that_does_not_move_is_not_told() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let debit = "mutation { debitWallet(amount: 20) { message } }";
    assert_eq!(app.graphql(&who, debit, json!({})).await.refused().0, "INSUFFICIENT_BALANCE");
    assert_eq!(app.number("SELECT count(*) FROM notification").await, 0);
}

#[tokio::test]
async fn the_list_is_newest_first_pages_without_gaps_and_takes_one_statement() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for amount in 1..=5 {
        app.load(&who, &amount.to_string()).await;
        let (told, statements) = app.statements(app.told(&who, json!({}))).await;
        assert_eq!((told.len(), statements), (amount, 1));
        assert_eq!(told[0]["body"], json!(format!("₹{amount}.00 was added to your wallet.")));
        assert_eq!((&told[0]["kind"], &told[0]["readAt"]), (&json!("WALLET"), &json!(null)));
    }
    let (count, statements) = app.statements(app.unread(&who)).await;
    assert_eq!((count, statements), (json!(5), 1));

    let all = ids(&app.told(&who, json!({})).await);
    let (mut after, mut seen) = (json!(null), Vec::new());
    loop {
        let page = app.graphql(&who, TOLD, json!({"first": 2, "after": after})).await.ok();
        seen.extend(ids(page["notifications"]["nodes"].as_array().unwrap()));
        after = page["notifications"]["pageInfo"]["endCursor"].clone();
        if page["notifications"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn what_is_read_stays_read_since_when_it_was_and_the_rest_is_counted() {
    let app = TestApp::start().await;
    let (who, neighbour) = (app.consumer("First").await, app.consumer("Neighbour").await);
    for amount in 1..=4 {
        app.load(&who, &amount.to_string()).await;
    }
    app.load(&neighbour, "9").await;
    let told = ids(&app.told(&who, json!({})).await);
    let foreign = ids(&app.told(&neighbour, json!({})).await);

    let marked = app.graphql(&who, MARK, json!({"ids": [told[1], told[1], foreign[0], "999999"]})).await.ok();
    let expected = json!({"message": "Notifications marked as read", "updated": 1, "unreadCount": 3});
    assert_eq!(marked["markNotificationsRead"], expected);
    assert_eq!(app.unread(&neighbour).await, json!(1));
    let first_read = app.told(&who, json!({})).await[1]["readAt"].clone();
    assert!(first_read.is_string());
    assert_eq!(ids(&app.told(&who, json!({"unread": true})).await), [&told[..1], &told[2..]].concat());

    app.clock.advance(chrono::TimeDelta::hours(1));
    let again = app.graphql(&who, MARK, json!({"ids": [told[1]]})).await.ok();
    assert_eq!(again["markNotificationsRead"]["updated"], json!(0));
    let all = app.graphql(&who, MARK, json!({"all": true})).await.ok();
    assert_eq!(all["markNotificationsRead"]["updated"], json!(3));
    assert_eq!((app.unread(&who).await, app.unread(&neighbour).await), (json!(0), json!(1)));
    let read: Vec<_> = app.told(&who, json!({})).await.iter().map(|told| told["readAt"].clone()).collect();
    assert_eq!(read[1], first_read);
    assert!(read[0] == read[2] && read[0] != first_read, "{read:?}");
}

#[tokio::test]
async fn devices_that_mark_the_same_ones_at_once_count_each_once() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for amount in 1..=30 {
        app.load(&who, &amount.to_string()).await;
    }
    let told = ids(&app.told(&who, json!({"first": 100})).await);
    let upwards: Vec<_> = told.iter().rev().cloned().collect();
    let wanted = [json!({"ids": told}), json!({"ids": upwards}), json!({"all": true})];
    let answers = join_all((0..9).map(|device| app.graphql(&who, MARK, wanted[device % 3].clone()))).await;
    let updated =
        answers.into_iter().map(|answer| answer.ok()["markNotificationsRead"]["updated"].as_i64().unwrap());
    assert_eq!(updated.sum::<i64>(), 30);
    assert_eq!(app.unread(&who).await, json!(0));
}

#[tokio::test]
async fn nothing_to_mark_is_refused_and_named() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    app.load(&who, "1").await;
    for variables in [json!({}), json!({"ids": []}), json!({"all": false}), json!({"ids": null, "all": null})]
    {
        let answer = app.graphql(&who, MARK, variables.clone()).await;
        assert_eq!(answer.refused(), ("BAD_INPUT", "Notification ids required"), "{variables}");
        assert_eq!(answer.field(), "ids");
    }
    let answer = app.graphql(&who, MARK, json!({"ids": (1..=501).collect::<Vec<_>>()})).await;
    assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", "ids has at most 500 entries"), "ids"));
    assert_eq!(app.unread(&who).await, json!(1));
}

#[tokio::test]
async fn everybody_who_is_signed_in_has_a_list_of_their_own() {
    let app = TestApp::start().await;
    let staff = app.person("Helper", Some(Role::Staff), "Green Meadows").await;
    let newcomer = app.person("New", None, "Green Meadows").await;
    for who in [&staff, &newcomer] {
        assert_eq!(app.told(who, json!({})).await, Vec::<Value>::new());
        assert_eq!(app.unread(who).await, json!(0));
    }
    for query in
        [TOLD, "{ unreadNotificationCount }", "mutation { markNotificationsRead(all: true) { message } }"]
    {
        let answer = app.graphql(None, query, json!({})).await;
        assert_eq!(answer.refused(), ("UNAUTHENTICATED", "Auth header missing"));
    }
}

#[tokio::test]
async fn notifications_are_heard_live_once_and_in_order_also_after_a_reconnect() {
    let story = Story::begin().await;
    let app = &story.app;
    let mut vendor = app.subscribe(&story.vendor, FOLLOW, json!({})).await;
    assert!(futures_util::poll!(vendor.next()).is_pending());
    let order = story.order().await;
    story.act(&story.buyer, &order, "sendOrderMessage(orderId: $order, message: \"Hello\")").await;
    story.act(&story.buyer, &order, "cancelOrder(orderId: $order)").await;

    let mut cursors = Vec::new();
    let told = app.told(&story.vendor, json!({})).await;
    for (place, title) in ["New order", "New message", "Order cancelled"].iter().enumerate() {
        let heard = vendor.next().await.unwrap().ok()["notificationAdded"].clone();
        assert_eq!(heard["notification"]["title"], json!(title));
        assert_eq!(heard["notification"]["id"], told[2 - place]["id"]);
        assert_eq!(heard["at"], told[2 - place]["createdAt"]);
        // As it is now, not as it was.
        assert_eq!(heard["unreadCount"], json!(3));
        cursors.push(heard["id"].clone());
    }
    let mut resumed = app.subscribe(&story.vendor, FOLLOW, json!({"after": cursors[0]})).await;
    for title in ["New message", "Order cancelled"] {
        assert_eq!(resumed.next().await.unwrap().ok()["notificationAdded"]["notification"]["title"], title);
    }
    let mut lost = app.subscribe(&story.vendor, FOLLOW, json!({"after": "yesterday"})).await;
    let answer = lost.next().await.unwrap();
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "after"));
}
