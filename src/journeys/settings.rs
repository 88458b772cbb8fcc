//! What a consumer allows: flags on their own row, all off until they say otherwise.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::profile::User;
use crate::request::Reach;
use crate::schema::user_profile;
use crate::values::UserId;

/// What a person allows. Everything is false until they say otherwise.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = user_profile)]
pub struct Settings {
    /// Whether the place where they are may be used.
    pub location_allowed: bool,
    /// Whether they want to hear of offers and news.
    pub marketing_opt_in: bool,
    /// Whether what is known of them may be shared with others.
    pub data_sharing_allowed: bool,
}

impl Settings {
    /// What this person allows.
    ///
    /// # Errors
    /// `INTERNAL` when they are missing or the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Settings> {
        Ok(user_profile::table.find(user).select(Settings::as_select()).first(conn).await?)
    }
}

/// What becomes different about the settings: at least one. What is absent stays; null is refused.
#[derive(Debug, InputObject)]
pub struct UpdateSettingsInput {
    /// Whether the place where they are may be used.
    location_allowed: MaybeUndefined<bool>,
    /// Whether they want to hear of offers and news.
    marketing_opt_in: MaybeUndefined<bool>,
    /// Whether what is known of them may be shared with others.
    data_sharing_allowed: MaybeUndefined<bool>,
}

/// A change about to be written, checked. `None` keeps.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = user_profile)]
pub struct SettingsChange {
    location_allowed: Option<bool>,
    marketing_opt_in: Option<bool>,
    data_sharing_allowed: Option<bool>,
    updated_at: DateTime<Utc>,
}

impl UpdateSettingsInput {
    fn read(&self, now: DateTime<Utc>) -> Result<SettingsChange> {
        let change = SettingsChange {
            location_allowed: flag("locationAllowed", &self.location_allowed)?,
            marketing_opt_in: flag("marketingOptIn", &self.marketing_opt_in)?,
            data_sharing_allowed: flag("dataSharingAllowed", &self.data_sharing_allowed)?,
            updated_at: now,
        };
        match change {
            SettingsChange {
                location_allowed: None,
                marketing_opt_in: None,
                data_sharing_allowed: None,
                ..
            } => Err(Error::bad_input("input", "No settings provided")),
            change => Ok(change),
        }
    }
}

/// Null is neither yes nor no: whoever sends it must not be taken to allow, nor to forbid.
fn flag(field: &'static str, given: &MaybeUndefined<bool>) -> Result<Option<bool>> {
    match given {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Err(Error::bad_input(field, format!("{field} must be true or false"))),
        MaybeUndefined::Value(flag) => Ok(Some(*flag)),
    }
}

/// Changes what a person allows.
///
/// # Errors
/// `UNAUTHENTICATED` when they deleted their account meanwhile; `BUSY` or `INTERNAL` when the database fails.
pub async fn update(conn: &mut Conn, user: UserId, change: &SettingsChange) -> Result<Settings> {
    let present = user_profile::table.find(user).filter(user_profile::deleted_at.is_null());
    let changed =
        diesel::update(present).set(change).returning(Settings::as_returning()).get_result(conn).await;
    changed.optional()?.ok_or_else(User::is_gone)
}

/// Reads of settings.
#[derive(Default)]
pub struct SettingsQuery;

#[Object]
impl SettingsQuery {
    /// What the signed-in consumer allows.
    async fn settings(&self, ctx: &Context<'_>) -> Result<Settings> {
        let who = ctx.consumer()?.user_id;
        Settings::of_user(&mut *ctx.app()?.read().await?, who).await
    }
}

/// What came of a change of settings.
#[derive(SimpleObject)]
pub struct SettingsPayload {
    /// A sentence to show.
    message: &'static str,
    /// All settings as they are now.
    settings: Settings,
}

/// Changes of settings.
#[derive(Default)]
pub struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Changes what the signed-in consumer allows.
    ///
    /// Errors: `BAD_INPUT` when nothing is given, or null.
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What becomes different.")] input: UpdateSettingsInput,
    ) -> Result<SettingsPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let change = input.read(app.clock.now())?;
        let settings = app.write(async move |conn| update(conn, who, &change).await).await?;
        Ok(SettingsPayload { message: "Settings updated", settings })
    }
}
