//! Notifications in GraphQL.

use async_graphql::{Context, Object, SimpleObject};

use crate::error::{Error, Result};
use crate::journeys::notifications::Notification;
use crate::journeys::notifications::verbs::{self, Read};
use crate::request::{List, Page, Reach};
use crate::values::NotificationId;

/// Reads of notifications.
#[derive(Default)]
pub struct NotificationsQuery;

#[Object]
impl NotificationsQuery {
    /// What the signed-in person was told, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether to leave out those that were read; they are listed when absent.")]
        unread_only: Option<bool>,
        #[graphql(desc = "How many entries, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Notification>> {
        let who = ctx.viewer()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        let mut conn = ctx.app()?.read().await?;
        let rows = Notification::of_user(&mut conn, who, unread_only.unwrap_or(false), &page).await?;
        Ok(page.list(rows, |row| row.id.0))
    }

    /// How many notifications the signed-in person has not read: the number on the bell.
    #[graphql(complexity = 5)]
    async fn unread_notification_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let who = ctx.viewer()?.user_id;
        let unread = Notification::unread(&mut *ctx.app()?.read().await?, who).await?;
        i32::try_from(unread).map_err(Error::internal)
    }
}

/// What came of marking notifications as read.
#[derive(SimpleObject)]
pub struct MarkNotificationsReadPayload {
    /// A sentence to show.
    message: &'static str,
    /// How many were unread before.
    updated: i32,
    /// How many are unread still.
    unread_count: i32,
}

/// Changes of notifications.
#[derive(Default)]
pub struct NotificationsMutation;

#[Object]
impl NotificationsMutation {
    /// Marks notifications of the signed-in person as read: the named ones, or all.
    ///
    /// Ids that are not the person's are ignored; what was read before keeps its `readAt`. Errors: `BAD_INPUT` without
    /// ids, unless `all` is true.
    async fn mark_notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones, at most 500.")] ids: Option<Vec<NotificationId>>,
        #[graphql(desc = "Whether to mark all of them, whatever `ids` says.")] all: Option<bool>,
    ) -> Result<MarkNotificationsReadPayload> {
        let (who, app) = (ctx.viewer()?.user_id, ctx.app()?);
        let (read, now) = (Read::new(ids, all)?, app.clock.now());
        let (updated, unread) = app
            .write(async move |conn| {
                let updated = verbs::mark_read(conn, who, &read, now).await?;
                Ok((updated, Notification::unread(conn, who).await?))
            })
            .await?;
        Ok(MarkNotificationsReadPayload {
            message: "Notifications marked as read",
            updated: i32::try_from(updated).map_err(Error::internal)?,
            unread_count: i32::try_from(unread).map_err(Error::internal)?,
        })
    }
}
