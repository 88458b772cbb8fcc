//! Notifications followed live.

use async_graphql::{ComplexObject, Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt};

use crate::error::{Error, Result};
use crate::events::{Event, EventCursor, Kind, Topic};
use crate::journeys::notifications::Notification;
use crate::request::{Reach, follow};
use crate::values::{Instant, NotificationId};

/// The signed-in person was told something.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct NotificationAdded {
    /// The resume cursor: subscribe with `after` set to the last one you saw, and nothing is missed or repeated.
    id: String,
    /// When it happened, in UTC.
    at: Instant,
    #[graphql(skip)]
    notification_id: NotificationId,
}

#[ComplexObject]
impl NotificationAdded {
    /// The notification.
    async fn notification(&self, ctx: &Context<'_>) -> Result<Notification> {
        let found = Notification::find(&mut *ctx.app()?.read().await?, self.notification_id).await?;
        found.ok_or_else(|| Error::internal("an event's notification is gone"))
    }

    /// How many the person has not read now: the number on the bell.
    #[graphql(complexity = 5)]
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let unread = Notification::unread(&mut *ctx.app()?.read().await?, ctx.viewer()?.user_id).await?;
        i32::try_from(unread).map_err(Error::internal)
    }
}

impl NotificationAdded {
    fn of(event: &Event) -> Result<NotificationAdded> {
        Ok(NotificationAdded {
            id: event.cursor().to_string(),
            at: Instant(event.created_at),
            notification_id: NotificationId(event.value.parse().map_err(Error::internal)?),
        })
    }
}

/// What is heard of notifications.
#[derive(Default)]
pub struct NotificationsSubscription;

#[Subscription]
impl NotificationsSubscription {
    /// What the signed-in person is told, from now on or behind a cursor.
    ///
    /// Each arrives once and in order. After a reconnect pass `after`, the `id` of the last event that you saw. Error:
    /// `CURSOR_EXPIRED`: read `notifications` anew and subscribe without `after`.
    async fn notification_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the last event that you saw.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<NotificationAdded>> + use<>> {
        let after = after.as_deref().map(str::parse::<EventCursor>).transpose()?;
        let topic = Topic::User(ctx.viewer()?.user_id);
        let events = follow(ctx, Kind::NotificationAdded, topic, after).await?;
        Ok(events.map(|event| event.and_then(|event| NotificationAdded::of(&event))))
    }
}
