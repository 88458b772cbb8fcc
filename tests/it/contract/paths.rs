//! The paths that the specification and the contract name: the journeys, 3.1 and 3.2; and 3.3, the ways older clients go.

use std::collections::BTreeSet;

/// Every path that answers with success to somebody, its values by place only.
pub fn documented() -> impl Iterator<Item = &'static str> {
    JOURNEYS.iter().chain(BEYOND).chain(ADDITIONS).copied()
}

#[test]
fn the_table_has_the_documented_paths_and_no_others() {
    let older = OLDER.iter().map(|(call, _)| call.replace("/1", "/{}"));
    let documented = documented().chain([REFUSED]).map(str::to_owned).chain(older);
    assert_eq!(in_the_table(), documented.collect::<BTreeSet<String>>());
    assert_eq!(JOURNEYS.len(), 49);
}

/// The lines of the table with their older ways, read from its text.
fn in_the_table() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut method = "";
    for line in include_str!("../../../src/rest/routes.rs").lines().map(str::trim) {
        let said = [("get(\"", "GET"), ("post(\"", "POST"), (".also(\"", "")];
        let Some((rest, of)) = said.iter().find_map(|(begin, of)| Some((line.strip_prefix(begin)?, of)))
        else {
            continue;
        };
        if !of.is_empty() {
            method = of;
        }
        let path = rest.split('"').next().unwrap_or_default();
        let step = |step: &str| if step.starts_with('{') { "{}".to_owned() } else { step.to_owned() };
        let path: Vec<String> = path.split('/').map(step).collect();
        found.insert(format!("{method} {}", path.join("/")));
    }
    found
}

/// What older clients call, and what it answers as.
pub const OLDER: &[(&str, &str)] = &[
    ("POST /onboarding/consumer", "/consumer/onboarding"),
    ("GET /profile/me", "/consumer/profile/me"),
    ("POST /profile/edit", "/consumer/profile/edit"),
    ("GET /shops", "/consumer/shops"),
    ("GET /shops/search", "/consumer/shops/search"),
    ("GET /items/shop/1", "/shop/1/items"),
    ("GET /consumer/shop/1/items", "/shop/1/items"),
    ("POST /cart/add", "/consumer/cart/add"),
    ("POST /cart/update", "/consumer/cart/update"),
    ("GET /cart/view", "/consumer/cart/view"),
    ("POST /cart/remove", "/consumer/cart/remove"),
    ("POST /cart/clear", "/consumer/cart/clear"),
    ("GET /wallet", "/consumer/wallet"),
    ("GET /wallet/history", "/consumer/wallet/history"),
    ("POST /wallet/load", "/consumer/wallet/load"),
    ("POST /wallet/debit", "/consumer/wallet/debit"),
    ("POST /wallet/refund", "/consumer/wallet/refund"),
    ("POST /order/confirm", "/consumer/order/confirm"),
    ("GET /order/history", "/consumer/order/history"),
    ("GET /order/consumer/messages/1", "/consumer/orders/1/messages"),
    ("POST /order/consumer/message/send/1", "/consumer/orders/1/message"),
    ("POST /order/consumer/cancel/1", "/consumer/orders/1/cancel"),
    ("POST /order/consumer/confirm-modified/1", "/consumer/orders/1/confirm-modified"),
    ("POST /order/rate/1", "/consumer/orders/1/rate"),
    ("POST /order/issue/1", "/consumer/orders/1/issue"),
    ("POST /order/return/raise/1", "/consumer/orders/1/return/raise"),
    ("GET /order/vendor", "/vendor/orders"),
    ("POST /order/vendor/status/1", "/vendor/orders/1/status"),
    ("POST /order/vendor/modify/1", "/vendor/orders/1/modify"),
    ("POST /order/vendor/cancel/1", "/vendor/orders/1/cancel"),
    ("POST /order/vendor/message/send/1", "/vendor/orders/1/message"),
    ("GET /order/vendor/messages/1", "/vendor/orders/1/messages"),
    ("GET /order/vendor/issues", "/vendor/orders/issues"),
    ("POST /order/return/vendor/accept/1", "/vendor/orders/1/return/accept"),
    ("POST /order/return/complete/1", "/vendor/orders/1/return/complete"),
    ("POST /order/return/vendor/initiate/1", "/vendor/orders/1/return/initiate"),
    ("POST /item/add", "/vendor/item/add"),
    ("POST /item/1/toggle", "/vendor/item/1/toggle"),
    ("POST /item/update/1", "/vendor/item/update/1"),
    ("POST /item/bulk-upload", "/vendor/item/bulk-upload"),
    ("GET /item/my", "/vendor/item/my"),
    ("GET /shop/my", "/vendor/shop/my"),
    ("POST /shop/edit", "/vendor/shop/edit"),
    ("POST /shop/update-hours", "/vendor/shop/hours"),
    ("POST /vendor/create-shop", "/vendor/shop"),
    ("POST /vendor/shop/toggle_status", "/vendor/shop/toggle-status"),
];

/// What the specification names: the consumer journeys.
const JOURNEYS: &[&str] = &[
    "POST /send-otp",
    "POST /verify-otp",
    "POST /onboarding/basic",
    "POST /consumer/onboarding",
    "GET /consumer/shops",
    "GET /consumer/shops/search",
    "GET /shop/{}/items",
    "POST /consumer/cart/add",
    "GET /consumer/cart/view",
    "POST /consumer/cart/update",
    "POST /consumer/cart/remove",
    "POST /consumer/cart/clear",
    "GET /consumer/wallet",
    "POST /consumer/wallet/load",
    "POST /consumer/wallet/debit",
    "POST /consumer/wallet/refund",
    "GET /consumer/wallet/history",
    "POST /consumer/order/confirm",
    "GET /consumer/order/history",
    "POST /consumer/orders/{}/message",
    "GET /consumer/orders/{}/messages",
    "POST /consumer/orders/{}/confirm-modified",
    "POST /consumer/orders/{}/cancel",
    "POST /consumer/orders/{}/rate",
    "POST /consumer/orders/{}/issue",
    "POST /consumer/orders/{}/return/raise",
    "POST /agent/query",
    "GET /consumer/profile/me",
    "POST /consumer/profile/edit",
    "GET /consumer/addresses",
    "POST /consumer/address/add",
    "POST /consumer/address/{}/edit",
    "POST /consumer/address/{}/delete",
    "GET /consumer/wishlist",
    "POST /consumer/wishlist/add",
    "POST /consumer/wishlist/remove",
    "GET /consumer/notifications",
    "POST /consumer/notifications/mark-read",
    "GET /consumer/offers",
    "POST /consumer/cart/apply-coupon",
    "GET /consumer/rewards",
    "POST /consumer/rewards/redeem",
    "POST /consumer/support/ticket",
    "GET /consumer/support/tickets",
    "GET /consumer/support/ticket/{}",
    "GET /consumer/settings",
    "POST /consumer/settings/update",
    "POST /logout",
    "POST /logout-all",
];

/// Contract 3.1 and 3.2: what the specification does not name.
const BEYOND: &[&str] = &[
    "POST /auth/refresh",
    "GET /admin/users",
    "GET /admin/shops",
    "GET /admin/orders",
    "POST /vendor/profile",
    "POST /vendor/upload-document",
    "POST /vendor/payout/setup",
    "POST /vendor/shop",
    "POST /vendor/shop/edit",
    "GET /vendor/shop/my",
    "POST /vendor/shop/hours",
    "POST /vendor/shop/toggle-status",
    "POST /vendor/item/add",
    "POST /vendor/item/{}/toggle",
    "POST /vendor/item/update/{}",
    "GET /vendor/item/my",
    "POST /vendor/item/bulk-upload",
    "GET /vendor/orders",
    "POST /vendor/orders/{}/status",
    "POST /vendor/orders/{}/modify",
    "POST /vendor/orders/{}/cancel",
    "POST /vendor/orders/{}/message",
    "GET /vendor/orders/{}/messages",
    "GET /vendor/orders/issues",
    "POST /vendor/orders/{}/return/accept",
    "POST /vendor/orders/{}/return/complete",
    "POST /vendor/orders/{}/return/initiate",
    "GET /vendor/wallet",
    "GET /vendor/wallet/history",
    "POST /vendor/wallet/debit",
    "POST /vendor/wallet/withdraw",
];

/// What no document asks for, and a support screen needs.
const ADDITIONS: &[&str] = &["POST /consumer/support/ticket/{}/reply", "GET /consumer/support/faqs"];

/// What is known, and refused to everybody: whoever credits themselves makes money.
const REFUSED: &str = "POST /vendor/wallet/credit";
