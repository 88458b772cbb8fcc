//! Promotions as rows, and the people that one is meant for.

use async_graphql::SimpleObject;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::request::{Page, columns};
use crate::schema::{promotion, user_profile};
use crate::values::{Instant, OfferId, PromotionId, UserId, word};

word! {
    /// Where a promotion stands.
    PromotionStatus {
        /// People are being told.
        Running = "running",
        /// Everybody was told.
        Done = "done",
        /// The staff stopped it: who was told by then was told.
        Cancelled = "cancelled",
    }
}

/// News that the consumers of a city or of one society are told, if they want to hear of offers.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = promotion)]
pub struct Promotion {
    /// Identifies the promotion; newer ones have larger ids.
    pub id: PromotionId,
    /// One line.
    pub title: String,
    /// One or two sentences.
    #[graphql(complexity = 5)]
    pub body: String,
    /// The city of those who are told.
    pub city: String,
    /// Their society; null for every one of the city.
    pub society: Option<String>,
    /// The offer that it leads to, if it leads to one.
    pub offer_id: Option<OfferId>,
    /// Where it stands.
    pub status: PromotionStatus,
    /// How many people it was meant for when it was sent.
    pub recipients: i32,
    /// How many were told so far. In the end not always all: who does not want to hear of offers any more is not told.
    pub sent: i32,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub told_up_to: UserId,
    /// When it was sent, in UTC.
    pub created_at: Instant,
    /// When everybody was told, or it was stopped, in UTC.
    pub finished_at: Option<Instant>,
}

columns!(Promotion {
    "id": id,
    "title": title,
    "body": body,
    "city": city,
    "society": society,
    "offerId": offer_id,
    "status": status,
    "recipients": recipients,
    "sent": sent,
    "createdAt": created_at,
    "finishedAt": finished_at,
});

impl Promotion {
    /// All promotions, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(conn: &mut Conn, page: &Page<i64>) -> Result<Vec<Promotion>> {
        Ok(promotion::table
            .filter(promotion::id.lt(PromotionId(page.after.unwrap_or(i64::MAX))))
            .order(promotion::id.desc())
            .limit(page.limit())
            .select(Promotion::as_select())
            .load(conn)
            .await?)
    }

    /// One promotion.
    ///
    /// # Errors
    /// `NOT_FOUND` that names `id`.
    pub async fn find(conn: &mut Conn, id: PromotionId) -> Result<Promotion> {
        let row = promotion::table.find(id).select(Promotion::as_select()).first(conn).await;
        row.optional()?.ok_or_else(unknown)
    }

    /// The same, locked for a change: whoever tells people of it meanwhile comes first.
    ///
    /// # Errors
    /// As [`Promotion::find`].
    pub async fn lock(conn: &mut Conn, id: PromotionId) -> Result<Promotion> {
        let row = promotion::table.find(id).select(Promotion::as_select()).for_no_key_update();
        row.first(conn).await.optional()?.ok_or_else(unknown)
    }

    /// The oldest one that still has people to tell and that nobody else works on, locked.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn claim(conn: &mut Conn) -> Result<Option<Promotion>> {
        Ok(promotion::table
            .filter(promotion::status.eq(PromotionStatus::Running))
            .order(promotion::id)
            .select(Promotion::as_select())
            .for_no_key_update()
            .skip_locked()
            .first(conn)
            .await
            .optional()?)
    }

    /// Whether any has people to tell.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn is_any_running(conn: &mut Conn) -> Result<bool> {
        let running = promotion::table.filter(promotion::status.eq(PromotionStatus::Running));
        Ok(diesel::select(exists(running)).get_result(conn).await?)
    }

    /// Who is to be told.
    #[must_use]
    pub fn audience(&self) -> Audience<'_> {
        Audience { city: &self.city, society: self.society.as_deref() }
    }
}

fn unknown() -> Error {
    Error::not_found("Promotion not found").of_field("id")
}

/// The consumers of a city, or of one society of it. Names are as people have them, to the letter.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The city.
    pub city: &'a str,
    /// The society; none: all of the city.
    pub society: Option<&'a str>,
}

impl Audience<'_> {
    /// How many of them want to hear of offers.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn count(self, conn: &mut Conn) -> Result<i64> {
        let of_city = user_profile::table
            .filter(user_profile::city.eq(self.city))
            .filter(user_profile::marketing_opt_in)
            .filter(user_profile::role.eq(Role::Consumer));
        Ok(match self.society {
            Some(society) => {
                of_city.filter(user_profile::society.eq(society)).count().get_result(conn).await?
            }
            None => of_city.count().get_result(conn).await?,
        })
    }

    /// The next of those who want to hear of offers, by id. Until the transaction ends, none of them can leave: who deletes
    /// the account at this moment does so before, and is not among them, or after, and finds what they were told.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn next(self, conn: &mut Conn, after: UserId, limit: i64) -> Result<Vec<UserId>> {
        let of_city = user_profile::table
            .filter(user_profile::city.eq(self.city))
            .filter(user_profile::marketing_opt_in)
            .filter(user_profile::role.eq(Role::Consumer))
            .filter(user_profile::id.gt(after))
            .order(user_profile::id)
            .limit(limit)
            .select(user_profile::id);
        Ok(match self.society {
            Some(society) => {
                of_city.filter(user_profile::society.eq(society)).for_key_share().load(conn).await?
            }
            None => of_city.for_key_share().load(conn).await?,
        })
    }
}
