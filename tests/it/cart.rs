//! The cart journey.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const ADD: &str =
    "mutation($item: ID!, $quantity: Int! = 1) { addToCart(itemId: $item, quantity: $quantity) { message } }";
const UPDATE: &str = "mutation($item: ID!, $quantity: Int!) {
    updateCartItem(itemId: $item, quantity: $quantity) { message cart { total } } }";
const REMOVE: &str = "mutation($item: ID!) { removeFromCart(itemId: $item) { message } }";
const CLEAR: &str = "mutation { clearCart { message cart { lines { id } } } }";
const VIEW: &str = "{ cart { lines { quantity subtotal savings available item { title shop { shopName } } } total savings discount payable } }";

async fn cart(app: &TestApp, who: &Person) -> Value {
    app.graphql(who, VIEW, json!({})).await.ok()["cart"].clone()
}

#[tokio::test]
async fn a_cart_is_filled_changed_and_emptied() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let bread = app.item(shop, "Bread", "45", 50).await;
    app.sql("UPDATE item SET mrp_paise = 5000 WHERE title = 'Bread'").await;

    let added = app.graphql(&who, ADD, json!({"item": milk, "quantity": 2})).await.ok();
    assert_eq!(added["addToCart"]["message"], "Item added to cart");
    app.graphql(&who, ADD, json!({"item": milk})).await.ok();
    app.graphql(&who, ADD, json!({"item": bread})).await.ok();
    assert_eq!(
        cart(&app, &who).await,
        json!({
            "lines": [
                {"quantity": 3, "subtotal": 85.5, "savings": 0, "available": true,
                 "item": {"title": "Milk", "shop": {"shopName": "Fresh Basket"}}},
                {"quantity": 1, "subtotal": 45, "savings": 5, "available": true,
                 "item": {"title": "Bread", "shop": {"shopName": "Fresh Basket"}}},
            ],
            "total": 130.5, "savings": 5, "discount": 0, "payable": 130.5,
        })
    );

    let updated = app.graphql(&who, UPDATE, json!({"item": milk, "quantity": 1})).await.ok();
    assert_eq!(
        updated["updateCartItem"],
        json!({"message": "Cart quantity updated", "cart": {"total": 73.5}})
    );
    assert_eq!(
        app.graphql(&who, REMOVE, json!({"item": milk})).await.ok()["removeFromCart"]["message"],
        "Item removed"
    );
    for _ in 0..2 {
        let cleared = app.graphql(&who, CLEAR, json!({})).await.ok();
        assert_eq!(cleared["clearCart"], json!({"message": "Cart cleared", "cart": {"lines": []}}));
    }
}

#[tokio::test]
async fn what_a_cart_cannot_take_is_refused() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (other, _) = app.shop("Daily Basket").await;
    let (far, _) = app.shop_in("Palm Mart", "Palm Residency").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let soap = app.item(other, "Soap", "40", 50).await;
    let far_milk = app.item(far, "Milk", "28", 50).await;
    let gone = app.item(shop, "Gone", "10", 5).await;
    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'Gone'").await;
    app.graphql(&who, ADD, json!({"item": milk, "quantity": 4})).await.ok();

    let refused = [
        (json!({"item": gone}), ("NOT_FOUND", "Item not available"), "itemId"),
        (json!({"item": far_milk}), ("NOT_FOUND", "Item not available"), "itemId"),
        (json!({"item": "999999"}), ("NOT_FOUND", "Item not available"), "itemId"),
        (json!({"item": milk, "quantity": 0}), ("BAD_INPUT", "Quantity must be at least 1"), "quantity"),
        (
            json!({"item": milk, "quantity": 11}),
            ("BAD_INPUT", "Cannot add more than 10 units per item"),
            "quantity",
        ),
        (json!({"item": milk, "quantity": 7}), ("CONFLICT", "Max limit is 10 units"), ""),
        (json!({"item": soap}), ("OTHER_SHOP_IN_CART", "Cart contains items from a different shop"), ""),
    ];
    for (variables, expected, field) in refused {
        let answer = app.graphql(&who, ADD, variables.clone()).await;
        assert_eq!((answer.refused(), answer.field()), (expected, field), "{variables}");
    }
    let answer = app.graphql(&who, UPDATE, json!({"item": milk, "quantity": 0})).await;
    assert_eq!(answer.refused(), ("BAD_INPUT", "Quantity must be between 1 and 10"));
    let answer = app.graphql(&who, UPDATE, json!({"item": soap, "quantity": 1})).await;
    assert_eq!(answer.refused(), ("NOT_FOUND", "Item not found in cart"));
    assert_eq!(
        app.graphql(&who, REMOVE, json!({"item": soap})).await.refused(),
        ("NOT_FOUND", "Item not found")
    );
    assert_eq!(cart(&app, &who).await["total"], json!(114));
}

#[tokio::test]
async fn an_emptied_cart_takes_another_shop() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (other, _) = app.shop("Daily Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let soap = app.item(other, "Soap", "40", 50).await;
    app.graphql(&who, ADD, json!({"item": milk})).await.ok();
    app.graphql(&who, REMOVE, json!({"item": milk})).await.ok();
    app.graphql(&who, ADD, json!({"item": soap})).await.ok();
    app.graphql(&who, CLEAR, json!({})).await.ok();
    app.graphql(&who, ADD, json!({"item": milk})).await.ok();
    assert_eq!(cart(&app, &who).await["total"], json!(28.5));
}

#[tokio::test]
async fn twelve_adds_at_once_make_one_line_of_at_most_ten() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let answers = join_all((0..12).map(|_| app.graphql(&who, ADD, json!({"item": milk})))).await;
    assert_eq!(answers.iter().filter(|answer| answer.errors.is_empty()).count(), 10);
    assert_eq!(app.number("SELECT count(*) FROM cart_item").await, 1);
    assert_eq!(app.number("SELECT quantity FROM cart_item").await, 10);
}

#[tokio::test]
async fn items_of_two_shops_added_at_once_never_share_a_cart() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (other, _) = app.shop("Daily Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let soap = app.item(other, "Soap", "40", 50).await;
    for _ in 0..6 {
        let adds = [milk, soap, milk, soap].map(|item| app.graphql(&who, ADD, json!({"item": item})));
        join_all(adds).await;
        let shops =
            app.number("SELECT count(DISTINCT shop_id) FROM cart_item JOIN item ON item.id = item_id").await;
        assert_eq!(shops, 1);
        app.graphql(&who, CLEAR, json!({})).await.ok();
    }
}

#[tokio::test]
async fn a_cart_of_any_size_is_read_with_three_statements() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    for size in 1..=12 {
        let item = app.item(shop, &format!("Item {size}"), "10", 50).await;
        app.graphql(&who, ADD, json!({"item": item})).await.ok();
        let (lines, statements) = app.statements(async { cart(&app, &who).await }).await;
        assert_eq!(lines["lines"].as_array().unwrap().len(), size);
        // Lines, what hangs beside them, and the shop.
        assert_eq!(statements, 3);
    }
}

#[tokio::test]
async fn a_line_is_set_to_what_it_is_to_be_however_often_that_is_said() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let (other, _) = app.shop("Daily Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let bread = app.item(shop, "Bread", "45", 50).await;
    let soap = app.item(other, "Soap", "40", 50).await;
    let set = "mutation($item: ID!, $quantity: Int!) { setCartItem(itemId: $item, quantity: $quantity) {
        message cart { total totalQuantity shop { shopName } lines { quantity item { title } } } } }";
    let put =
        async |item, quantity| app.graphql(&who, set, json!({"item": item, "quantity": quantity})).await;

    for _ in 0..2 {
        assert_eq!(
            put(milk, 3).await.ok()["setCartItem"],
            json!({"message": "Cart updated", "cart": {
                "total": 85.5, "totalQuantity": 3, "shop": {"shopName": "Fresh Basket"},
                "lines": [{"quantity": 3, "item": {"title": "Milk"}}]}})
        );
    }
    assert_eq!(put(bread, 1).await.ok()["setCartItem"]["cart"]["totalQuantity"], 4);
    assert_eq!(put(soap, 1).await.refused().0, "OTHER_SHOP_IN_CART");
    for quantity in [-1, 11] {
        let answer = put(milk, quantity).await;
        let expected = ("BAD_INPUT", "Quantity must be between 0 and 10");
        assert_eq!((answer.refused(), answer.field()), (expected, "quantity"));
    }
    assert_eq!(put(milk, 1).await.ok()["setCartItem"]["cart"]["total"], 73.5);

    // What cannot be bought any more can still be taken out.
    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'Milk'").await;
    assert_eq!(put(milk, 2).await.refused(), ("NOT_FOUND", "Item not available"));
    assert_eq!(put(milk, 0).await.ok()["setCartItem"]["cart"]["total"], 45);
    for _ in 0..2 {
        let emptied = put(bread, 0).await.ok()["setCartItem"]["cart"].clone();
        assert_eq!(emptied, json!({"total": 0, "totalQuantity": 0, "shop": null, "lines": []}));
    }
    // An emptied cart is free for another shop.
    assert_eq!(put(soap, 2).await.ok()["setCartItem"]["cart"]["shop"]["shopName"], "Daily Basket");
}

#[tokio::test]
async fn a_line_that_is_set_by_many_at_once_is_what_one_of_them_said() {
    let app = TestApp::start().await;
    let who = app.consumer("Buyer").await;
    let (shop, _) = app.shop("Fresh Basket").await;
    let milk = app.item(shop, "Milk", "28.50", 50).await;
    let set = "mutation($item: ID!, $quantity: Int!) { setCartItem(itemId: $item, quantity: $quantity) { message } }";
    let sets = (0..=10).map(|quantity| app.graphql(&who, set, json!({"item": milk, "quantity": quantity})));
    join_all(sets).await.into_iter().for_each(|answer| drop(answer.ok()));
    assert!(app.number("SELECT COALESCE((SELECT quantity FROM cart_item), 0)").await <= 10);
    let held = app.number("SELECT count(*) FROM cart_item").await;
    assert_eq!(app.number("SELECT count(*) FROM cart WHERE shop_id IS NOT NULL").await, held);
}
