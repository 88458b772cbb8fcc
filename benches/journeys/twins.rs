//! Legacy paths, each beside its twin: the stored document itself, sent to `/graphql`. Both ask for the same fields of as
//! many rows, so that what one costs above the other is the way in and out, and nothing else.

use crate::floor::Sql;
use crate::people::Askers;
use crate::scenario::{Call, Scenario};

/// How the names of the legacy rows begin.
pub const REST: &str = "rest_";
/// How the names of their twins begin.
pub const GRAPHQL: &str = "twin_";

struct Pair {
    /// The names of both rows.
    names: [&'static str; 2],
    path: &'static str,
    document: &'static str,
    /// Legacy clients know no pages: what their twin must say to get as much.
    whole_list: Option<[&'static str; 2]>,
    variables: &'static str,
    /// Twice the same text, as often.
    expected: (&'static str, usize),
    floor: Option<Sql>,
}

macro_rules! stored {
    ($name:literal) => {
        include_str!(concat!("../../src/rest/operations/", $name, ".graphql"))
    };
}

const PAIRS: [Pair; 5] = [
    Pair {
        names: ["rest_shops", "twin_shops"],
        path: "GET /api/v1/consumer/shops",
        document: stored!("shops"),
        whole_list: Some(["shops(", "shops(first: 100, "]),
        variables: "{}",
        expected: ("\"shop_name\":", 100),
        floor: Some(Sql::AllShops),
    },
    Pair {
        names: ["rest_shop_items", "twin_shop_items"],
        path: "GET /api/v1/shop/{shop}/items",
        document: stored!("shop_items"),
        whole_list: Some(["items {", "items(first: 100) {"]),
        variables: "{\"shop_id\":\"{shop}\"}",
        expected: ("\"image_url\":", 45),
        floor: None,
    },
    Pair {
        names: ["rest_cart_view", "twin_cart_view"],
        path: "GET /api/v1/consumer/cart/view",
        document: stored!("cart_view"),
        whole_list: None,
        variables: "{}",
        expected: ("\"shop_name\":", 3),
        floor: Some(Sql::Cart),
    },
    Pair {
        names: ["rest_wallet_history", "twin_wallet_history"],
        path: "GET /api/v1/consumer/wallet/history?limit=20",
        document: stored!("wallet_history"),
        whole_list: None,
        variables: "{\"limit\":20}",
        expected: ("\"user_phone\":", 20),
        floor: Some(Sql::Wallet),
    },
    Pair {
        names: ["rest_order_history", "twin_order_history"],
        path: "GET /api/v1/consumer/order/history?limit=20",
        document: stored!("order_history"),
        whole_list: None,
        variables: "{\"limit\":20}",
        expected: ("\"unit_price\":", 20),
        floor: None,
    },
];

/// Both rows of every pair, one after the other: what else the machine does meets both alike.
pub fn scenarios() -> impl Iterator<Item = Scenario> {
    PAIRS.into_iter().flat_map(|pair| {
        let document = match pair.whole_list {
            Some([of, with]) => pair.document.replace(of, with),
            None => pair.document.to_owned(),
        };
        let scenario =
            |name, call, floor| Scenario { name, askers: Askers::Readers, call, floor, wanted_ratio: None };
        let [rest, graphql] = pair.names;
        [
            scenario(rest, Call::get(pair.path, pair.expected), pair.floor),
            scenario(graphql, Call::document(&document, pair.variables, pair.expected), None),
        ]
    })
}
