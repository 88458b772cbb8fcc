use super::*;
use async_graphql::parser::parse_query;
use serde_json::json;

const SDL: &str = r#"
    scalar Money scalar Phone scalar Date
    enum PaymentMode { WALLET CASH }
    input Line { itemId: ID! quantity: Int! = 1 note: String }
    input Order { paymentMode: PaymentMode! lines: [Line!]! tip: Money }
    type Query { a: Int }
"#;

/// The values as JSON, or the sentences of what does not fit.
fn coerced(declarations: &str, given: Json) -> Result<Json, Vec<String>> {
    misfits(declarations, given)
        .map(|variables| variables.into_value().into_json().unwrap())
        .map_err(|misfits| misfits.into_iter().map(|misfit| misfit.message).collect())
}

fn misfits(declarations: &str, given: Json) -> Result<Variables, Vec<Misfit>> {
    let types = Types::read(SDL).unwrap();
    let document = parse_query(format!("query Q({declarations}) {{ a }}")).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let Json::Object(given) = given else { unreachable!("variables are an object") };
    coerce(&types, &operation.node.variable_definitions, given)
}

#[test]
fn values_of_the_declared_types_pass() {
    for (declarations, given, expected) in [
        ("$a: Int!", json!({"a": 3}), json!({"a": 3})),
        ("$a: Int!", json!({"a": 3.0}), json!({"a": 3})),
        ("$a: Float", json!({"a": 3}), json!({"a": 3})),
        ("$a: ID!", json!({"a": 42}), json!({"a": "42"})),
        ("$a: ID!", json!({"a": "42"}), json!({"a": "42"})),
        ("$a: Boolean", json!({"a": null}), json!({"a": null})),
        ("$a: [Int!]", json!({"a": 3}), json!({"a": [3]})),
        ("$a: [[Int]]", json!({"a": [[1, null], null]}), json!({"a": [[1, null], null]})),
        ("$a: PaymentMode", json!({"a": "CASH"}), json!({"a": "CASH"})),
        ("$a: Money", json!({"a": 149.5}), json!({"a": 149.5})),
        ("$a: Money", json!({"a": "149.50"}), json!({"a": "149.50"})),
        ("$a: Phone", json!({"a": "98765 43210"}), json!({"a": "98765 43210"})),
        ("$a: Int! = 5, $b: String", json!({}), json!({"a": 5})),
        ("$a: PaymentMode = CASH", json!({}), json!({"a": "CASH"})),
        ("$a: Int", json!({"a": 1, "undeclared": "x"}), json!({"a": 1})),
        (
            "$a: Order",
            json!({"a": {"paymentMode": "WALLET", "lines": {"itemId": 7}}}),
            json!({"a": {"paymentMode": "WALLET", "lines": [{"itemId": "7"}]}}),
        ),
    ] {
        assert_eq!(coerced(declarations, given), Ok(expected), "{declarations}");
    }
}

#[test]
fn every_failure_names_its_place_and_what_is_expected() {
    for (declarations, given, expected) in [
        ("$a: Int!", json!({}), r#"Variable "$a": is required; its type is Int!"#),
        ("$a: Int! = 5", json!({"a": null}), r#"Variable "$a": must not be null; its type is Int!"#),
        ("$a: Int", json!({"a": "3"}), r#"Variable "$a": expected Int, found "3""#),
        (
            "$a: Int",
            json!({"a": 2_147_483_648_i64}),
            r#"Variable "$a": is no Int, a whole number from -2147483648 to 2147483647"#,
        ),
        (
            "$a: Int",
            json!({"a": 1.5}),
            r#"Variable "$a": is no Int, a whole number from -2147483648 to 2147483647"#,
        ),
        ("$a: String", json!({"a": 3}), r#"Variable "$a": expected String, found 3"#),
        ("$a: String", json!({"a": "a\u{0}"}), r#"Variable "$a": must not contain the character U+0000"#),
        ("$a: ID", json!({"a": 1.5}), r#"Variable "$a": expected ID, found 1.5"#),
        ("$a: Boolean", json!({"a": "true"}), r#"Variable "$a": expected Boolean, found "true""#),
        ("$a: [Int!]", json!({"a": [1, null]}), r#"Variable "$a[1]": must not be null; its type is Int!"#),
        (
            "$a: PaymentMode",
            json!({"a": "cash"}),
            r#"Variable "$a": is no PaymentMode, which is one of CASH, WALLET"#,
        ),
        ("$a: Money", json!({"a": [1]}), r#"Variable "$a": expected Money, found a list"#),
        ("$a: Money", json!({"a": true}), r#"Variable "$a": expected Money, found true"#),
        (
            "$a: Money",
            json!({"a": 1.005}),
            "An amount is a number of rupees with at most two decimals, such as 149.50",
        ),
        (
            "$a: Phone",
            json!({"a": "12"}),
            "A phone number has ten digits or starts with its country code, such as +919876543210",
        ),
        ("$a: Order", json!({"a": 3}), r#"Variable "$a": expected Order, found 3"#),
        (
            "$a: Order",
            json!({"a": {"paymentMode": "CASH", "lines": [{"itemId": 1, "quantity": "two"}]}}),
            r#"Variable "$a.lines[0].quantity": expected Int, found "two""#,
        ),
        (
            "$a: Order",
            json!({"a": {"paymentMode": "CASH", "lines": [], "gift": true}}),
            r#"Variable "$a.gift": is no field of Order"#,
        ),
    ] {
        assert_eq!(coerced(declarations, given), Err(vec![expected.to_owned()]), "{declarations}");
    }
    assert!(coerced("$a: Date", json!({"a": "2026-02-30"})).is_err());
}

#[test]
fn all_wrong_places_are_told_together_and_not_without_end() {
    let refused = misfits("$a: Order!, $b: Int!", json!({"a": {"lines": [{}, {"note": 1}]}})).unwrap_err();
    let places: Vec<_> = refused
        .iter()
        .map(|misfit| (misfit.variable.as_str(), misfit.path.join("."), misfit.problem))
        .collect();
    assert_eq!(
        places,
        [
            ("a", "paymentMode".to_owned(), Problem::Missing),
            ("a", "lines.0.itemId".to_owned(), Problem::Missing),
            ("a", "lines.1.itemId".to_owned(), Problem::Missing),
            ("a", "lines.1.note".to_owned(), Problem::WrongType),
            ("b", String::new(), Problem::Missing),
        ]
    );

    let many = vec!["x".repeat(1000); 1000];
    let refused = misfits("$a: [Int]", json!({"a": many})).unwrap_err();
    assert_eq!(refused.len(), MISFITS_TOLD);
    assert!(refused.iter().all(|misfit| misfit.message.len() < 120));
}
