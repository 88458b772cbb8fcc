//! Contract 2.5, 2.6 and the orders of 3.2: placing, and every act of both sides.

use serde_json::{Value, json};

use crate::contract::lines::{Line, get, post, refused};

const NOTHING: Value = Value::Null;

/// The sentence, and nothing else.
pub fn message(text: &str) -> Value {
    json!({"message": format!("={text}")})
}

fn refund(text: &str, refund: Value) -> Value {
    json!({"message": format!("={text}"), "refund": refund})
}

/// A new order of rice, paid from the wallet.
pub fn order(name: &'static str, quantity: i64) -> [Line; 2] {
    [
        post(
            "asha",
            "/consumer/cart/add",
            json!({"item_id": "{rice}", "quantity": quantity}),
            json!({"message": "str"}),
        ),
        post("asha", "/consumer/order/confirm", json!({"payment_mode": "wallet"}), placed())
            .keep(name, "/order_id"),
    ]
}

fn placed() -> Value {
    json!({
        "message": "=Order placed successfully", "order_id": "int", "total_amount": "money", "final_amount": "money",
        "discount": "money", "payment_status": "str",
    })
}

pub fn placing() -> Vec<Line> {
    let confirm = "POST /consumer/order/confirm";
    let own = json!({
        "order_id": "int", "shop_id": "int", "shop_name": "str", "shop_type": "str", "payment_mode": "str",
        "payment_status": "str", "status": "=pending", "total_amount": "money", "final_amount": "money", "discount": "money",
        "delivery_notes": "str?", "created_at": "http date", "updated_at": "http date", "item_count": "int", "rating": "int?",
        "items": [{
            "item_id": "int", "name": "str", "unit": "str?", "quantity": "int", "unit_price": "money", "subtotal": "money",
        }],
    });
    let shops = json!({
        "order_id": "int", "customer": "phone", "payment_mode": "str", "payment_status": "str", "status": "=pending",
        "total_amount": "money", "final_amount": "money", "delivery_notes": "str?", "created_at": "http date",
        "items": [{
            "item_id": "int", "name": "str", "quantity": "int", "unit_price": "money", "subtotal": "money",
        }],
    });
    vec![
        refused("neighbour", confirm, json!({"payment_mode": "cash"}), 400, "Cart is empty"),
        refused("asha", confirm, json!({"payment_mode": "card"}), 400, "Invalid payment mode"),
        refused(
            "asha",
            confirm,
            json!({"payment_mode": "a mode with more than ten characters"}),
            400,
            "Invalid payment mode",
        ),
        refused("asha", confirm, json!({"address_id": 999_999}), 404, "Address not found"),
        refused(
            "asha",
            confirm,
            json!({"delivery_notes": "x".repeat(501)}),
            400,
            "delivery_notes has 501 characters; at most 500 are allowed",
        ),
        post("seller", "/vendor/shop/toggle-status", json!({"is_open": false}), json!({"message": "str"})),
        refused("asha", confirm, json!({"payment_mode": "cash"}), 400, "Shop is currently closed"),
        post("seller", "/vendor/shop/toggle-status", json!({"is_open": true}), json!({"message": "str"})),
        post("seller", "/vendor/item/{rice}/toggle", json!({}), json!({"message": "str"})),
        refused("asha", confirm, json!({"payment_mode": "cash"}), 400, "Item not available: Rice"),
        post("seller", "/vendor/item/{rice}/toggle", json!({}), json!({"message": "str"})),
        post(
            "asha",
            "/consumer/cart/add",
            json!({"item_id": "{dal}", "quantity": 4}),
            json!({"message": "str"}),
        ),
        refused("asha", confirm, json!({"payment_mode": "cash"}), 400, "Not enough stock for item Dal"),
        post(
            "asha",
            "/consumer/cart/update",
            json!({"item_id": "{dal}", "quantity": 1}),
            json!({"message": "str"}),
        ),
        post("neighbour", "/consumer/cart/add", json!({"item_id": "{rice}"}), json!({"message": "str"})),
        refused("neighbour", confirm, json!({"payment_mode": "wallet"}), 400, "Insufficient balance"),
        post(
            "asha",
            "/consumer/order/confirm",
            json!({"payment_mode": "wallet", "delivery_notes": "Ring twice", "address_id": "{home}"}),
            placed(),
        )
        .keep("order", "/order_id"),
        get("asha", "/consumer/order/history", json!({"orders": [own], "next_before": null})),
        get(
            "asha",
            "/consumer/order/history?limit=1&before=999999",
            json!({"orders": [own], "next_before": null}),
        ),
        refused("asha", "GET /consumer/order/history?limit=101", NOTHING, 400, "Invalid limit"),
        get("seller", "/vendor/orders", json!({"orders": [shops]})),
        get("stranger", "/vendor/orders", json!({"orders": []})),
    ]
}

pub fn changing() -> Vec<Line> {
    let chat = json!([{"id": "int", "order_id": "int", "sender_phone": "phone", "message": "str", "timestamp": "http date"}]);
    let less = json!({"modifications": [{"item_id": "{dal}", "quantity": 0}]});
    let mut lines = vec![
        // Both sides talk.
        post(
            "asha",
            "/consumer/orders/{order}/message",
            json!({"message": " Before six? "}),
            message("Message sent"),
        ),
        refused("asha", "POST /consumer/orders/{order}/message", json!({}), 400, "Message required"),
        refused(
            "asha",
            "POST /consumer/orders/{order}/message",
            json!({"message": " "}),
            400,
            "Message required",
        ),
        post("seller", "/vendor/orders/{order}/message", json!({"message": "Yes."}), message("Message sent")),
        refused("seller", "POST /vendor/orders/{order}/message", json!({}), 400, "Message required"),
        get("asha", "/consumer/orders/{order}/messages", json!({"messages": chat})),
        get("seller", "/vendor/orders/{order}/messages?limit=1", json!({"messages": chat})),
        // The shop has too little.
        refused(
            "asha",
            "POST /consumer/orders/{order}/confirm-modified",
            NOTHING,
            400,
            "Order not in modifiable state",
        ),
        post(
            "seller",
            "/vendor/orders/{order}/modify",
            less.clone(),
            json!({"message": "=Order modified", "new_total": 121}),
        ),
        post(
            "asha",
            "/consumer/orders/{order}/confirm-modified",
            NOTHING,
            refund("Modified order confirmed", json!(100.5)),
        ),
        refused(
            "seller",
            "POST /vendor/orders/{order}/status",
            json!({"status": "eaten"}),
            400,
            "Invalid status",
        ),
        refused("seller", "POST /vendor/orders/{order}/status", json!({}), 400, "Invalid status"),
        refused(
            "seller",
            "POST /vendor/orders/999999/status",
            json!({"status": "accepted"}),
            404,
            "Order not found",
        ),
    ];
    // Whose order it is not: one answer for a foreign order and for none.
    for (who, side) in [("neighbour", "consumer"), ("stranger", "vendor")] {
        for call in unauthorized(side) {
            let body = json!({"message": "x", "items": [{"item_id": 1}], "rating": 5, "issue_type": "x", "status": "accepted",
                "modifications": [{"item_id": 1, "quantity": 0}]});
            lines.push(refused(who, call, body, 403, "Unauthorized"));
        }
    }
    for order in ["POST /consumer/orders/{order}/rate", "POST /consumer/orders/999999/rate"] {
        lines.push(refused("neighbour", order, json!({"rating": 5}), 403, "Unauthorized or order not found"));
    }
    lines
}

fn unauthorized(side: &str) -> Vec<&'static str> {
    match side {
        "consumer" => vec![
            "POST /consumer/orders/{order}/message",
            "GET /consumer/orders/{order}/messages",
            "GET /consumer/orders/999999/messages",
            "POST /consumer/orders/{order}/confirm-modified",
            "POST /consumer/orders/{order}/cancel",
            "POST /consumer/orders/999999/cancel",
            "POST /consumer/orders/{order}/issue",
            "POST /consumer/orders/{order}/return/raise",
        ],
        _ => vec![
            "POST /vendor/orders/{order}/status",
            "POST /vendor/orders/{order}/modify",
            "POST /vendor/orders/999999/modify",
            "POST /vendor/orders/{order}/cancel",
            "POST /vendor/orders/{order}/message",
            "GET /vendor/orders/{order}/messages",
            "GET /vendor/orders/issues?order_id={order}",
            "POST /vendor/orders/{order}/return/accept",
            "POST /vendor/orders/{order}/return/complete",
            "POST /vendor/orders/{order}/return/initiate",
        ],
    }
}

pub fn delivered() -> Vec<Line> {
    let rating = json!({"message": "=Thank you for rating!", "rating": {
        "order_id": "int", "rating": 4, "review": "=Good", "created_at": "http date",
    }});
    let issue = json!({
        "id": "int", "order_id": "int", "user_phone": "phone", "issue_type": "str", "description": "str?", "status": "=raised",
        "created_at": "http date", "updated_at": "http date",
    });
    let rate = "POST /consumer/orders/{order}/rate";
    let raise = "POST /consumer/orders/{order}/issue";
    vec![
        refused("asha", rate, json!({"rating": 5}), 400, "Order not yet delivered"),
        refused(
            "asha",
            raise,
            json!({"issue_type": "late"}),
            400,
            "Issue can only be raised for delivered orders",
        ),
        refused(
            "asha",
            "POST /consumer/orders/{order}/return/raise",
            json!({"items": [{"item_id": "{rice}"}]}),
            400,
            "Only delivered orders can be returned",
        ),
        refused(
            "seller",
            "POST /vendor/orders/{order}/return/initiate",
            json!({"items": [{"item_id": "{rice}", "quantity": 1}]}),
            400,
            "Only delivered orders can be returned",
        ),
        post(
            "seller",
            "/vendor/orders/{order}/status",
            json!({"status": "delivered"}),
            message("Order marked as delivered"),
        ),
        refused("asha", rate, json!({"rating": 6}), 400, "Rating must be between 1 and 5"),
        refused("asha", rate, json!({"rating": 4.9}), 400, "Rating must be between 1 and 5"),
        refused("asha", rate, json!({"rating": "good"}), 400, "Rating must be between 1 and 5"),
        post("asha", "/consumer/orders/{order}/rate", json!({"rating": "4", "review": " Good "}), rating),
        refused("asha", rate, json!({"rating": 4}), 400, "Rating already submitted"),
        refused("asha", raise, json!({}), 400, "Issue type required"),
        post(
            "asha",
            "/consumer/orders/{order}/issue",
            json!({"issue_type": "damaged_item", "description": "The bag was torn"}),
            json!({"message": "=Issue raised", "issue_id": "int"}),
        ),
        get("seller", "/vendor/orders/issues", json!({"issues": [issue]})),
        get("seller", "/vendor/orders/issues?order_id={order}", json!({"issues": [issue]})),
        get("stranger", "/vendor/orders/issues", json!({"issues": []})),
    ]
}

pub fn closing() -> Vec<Line> {
    let mut lines = order("third", 1).to_vec();
    lines.extend([
        post("asha", "/consumer/orders/{third}/cancel", json!({}), refund("Order cancelled", json!(60.5))),
        refused("asha", "POST /consumer/orders/{third}/cancel", json!({}), 400, "Order already closed"),
        refused("seller", "POST /vendor/orders/{third}/cancel", json!({}), 400, "Order already closed"),
        refused(
            "seller",
            "POST /vendor/orders/{third}/modify",
            json!({"modifications": [{"item_id": "{rice}", "quantity": 0}]}),
            400,
            "Cannot modify a closed order",
        ),
    ]);
    lines.extend(order("fourth", 1));
    lines.extend([
        refused("seller", "POST /vendor/orders/999999/cancel", json!({}), 404, "Order not found"),
        post("seller", "/vendor/orders/{fourth}/cancel", NOTHING, refund("Order cancelled", json!(60.5))),
    ]);
    lines.extend(order("fifth", 2));
    lines.extend([post(
        "seller",
        "/vendor/orders/{fifth}/status",
        json!({"status": "rejected"}),
        message("Order marked as rejected"),
    )]);
    lines.extend(order("sixth", 2));
    lines.extend([post(
        "seller",
        "/vendor/orders/{sixth}/status",
        json!({"status": "delivered"}),
        message("Order marked as delivered"),
    )]);
    lines
}
