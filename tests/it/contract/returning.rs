//! Contract 2.6 and 3.2: what goes back to the shop, whoever began it.

use serde_json::{Value, json};

use crate::contract::lines::{Line, post, refused};
use crate::contract::ordering::{message, order};

const NOTHING: Value = Value::Null;

pub fn returning() -> Vec<Line> {
    let items = |item: Value, quantity: i64| json!({"items": [{"item_id": item, "quantity": quantity}], "reason": "torn"});
    let rice = |quantity| items(json!("{rice}"), quantity);
    let raise = "POST /consumer/orders/{order}/return/raise";
    let mut lines = vec![
        refused("asha", raise, json!({}), 400, "No items to return"),
        refused("asha", raise, json!({"items": []}), 400, "No items to return"),
        refused("asha", raise, items(json!(999_999), 1), 400, "Item not in order"),
        refused("asha", raise, rice(3), 400, "Return quantity exceeds ordered quantity"),
        refused(
            "seller",
            "POST /vendor/orders/{order}/return/accept",
            json!({}),
            400,
            "No pending return requests",
        ),
        refused(
            "seller",
            "POST /vendor/orders/{order}/return/complete",
            json!({}),
            400,
            "Return not accepted yet",
        ),
        refused(
            "seller",
            "POST /vendor/orders/{order}/return/initiate",
            json!({}),
            400,
            "No items to return",
        ),
        // The previous customer app sends all of it one level deeper.
        refused(
            "asha",
            raise,
            json!({"token": "x", "body": rice(3)}),
            400,
            "Return quantity exceeds ordered quantity",
        ),
        refused("asha", raise, json!({"token": "x", "body": {"items": []}}), 400, "No items to return"),
        refused("asha", raise, json!({"items": [], "body": rice(1)}), 400, "No items to return"),
        // An order of one line: nobody needs to say which.
        post(
            "asha",
            "/consumer/orders/{order}/return/raise",
            items(NOTHING, 2),
            json!({"message": "=Return request sent", "return_ids": ["int"]}),
        ),
        refused("asha", raise, rice(1), 400, "Return already requested"),
        post("seller", "/vendor/orders/{order}/return/accept", json!({}), message("Return request accepted")),
        post(
            "seller",
            "/vendor/orders/{order}/return/complete",
            NOTHING,
            message("Return marked as completed"),
        ),
    ];
    lines.extend(order("second", 2));
    lines.extend([
        post(
            "seller",
            "/vendor/orders/{second}/status",
            json!({"status": "accepted"}),
            message("Order marked as accepted"),
        ),
        post(
            "seller",
            "/vendor/orders/{second}/status",
            json!({"status": "delivered"}),
            message("Order marked as delivered"),
        ),
        post(
            "seller",
            "/vendor/orders/{second}/return/initiate",
            rice(1),
            message("Return initiated and accepted"),
        ),
        post(
            "seller",
            "/vendor/orders/{second}/return/complete",
            json!({}),
            message("Return marked as completed"),
        ),
    ]);
    lines
}
