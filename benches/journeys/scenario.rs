//! What is asked, by whom, and what the right answer looks like.

use std::borrow::Cow;
use std::io::Write;

use crate::Result;
use crate::floor::Sql;
use crate::people::{Askers, Asking, Person};
use crate::seed::{self, Size};
use crate::twins;

/// One row of the report.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// In whose name.
    pub askers: Askers,
    /// The request.
    pub call: Call,
    /// The SQL that the gateway sends for it, where the bare client sends it, too.
    pub floor: Option<Sql>,
    /// The ratio that it should reach at least.
    pub wanted_ratio: Option<f64>,
}

/// A request as it goes over the wire.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Method and path.
    line: &'static str,
    body: Body,
    /// A text that the body of a right answer holds so many times.
    expected: (&'static str, usize),
}

#[derive(Clone, Copy, Debug)]
enum Body {
    None,
    Json(&'static str),
    /// By how the consumer pays.
    Payment {
        cash: &'static str,
        wallet: &'static str,
    },
}

impl Body {
    fn of(self, person: &Person) -> &'static str {
        match self {
            Body::None => "",
            Body::Json(text) => text,
            Body::Payment { wallet, .. } if person.pays_from_wallet() => wallet,
            Body::Payment { cash, .. } => cash,
        }
    }
}

/// `{shop}` stands for a shop that the person can see.
fn filled_in(text: &'static str, person: &Person) -> Cow<'static, str> {
    if text.contains("{shop}") { text.replace("{shop}", person.shop()).into() } else { text.into() }
}

impl Call {
    /// A read of a legacy path.
    pub const fn get(line: &'static str, expected: (&'static str, usize)) -> Call {
        Call { line, body: Body::None, expected }
    }

    /// A document, with variables as JSON.
    pub fn document(text: &str, variables: &str, expected: (&'static str, usize)) -> Call {
        let text = serde_json::Value::from(text);
        let body = format!(r#"{{"query":{text},"variables":{variables}}}"#);
        // Made once in a run.
        Call { line: "POST /graphql", body: Body::Json(body.leak()), expected }
    }

    /// Method and path of this person's request.
    pub fn line_of(&self, person: &Person) -> Cow<'static, str> {
        filled_in(self.line, person)
    }

    /// The body of this person's request.
    pub fn body_of(&self, person: &Person) -> Cow<'static, str> {
        filled_in(self.body.of(person), person)
    }

    /// Writes to an order.
    pub fn message_to(order: i64) -> Call {
        let body = format!(
            r#"{{"query":"mutation {{ sendOrderMessage(orderId: {order}, message: \"Is it ready?\") {{ orderMessage {{ id }} }} }}"}}"#
        );
        // Made once in a run.
        Call { line: "POST /graphql", body: Body::Json(body.leak()), expected: (r#""orderMessage":"#, 1) }
    }

    /// Whether this is the right answer.
    pub fn check(&self, status: u16, body: &[u8]) -> Result<()> {
        let text = std::str::from_utf8(body)?;
        let (expected, times) = self.expected;
        if status == 200 && !text.contains("\"errors\":") && text.matches(expected).count() == times {
            return Ok(());
        }
        let begin: String = text.chars().take(2_000).collect();
        let line = self.line;
        Err(format!("{line}: expected 200 with {times} times {expected}, got {status} {begin}").into())
    }

    /// Appends the request of this person.
    pub fn write(&self, person: &Person, request: &mut Vec<u8>) {
        let (line, body) = (self.line_of(person), self.body_of(person));
        let (token, length) = (&person.token, body.len());
        // Writing to memory does not fail.
        let _ = write!(
            request,
            "{line} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
    }
}

impl Scenario {
    /// Whether each request changes what the next one would find.
    fn empties_carts(&self) -> bool {
        self.askers == Askers::Buyers
    }

    /// What these people need before they ask.
    pub async fn prepare(&self, database: &str, size: Size, asking: &Asking) -> Result<()> {
        if self.empties_carts() {
            seed::fill_carts(database, size, asking.people()).await?;
        }
        Ok(())
    }
}

/// The least that reads the session.
pub const WHO_ASKS: Call = Call {
    line: "POST /graphql",
    body: Body::Json(r#"{"query":"{ __typename }"}"#),
    expected: (r#""__typename":"#, 1),
};

/// Everything that is measured.
pub fn scenarios() -> Vec<Scenario> {
    JOURNEYS.into_iter().chain(twins::scenarios()).collect()
}

const JOURNEYS: [Scenario; 7] = [
    Scenario {
        name: "shops_with_items",
        askers: Askers::Readers,
        call: Call {
            line: "POST /graphql",
            body: Body::Json(
                r#"{"query":"{ shops(first: 20) { nodes { id shopName shopType isOpen rating items(first: 5) { nodes { id title brand price mrp unit packSize } } } } }"}"#,
            ),
            expected: (r#""packSize":"#, 100),
        },
        floor: Some(Sql::Shops),
        wanted_ratio: Some(0.45),
    },
    Scenario {
        name: "search_shops",
        askers: Askers::Readers,
        call: Call {
            line: "POST /graphql",
            body: Body::Json(
                r#"{"query":"{ shops(first: 20, filter: {query: \"shop\", item: \"number\", minRating: 2, minPrice: 20, maxPrice: 180}) { nodes { id shopName shopType isOpen rating } } }"}"#,
            ),
            expected: (r#""shopName":"#, 20),
        },
        floor: Some(Sql::Search),
        wanted_ratio: None,
    },
    Scenario {
        name: "cart_view",
        askers: Askers::Readers,
        call: Call {
            line: "POST /graphql",
            body: Body::Json(
                r#"{"query":"{ cart { lines { quantity subtotal item { id title price mrp unit shop { shopName } } } total savings discount payable } }"}"#,
            ),
            expected: (r#""shopName":"#, 3),
        },
        floor: Some(Sql::Cart),
        wanted_ratio: None,
    },
    Scenario {
        name: "wallet_history",
        askers: Askers::Readers,
        call: Call {
            line: "POST /graphql",
            body: Body::Json(
                r#"{"query":"{ wallet { balance transactions(first: 20) { nodes { id kind amount reference balanceAfter createdAt } } } }"}"#,
            ),
            expected: (r#""balanceAfter":"#, 20),
        },
        floor: Some(Sql::Wallet),
        wanted_ratio: Some(0.40),
    },
    Scenario {
        name: "order_history",
        askers: Askers::Readers,
        call: Call {
            line: "POST /graphql",
            body: Body::Json(
                r#"{"query":"{ orders(first: 20) { nodes { id status total final createdAt shop { shopName } items { name quantity unitPrice subtotal } } } }"}"#,
            ),
            expected: (r#""unitPrice":"#, 20),
        },
        floor: Some(Sql::Orders),
        wanted_ratio: None,
    },
    Scenario {
        name: "confirm_order",
        askers: Askers::Buyers,
        call: Call {
            line: "POST /graphql",
            body: Body::Payment {
                cash: r#"{"query":"mutation($mode: PaymentMode!) { confirmOrder(input: {paymentMode: $mode}) { order { id status } } }","variables":{"mode":"CASH"}}"#,
                wallet: r#"{"query":"mutation($mode: PaymentMode!) { confirmOrder(input: {paymentMode: $mode}) { order { id status } } }","variables":{"mode":"WALLET"}}"#,
            },
            expected: (r#""status":"PENDING""#, 1),
        },
        floor: Some(Sql::Confirm),
        wanted_ratio: Some(0.50),
    },
    Scenario {
        name: "rest_confirm_order",
        askers: Askers::Buyers,
        call: Call {
            line: "POST /api/v1/consumer/order/confirm",
            body: Body::Payment {
                cash: r#"{"payment_mode":"cash"}"#,
                wallet: r#"{"payment_mode":"wallet"}"#,
            },
            expected: (r#""order_id":"#, 1),
        },
        floor: Some(Sql::Confirm),
        wanted_ratio: None,
    },
];
