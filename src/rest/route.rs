//! What one line of the table can say.

use axum::http::Method;
use serde_json::{Map, Value as Json};

use crate::app;
use crate::error::{Code, Error, Result};
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
    /// Admins.
    Admin,
    /// Nobody: the path is known, and refused to whoever is signed in.
    Nobody,
}

impl Role {
    /// Asks as the resolvers ask.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `ONBOARDING_REQUIRED` or `FORBIDDEN`.
    pub fn admit(self, scope: &Scope) -> Result<()> {
        let viewer = match self {
            Role::Public => return Ok(()),
            _ => scope.viewer()?,
        };
        match self {
            Role::Public | Role::Anyone => Ok(()),
            Role::Consumer => viewer.require(app::Role::Consumer).map(|_| ()),
            Role::Vendor => viewer.require(app::Role::Vendor).map(|_| ()),
            Role::Admin => viewer.require(app::Role::Admin).map(|_| ()),
            Role::Nobody => Err(Error::forbidden("Forbidden")),
        }
    }
}

/// What can be wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It did not come, or is null.
    Missing,
    /// It is of another kind.
    WrongType,
    /// It is of the right kind, but refused: by its type or by a resolver.
    Invalid,
}

/// An answer that the legacy backend words in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// The HTTP status.
    pub status: u16,
    /// What clients show.
    pub message: &'static str,
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
    /// The section of the table that begins with this line.
    pub section: Option<&'static str>,
    /// What the resolvers refuse with here, beyond what may happen on every path.
    pub refusals: Vec<Code>,
    /// Faults are told in the `Validation error` form, and a body must come.
    pub is_validated: bool,
    /// Numbers and days come as text, as in the fields of a form, and blank for none.
    pub is_form: bool,
    /// What is said when no token came.
    pub anonymous: Option<&'static str>,
    /// Keys of which one must come.
    pub any_of: Option<(&'static [&'static str], Wording)>,
    /// The largest value of a count.
    pub at_most: Option<(&'static str, i64)>,
    /// A list of which something must come, and whose entries count only where they fit.
    pub entries: Option<&'static str>,
    lenient: Vec<&'static str>,
    strict: Vec<&'static str>,
    plain: Vec<&'static str>,
    numeric: Vec<&'static str>,
    renamed: Vec<(&'static str, &'static str)>,
    below: Option<(&'static str, &'static str)>,
    worded: Vec<(&'static str, &'static [Fault], Wording)>,
    told: Vec<(Code, Wording)>,
}

impl Route {
    /// A line without exceptions.
    pub fn new(method: Method, path: &'static str, role: Role, document: Document) -> Route {
        Route {
            method,
            path,
            aliases: Vec::new(),
            role,
            document,
            section: None,
            refusals: Vec::new(),
            is_validated: false,
            is_form: false,
            anonymous: None,
            any_of: None,
            at_most: None,
            entries: None,
            lenient: Vec::new(),
            strict: Vec::new(),
            plain: Vec::new(),
            numeric: Vec::new(),
            renamed: Vec::new(),
            below: None,
            worded: Vec::new(),
            told: Vec::new(),
        }
    }

    /// From this line on the table is about this.
    pub fn begins(mut self, section: &'static str) -> Route {
        self.section = Some(section);
        self
    }

    /// Also served under this older path.
    pub fn also(mut self, path: &'static str) -> Route {
        self.aliases.push(path);
        self
    }

    /// The answer for whatever is wrong with this value.
    pub fn refuse(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.word(key, &[Fault::Missing, Fault::WrongType, Fault::Invalid], status, message)
    }

    /// The answer when this value did not come, or is null.
    pub fn missing(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.word(key, &[Fault::Missing], status, message)
    }

    /// The answer when this value is of another kind, or refused.
    pub fn invalid(self, key: &'static str, status: u16, message: &'static str) -> Route {
        self.word(key, &[Fault::WrongType, Fault::Invalid], status, message)
    }

    fn word(
        mut self,
        key: &'static str,
        faults: &'static [Fault],
        status: u16,
        message: &'static str,
    ) -> Route {
        self.worded.push((key, faults, Wording { status, message }));
        self
    }

    /// A value of this key that does not fit counts as absent.
    pub fn lenient(mut self, key: &'static str) -> Route {
        self.lenient.push(key);
        self
    }

    /// A list of this key counts as missing when it is empty; entries that do not fit are left out.
    pub fn entries(mut self, key: &'static str) -> Route {
        self.entries = Some(key);
        self
    }

    /// Null is no way to leave this key out.
    pub fn strict(mut self, key: &'static str) -> Route {
        self.strict.push(key);
        self
    }

    /// What a resolver says of this value is shown as it is, on a validated path as well.
    pub fn plain(mut self, key: &'static str) -> Route {
        self.plain.push(key);
        self
    }

    /// The answer where the resolvers refuse with this code.
    pub fn told(mut self, code: Code, status: u16, message: &'static str) -> Route {
        self.told.push((code, Wording { status, message }));
        self
    }

    /// The resolvers may refuse with this code. For the description; bad input, conflicts and missing roles need no mention.
    pub fn refuses(mut self, code: Code) -> Route {
        self.refusals.push(code);
        self
    }

    /// A number of this key may come as its digits.
    pub fn numeric(mut self, key: &'static str) -> Route {
        self.numeric.push(key);
        self
    }

    /// What comes as this key of the body counts as that one, where that one does not come.
    pub fn alias(mut self, key: &'static str, of: &'static str) -> Route {
        self.renamed.push((key, of));
        self
    }

    /// An older client sends its keys below this one: they count where the one that is wanted does not come beside it.
    pub fn also_below(mut self, outer: &'static str, wanted: &'static str) -> Route {
        self.below = Some((outer, wanted));
        self
    }

    /// Read in pages: how many entries, at most so many, behind which cursor.
    pub fn pages(mut self, count: &'static str, most: i64, cursor: &'static str) -> Route {
        self.at_most = Some((count, most));
        let invalid = |key| match key {
            "limit" => "Invalid limit",
            "before" => "Invalid before",
            "after" => "Invalid after",
            _ => "Invalid cursor",
        };
        self.invalid(count, 400, invalid(count)).invalid(cursor, 400, invalid(cursor))
    }

    /// One of these keys must come.
    pub fn any_of(mut self, keys: &'static [&'static str], status: u16, message: &'static str) -> Route {
        self.any_of = Some((keys, Wording { status, message }));
        self
    }

    /// Faults are told in the `Validation error` form.
    pub fn validated(mut self) -> Route {
        self.is_validated = true;
        self
    }

    /// Numbers and days come as text, as in the fields of a form, and blank for none.
    pub fn form(mut self) -> Route {
        self.is_form = true;
        self
    }

    /// What is said when no token came.
    pub fn anonymous(mut self, message: &'static str) -> Route {
        self.anonymous = Some(message);
        self
    }

    /// The legacy wording for a fault of this value, if there is one.
    pub fn wording(&self, key: &str, fault: Fault) -> Option<Wording> {
        let mut known = self.worded.iter();
        known
            .find(|(worded, faults, _)| *worded == key && faults.contains(&fault))
            .map(|(.., wording)| *wording)
    }

    /// The legacy wording for what the resolvers refuse with this code, if there is one.
    pub fn wording_of(&self, code: Code) -> Option<Wording> {
        self.told.iter().find(|(known, _)| *known == code).map(|(_, wording)| *wording)
    }

    /// Every answer that this line words, by its status and message.
    pub fn wordings(&self) -> impl Iterator<Item = Wording> {
        let of_values = self.worded.iter().map(|(.., wording)| *wording);
        let of_keys = self.any_of.iter().map(|(_, wording)| *wording);
        of_keys.chain(of_values).chain(self.told.iter().map(|(_, wording)| *wording))
    }

    /// The other names that a body may use: what comes, and what it counts as.
    pub fn other_names(&self) -> &[(&'static str, &'static str)] {
        &self.renamed
    }

    /// Whether a number of this key may come as its digits.
    pub fn is_numeric(&self, key: &str) -> bool {
        self.is_form || self.numeric.contains(&key)
    }

    /// Whether an unfit value of this key counts as absent.
    pub fn is_lenient(&self, key: &str) -> bool {
        self.lenient.contains(&key)
    }

    /// Whether null is refused for this key, although it has a default.
    pub fn is_strict(&self, key: &str) -> bool {
        self.strict.contains(&key)
    }

    /// Whether a resolver's sentence on this key is shown as it is.
    pub fn is_plain(&self, key: &str) -> bool {
        self.plain.contains(&key)
    }

    /// Gives what came under other names, or deeper, its place by the names of the operation's variables.
    pub fn rename(&self, body: &mut Map<String, Json>) {
        if let Some((outer, wanted)) = self.below
            && !body.contains_key(wanted)
            && let Some(Json::Object(keys)) = body.remove(outer)
        {
            body.extend(keys);
        }
        for (key, of) in &self.renamed {
            if let Some(value) = body.remove(*key)
                && !body.contains_key(*of)
            {
                body.insert((*of).to_owned(), value);
            }
        }
    }

    /// Every key that the line speaks of, those of its paths included.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        let paths = std::iter::once(self.path).chain(self.aliases.iter().copied());
        let in_paths = paths
            .flat_map(|path| path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')));
        let any_of = self.any_of.iter().flat_map(|(keys, _)| keys.iter().copied());
        let lists = [&self.lenient, &self.strict, &self.plain, &self.numeric];
        let named = lists.into_iter().flatten().chain(&self.entries).copied();
        let named = named.chain(self.below.map(|(_, wanted)| wanted));
        let named = named.chain(self.renamed.iter().map(|(_, of)| *of));
        in_paths.chain(any_of).chain(named).chain(self.worded.iter().map(|(key, ..)| *key))
    }
}
