//! Contract 2.1, 2.15 and 3.1: codes, tokens, onboarding, signing out.

use serde_json::{Value, json};

use crate::contract::lines::{Line, get, invalid, post, refused};
use crate::contract::world::CODE;

fn signed_in() -> Value {
    json!({
        "access_token": "str", "auth_token": "str", "refresh_token": "str", "expires_in": "int", "role": "str?",
        "basic_onboarding_done": "bool", "role_onboarding_done": "bool",
    })
}

fn basics(role: &str) -> Value {
    json!({"name": " Asha ", "city": "Pune", "society": "Green Meadows", "role": role})
}

pub fn consumer() -> Vec<Line> {
    let phone = json!({"phone": "98765 43210"});
    let code = |otp: &str| json!({"phone": "+919876543210", "otp": otp});
    vec![
        invalid("nobody", "/send-otp", json!({}), &["phone"]),
        invalid("nobody", "/send-otp", json!({"phone": 98765}), &["phone"]),
        invalid("nobody", "/send-otp", json!({"phone": "12345"}), &["phone"]),
        invalid("nobody", "/send-otp", json!([]), &["body"]),
        post("nobody", "/send-otp", phone, json!({"message": "=OTP sent"})),
        invalid("nobody", "/verify-otp", json!({"phone": "9876543210"}), &["otp"]),
        invalid("nobody", "/verify-otp", code("12345"), &["otp"]),
        refused("nobody", "POST /verify-otp", code("654321"), 401, "Invalid or expired OTP"),
        post("nobody", "/verify-otp", code(CODE), signed_in())
            .signs_in("asha")
            .keep("access", "/access_token")
            .keep("refresh", "/refresh_token"),
        refused("nobody", "POST /verify-otp", code(CODE), 401, "Invalid or expired OTP"),
        // Before onboarding.
        refused("asha", "GET /consumer/shops", json!(null), 403, "Role missing"),
        refused("asha", "POST /consumer/onboarding", json!({}), 403, "Role missing"),
        refused("nobody", "POST /onboarding/basic", basics("consumer"), 401, "Auth header missing"),
        invalid("asha", "/onboarding/basic", basics("admin"), &["role"]),
        invalid("asha", "/onboarding/basic", json!({"role": "consumer"}), &["name", "city", "society"]),
        invalid(
            "asha",
            "/onboarding/basic",
            json!({"name": " ", "city": "Pune", "society": "Green Meadows", "role": "consumer"}),
            &["name"],
        ),
        post(
            "asha",
            "/onboarding/basic",
            basics("consumer"),
            json!({"message": "=Basic onboarding complete"}),
        ),
        post(
            "asha",
            "/onboarding/basic",
            basics("vendor"),
            json!({"message": "=Basic onboarding already complete"}),
        ),
        invalid("asha", "/onboarding/basic", basics("admin"), &["role"]),
        // The role alone opens the consumer's paths; only the profile needs its row.
        refused("asha", "GET /consumer/profile/me", json!(null), 404, "Consumer profile not found"),
        invalid("asha", "/consumer/onboarding", json!({"date_of_birth": "1990-02-30"}), &["date_of_birth"]),
        invalid("asha", "/consumer/onboarding", json!(null), &["body"]),
        post(
            "asha",
            "/consumer/onboarding",
            json!({"flat_number": "B-1204", "gender": "Female", "date_of_birth": "1990-02-03"}),
            json!({"message": "=Consumer onboarding done"}),
        ),
        refused("asha", "POST /consumer/onboarding", json!({}), 400, "Role onboarding already done"),
        // A refresh makes a new pair; the former one is worth nothing soon.
        refused("nobody", "POST /auth/refresh", json!({}), 401, "invalid token"),
        refused("nobody", "POST /auth/refresh", json!({"refresh_token": "x"}), 401, "invalid token"),
        refused(
            "nobody",
            "POST /auth/refresh",
            json!({"refresh_token": "{access}"}),
            401,
            "expected refresh token",
        ),
        post(
            "nobody",
            "/auth/refresh",
            json!({"refresh_token": "{refresh}"}),
            json!({"access_token": "str", "auth_token": "str", "refresh_token": "str", "expires_in": "int"}),
        )
        .signs_in("asha"),
    ]
}

pub fn vendor() -> Vec<Line> {
    let phone = json!({"phone": "9876543211"});
    let shop = json!({"shop_name": "Fresh Mart", "shop_type": "Grocery"});
    vec![
        post("nobody", "/send-otp", phone.clone(), json!({"message": "=OTP sent"})),
        post("nobody", "/verify-otp", json!({"phone": "9876543211", "otp": CODE}), signed_in())
            .signs_in("seller"),
        post(
            "seller",
            "/onboarding/basic",
            basics("vendor"),
            json!({"message": "=Basic onboarding complete"}),
        ),
        refused("seller", "GET /consumer/wallet", json!(null), 403, "Forbidden"),
        refused("asha", "GET /vendor/shop/my", json!(null), 403, "Forbidden"),
        refused(
            "seller",
            "POST /vendor/shop",
            shop,
            400,
            "Vendor profile not found. Please complete vendor onboarding first.",
        ),
        invalid(
            "seller",
            "/vendor/profile",
            json!({"business_type": "Grocery"}),
            &["business_name", "address"],
        ),
        refused(
            "seller",
            "POST /vendor/profile",
            json!({"business_type": "", "business_name": "Fresh Mart", "address": "Gate 2"}),
            400,
            "Missing required vendor details",
        ),
        post(
            "seller",
            "/vendor/profile",
            json!({"business_type": "Grocery", "business_name": "Fresh Mart", "address": "Gate 2"}),
            json!({"message": "=Vendor profile created"}),
        ),
        refused(
            "seller",
            "POST /vendor/profile",
            json!({"business_type": "Grocery", "business_name": "Fresh Mart", "address": "Gate 2"}),
            400,
            "Vendor profile already exists",
        ),
    ]
}

pub fn out() -> Vec<Line> {
    vec![
        refused("nobody", "POST /logout", json!({}), 401, "Token missing"),
        post("seller", "/logout", json!({}), json!({"message": "=Logged out"})),
        refused("seller", "GET /vendor/shop/my", json!(null), 401, "invalid token"),
        refused("nobody", "POST /logout-all", json!({}), 401, "Auth header missing"),
        post(
            "asha",
            "/logout-all",
            json!(null),
            json!({"message": "=Logged out from all devices", "revoked": "int"}),
        ),
        refused("asha", "GET /consumer/wallet", json!(null), 401, "invalid token"),
        get("neighbour", "/consumer/wallet", json!({"balance": "money"})),
    ]
}
