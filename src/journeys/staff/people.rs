//! A person as the staff sees them: what helps somebody who calls.

use async_graphql::{ComplexObject, Context, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::dsl::{count, max};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::orders::{Order, OrderFilter};
use crate::journeys::profile::User;
use crate::journeys::staff::shops::ManagedShop;
use crate::journeys::wallet::Wallet;
use crate::ledger::book;
use crate::request::{List, Page, Reach};
use crate::schema::{user_profile, user_session};
use crate::values::{Instant, Phone, UserId};

/// A person, as the staff sees them.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ManagedUser {
    /// Who they are, what they may do, and how far their onboarding is.
    pub user: User,
    /// When their phone was first seen, in UTC.
    pub joined_at: Instant,
    /// When they last used the app, in UTC, to five minutes; null when that was long ago, or never.
    pub last_seen_at: Option<Instant>,
    /// On how many devices they are signed in.
    pub live_sessions: i64,
}

impl ManagedUser {
    /// The person with that phone.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_phone(conn: &mut Conn, phone: &Phone, now: DateTime<Utc>) -> Result<Option<ManagedUser>> {
        let found: Option<(User, Instant)> = user_profile::table
            .filter(user_profile::phone.eq(phone))
            .filter(user_profile::deleted_at.is_null())
            .select((User::as_select(), user_profile::created_at))
            .first(conn)
            .await
            .optional()?;
        let Some((user, joined_at)) = found else { return Ok(None) };
        let is_live = user_session::revoked_at.is_null().and(user_session::expires_at.gt(now));
        let (last_seen_at, live_sessions) = user_session::table
            .filter(user_session::user_id.eq(user.id))
            .select((max(user_session::last_used_at), count(user_session::id).aggregate_filter(is_live)))
            .first(conn)
            .await?;
        Ok(Some(ManagedUser { user, joined_at, last_seen_at, live_sessions }))
    }
}

#[ComplexObject]
impl ManagedUser {
    /// Their wallet; null before they first looked at it, and for who has none.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Option<Wallet>> {
        let held = book::find(&mut *ctx.app()?.read().await?, self.user.id).await?;
        Ok(held.map(|balance| Wallet { user_id: self.user.id, balance }))
    }

    /// What they ordered, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders; all when absent.")] filter: Option<OrderFilter>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Order>> {
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = Order::of_user(&mut conn, self.user.id, &filter.unwrap_or_default(), &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// Their shop; null for who has none.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Option<ManagedShop>> {
        ManagedShop::of_owner(&mut *ctx.app()?.read().await?, self.user.id).await
    }
}

/// What a person may do.
///
/// # Errors
/// `NOT_FOUND` that names `userId` for nobody.
pub async fn role_of(conn: &mut Conn, user: UserId) -> Result<Option<Role>> {
    let role = user_profile::table.find(user).select(user_profile::role).first(conn).await;
    role.optional()?.ok_or_else(|| Error::not_found("User not found").of_field("userId"))
}
