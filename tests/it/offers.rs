//! Offers and coupons: made by staff and vendors, put into carts, used up by orders.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use society_gateway::app::Role;
use society_gateway::values::ItemId;

use crate::harness::{Answer, Person, TestApp};

const CREATE: &str = "mutation($input: CreateOfferInput!) { createOffer(input: $input) {
    message offer { id code shopId discountValue redeemedCount } } }";
const APPLY: &str = "mutation($code: String) { applyCoupon(code: $code) { message cart {
    couponCode couponProblem total couponDiscount discount payable } } }";
const CONFIRM: &str = "mutation { confirmOrder(input: {paymentMode: WALLET}) { order {
    id total discount final couponCode couponDiscount } } }";
const CART: &str = "{ cart { couponCode couponProblem couponDiscount payable } }";

/// A shop with an item that costs 100, and a consumer with money and two of it in the cart.
struct Story {
    app: TestApp,
    buyer: Person,
    vendor: Person,
    staff: Person,
    item: ItemId,
}

impl Story {
    async fn begin() -> Story {
        let app = TestApp::start().await;
        let (shop, vendor) = app.shop("Fresh Basket").await;
        let item = app.item(shop, "Rice", "100", 1000).await;
        let buyer = app.consumer("Buyer").await;
        let staff = app.person("Staff", Some(Role::Staff), "Green Meadows").await;
        let story = Story { app, buyer, vendor, staff, item };
        story.ready(&story.buyer).await;
        story
    }

    /// Money in the wallet, and two of the item in the cart.
    async fn ready(&self, who: &Person) {
        let load = "mutation { loadWallet(amount: 1000) { message } }";
        self.app.graphql(who, load, json!({})).await.ok();
        let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 2) { message } }";
        self.app.graphql(who, add, json!({"item": self.item})).await.ok();
    }

    async fn create(&self, who: &Person, input: Value) -> Answer {
        let mut whole = json!({"code": "fresh10", "title": "Ten percent", "discountType": "PERCENT", "discountValue": 10});
        for (key, value) in input.as_object().unwrap() {
            whole[key] = value.clone();
        }
        self.app.graphql(who, CREATE, json!({"input": whole})).await
    }

    async fn apply(&self, who: &Person, code: &str) -> Answer {
        self.app.graphql(who, APPLY, json!({"code": code})).await
    }

    async fn confirm(&self, who: &Person) -> Answer {
        self.app.graphql(who, CONFIRM, json!({})).await
    }

    async fn cart(&self) -> Value {
        self.app.graphql(&self.buyer, CART, json!({})).await.ok()["cart"].clone()
    }

    async fn act(&self, who: &Person, order: &Value, call: &str) -> Answer {
        let document = format!("mutation($order: ID!) {{ {call} }}");
        self.app.graphql(who, &document, json!({"order": order})).await
    }

    async fn used(&self) -> i64 {
        self.app.number("SELECT redeemed_count FROM offer").await
    }
}

#[tokio::test]
async fn a_coupon_is_applied_in_any_spelling_and_used_up_by_the_order() {
    let story = Story::begin().await;
    let made = story.create(&story.staff, json!({"totalLimit": 5})).await.ok();
    assert_eq!(
        (&made["createOffer"]["offer"]["code"], &made["createOffer"]["offer"]["redeemedCount"]),
        (&json!("FRESH10"), &json!(0))
    );
    let applied = story.apply(&story.buyer, " Fresh10 ").await.ok();
    assert_eq!(
        applied["applyCoupon"],
        json!({"message": "Coupon applied", "cart": {"couponCode": "FRESH10", "couponProblem": null, "total": 200,
            "couponDiscount": 20, "discount": 20, "payable": 180}})
    );
    let placed = story.confirm(&story.buyer).await.ok()["confirmOrder"]["order"].clone();
    assert_eq!(
        placed,
        json!({"id": placed["id"], "total": 200, "discount": 20, "final": 180, "couponCode": "FRESH10", "couponDiscount": 20})
    );
    assert_eq!(story.app.number("SELECT balance_paise FROM consumer_wallet").await, 82_000);
    assert_eq!(story.used().await, 1);

    story.ready(&story.buyer).await;
    assert_eq!(story.cart().await["couponCode"], Value::Null);
    assert_eq!(
        story.apply(&story.buyer, "FRESH10").await.refused(),
        ("COUPON_INVALID", "Coupon already used")
    );
}

#[tokio::test]
async fn an_order_that_is_called_off_gives_its_coupon_back() {
    let story = Story::begin().await;
    story.create(&story.staff, json!({"totalLimit": 1})).await.ok();
    for (who, call) in [
        (&story.buyer, "cancelOrder(orderId: $order) { refund }"),
        (&story.vendor, "setOrderStatus(orderId: $order, status: REJECTED) { refund }"),
    ] {
        story.apply(&story.buyer, "FRESH10").await.ok();
        let order = story.confirm(&story.buyer).await.ok()["confirmOrder"]["order"]["id"].clone();
        assert_eq!(story.used().await, 1);
        let done = story.act(who, &order, call).await.ok();
        let refund = done.as_object().unwrap().values().next().unwrap()["refund"].clone();
        assert_eq!((refund, story.used().await), (json!(180), 0));
        story.ready(&story.buyer).await;
    }
    assert_eq!(story.app.number("SELECT count(*) FROM coupon_redemption WHERE status = 'released'").await, 2);
}

#[tokio::test]
async fn of_twenty_orders_at_once_one_gets_the_last_use() {
    let story = Story::begin().await;
    story.create(&story.staff, json!({"totalLimit": 1})).await.ok();
    let mut people = vec![story.buyer.clone()];
    for number in 1..20 {
        let person = story.app.consumer(&format!("Buyer {number}")).await;
        story.ready(&person).await;
        people.push(person);
    }
    for person in &people {
        story.apply(person, "FRESH10").await.ok();
    }
    let answers = join_all(people.iter().map(|person| story.confirm(person))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| !answer.errors.is_empty()).collect();
    assert_eq!(refused.len(), 19);
    refused.iter().for_each(|answer| assert_eq!(answer.refused(), ("COUPON_INVALID", "Coupon used up")));
    assert_eq!((story.used().await, story.app.number("SELECT count(*) FROM orders").await), (1, 1));
    story.app.audit_is_clean().await;
}

#[tokio::test]
async fn a_coupon_that_does_not_hold_any_more_stops_the_order_and_says_so_in_the_cart() {
    let story = Story::begin().await;
    story.create(&story.staff, json!({"minOrderAmount": 150})).await.ok();
    story.apply(&story.buyer, "FRESH10").await.ok();
    let fewer = "mutation($item: ID!) { updateCartItem(itemId: $item, quantity: 1) { message } }";
    story.app.graphql(&story.buyer, fewer, json!({"item": story.item})).await.ok();
    let expected = json!({"couponCode": "FRESH10", "couponProblem": "Minimum order amount not met",
        "couponDiscount": 0, "payable": 100});
    assert_eq!(story.cart().await, expected);
    let answer = story.confirm(&story.buyer).await;
    assert_eq!(answer.refused(), ("COUPON_INVALID", "Minimum order amount not met"));
    assert_eq!(story.app.number("SELECT count(*) FROM orders").await, 0);

    let remove = "mutation { removeCoupon { message cart { couponCode payable } } }";
    let removed = story.app.graphql(&story.buyer, remove, json!({})).await.ok();
    assert_eq!(
        removed["removeCoupon"],
        json!({"message": "Coupon removed", "cart": {"couponCode": null, "payable": 100}})
    );
    story.confirm(&story.buyer).await.ok();
}

#[tokio::test]
async fn coupons_that_do_not_hold_are_refused_with_the_sentence_to_show() {
    let story = Story::begin().await;
    let (other, _) = story.app.shop("Other Basket").await;
    let soon = story.app.clock.now() + TimeDelta::hours(1);
    let offers = [
        json!({"code": "later", "startsAt": soon.to_rfc3339()}),
        json!({"code": "elsewhere", "shopId": other}),
        json!({"code": "rich", "minOrderAmount": 500}),
        json!({"code": "flat", "discountType": "FLAT", "discountValue": 999, "expiresAt": soon.to_rfc3339()}),
    ];
    for offer in offers {
        story.create(&story.staff, offer).await.ok();
    }
    for (code, refused) in [
        ("", ("BAD_INPUT", "Coupon code required")),
        ("nothing", ("NOT_FOUND", "Invalid coupon code")),
        ("no code!", ("NOT_FOUND", "Invalid coupon code")),
        ("LATER", ("COUPON_INVALID", "Coupon expired")),
        ("elsewhere", ("COUPON_INVALID", "Coupon not valid for this shop")),
        ("rich", ("COUPON_INVALID", "Minimum order amount not met")),
    ] {
        assert_eq!(story.apply(&story.buyer, code).await.refused(), refused, "{code}");
    }
    // More than the cart comes to takes off all of it, and nothing is left to pay.
    let applied = story.apply(&story.buyer, "flat").await.ok();
    assert_eq!(applied["applyCoupon"]["cart"]["payable"], json!(0));
    let placed = story.confirm(&story.buyer).await.ok();
    assert_eq!(placed["confirmOrder"]["order"]["final"], json!(0));
    assert_eq!(story.app.number("SELECT balance_paise FROM consumer_wallet").await, 100_000);
    let order = placed["confirmOrder"]["order"]["id"].clone();
    let cancelled = story
        .act(&story.buyer, &order, "cancelOrder(orderId: $order) { refund order { paymentStatus } }")
        .await
        .ok();
    assert_eq!(cancelled["cancelOrder"]["refund"], json!(0));

    story.app.clock.advance(TimeDelta::hours(2));
    story.ready(&story.buyer).await;
    assert_eq!(story.apply(&story.buyer, "flat").await.refused(), ("COUPON_INVALID", "Coupon expired"));
    let empty = story.app.consumer("Neighbour").await;
    assert_eq!(story.apply(&empty, "later").await.refused(), ("CONFLICT", "Cart is empty"));
}

#[tokio::test]
async fn a_cart_that_is_emptied_holds_no_coupon_any_more() {
    let story = Story::begin().await;
    story.create(&story.staff, json!({})).await.ok();
    let remove = "mutation($item: ID!) { removeFromCart(itemId: $item) { message } }";
    for (empty, variables) in
        [(remove, json!({"item": story.item})), ("mutation { clearCart { message } }", json!({}))]
    {
        story.apply(&story.buyer, "FRESH10").await.ok();
        story.app.graphql(&story.buyer, empty, variables).await.ok();
        assert_eq!(story.app.number("SELECT count(*) FROM coupon_redemption").await, 0);
        story.ready(&story.buyer).await;
    }
}

#[tokio::test]
async fn vendors_make_offers_for_their_own_shop_and_staff_for_all() {
    let story = Story::begin().await;
    let (other, stranger) = story.app.shop("Other Basket").await;
    let own = story.create(&story.vendor, json!({"code": "mine"})).await.ok()["createOffer"]["offer"].clone();
    assert!(own["shopId"].is_string());
    for (who, input, refused, field) in [
        (&story.vendor, json!({"shopId": other}), ("FORBIDDEN", "Unauthorized"), "shopId"),
        (&story.buyer, json!({}), ("FORBIDDEN", "Forbidden"), ""),
        (&story.staff, json!({"shopId": "999999"}), ("NOT_FOUND", "Shop not found"), "shopId"),
        (&story.staff, json!({"code": "MINE"}), ("CONFLICT", "There is an offer with this code already"), ""),
        (
            &story.staff,
            json!({"discountValue": 101}),
            ("BAD_INPUT", "discountValue is at most 100 percent"),
            "discountValue",
        ),
        (
            &story.staff,
            json!({"discountValue": 0}),
            ("BAD_INPUT", "discountValue is above zero"),
            "discountValue",
        ),
        (&story.staff, json!({"code": "a b"}), ("BAD_INPUT", "code has 3 to 20 letters and digits"), "code"),
        (
            &story.staff,
            json!({"perUserLimit": 0}),
            ("BAD_INPUT", "perUserLimit is a number from 1 to 1000000"),
            "perUserLimit",
        ),
        (
            &story.staff,
            json!({"expiresAt": "2000-01-01T00:00:00Z"}),
            ("BAD_INPUT", "expiresAt is after startsAt"),
            "expiresAt",
        ),
    ] {
        let answer = story.create(who, input.clone()).await;
        assert_eq!((answer.refused(), answer.field()), (refused, field), "{input}");
    }

    let update = "mutation($id: ID!) { updateOffer(id: $id, input: {isActive: false, totalLimit: 3}) { message offer { isActive totalLimit } } }";
    let foreign = story.app.graphql(&stranger, update, json!({"id": own["id"]})).await;
    assert_eq!(foreign.refused(), ("NOT_FOUND", "Offer not found"));
    let updated = story.app.graphql(&story.vendor, update, json!({"id": own["id"]})).await.ok();
    assert_eq!(updated["updateOffer"]["offer"], json!({"isActive": false, "totalLimit": 3}));
    assert_eq!(story.apply(&story.buyer, "mine").await.refused(), ("NOT_FOUND", "Invalid coupon code"));
    let managed = "{ managedOffers { nodes { code isActive } } }";
    let listed = story.app.graphql(&story.vendor, managed, json!({})).await.ok();
    assert_eq!(listed["managedOffers"]["nodes"], json!([{"code": "MINE", "isActive": false}]));
    assert_eq!(
        story.app.graphql(&stranger, managed, json!({})).await.ok()["managedOffers"]["nodes"],
        json!([])
    );
}

#[tokio::test]
async fn consumers_see_what_holds_for_them_now() {
    let story = Story::begin().await;
    let (far, _) = story.app.shop_in("Far Basket", "Palm Residency").await;
    let soon = (story.app.clock.now() + TimeDelta::hours(1)).to_rfc3339();
    for offer in [
        json!({"code": "all"}),
        json!({"code": "far", "shopId": far}),
        json!({"code": "later", "startsAt": soon}),
    ] {
        story.create(&story.staff, offer).await.ok();
    }
    story.create(&story.vendor, json!({"code": "near"})).await.ok();
    let list = "{ offers { code alreadyRedeemed redeemedCount shop { shopName } } }";
    let (listed, statements) = story.app.statements(story.app.graphql(&story.buyer, list, json!({}))).await;
    assert_eq!(
        listed.ok()["offers"],
        json!([
            {"code": "NEAR", "alreadyRedeemed": false, "redeemedCount": null, "shop": {"shopName": "Fresh Basket"}},
            {"code": "ALL", "alreadyRedeemed": false, "redeemedCount": null, "shop": null},
        ])
    );
    assert_eq!(statements, 3);
    story.apply(&story.buyer, "all").await.ok();
    story.confirm(&story.buyer).await.ok();
    let listed = story.app.graphql(&story.buyer, list, json!({})).await.ok();
    assert_eq!(listed["offers"][1]["alreadyRedeemed"], json!(true));
}
