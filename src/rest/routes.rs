//! The table of paths, in the order of the specification (legacy contract, sections 2 and 3).
//!
//! A line says which method and path, for whom, and which operation. A path may have a line for each of several roles;
//! whoever has none of them is answered by the first. What follows are the places where the legacy
//! answers differ from what the codes and types of the schema would give.

use axum::http::Method;

use crate::error::Code;
use crate::rest::operation::Document;
use crate::rest::route::{Role, Route};

macro_rules! run {
    ($name:literal) => {
        Document { name: $name, text: include_str!(concat!("operations/", $name, ".graphql")) }
    };
}

/// The table.
#[rustfmt::skip]
pub fn table() -> Vec<Route> {
    use Role::{Admin, Anyone, Consumer, Nobody, Public, Vendor};
    vec![
        // 2.1 Authentication and basic onboarding
        post("/send-otp", Public, run!("send_otp"))
            .begins("Signing in")
            .validated(),
        post("/verify-otp", Public, run!("verify_otp"))
            .validated()
            .refuses(Code::Unauthenticated),
        post("/onboarding/basic", Anyone, run!("onboarding_basic"))
            .validated(),
        post("/consumer/onboarding", Consumer, run!("onboarding_consumer"))
            .also("/onboarding/consumer")
            .validated()
            .form(),

        // 2.2 Shops and items
        get("/consumer/shops", Consumer, run!("shops"))
            .begins("Shops and items")
            .also("/shops")
            .lenient("status"),
        get("/consumer/shops/search", Consumer, run!("shops_search"))
            .also("/shops/search")
            .lenient("status")
            .pages("limit", 100, "cursor")
            .any_of(&["q", "item", "min_price", "max_price", "rating", "available", "status", "type", "tag"],
                400, "Missing search query 'q'"),
        get("/shop/{shop_id}/items", Consumer, run!("shop_items"))
            .also("/consumer/shop/{shop_id}/items")
            .also("/items/shop/{shop_id}")
            .refuse("shop_id", 404, "Shop not found"),

        // 2.3 Cart
        post("/consumer/cart/add", Consumer, run!("cart_add"))
            .begins("Cart")
            .also("/cart/add")
            .refuse("item_id", 404, "Item not available")
            .strict("quantity")
            .missing("quantity", 400, "Invalid quantity"),
        post("/consumer/cart/update", Consumer, run!("cart_update"))
            .also("/cart/update")
            .refuse("item_id", 400, "Item ID and quantity required")
            .missing("quantity", 400, "Item ID and quantity required")
            .invalid("quantity", 400, "Quantity must be between 1 and 10")
            .refuses(Code::NotFound),
        get("/consumer/cart/view", Consumer, run!("cart_view"))
            .also("/cart/view"),
        post("/consumer/cart/remove", Consumer, run!("cart_remove"))
            .also("/cart/remove")
            .refuse("item_id", 404, "Item not found"),
        post("/consumer/cart/clear", Consumer, run!("cart_clear"))
            .also("/cart/clear"),

        // 2.4 Wallet
        get("/consumer/wallet", Consumer, run!("wallet"))
            .begins("Wallet")
            .also("/wallet"),
        post("/consumer/wallet/load", Consumer, run!("wallet_load"))
            .also("/wallet/load")
            .refuse("amount", 400, "Invalid amount"),
        post("/consumer/wallet/debit", Consumer, run!("wallet_debit"))
            .also("/wallet/debit")
            .refuse("amount", 400, "Invalid amount"),
        post("/consumer/wallet/refund", Consumer, run!("wallet_refund"))
            .also("/wallet/refund")
            .refuse("amount", 400, "Invalid amount"),
        get("/consumer/wallet/history", Consumer, run!("wallet_history"))
            .also("/wallet/history")
            .pages("limit", 200, "before"),

        // 2.5 Placing an order
        post("/consumer/order/confirm", Consumer, run!("order_confirm"))
            .begins("Placing an order")
            .also("/order/confirm")
            .refuse("payment_mode", 400, "Invalid payment mode")
            .invalid("address_id", 404, "Address not found"),

        // 2.6 Order history and actions
        get("/consumer/order/history", Consumer, run!("order_history"))
            .begins("Orders")
            .also("/order/history")
            .pages("limit", 100, "before"),
        post("/consumer/orders/{order_id}/message", Consumer, run!("order_message"))
            .also("/order/consumer/message/send/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .missing("message", 400, "Message required"),
        get("/consumer/orders/{order_id}/messages", Consumer, run!("order_messages"))
            .also("/order/consumer/messages/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized")
            .pages("limit", 10_000, "after"),
        post("/consumer/orders/{order_id}/confirm-modified", Consumer, run!("order_confirm_modified"))
            .also("/order/consumer/confirm-modified/{order_id}")
            .refuse("order_id", 403, "Unauthorized"),
        post("/consumer/orders/{order_id}/cancel", Consumer, run!("order_cancel"))
            .also("/order/consumer/cancel/{order_id}")
            .refuse("order_id", 403, "Unauthorized"),
        post("/consumer/orders/{order_id}/rate", Consumer, run!("order_rate"))
            .also("/order/rate/{order_id}")
            .refuse("order_id", 403, "Unauthorized or order not found")
            .told(Code::Forbidden, 403, "Unauthorized or order not found")
            .refuse("rating", 400, "Rating must be between 1 and 5")
            .numeric("rating"),
        post("/consumer/orders/{order_id}/issue", Consumer, run!("order_issue"))
            .also("/order/issue/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .missing("issue_type", 400, "Issue type required"),
        post("/consumer/orders/{order_id}/return/raise", Consumer, run!("order_return"))
            .also("/order/return/raise/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .missing("items", 400, "No items to return")
            .also_below("body", "items"),

        // 2.7 Assistant
        post("/agent/query", Consumer, run!("agent_query"))
            .begins("Assistant")
            .missing("query", 400, "Query is required"),

        // 2.8 Profile
        get("/consumer/profile/me", Consumer, run!("profile_me"))
            .begins("Profile")
            .also("/profile/me")
            .refuses(Code::NotFound),
        post("/consumer/profile/edit", Consumer, run!("profile_edit"))
            .also("/profile/edit")
            .validated()
            .form()
            .plain("name")
            .refuses(Code::NotFound),
        // The older vendor app asks the same way, and is told of the person.
        get("/profile/me", Vendor, run!("profile_me_vendor")),
        post("/profile/edit", Vendor, run!("profile_edit_vendor"))
            .validated()
            .plain("name"),

        // 2.9 Address book
        get("/consumer/addresses", Consumer, run!("addresses"))
            .begins("Address book"),
        post("/consumer/address/add", Consumer, run!("address_add"))
            .validated(),
        post("/consumer/address/{address_id}/edit", Consumer, run!("address_edit"))
            .validated()
            .refuse("address_id", 404, "Address not found"),
        post("/consumer/address/{address_id}/delete", Consumer, run!("address_delete"))
            .refuse("address_id", 404, "Address not found"),

        // 2.10 Wishlist
        get("/consumer/wishlist", Consumer, run!("wishlist"))
            .begins("Wishlist"),
        post("/consumer/wishlist/add", Consumer, run!("wishlist_add"))
            .refuse("item_id", 404, "Item not available"),
        post("/consumer/wishlist/remove", Consumer, run!("wishlist_remove"))
            .refuse("item_id", 404, "Item not found in wishlist"),

        // 2.10 Notifications
        get("/consumer/notifications", Consumer, run!("notifications"))
            .begins("Notifications")
            .pages("limit", 100, "before"),
        post("/consumer/notifications/mark-read", Consumer, run!("notifications_mark_read"))
            .alias("id", "ids"),

        // 2.11 Offers and coupons
        get("/consumer/offers", Consumer, run!("offers"))
            .begins("Offers and coupons"),
        post("/consumer/cart/apply-coupon", Consumer, run!("cart_apply_coupon"))
            .refuse("code", 400, "Coupon code required")
            .refuses(Code::NotFound),

        // 2.12 Rewards
        get("/consumer/rewards", Consumer, run!("rewards"))
            .begins("Rewards")
            .pages("limit", 100, "before"),
        post("/consumer/rewards/redeem", Consumer, run!("rewards_redeem"))
            .refuse("amount", 400, "Invalid amount"),

        // 2.13 Support; the reply and the questions are additions
        post("/consumer/support/ticket", Consumer, run!("support_ticket_open"))
            .begins("Support")
            .validated(),
        get("/consumer/support/tickets", Consumer, run!("support_tickets")),
        get("/consumer/support/ticket/{ticket_id}", Consumer, run!("support_ticket"))
            .refuse("ticket_id", 404, "Ticket not found"),
        post("/consumer/support/ticket/{ticket_id}/reply", Consumer, run!("support_reply"))
            .validated()
            .refuse("ticket_id", 404, "Ticket not found"),
        // Whoever cannot sign in needs help first.
        get("/consumer/support/faqs", Public, run!("support_faqs")),

        // 2.14 Settings
        get("/consumer/settings", Consumer, run!("settings"))
            .begins("Settings"),
        post("/consumer/settings/update", Consumer, run!("settings_update"))
            .validated()
            .any_of(&["location_allowed", "marketing_opt_in", "data_sharing_allowed"], 400, "No settings provided"),

        // 2.15 Logout
        post("/logout", Anyone, run!("logout"))
            .begins("Signing out")
            .anonymous("Token missing"),
        post("/logout-all", Anyone, run!("logout_all")),

        // 3.1 Refresh, and what admins see
        post("/auth/refresh", Public, run!("auth_refresh"))
            .begins("Refresh")
            .refuse("refresh_token", 401, "invalid token"),
        get("/admin/users", Admin, run!("admin_users"))
            .begins("Admin"),
        get("/admin/shops", Admin, run!("admin_shops")),
        get("/admin/orders", Admin, run!("admin_orders")),

        // 3.2 Vendor
        post("/vendor/profile", Vendor, run!("vendor_profile"))
            .begins("Selling")
            .validated()
            .plain("business_type")
            .plain("business_name")
            .plain("address"),
        post("/vendor/upload-document", Vendor, run!("vendor_upload_document"))
            .validated(),
        post("/vendor/payout/setup", Vendor, run!("vendor_payout_setup"))
            .validated(),
        post("/vendor/shop", Vendor, run!("vendor_shop"))
            .also("/vendor/create-shop")
            .missing("shop_name", 400, "Missing required fields")
            .missing("shop_type", 400, "Missing required fields"),
        post("/vendor/shop/edit", Vendor, run!("vendor_shop_edit"))
            .also("/shop/edit")
            .refuses(Code::NotFound),
        get("/vendor/shop/my", Vendor, run!("vendor_shop_my"))
            .also("/shop/my")
            .refuses(Code::NotFound),
        post("/vendor/shop/hours", Vendor, run!("vendor_shop_hours"))
            .also("/shop/update-hours")
            .entries("weekly_hours")
            .refuse("weekly_hours", 400, "No hours data provided")
            .refuses(Code::NotFound),
        post("/vendor/shop/toggle-status", Vendor, run!("vendor_shop_toggle"))
            .also("/vendor/shop/toggle_status")
            .refuse("is_open", 400, "Invalid is_open value")
            .refuses(Code::NotFound),
        post("/vendor/item/add", Vendor, run!("vendor_item_add"))
            .also("/item/add")
            .validated()
            .form()
            .refuses(Code::NotFound),
        post("/vendor/item/{item_id}/toggle", Vendor, run!("vendor_item_toggle"))
            .also("/item/{item_id}/toggle")
            .refuse("item_id", 404, "Item not found or unauthorized"),
        post("/vendor/item/update/{item_id}", Vendor, run!("vendor_item_update"))
            .also("/item/update/{item_id}")
            .refuse("item_id", 404, "Item not found or unauthorized")
            .validated()
            .form(),
        post("/vendor/item/bulk-upload", Vendor, run!("vendor_item_bulk_upload"))
            .also("/item/bulk-upload")
            .missing("file", 400, "No file uploaded")
            .refuses(Code::NotFound),
        get("/vendor/item/my", Vendor, run!("vendor_item_my"))
            .also("/item/my")
            .refuses(Code::NotFound),
        get("/vendor/orders", Vendor, run!("vendor_orders"))
            .also("/order/vendor")
            .refuses(Code::NotFound),
        post("/vendor/orders/{order_id}/status", Vendor, run!("vendor_order_status"))
            .also("/order/vendor/status/{order_id}")
            .refuse("order_id", 404, "Order not found")
            .refuse("status", 400, "Invalid status"),
        post("/vendor/orders/{order_id}/modify", Vendor, run!("vendor_order_modify"))
            .also("/order/vendor/modify/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized"),
        post("/vendor/orders/{order_id}/cancel", Vendor, run!("order_cancel"))
            .also("/order/vendor/cancel/{order_id}")
            .refuse("order_id", 404, "Order not found"),
        post("/vendor/orders/{order_id}/message", Vendor, run!("order_message"))
            .also("/order/vendor/message/send/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized")
            .missing("message", 400, "Message required"),
        get("/vendor/orders/{order_id}/messages", Vendor, run!("order_messages"))
            .also("/order/vendor/messages/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized")
            .pages("limit", 10_000, "after"),
        get("/vendor/orders/issues", Vendor, run!("vendor_issues"))
            .also("/order/vendor/issues")
            .refuse("order_id", 403, "Unauthorized")
            .refuses(Code::NotFound),
        post("/vendor/orders/{order_id}/return/accept", Vendor, run!("vendor_return_accept"))
            .also("/order/return/vendor/accept/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized"),
        post("/vendor/orders/{order_id}/return/complete", Vendor, run!("vendor_return_complete"))
            .also("/order/return/complete/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized"),
        post("/vendor/orders/{order_id}/return/initiate", Vendor, run!("vendor_return_initiate"))
            .also("/order/return/vendor/initiate/{order_id}")
            .refuse("order_id", 403, "Unauthorized")
            .told(Code::NotFound, 403, "Unauthorized")
            .missing("items", 400, "No items to return"),
        get("/vendor/wallet", Vendor, run!("vendor_wallet"))
            .refuses(Code::NotFound),
        get("/vendor/wallet/history", Vendor, run!("vendor_wallet_history"))
            .pages("limit", 200, "before")
            .refuses(Code::NotFound),
        // Whoever credits themselves makes money.
        post("/vendor/wallet/credit", Nobody, run!("vendor_wallet")),
        post("/vendor/wallet/debit", Vendor, run!("vendor_wallet_debit"))
            .refuse("amount", 400, "Invalid debit amount")
            .refuses(Code::NotFound),
        post("/vendor/wallet/withdraw", Vendor, run!("vendor_wallet_withdraw"))
            .refuse("amount", 400, "Invalid withdrawal amount")
            .refuses(Code::NotFound),
    ]
}

fn get(path: &'static str, role: Role, document: Document) -> Route {
    Route::new(Method::GET, path, role, document)
}

fn post(path: &'static str, role: Role, document: Document) -> Route {
    Route::new(Method::POST, path, role, document)
}
