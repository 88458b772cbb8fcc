//! The bank account that a vendor is paid to.

use serde_json::{Value, json};
use society_gateway::app::Keys;

use crate::harness::TestApp;

pub const SET_UP: &str = "mutation($input: PayoutAccountInput!) { setUpPayout(input: $input) {
    message account { bankName ifscCode accountNumber } } }";
const MINE: &str = "{ payoutAccount { bankName ifscCode accountNumber updatedAt } }";

pub fn account(number: &str) -> Value {
    json!({"input": {"bankName": "First Bank", "accountNumber": number, "ifscCode": "FRST0001234"}})
}

#[tokio::test]
async fn an_account_is_set_up_shown_masked_and_replaced() {
    let app = TestApp::start().await;
    let (who, other) = (app.vendor("Vendor").await, app.vendor("Other").await);
    assert_eq!(app.graphql(&who, MINE, json!({})).await.ok(), json!({"payoutAccount": null}));

    let set_up = app.graphql(&who, SET_UP, account("1234 5678-901 234")).await.ok();
    assert_eq!(
        set_up["setUpPayout"],
        json!({"message": "Payout bank info saved", "account":
            {"bankName": "First Bank", "ifscCode": "FRST0001234", "accountNumber": "XXXXXX1234"}})
    );
    let next = json!({"input": {"bankName": " Next Bank ", "accountNumber": "987654321", "ifscCode": "next0abc123"}});
    app.graphql(&who, SET_UP, next).await.ok();
    let mine = app.graphql(&who, MINE, json!({})).await.ok()["payoutAccount"].clone();
    assert_eq!(
        (&mine["bankName"], &mine["ifscCode"], &mine["accountNumber"]),
        (&json!("Next Bank"), &json!("NEXT0ABC123"), &json!("XXXXXX4321"))
    );
    assert_eq!(app.number("SELECT count(*) FROM payout_account").await, 1);
    assert_eq!(app.graphql(&other, MINE, json!({})).await.ok(), json!({"payoutAccount": null}));
    let buyer = app.consumer("Buyer").await;
    assert_eq!(app.graphql(&buyer, MINE, json!({})).await.refused().0, "FORBIDDEN");
    assert_eq!(app.graphql(&buyer, SET_UP, account("123456789")).await.refused().0, "FORBIDDEN");
}

#[tokio::test]
async fn the_number_is_encrypted_for_its_vendor_and_a_former_secret_still_opens_it() {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use society_gateway::schema::payout_account;

    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    app.graphql(&who, SET_UP, account("123456789012")).await.ok();
    let row = "SELECT count(*) FROM payout_account AS row
        WHERE row::TEXT LIKE '%123456789012%' OR encode(account_number_sealed, 'escape') LIKE '%12345678%'";
    assert_eq!(app.number(row).await, 0, "nothing of the row tells the number");

    let sealed: Vec<u8> = payout_account::table
        .select(payout_account::account_number_sealed)
        .first(&mut app.conn().await)
        .await
        .unwrap();
    let purpose = format!("payout account of vendor {}", who.user_id);
    assert_eq!(app.app.keys.unseal(&purpose, &sealed).as_deref(), Some("123456789012"));
    assert_eq!(app.app.keys.unseal("payout account of vendor 999", &sealed), None);
    let former = [&b"a secret that only the tests may know"[..]].into_iter();
    let rotated = Keys::new(b"the secret that came after the first", former);
    assert_eq!(rotated.unseal(&purpose, &sealed).as_deref(), Some("123456789012"));
}

#[tokio::test]
async fn a_bad_account_is_refused_by_its_field_and_never_repeated() {
    let app = TestApp::start().await;
    let who = app.vendor("Vendor").await;
    for (field, value, message) in [
        ("bankName", json!(" "), "bankName must not be empty"),
        (
            "ifscCode",
            json!("FRST1001234"),
            "ifscCode has four letters, a zero, and six letters or digits, such as HDFC0001234",
        ),
    ] {
        let mut input = account("123456789012");
        input["input"][field] = value;
        let answer = app.graphql(&who, SET_UP, input).await;
        assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", message), field));
    }
    for number in
        [json!("1234567890123456789"), json!("12345678x"), json!(123_456_789_012_i64), json!("12345678")]
    {
        let mut input = account("");
        input["input"]["accountNumber"] = number.clone();
        let answer = app.graphql(&who, SET_UP, input).await;
        assert_eq!(
            answer.refused(),
            ("BAD_INPUT", "An account number is a text of 9 to 18 digits"),
            "{number}"
        );
    }
    // Written into the document instead of a variable.
    for literal in ["123456789012", "\"12345678x\""] {
        let query = format!(
            "mutation {{ setUpPayout(input: {{bankName: \"b\", ifscCode: \"FRST0001234\", accountNumber: {literal}}}) {{ message }} }}"
        );
        let answer = app.graphql(&who, &query, json!({})).await;
        assert!(!answer.errors.is_empty());
        assert!(!json!(answer.errors).to_string().contains("12345678"), "{:?}", answer.errors);
    }
    assert_eq!(app.number("SELECT count(*) FROM payout_account").await, 0);
}
