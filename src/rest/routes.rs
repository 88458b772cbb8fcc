//! The table of paths, in the order of the specification (legacy contract, sections 2 and 3).
//!
//! A line says which method and path, for whom, and which operation; what follows are the places where the legacy
//! answers differ from what the codes and types of the schema would give.

use axum::http::Method;

use crate::error::Code;
use crate::request::Scope;
use crate::rest::answer::Refusal;
use crate::rest::operation::Document;

/// Who may call a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everybody.
    Public,
    /// Whoever is signed in.
    Anyone,
    /// Consumers.
    Consumer,
    /// Vendors.
    Vendor,
}

impl Role {
    /// Asks as the resolvers ask.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `ONBOARDING_REQUIRED` or `FORBIDDEN`.
    pub fn admit(self, scope: &Scope) -> crate::error::Result<()> {
        match self {
            Role::Public => {}
            Role::Anyone => drop(scope.viewer()?),
            Role::Consumer => drop(scope.viewer()?.require(crate::app::Role::Consumer)?),
            Role::Vendor => drop(scope.viewer()?.require(crate::app::Role::Vendor)?),
        }
        Ok(())
    }
}

/// What can be wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It did not come.
    Missing,
    /// It is of another kind, null included.
    WrongType,
    /// It is of the right kind, but refused: by its type or by a resolver.
    Invalid,
}

/// An answer that the legacy backend words in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    status: u16,
    message: &'static str,
}

impl From<Wording> for Refusal {
    fn from(wording: Wording) -> Refusal {
        Refusal::new(wording.status, wording.message)
    }
}

/// One line of the table.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/api/v1`; names in braces are variables of the operation.
    pub path: &'static str,
    /// Older paths that answer the same (contract, section 3.3).
    pub aliases: Vec<&'static str>,
    /// Who may call it.
    pub role: Role,
    /// What it runs.
    pub document: Document,
    /// Values that do not fit count as absent.
    pub lenient: Vec<&'static str>,
    /// The largest value of a count.
    pub at_most: Vec<(&'static str, i64)>,
    /// Schema-validated paths tell every fault in the `Validation error` form.
    pub is_validated: bool,
    /// The body must be there, though none of its keys is required.
    pub needs_body: bool,
    /// Without a token.
    pub anonymous: Option<&'static str>,
    /// Where null in the answer means that there is none, and where false means that it is not for now.
    pub unless: Vec<(&'static str, Wording)>,
    named: Vec<(&'static str, Vec<Fault>, Wording)>,
    codes: Vec<(Code, Wording)>,
}

impl Route {
    fn new(method: Method, path: &'static str, role: Role, document: Document) -> Route {
        Route {
            method,
            path,
            aliases: Vec::new(),
            role,
            document,
            lenient: Vec::new(),
            at_most: Vec::new(),
            is_validated: false,
            needs_body: false,
            anonymous: None,
            unless: Vec::new(),
            named: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Also served under this older path.
    fn also(mut self, path: &'static str) -> Route {
        self.aliases.push(path);
        self
    }

    /// Whatever is wrong with this value, null included.
    fn refuse(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.wording(key, vec![Fault::Missing, Fault::WrongType, Fault::Invalid], status, message)
    }

    /// This value did not come.
    fn missing(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.wording(key, vec![Fault::Missing], status, message)
    }

    /// This value is of another kind, or refused.
    fn invalid(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.wording(key, vec![Fault::WrongType, Fault::Invalid], status, message)
    }

    fn wording(mut self, key: &'static str, faults: Vec<Fault>, status: u16, message: &'static str) -> Route {
        self.named.push((key, faults, Wording { status, message }));
        self
    }

    /// A resolver's code is answered like this.
    fn on(mut self, code: Code, status: u16, message: &'static str) -> Route {
        self.codes.push((code, Wording { status, message }));
        self
    }

    /// Null or false at this place of the answer (a JSON pointer).
    fn unless(mut self, pointer: &'static str, status: u16, message: &'static str) -> Route {
        self.unless.push((pointer, Wording { status, message }));
        self
    }

    /// A value of this key that does not fit counts as absent.
    fn lenient(mut self, key: &'static str) -> Route {
        self.lenient.push(key);
        self
    }

    /// A count may be so large.
    fn at_most(mut self, key: &'static str, most: i64) -> Route {
        self.at_most.push((key, most));
        self
    }

    /// Faults are told in the `Validation error` form.
    fn validated(mut self) -> Route {
        self.is_validated = true;
        self
    }

    /// An absent body is refused.
    fn needs_body(mut self) -> Route {
        self.needs_body = true;
        self
    }

    /// What is said when no token came.
    fn anonymous(mut self, message: &'static str) -> Route {
        self.anonymous = Some(message);
        self
    }

    /// The wording for a fault of this value, if the legacy backend has one.
    pub fn worded(&self, key: &str, fault: Fault) -> Option<Wording> {
        let mut known = self.named.iter();
        known
            .find(|(named, faults, _)| *named == key && faults.contains(&fault))
            .map(|(.., wording)| *wording)
    }

    /// The wording for a resolver's code, if the legacy backend has one.
    pub fn worded_code(&self, code: Code) -> Option<Wording> {
        self.codes.iter().find(|(known, _)| *known == code).map(|(_, wording)| *wording)
    }

    /// Every key that the line speaks of.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        let counts = self.at_most.iter().map(|(key, _)| *key);
        self.named.iter().map(|(key, ..)| *key).chain(self.lenient.iter().copied()).chain(counts)
    }
}

fn get(path: &'static str, role: Role, document: Document) -> Route {
    Route::new(Method::GET, path, role, document)
}

fn post(path: &'static str, role: Role, document: Document) -> Route {
    Route::new(Method::POST, path, role, document)
}

macro_rules! run {
    ($name:literal) => {
        Document { name: $name, text: include_str!(concat!("operations/", $name, ".graphql")) }
    };
}

/// The table.
#[rustfmt::skip]
pub fn table() -> Vec<Route> {
    use Role::{Consumer};
    vec![
        // Wallet
        get("/consumer/wallet", Consumer, run!("wallet"))
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
            .at_most("limit", 200),
    ]
}
