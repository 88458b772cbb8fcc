//! What changes who a person is.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, NewEvent};
use crate::journeys::profile::{ConsumerProfile, User};
use crate::schema::{consumer_profile, user_profile};
use crate::values::{Date, Phone, UserId};

/// What everybody tells about themselves, checked.
pub struct Basics {
    /// Their name.
    pub name: String,
    /// Where they live.
    pub city: String,
    /// Where they live.
    pub society: String,
    /// What they want to do here.
    pub role: Role,
}

/// Completes basic onboarding, unless it is complete: then nothing changes, and the answer is `false`.
///
/// A role that the operator granted before stays.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn complete_basic(
    conn: &mut Conn,
    user: UserId,
    basics: &Basics,
    now: DateTime<Utc>,
) -> Result<bool> {
    let granted_or_chosen = sql::<Nullable<Text>>("COALESCE(role, ").bind::<Text, _>(basics.role).sql(")");
    let open = user_profile::table.find(user).filter(user_profile::basic_onboarding_done.eq(false));
    let completed = diesel::update(open)
        .set((
            user_profile::name.eq(&basics.name),
            user_profile::city.eq(&basics.city),
            user_profile::society.eq(&basics.society),
            user_profile::role.eq(granted_or_chosen),
            user_profile::basic_onboarding_done.eq(true),
            user_profile::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if completed > 0 {
        // Every node reads the person anew; their sessions go on.
        events::record(conn, &NewEvent::of_sessions(user, "changed", now)).await?;
    }
    Ok(completed > 0)
}

/// What a consumer tells about themselves, checked.
#[derive(Insertable)]
#[diesel(table_name = consumer_profile)]
pub struct ConsumerDetails {
    /// Their flat.
    pub flat_number: Option<String>,
    /// The address of their picture.
    pub profile_image_url: Option<String>,
    /// As they put it.
    pub gender: Option<String>,
    /// When they were born.
    pub date_of_birth: Option<Date>,
    /// The language they want to read.
    pub preferred_language: Option<String>,
}

/// Completes a consumer's onboarding: their profile, with name, city and society of the person.
///
/// # Errors
/// `CONFLICT` before basic onboarding, and when it was completed before.
pub async fn complete_consumer(
    conn: &mut Conn,
    user: UserId,
    details: &ConsumerDetails,
    now: DateTime<Utc>,
) -> Result<User> {
    let user = User::lock(conn, user).await?;
    let (true, Some(name), Some(city), Some(society)) =
        (user.basic_onboarding_done, &user.name, &user.city, &user.society)
    else {
        return Err(Error::conflict("Basic onboarding incomplete"));
    };
    if user.role_onboarding_done {
        return Err(Error::conflict("Role onboarding already done"));
    }
    // A profile that is there already answers CONFLICT by its unique key.
    diesel::insert_into(consumer_profile::table)
        .values((
            consumer_profile::user_phone.eq(&user.phone),
            consumer_profile::name.eq(name),
            consumer_profile::city.eq(city),
            consumer_profile::society.eq(society),
            consumer_profile::created_at.eq(now),
            consumer_profile::updated_at.eq(now),
            details,
        ))
        .execute(conn)
        .await?;
    Ok(diesel::update(user_profile::table.find(user.id))
        .set((user_profile::role_onboarding_done.eq(true), user_profile::updated_at.eq(now)))
        .returning(User::as_returning())
        .get_result(conn)
        .await?)
}

/// A change of what a consumer told about themselves, checked. `None` keeps, `Some(None)` clears.
#[derive(AsChangeset)]
#[diesel(table_name = consumer_profile)]
pub struct ProfileChange {
    /// Their name, which cannot be cleared.
    pub name: Option<String>,
    /// Their flat.
    pub flat_number: Option<Option<String>>,
    /// The address of their picture.
    pub profile_image_url: Option<Option<String>>,
    /// As they put it.
    pub gender: Option<Option<String>>,
    /// When they were born.
    pub date_of_birth: Option<Option<Date>>,
    /// The language they want to read.
    pub preferred_language: Option<Option<String>>,
    /// When it changes, in UTC.
    pub updated_at: DateTime<Utc>,
}

/// A consumer after a change of their profile.
pub struct Updated {
    /// The person.
    pub user: User,
    /// What they told about themselves.
    pub profile: ConsumerProfile,
    /// The address of the picture that they had before, if they have it no more.
    pub former_picture: Option<String>,
}

/// Changes a consumer's profile; the name is the person's as well. A new one is told to every node.
///
/// # Errors
/// `NOT_FOUND` before consumer onboarding.
pub async fn update_consumer(conn: &mut Conn, user: UserId, change: &ProfileChange) -> Result<Updated> {
    let before = User::lock(conn, user).await?;
    let own = consumer_profile::table.filter(consumer_profile::user_phone.eq(&before.phone));
    let picture: Option<Option<String>> =
        own.select(consumer_profile::profile_image_url).first(conn).await.optional()?;
    let profile = diesel::update(own)
        .set(change)
        .returning(ConsumerProfile::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Consumer profile not found"))?;
    let user = call(conn, &before, &profile.name, change.updated_at).await?;
    let former_picture =
        picture.flatten().filter(|picture| profile.profile_image_url.as_ref() != Some(picture));
    Ok(Updated { user, profile, former_picture })
}

/// Changes a person's name; on their consumer profile as well, if they have one. A new one is told to every node.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn rename(conn: &mut Conn, user: UserId, name: &str, now: DateTime<Utc>) -> Result<User> {
    let before = User::lock(conn, user).await?;
    diesel::update(consumer_profile::table.filter(consumer_profile::user_phone.eq(&before.phone)))
        .set((consumer_profile::name.eq(name), consumer_profile::updated_at.eq(now)))
        .execute(conn)
        .await?;
    call(conn, &before, name, now).await
}

/// Writes the name of a person who is locked.
async fn call(conn: &mut Conn, before: &User, name: &str, now: DateTime<Utc>) -> Result<User> {
    let user = diesel::update(user_profile::table.find(before.id))
        .set((user_profile::name.eq(name), user_profile::updated_at.eq(now)))
        .returning(User::as_returning())
        .get_result(conn)
        .await?;
    if user.name != before.name {
        events::record(conn, &NewEvent::of_sessions(user.id, "changed", now)).await?;
    }
    Ok(user)
}

/// Gives the person with that phone a role, whether or not they ever signed in. For the operator's command line only.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails.
pub async fn grant(conn: &mut Conn, phone: &Phone, role: Role, now: DateTime<Utc>) -> Result<User> {
    let user = User::of_phone(conn, phone, now).await?;
    let user = diesel::update(user_profile::table.find(user.id))
        .set((user_profile::role.eq(role), user_profile::updated_at.eq(now)))
        .returning(User::as_returning())
        .get_result(conn)
        .await?;
    events::record(conn, &NewEvent::of_sessions(user.id, "changed", now)).await?;
    Ok(user)
}
