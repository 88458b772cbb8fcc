//! Contract 2.2 to 2.4 and 2.8 to 2.14: what a consumer does before and beside an order.

use serde_json::{Value, json};

use crate::contract::lines::{Line, get, invalid, post, refused};

const NOTHING: Value = Value::Null;

fn shops() -> Value {
    json!([{
        "id": "int", "shop_name": "str", "shop_type": "str", "description": "str?", "is_open": "bool", "delivers": "bool",
        "appointment_only": "bool", "category_tags": "str?", "logo_url": "str?", "featured": "bool", "verified": "bool",
        "society": "=Green Meadows", "city": "=Pune", "rating": "number?",
    }])
}

pub fn browsing() -> Vec<Line> {
    let items = json!({
        "shop": {
            "id": "int", "shop_name": "str", "shop_type": "str", "description": "str?", "is_open": "bool",
            "delivers": "bool", "logo_url": "str?", "rating": "number?",
        },
        "items": [{
            "id": "int", "title": "str", "brand": "str?", "price": "money", "mrp": "money?", "discount": "number?",
            "description": "str?", "unit": "str?", "pack_size": "str?", "category": "str?", "tags": "str?", "sku": "str?",
            "expiry_date": "date?", "image_url": "str?",
        }],
    });
    let search = || json!({"shops": shops(), "next_cursor": "str?"});
    vec![
        get("asha", "/consumer/shops", json!({"shops": shops()})),
        get("asha", "/consumer/shops?status=open&type=groc&tag=organic&tag=daily", json!({"shops": shops()})),
        get("asha", "/consumer/shops?status=closed", json!({"shops": []})),
        get("asha", "/consumer/shops?status=ajar", json!({"shops": shops()})),
        get("asha", "/consumer/shops/search?q=fresh", search()),
        get("asha", "/consumer/shops/search?min_price=20&max_price=100&available=true&limit=1", search()),
        get("asha", "/consumer/shops/search?q=%25", json!({"shops": [], "next_cursor": null})),
        refused("asha", "GET /consumer/shops/search", NOTHING, 400, "Missing search query 'q'"),
        refused("asha", "GET /consumer/shops/search?q=%20", NOTHING, 400, "Missing search query 'q'"),
        refused("asha", "GET /consumer/shops/search?min_price=x", NOTHING, 400, "Invalid min_price"),
        refused("asha", "GET /consumer/shops/search?max_price=-1", NOTHING, 400, "Invalid max_price"),
        refused("asha", "GET /consumer/shops/search?rating=6", NOTHING, 400, "Invalid rating"),
        refused(
            "asha",
            "GET /consumer/shops/search?min_price=2&max_price=1",
            NOTHING,
            400,
            "min_price cannot exceed max_price",
        ),
        get("asha", "/shop/{shop}/items", items),
        refused("asha", "GET /shop/999999/items", NOTHING, 404, "Shop not found"),
        refused("asha", "GET /shop/x/items", NOTHING, 404, "The requested URL was not found on the server."),
    ]
}

fn line() -> Value {
    json!({
        "id": "int", "item_id": "int", "item_name": "str", "title": "str", "name": "str", "available": "bool",
        "price": "money", "mrp": "money?", "savings": "money", "quantity": "int", "unit": "str?", "pack_size": "str?",
        "subtotal": "money", "shop_id": "int", "shop_name": "str", "image_url": "str?", "brand": "str?",
    })
}

fn cart_of(lines: &Value, total: &Value) -> Value {
    json!({"cart": lines, "total_price": total, "total_savings": "money", "coupon_code": "str?", "discount": "money",
        "points_discount": "money", "payable_amount": "money"})
}

pub fn cart() -> Vec<Line> {
    let add = |item: &str, quantity: Value| json!({"item_id": item, "quantity": quantity});
    let not_available =
        |body: Value| refused("asha", "POST /consumer/cart/add", body, 404, "Item not available");
    vec![
        get("asha", "/consumer/cart/view", cart_of(&json!([]), &json!(0))),
        not_available(json!({"item_id": 999_999})),
        not_available(json!({})),
        refused(
            "asha",
            "POST /consumer/cart/add",
            add("{rice}", json!(0)),
            400,
            "Quantity must be at least 1",
        ),
        refused(
            "asha",
            "POST /consumer/cart/add",
            add("{rice}", json!(11)),
            400,
            "Cannot add more than 10 units per item",
        ),
        refused("asha", "POST /consumer/cart/add", add("{rice}", json!(1.5)), 400, "Invalid quantity"),
        refused("asha", "POST /consumer/cart/add", add("{rice}", json!("2")), 400, "Invalid quantity"),
        post(
            "asha",
            "/consumer/cart/add",
            json!({"item_id": "{rice}"}),
            json!({"message": "=Item added to cart"}),
        ),
        post(
            "asha",
            "/consumer/cart/add",
            add("{rice}", json!(2)),
            json!({"message": "=Item added to cart"}),
        ),
        refused("asha", "POST /consumer/cart/add", add("{rice}", json!(8)), 400, "Max limit is 10 units"),
        refused(
            "asha",
            "POST /consumer/cart/add",
            add("{foreign_item}", json!(1)),
            400,
            "Cart contains items from a different shop",
        ),
        get("asha", "/consumer/cart/view", cart_of(&json!([line()]), &json!(181.5))),
        refused(
            "asha",
            "POST /consumer/cart/update",
            json!({"item_id": "{rice}"}),
            400,
            "Item ID and quantity required",
        ),
        refused(
            "asha",
            "POST /consumer/cart/update",
            add("{rice}", json!(0)),
            400,
            "Quantity must be between 1 and 10",
        ),
        refused("asha", "POST /consumer/cart/update", add("{dal}", json!(1)), 404, "Item not found in cart"),
        post(
            "asha",
            "/consumer/cart/update",
            add("{rice}", json!(10)),
            json!({"message": "=Cart quantity updated"}),
        ),
        refused("asha", "POST /consumer/cart/remove", json!({"item_id": "{dal}"}), 404, "Item not found"),
        post(
            "asha",
            "/consumer/cart/remove",
            json!({"item_id": "{rice}"}),
            json!({"message": "=Item removed"}),
        ),
        post("asha", "/consumer/cart/clear", NOTHING, json!({"message": "=Cart cleared"})),
        post("asha", "/consumer/cart/clear", json!({}), json!({"message": "=Cart cleared"})),
    ]
}

pub fn wallet() -> Vec<Line> {
    let amount = |amount: Value| json!({"amount": amount});
    let balance = || json!({"balance": "money"});
    let mut lines = vec![get("asha", "/consumer/wallet", json!({"balance": 0}))];
    for verb in ["POST /consumer/wallet/load", "POST /consumer/wallet/debit", "POST /consumer/wallet/refund"]
    {
        let bad = [
            json!(null),
            json!(0),
            json!(-5),
            json!("NaN"),
            json!("Infinity"),
            json!("abc"),
            json!(1e12),
            json!(1.005),
        ];
        lines.extend(bad.map(|bad| refused("asha", verb, amount(bad), 400, "Invalid amount")));
        lines.push(refused("asha", verb, json!({}), 400, "Invalid amount"));
    }
    lines.extend([
        post("asha", "/consumer/wallet/load", amount(json!("1000.00")), json!({"balance": 1000})),
        refused("asha", "POST /consumer/wallet/debit", amount(json!(100_000)), 400, "Insufficient balance"),
        post(
            "asha",
            "/consumer/wallet/debit",
            json!({"amount": 50, "reference": "gate"}),
            json!({"balance": 950}),
        ),
        refused(
            "asha",
            "POST /consumer/wallet/refund",
            json!({"amount": 1, "reference": "x"}),
            403,
            "Refund not allowed",
        ),
        refused(
            "asha",
            "POST /consumer/wallet/refund",
            json!({"amount": 51, "reference": "gate"}),
            403,
            "Refund not allowed",
        ),
        post("asha", "/consumer/wallet/refund", json!({"amount": 50, "reference": "gate"}), balance()),
        get(
            "asha",
            "/consumer/wallet/history?limit=2",
            json!({"transactions": [{
                "id": "int", "user_phone": "phone", "amount": "money", "type": "str", "reference": "str?",
                "status": "=success", "source": "str?", "created_at": "instant",
            }], "next_before": "int"}),
        )
        .keep("page", "/next_before"),
        refused("asha", "GET /consumer/wallet/history?limit=201", NOTHING, 400, "Invalid limit"),
        refused("asha", "GET /consumer/wallet/history?before=x", NOTHING, 400, "Invalid before"),
    ]);
    lines
}

fn profile_of(name: &str) -> Value {
    json!({
        "name": format!("={name}"), "phone": "phone", "city": "=Pune", "society": "=Green Meadows", "flat_number": "str?",
        "profile_image_url": "str?", "gender": "str?", "date_of_birth": "date?", "preferred_language": "str?",
    })
}

pub fn profile() -> Vec<Line> {
    // The app sends back all that it was shown.
    let whole = json!({"name": "Asha K", "phone": "+910000000000", "city": "Delhi", "society": "Elsewhere",
        "flat_number": "B-7", "profile_image_url": null, "gender": null, "date_of_birth": "", "preferred_language": "hi"});
    vec![
        get("asha", "/consumer/profile/me", json!({"data": profile_of("Asha")})),
        post(
            "asha",
            "/consumer/profile/edit",
            whole,
            json!({"message": "=Profile updated", "data": profile_of("Asha K")}),
        ),
        refused("asha", "POST /consumer/profile/edit", json!({"name": " "}), 400, "Name cannot be empty"),
        refused("asha", "POST /consumer/profile/edit", json!({"name": null}), 400, "Name cannot be empty"),
        invalid("asha", "/consumer/profile/edit", json!({"date_of_birth": "31.12.1990"}), &["date_of_birth"]),
        refused(
            "neighbour",
            "POST /consumer/profile/edit",
            json!({"gender": "Other"}),
            404,
            "Consumer profile not found",
        ),
    ]
}

pub fn addresses() -> Vec<Line> {
    let address = json!({"id": "int", "house_number": "str", "street": "str", "landmark": "str?", "created_at": "instant",
        "updated_at": "instant"});
    let home = json!({"house_number": "B-7", "street": "Lake Road", "landmark": "Gate 2"});
    let added = json!({"message": "=Address added", "address": address});
    let none = |who, call| refused(who, call, json!({}), 404, "Address not found");
    vec![
        get("asha", "/consumer/addresses", json!({"addresses": []})),
        invalid("asha", "/consumer/address/add", json!({"house_number": "B-7"}), &["street"]),
        invalid(
            "asha",
            "/consumer/address/add",
            json!({"house_number": "", "street": "Lake Road"}),
            &["house_number"],
        ),
        post("asha", "/consumer/address/add", home.clone(), added.clone()).keep("home", "/address/id"),
        post("asha", "/consumer/address/add", home, added).keep("office", "/address/id"),
        post(
            "asha",
            "/consumer/address/{home}/edit",
            json!({"landmark": null}),
            json!({"message": "=Address updated", "address": address}),
        ),
        none("neighbour", "POST /consumer/address/{home}/edit"),
        none("asha", "POST /consumer/address/999999/edit"),
        post("asha", "/consumer/address/{office}/delete", NOTHING, json!({"message": "=Address deleted"})),
        none("asha", "POST /consumer/address/{office}/delete"),
        none("neighbour", "POST /consumer/address/{home}/delete"),
        get("asha", "/consumer/addresses", json!({"addresses": [address]})),
    ]
}

pub fn wishlist() -> Vec<Line> {
    let entry = json!({
        "id": "int", "item_id": "int", "title": "str", "item_name": "str", "brand": "str?", "price": "money", "mrp": "money?",
        "unit": "str?", "pack_size": "str?", "image_url": "str?", "available": "bool", "shop_id": "int", "shop_name": "str",
        "is_open": "bool", "added_at": "instant",
    });
    let rice = json!({"item_id": "{rice}"});
    vec![
        refused(
            "asha",
            "POST /consumer/wishlist/add",
            json!({"item_id": 999_999}),
            404,
            "Item not available",
        ),
        post("asha", "/consumer/wishlist/add", rice.clone(), json!({"message": "=Item added to wishlist"})),
        post("asha", "/consumer/wishlist/add", rice.clone(), json!({"message": "=Item already in wishlist"})),
        get("asha", "/consumer/wishlist", json!({"wishlist": [entry]})),
        post(
            "asha",
            "/consumer/wishlist/remove",
            rice.clone(),
            json!({"message": "=Item removed from wishlist"}),
        ),
        refused("asha", "POST /consumer/wishlist/remove", rice, 404, "Item not found in wishlist"),
        get("asha", "/consumer/wishlist", json!({"wishlist": []})),
    ]
}
