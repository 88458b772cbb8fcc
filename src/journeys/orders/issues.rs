//! What was wrong with a delivered order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::orders::lock::{Held, lock};
use crate::journeys::orders::record::{Action, Change, Deed, NewMessage};
use crate::journeys::orders::status::{Act, next};
use crate::request::{Page, Relation, columns, grouped};
use crate::schema::order_issue;
use crate::values::{Instant, OrderId, OrderIssueId, ShopId, optional_text, required_text, word};

/// How many issues one order may have.
const MOST: i64 = 20;

word! {
    /// Where an issue stands.
    IssueStatus {
        /// Reported, and not settled yet.
        Raised = "raised",
        /// Settled.
        Resolved = "resolved",
        /// Looked at, and turned down.
        Rejected = "rejected",
    }
}

/// Something that was wrong with a delivered order.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = order_issue)]
#[graphql(complex)]
pub struct OrderIssue {
    /// Identifies the issue; newer ones have larger ids.
    pub id: OrderIssueId,
    /// The order.
    pub order_id: OrderId,
    /// What kind of issue, such as "damaged_item" or "missing_item".
    pub issue_type: String,
    /// What happened, in the consumer's words; may be empty.
    #[graphql(complexity = 5)]
    pub description: String,
    /// Where it stands.
    pub status: IssueStatus,
    /// When it was reported, in UTC.
    pub created_at: Instant,
    /// When it last changed, in UTC.
    pub updated_at: Instant,
}

columns!(OrderIssue {
    "id": id,
    "orderId": order_id,
    "issueType": issue_type,
    "description": description,
    "status": status,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

impl OrderIssue {
    /// The issues of a shop's orders, or of one of them, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_shop(
        conn: &mut Conn,
        shop: ShopId,
        order: Option<OrderId>,
        page: &Page<i64>,
    ) -> Result<Vec<OrderIssue>> {
        let mut query = order_issue::table
            .filter(order_issue::shop_id.eq(shop))
            .filter(order_issue::id.lt(OrderIssueId(page.after.unwrap_or(i64::MAX))))
            .order(order_issue::id.desc())
            .limit(page.limit())
            .select(OrderIssue::as_select())
            .into_boxed();
        if let Some(order) = order {
            query = query.filter(order_issue::order_id.eq(order));
        }
        Ok(query.load(conn).await?)
    }

    /// One issue.
    ///
    /// # Errors
    /// `INTERNAL` when it is missing or the database fails.
    pub async fn find(conn: &mut Conn, id: OrderIssueId) -> Result<OrderIssue> {
        Ok(order_issue::table.find(id).select(OrderIssue::as_select()).first(conn).await?)
    }
}

/// An issue about to be reported.
#[derive(Debug, serde::Serialize)]
pub struct NewIssue {
    issue_type: String,
    description: String,
}

impl NewIssue {
    /// A kind, at most 50 characters, and what happened, at most 2,000.
    ///
    /// # Errors
    /// `BAD_INPUT` that names `issueType` or `description`.
    pub fn new(issue_type: &str, description: Option<&str>) -> Result<NewIssue> {
        if issue_type.trim().is_empty() {
            return Err(Error::bad_input("issueType", "Issue type required"));
        }
        let issue_type = required_text(issue_type, 50)
            .map_err(|problem| Error::bad_input("issueType", format!("issueType {problem}")))?;
        let description = optional_text(description, 2_000)
            .map_err(|problem| Error::bad_input("description", format!("description {problem}")))?;
        Ok(NewIssue { issue_type, description: description.unwrap_or_default() })
    }
}

/// Reports an issue of a delivered order. Its id.
///
/// # Errors
/// As [`lock`] and [`next`]; `CONFLICT` when there are too many already.
pub async fn report(
    conn: &mut Conn,
    who: &Viewer,
    id: OrderId,
    new: &NewIssue,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<OrderIssueId> {
    let held = lock(conn, who, id, now).await?;
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| write(conn, &held, new).await).await
}

async fn write(conn: &mut Conn, held: &Held, new: &NewIssue) -> Result<OrderIssueId> {
    let order = &held.order;
    next(order.status, Act::ReportIssue, held.side)?;
    let raised: i64 =
        order_issue::table.filter(order_issue::order_id.eq(order.id)).count().get_result(conn).await?;
    if raised >= MOST {
        return Err(Error::conflict(format!("An order can have at most {MOST} issues")));
    }
    let id = diesel::insert_into(order_issue::table)
        .values((
            order_issue::order_id.eq(order.id),
            order_issue::shop_id.eq(order.shop_id),
            order_issue::user_id.eq(held.by),
            order_issue::issue_type.eq(&new.issue_type),
            order_issue::description.eq(&new.description),
            order_issue::status.eq(IssueStatus::Raised),
            order_issue::created_at.eq(held.at),
            order_issue::updated_at.eq(held.at),
        ))
        .returning(order_issue::id)
        .get_result(conn)
        .await?;
    let text = format!("Issue raised: {}\n{}", new.issue_type, new.description).trim_end().to_owned();
    let deed = Deed {
        action: Action::IssueRaised,
        detail: Cow::Borrowed(&new.issue_type),
        message: Some(NewMessage { text: Cow::Owned(text), is_automatic: true }),
        title: "Issue reported",
        body: format!("The customer reported an issue with order #{}: {}.", order.id, new.issue_type),
    };
    held.write(conn, &Change::default(), &deed).await?;
    Ok(id)
}

/// The issues of an order, oldest first; [`MOST`] bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IssuesOfOrder(pub OrderId);

impl Relation for IssuesOfOrder {
    type Value = Vec<Arc<OrderIssue>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<OrderIssue>>>> {
        let ids: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let rows = order_issue::table
            .filter(order_issue::order_id.eq_any(ids))
            .order((order_issue::order_id, order_issue::id))
            .select(OrderIssue::as_select())
            .load(conn)
            .await?;
        Ok(grouped(rows, |row| IssuesOfOrder(row.order_id)))
    }
}
