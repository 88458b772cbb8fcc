//! Contract 3.2: the shop, its items, its money.

use serde_json::{Value, json};

use crate::contract::lines::{Line, get, invalid, post, refused};

fn message(text: &str) -> Value {
    json!({"message": format!("={text}")})
}

pub fn shop() -> Vec<Line> {
    let shop = json!({"shop_name": "Fresh Mart", "shop_type": "Grocery", "delivers": true, "featured": true, "verified": true,
        "category_tags": "daily needs,organic"});
    vec![
        refused("seller", "GET /vendor/shop/my", json!(null), 404, "Shop not found"),
        refused("seller", "GET /vendor/item/my", json!(null), 404, "Shop not found"),
        refused("seller", "GET /vendor/orders", json!(null), 404, "Shop not found"),
        refused("seller", "POST /vendor/shop/edit", json!({"description": "x"}), 404, "Shop not found"),
        refused("seller", "POST /vendor/shop/toggle-status", json!({"is_open": true}), 404, "Shop not found"),
        refused("seller", "POST /vendor/item/add", json!({"title": "Rice", "price": 60}), 404, "Shop not found"),
        refused("seller", "POST /vendor/shop/hours", json!({"weekly_hours": [{"day_of_week": 0}]}), 404, "Shop not found"),
        refused("seller", "POST /vendor/item/bulk-upload", json!("a file of items"), 404, "Shop not found"),
        refused("seller", "GET /vendor/orders/issues", json!(null), 404, "Shop not found"),
        refused("seller", "GET /vendor/wallet", json!(null), 404, "Shop not found"),
        refused("seller", "GET /vendor/wallet/history", json!(null), 404, "Shop not found"),
        refused("seller", "POST /vendor/wallet/debit", json!({"amount": 1}), 404, "Shop not found"),
        refused("seller", "POST /vendor/wallet/withdraw", json!({"amount": 1}), 404, "Shop not found"),
        refused("seller", "POST /vendor/item/1/toggle", json!({}), 404, "Item not found or unauthorized"),
        refused("seller", "POST /vendor/shop", json!({"shop_name": "Fresh Mart"}), 400, "Missing required fields"),
        post("seller", "/vendor/shop", shop.clone(), message("Shop created")),
        refused("seller", "POST /vendor/shop", shop, 400, "Shop already exists for this vendor"),
        get(
            "seller",
            "/vendor/shop/my",
            json!({"data": {
                "id": "int", "shop_name": "=Fresh Mart", "shop_type": "=Grocery", "society": "=Green Meadows",
                "phone": "phone", "description": "str?", "delivers": true, "appointment_only": false, "is_open": true,
                "logo_url": "str?", "category_tags": "=daily needs,organic", "verified": false, "featured": false,
            }}),
        )
        .keep("shop", "/data/id"),
        post("seller", "/vendor/shop/edit", json!({"description": "Daily needs", "verified": true}), message("Shop updated")),
        refused("seller", "POST /vendor/shop/hours", json!({}), 400, "No hours data provided"),
        refused("seller", "POST /vendor/shop/hours", json!({"weekly_hours": []}), 400, "No hours data provided"),
        post(
            "seller",
            "/vendor/shop/hours",
            json!({"weekly_hours": [
                {"day_of_week": 0, "open_time": "09:00", "close_time": "21:00"},
                {"day_of_week": 1, "open_time": "Closed", "close_time": "Closed"},
            ]}),
            message("Shop hours updated"),
        ),
        refused("seller", "POST /vendor/shop/toggle-status", json!({"is_open": "yes"}), 400, "Invalid is_open value"),
        refused("seller", "POST /vendor/shop/toggle-status", json!({}), 400, "Invalid is_open value"),
        post("seller", "/vendor/shop/toggle-status", json!({"is_open": false}), message("Shop marked as closed")),
        refused("asha", "GET /shop/{shop}/items", json!(null), 403, "Shop is currently closed"),
        post("seller", "/vendor/shop/toggle-status", json!({"is_open": true}), message("Shop marked as opened")),
        invalid("seller", "/vendor/upload-document", json!({"document_type": "GST"}), &["file_url"]),
        post(
            "seller",
            "/vendor/upload-document",
            json!({"document_type": "GST", "file_url": "https://files.example.org/gst.pdf"}),
            message("Document uploaded"),
        ),
        refused("seller", "POST /vendor/wallet/withdraw", json!({"amount": 1}), 400, "No payout bank setup found"),
        invalid("seller", "/vendor/payout/setup", json!({"bank_name": "SBI"}), &["account_number", "ifsc_code"]),
        post(
            "seller",
            "/vendor/payout/setup",
            json!({"bank_name": "SBI", "account_number": "123456789012", "ifsc_code": "SBIN0001234"}),
            message("Payout bank info saved"),
        ),
    ]
}

fn item() -> Value {
    json!({
        "id": "int", "title": "str", "brand": "str?", "description": "str?", "price": "money", "mrp": "money?",
        "discount": "number?", "quantity_in_stock": "int", "unit": "str?", "pack_size": "str?", "category": "str?",
        "tags": "str?", "sku": "str?", "expiry_date": "date?", "image_url": "str?", "is_available": "bool",
        "is_active": "bool",
    })
}

pub fn items() -> Vec<Line> {
    let rice = json!({"title": "Rice", "price": "50.25", "mrp": 60, "tags": "daily,rice", "expiry_date": "2027-01-31",
        "discount": 10, "unit": "kg", "pack_size": "1 kg", "brand": "Kohinoor"});
    vec![
        invalid("seller", "/vendor/item/add", json!({"price": 60}), &["title"]),
        invalid("seller", "/vendor/item/add", json!({"title": "Rice", "price": 0}), &["price"]),
        invalid("seller", "/vendor/item/add", json!({"title": "Rice", "price": -1}), &["price"]),
        invalid("seller", "/vendor/item/add", json!({"title": "Rice", "price": 60, "mrp": 59}), &["mrp"]),
        invalid(
            "seller",
            "/vendor/item/add",
            json!({"title": "Rice", "price": 60, "quantity_in_stock": -1}),
            &["quantity_in_stock"],
        ),
        post("seller", "/vendor/item/add", rice, json!({"message": "=Item added", "item_id": "int"}))
            .keep("rice", "/item_id"),
        post(
            "seller",
            "/vendor/item/add",
            json!({"title": "Dal", "price": 100.5, "quantity_in_stock": 3}),
            json!({"message": "=Item added", "item_id": "int"}),
        )
        .keep("dal", "/item_id"),
        post("seller", "/vendor/item/{dal}/toggle", json!({}), message("Item availability updated")),
        post("seller", "/vendor/item/{dal}/toggle", json!({}), message("Item availability updated")),
        refused(
            "stranger",
            "POST /vendor/item/{dal}/toggle",
            json!({}),
            404,
            "Item not found or unauthorized",
        ),
        post(
            "seller",
            "/vendor/item/update/{rice}",
            json!({"id": "{rice}", "title": "Rice", "price": "60.50", "mrp": 70, "is_available": true, "is_active": true}),
            message("Item updated"),
        ),
        refused(
            "stranger",
            "POST /vendor/item/update/{rice}",
            json!({"price": 1}),
            404,
            "Item not found or unauthorized",
        ),
        invalid("seller", "/vendor/item/update/{rice}", json!({"price": "a lot"}), &["price"]),
        refused("seller", "POST /vendor/item/bulk-upload", json!({}), 400, "No file uploaded"),
        post(
            "seller",
            "/vendor/item/bulk-upload",
            json!("a file of items"),
            json!({"message": "=1 items uploaded", "task_id": "str", "failed": 0,
                "rows": [{"row": "int", "status": "=added", "item_id": "int", "error": "str?"}]}),
        ),
        get("seller", "/vendor/item/my", json!({"data": [item()]})),
    ]
}

/// The older vendor app asks of the person where consumers ask of their profile (contract 3.3).
pub fn person() -> Vec<Line> {
    let seller = |name: &str| json!({"name": format!("={name}"), "phone": "=+919876543211", "city": "=Pune", "society": "=Green Meadows"});
    let edited = |name: &str| json!({"message": "=Profile updated", "data": seller(name)});
    let edit = "/profile/edit";
    vec![
        get("seller", "/profile/me", json!({"data": seller("Asha")})),
        post(
            "seller",
            edit,
            json!({"name": " Seller ", "phone": "+910000000000", "city": "Delhi"}),
            edited("Seller"),
        ),
        post("seller", edit, json!({}), edited("Seller")),
        refused("seller", "POST /profile/edit", json!({"name": " "}), 400, "Name cannot be empty"),
        refused("seller", "POST /profile/edit", json!({"name": null}), 400, "Name cannot be empty"),
        invalid("seller", edit, json!({"name": 5}), &["name"]),
        invalid("seller", edit, json!(null), &["body"]),
        get("seller", "/profile/me", json!({"data": seller("Seller")})),
        refused("seller", "GET /consumer/profile/me", json!(null), 403, "Forbidden"),
    ]
}

pub fn money() -> Vec<Line> {
    vec![
        get("seller", "/vendor/wallet", json!({"balance": "money"})),
        get(
            "seller",
            "/vendor/wallet/history",
            json!({"transactions": [{
                "id": "int", "user_phone": "phone", "amount": "money", "type": "str", "reference": "str?", "status": "=success",
                "source": "str?", "created_at": "instant",
            }], "next_before": "int?"}),
        ),
        refused("seller", "POST /vendor/wallet/credit", json!({"amount": 100}), 403, "Forbidden"),
        refused("asha", "POST /vendor/wallet/credit", json!({"amount": 100}), 403, "Forbidden"),
        refused("nobody", "POST /vendor/wallet/credit", json!({"amount": 100}), 401, "Auth header missing"),
        refused("seller", "POST /vendor/wallet/debit", json!({"amount": 0}), 400, "Invalid debit amount"),
        refused(
            "seller",
            "POST /vendor/wallet/debit",
            json!({"amount": 100_000}),
            400,
            "Insufficient balance",
        ),
        post(
            "seller",
            "/vendor/wallet/debit",
            json!({"amount": 1, "reference": "Bags"}),
            json!({"balance": "money"}),
        ),
        refused(
            "seller",
            "POST /vendor/wallet/withdraw",
            json!({"amount": "NaN"}),
            400,
            "Invalid withdrawal amount",
        ),
        refused(
            "seller",
            "POST /vendor/wallet/withdraw",
            json!({"amount": 100_000}),
            400,
            "Insufficient balance",
        ),
        post(
            "seller",
            "/vendor/wallet/withdraw",
            json!({"amount": 1}),
            json!({"message": "=Withdrawal initiated", "bank_account": "str", "balance": "money"}),
        ),
    ]
}
