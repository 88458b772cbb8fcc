//! Contract 2.10 to 2.14: what surrounds an order: offers, points, notices, support, settings.

use serde_json::{Value, json};

use crate::contract::lines::{Line, get, invalid, post, refused};

const NOTHING: Value = Value::Null;

pub fn offers() -> Vec<Line> {
    let offer = json!({
        "id": "int", "code": "str", "title": "str", "description": "str?", "discount_type": "str", "discount_value": "money",
        "min_order_amount": "money", "max_discount": "money?", "shop_id": "int?", "shop_name": "str?",
        "starts_at": "instant", "expires_at": "instant?", "already_redeemed": "bool",
    });
    let applied = json!({
        "message": "=Coupon applied", "code": "=TENOFF", "subtotal": 121, "discount": 10, "total_price": 121,
        "payable_amount": 111, "adjusted_total": 111,
    });
    let apply = "POST /consumer/cart/apply-coupon";
    vec![
        get("asha", "/consumer/offers", json!({"offers": [offer]})),
        refused("asha", apply, json!({"code": "TENOFF"}), 400, "Cart is empty"),
        post(
            "asha",
            "/consumer/cart/add",
            json!({"item_id": "{rice}", "quantity": 2}),
            json!({"message": "str"}),
        ),
        refused("asha", apply, json!({}), 400, "Coupon code required"),
        refused("asha", apply, json!({"code": ""}), 400, "Coupon code required"),
        refused("asha", apply, json!({"code": "NOSUCH"}), 404, "Invalid coupon code"),
        refused("asha", apply, json!({"code": "OVER"}), 400, "Coupon expired"),
        refused("asha", apply, json!({"code": "CORNER"}), 400, "Coupon not valid for this shop"),
        refused("asha", apply, json!({"code": "LARGE"}), 400, "Minimum order amount not met"),
        post("asha", "/consumer/cart/apply-coupon", json!({"code": "tenoff"}), applied),
        post(
            "asha",
            "/consumer/cart/apply-coupon",
            json!({"code": null, "remove": true}),
            json!({
                "message": "str", "code": null, "subtotal": 121, "discount": 0, "total_price": 121, "payable_amount": 121,
                "adjusted_total": 121,
            }),
        ),
    ]
}

pub fn rewards() -> Vec<Line> {
    let redeem = "POST /consumer/rewards/redeem";
    vec![
        get(
            "asha",
            "/consumer/rewards?limit=1",
            json!({
                "points": "int", "point_value": "money",
                "tier": {
                    "name": "str", "min_points": "int", "next_tier": "str?", "next_tier_points": "int?", "progress": "number",
                },
                "lifetime_points": "int",
                "ledger": [{
                    "id": "int", "points": "int", "type": "str", "order_id": "int?", "reference": "str", "created_at": "instant",
                }],
                "next_before": "int?",
            }),
        ),
        refused("asha", redeem, json!({"amount": 1}), 400, "Cart is empty"),
        post(
            "asha",
            "/consumer/cart/add",
            json!({"item_id": "{rice}", "quantity": 1}),
            json!({"message": "str"}),
        ),
        refused("asha", redeem, json!({"amount": 0}), 400, "Invalid amount"),
        refused("asha", redeem, json!({"amount": 1.5}), 400, "Invalid amount"),
        refused("asha", redeem, json!({}), 400, "Invalid amount"),
        refused("asha", redeem, json!({"amount": 499}), 400, "Insufficient points"),
        post(
            "asha",
            "/consumer/rewards/redeem",
            json!({"amount": 4}),
            json!({
                "message": "=Points redeemed", "points_redeemed": 4, "discount": 1, "points": "int", "payable_amount": "money",
            }),
        ),
    ]
}

pub fn notifications() -> Vec<Line> {
    let notice = json!({
        "id": "int", "type": "str", "title": "str", "body": "str", "target": {"screen": "str", "id": "int?"},
        "read_at": "instant?", "created_at": "instant",
    });
    let list = || json!({"notifications": [notice], "unread_count": "int", "next_before": "int?"});
    let read = "/consumer/notifications/mark-read";
    let marked =
        || json!({"message": "=Notifications marked as read", "updated": "int", "unread_count": "int"});
    vec![
        get("asha", "/consumer/notifications?unread=true&limit=2", list())
            .keep("notice", "/notifications/0/id"),
        refused("asha", "GET /consumer/notifications?limit=x", NOTHING, 400, "Invalid limit"),
        refused(
            "asha",
            "POST /consumer/notifications/mark-read",
            json!({}),
            400,
            "Notification ids required",
        ),
        post("asha", read, json!({"ids": ["{notice}", 999_999]}), marked()),
        post("asha", read, json!({"id": "{notice}"}), marked()),
        post(
            "asha",
            read,
            json!({"all": true}),
            json!({"message": "str", "updated": "int", "unread_count": 0}),
        ),
        get("asha", "/consumer/notifications", list()),
    ]
}

pub fn support() -> Vec<Line> {
    let ticket = json!({
        "id": "int", "subject": "str", "category": "str?", "status": "=open", "order_id": "int?", "created_at": "instant",
        "updated_at": "instant",
    });
    let message = json!({"id": "int", "ticket_id": "int", "sender": "=consumer", "message": "str", "timestamp": "instant"});
    let text = |order: Value| json!({"subject": "Missing item", "message": "The dal is missing.", "order_id": order});
    let open = "/consumer/support/ticket";
    vec![
        get("asha", "/consumer/support/tickets", json!({"tickets": []})),
        invalid("asha", open, json!({}), &["subject", "message"]),
        invalid("asha", open, json!({"subject": " ", "message": "x"}), &["subject"]),
        refused("neighbour", "POST /consumer/support/ticket", text(json!("{order}")), 403, "Unauthorized"),
        post(
            "asha",
            open,
            text(json!("{order}")),
            json!({"message": "=Support ticket created", "ticket_id": "int", "ticket": ticket}),
        )
        .keep("ticket", "/ticket_id"),
        get("asha", "/consumer/support/tickets", json!({"tickets": [ticket]})),
        get("asha", "/consumer/support/ticket/{ticket}", json!({"ticket": ticket, "messages": [message]})),
        refused("neighbour", "GET /consumer/support/ticket/{ticket}", NOTHING, 404, "Ticket not found"),
        refused("asha", "GET /consumer/support/ticket/999999", NOTHING, 404, "Ticket not found"),
        post(
            "asha",
            "/consumer/support/ticket/{ticket}/reply",
            json!({"message": "And the salt."}),
            json!({"message": "str", "message_id": "int", "ticket": ticket}),
        ),
        get(
            "nobody",
            "/consumer/support/faqs",
            json!({"faqs": [{"category": "str", "question": "str", "answer": "str"}]}),
        ),
    ]
}

pub fn settings() -> Vec<Line> {
    let flags = |location: bool| json!({"location_allowed": location, "marketing_opt_in": false, "data_sharing_allowed": false});
    let update = "POST /consumer/settings/update";
    vec![
        get("asha", "/consumer/settings", json!({"settings": flags(false)})),
        refused("asha", update, json!({}), 400, "No settings provided"),
        invalid(
            "asha",
            "/consumer/settings/update",
            json!({"location_allowed": "yes"}),
            &["location_allowed"],
        ),
        invalid("asha", "/consumer/settings/update", json!({"marketing_opt_in": 1}), &["marketing_opt_in"]),
        post(
            "asha",
            "/consumer/settings/update",
            json!({"location_allowed": true}),
            json!({"message": "=Settings updated", "settings": flags(true)}),
        ),
    ]
}

pub fn assistant() -> Vec<Line> {
    let query = "POST /agent/query";
    let told = json!({"answer": "str", "suggestions": ["str"]});
    let required = |body: Value| refused("asha", query, body, 400, "Query is required");
    vec![
        post("asha", "/agent/query", json!({"query": "How do I cancel an order?", "history": []}), told),
        required(NOTHING),
        required(json!({})),
        required(json!({"query": null})),
        required(json!({"query": " "})),
        refused("asha", query, json!({"query": 5}), 400, "Invalid query"),
        refused("seller", query, json!({"query": "How?"}), 403, "Forbidden"),
        refused("nobody", query, json!({"query": "How?"}), 401, "Auth header missing"),
    ]
}

/// Contract 3.1: what admins see.
pub fn admin() -> Vec<Line> {
    let mut lines = vec![
        get("admin", "/admin/users", json!({"users": ["phone"]})),
        get("admin", "/admin/shops", json!({"shops": [{"id": "int", "name": "str"}]})),
        get("admin", "/admin/orders", json!({"orders": [{"id": "int", "status": "str"}]})),
    ];
    for call in ["GET /admin/users", "GET /admin/shops", "GET /admin/orders"] {
        lines.push(refused("nobody", call, NOTHING, 401, "Auth header missing"));
        lines.push(refused("newcomer", call, NOTHING, 403, "Role missing"));
        lines.extend(["asha", "seller"].map(|who| refused(who, call, NOTHING, 403, "Forbidden")));
    }
    lines
}
