//! What a resolver may reach: the app, who asks, from where, and this request's loaders.

mod authentication;
mod following;
mod form;
mod loaders;
mod page;
mod pages;
mod row;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::Context;

pub use authentication::{Authentication, authenticate};
pub use following::{Place, follow};
pub use form::{File, Form, LARGEST_FILE, Unread, Upload};
pub use loaders::{Loaders, Relation, grouped, load};
pub use page::{LastPage, List, Page, PageLimits};
pub use pages::{Backward, InPages, Pages, by_page};
pub(crate) use row::columns;
pub use row::{Columns, Row};

use crate::app::{App, Role, Viewer};
use crate::error::{Error, Result};
use crate::events::EventCursor;
use crate::values::word;

word! {
    /// Which way a request came in. Tokens issued on the REST face live longer: its clients never refresh.
    Face {
        /// `/graphql` and its transports.
        Graphql = "graphql",
        /// `/api/v1`.
        Rest = "rest",
    }
}

/// One request: made by the server before the operation runs, gone with it.
pub struct Scope {
    /// Everything with a lifetime.
    pub app: Arc<App>,
    /// Which way it came in.
    pub face: Face,
    /// Who asks.
    pub authentication: Authentication,
    /// Where from.
    pub address: IpAddr,
    /// The client's own name for itself, cut to 200 characters.
    pub user_agent: Option<String>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The files that came with it: set once, by whoever reads the body.
    pub files: OnceLock<Vec<File>>,
    /// How long a list may be.
    pub page_limits: PageLimits,
    /// This request's loaders.
    pub loaders: Loaders,
    /// Where a subscription stands.
    pub place: Place,
    /// The newest event when it began: all that it reads is from later.
    pub began_behind: EventCursor,
    /// Whether it has ended its own session, see [`Scope::end`].
    pub is_over: AtomicBool,
}

impl Scope {
    /// A request that begins now, and tells nothing more of itself.
    #[must_use]
    pub fn new(app: Arc<App>, face: Face, authentication: Authentication, address: IpAddr) -> Scope {
        Scope {
            face,
            authentication,
            address,
            user_agent: None,
            idempotency_key: None,
            files: OnceLock::new(),
            page_limits: match face {
                Face::Graphql => PageLimits::GRAPHQL,
                Face::Rest => PageLimits::REST,
            },
            loaders: Loaders::new(app.pool().clone()),
            place: Place::default(),
            began_behind: app.hub.newest(),
            is_over: AtomicBool::new(false),
            app,
        }
    }

    /// The signed-in person, whatever their role.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `TOKEN_EXPIRED`, as the token was.
    pub fn viewer(&self) -> Result<&Viewer> {
        match &self.authentication {
            _ if self.is_over.load(Ordering::Acquire) => {
                Err(Error::new(crate::error::Code::Unauthenticated, "invalid token"))
            }
            Authentication::Viewer { viewer, .. } => Ok(viewer),
            Authentication::Anonymous => {
                Err(Error::new(crate::error::Code::Unauthenticated, "Auth header missing"))
            }
            Authentication::Refused(error) => Err(error.clone()),
        }
    }

    /// What follows in this document is nobody's: it has signed itself out, or deleted its account.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// The file that an argument of that name stands for.
    ///
    /// # Errors
    /// `BAD_INPUT` that names the argument, when the request came without it.
    pub fn file(&self, upload: Upload, argument: &'static str) -> Result<&File> {
        let files = self.files.get().map(Vec::as_slice).unwrap_or_default();
        upload.of(files).ok_or_else(|| Error::bad_input(argument, "No file uploaded"))
    }

    /// What limits count a client by: its IPv4 address, or its IPv6 network, since one client has the whole /64.
    #[must_use]
    pub fn network(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

/// A resolver's way to its [`Scope`].
pub trait Reach {
    /// This request.
    ///
    /// # Errors
    /// `INTERNAL` if the server forgot to provide it.
    fn scope(&self) -> Result<&Arc<Scope>>;

    /// Everything with a lifetime.
    ///
    /// # Errors
    /// As [`Reach::scope`].
    fn app(&self) -> Result<&Arc<App>> {
        Ok(&self.scope()?.app)
    }

    /// The signed-in person, whatever their role.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `TOKEN_EXPIRED`.
    fn viewer(&self) -> Result<&Viewer> {
        self.scope()?.viewer()
    }

    /// The signed-in consumer.
    ///
    /// # Errors
    /// As [`Reach::viewer`]; `ONBOARDING_REQUIRED` or `FORBIDDEN` for others.
    fn consumer(&self) -> Result<&Viewer> {
        self.viewer()?.require(Role::Consumer)
    }

    /// The signed-in vendor.
    ///
    /// # Errors
    /// As [`Reach::viewer`]; `ONBOARDING_REQUIRED` or `FORBIDDEN` for others.
    fn vendor(&self) -> Result<&Viewer> {
        self.viewer()?.require(Role::Vendor)
    }

    /// The signed-in member of the staff; admins are as well.
    ///
    /// # Errors
    /// As [`Reach::viewer`]; `ONBOARDING_REQUIRED` or `FORBIDDEN` for others.
    fn staff(&self) -> Result<&Viewer> {
        self.viewer()?.require_staff()
    }

    /// The signed-in admin.
    ///
    /// # Errors
    /// As [`Reach::viewer`]; `ONBOARDING_REQUIRED` or `FORBIDDEN` for others.
    fn admin(&self) -> Result<&Viewer> {
        self.viewer()?.require(Role::Admin)
    }

    /// The key of one mutation: its argument, or else the `Idempotency-Key` header together with the place of the
    /// mutation in the document. One header may cover several mutations; each is then repeated as itself.
    ///
    /// # Errors
    /// As [`Reach::scope`].
    fn idempotency_key(&self, argument: Option<String>) -> Result<Option<String>>;
}

impl Reach for Context<'_> {
    fn scope(&self) -> Result<&Arc<Scope>> {
        self.data::<Arc<Scope>>().map_err(|error| Error::internal(error.message))
    }

    fn idempotency_key(&self, argument: Option<String>) -> Result<Option<String>> {
        let header = self.scope()?.idempotency_key.as_deref();
        let place = self.path_node.map(|place| place.to_string()).unwrap_or_default();
        Ok(argument.or_else(|| header.map(|key| format!("{key} {place}"))))
    }
}
