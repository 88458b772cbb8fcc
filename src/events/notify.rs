//! What people are told. The row and its event are written together, in the transaction that made it true.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::Result;
use crate::events::Kind;
use crate::values::{UserId, word};

word! {
    /// What a notification is about.
    NotificationKind {
        /// An order.
        Order = "order",
        /// The wallet.
        Wallet = "wallet",
        /// An offer.
        Promo = "promo",
        /// A support ticket.
        Support = "support",
        /// A vendor's own shop. Consumers get none of these.
        Shop = "shop",
    }
}

/// Something that a person is about to be told.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Who.
    pub to: UserId,
    /// What about.
    pub kind: NotificationKind,
    /// One line.
    pub title: String,
    /// One or two sentences.
    pub body: String,
    /// The order, support ticket, offer or shop that it leads to.
    pub target_id: Option<i64>,
}

/// Tells all of them who have not deleted their accounts, with one statement; each person's streams hear of it after the commit.
///
/// Takes the connection shared, so that it can be sent together with other statements.
///
/// # Errors
/// `INTERNAL` when the database refuses a row.
pub async fn notify(conn: &AsyncPgConnection, notices: &[Notice], now: DateTime<Utc>) -> Result<()> {
    if !notices.is_empty() {
        Telling::new(notices, now).execute(&mut &*conn).await?;
    }
    Ok(())
}

/// The notifications and, made from the ids that they get, their events.
///
/// A fragment of our own with a `QueryId` is prepared once per connection, however many are told.
#[derive(QueryId)]
struct Telling {
    to: Vec<UserId>,
    kinds: Vec<NotificationKind>,
    titles: Vec<String>,
    bodies: Vec<String>,
    targets: Vec<Option<i64>>,
    at: DateTime<Utc>,
}

impl Telling {
    fn new(notices: &[Notice], at: DateTime<Utc>) -> Telling {
        Telling {
            to: notices.iter().map(|notice| notice.to).collect(),
            kinds: notices.iter().map(|notice| notice.kind).collect(),
            titles: notices.iter().map(|notice| notice.title.clone()).collect(),
            bodies: notices.iter().map(|notice| notice.body.clone()).collect(),
            targets: notices.iter().map(|notice| notice.target_id).collect(),
            at,
        }
    }
}

impl QueryFragment<Pg> for Telling {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH told AS (INSERT INTO notification (user_id, kind, title, body, target_id, created_at) \
             SELECT notice.user_id, notice.kind, notice.title, notice.body, notice.target_id, ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.to)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.titles)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.bodies)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.targets)?;
        out.push_sql(
            ") AS notice (user_id, kind, title, body, target_id) JOIN user_profile ON user_profile.id = notice.user_id \
             WHERE user_profile.deleted_at IS NULL FOR KEY SHARE OF user_profile RETURNING id, user_id, created_at) \
             INSERT INTO event (kind, user_id, value, created_at) SELECT ",
        );
        out.push_bind_param::<Text, _>(&Kind::NotificationAdded)?;
        out.push_sql(", user_id, id::TEXT, created_at FROM told ORDER BY id");
        Ok(())
    }
}
