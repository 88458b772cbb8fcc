//! People as rows, and how they are read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Role;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::request::{Page, Relation, columns};
use crate::schema::{consumer_profile, user_profile};
use crate::values::{Date, Phone, UserId};

/// A person, as they see themselves, and as admins see them.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[graphql(complex)]
#[diesel(table_name = user_profile)]
pub struct User {
    /// Identifies the person.
    pub id: UserId,
    /// The number that they sign in with.
    pub phone: Phone,
    /// Their name; null before basic onboarding.
    pub name: Option<String>,
    /// Where they live; null before basic onboarding.
    pub city: Option<String>,
    /// Where they live; null before basic onboarding. Consumers see the shops of their own city and society only.
    pub society: Option<String>,
    /// What they may do; null before basic onboarding.
    pub role: Option<Role>,
    /// Whether name, city, society and role are given. If not, show the basic form.
    pub basic_onboarding_done: bool,
    /// Whether the form of their role was sent as well.
    pub role_onboarding_done: bool,
}

columns!(User {
    "id": id,
    "phone": phone,
    "name": name,
    "city": city,
    "society": society,
    "role": role,
    "basicOnboardingDone": basic_onboarding_done,
    "roleOnboardingDone": role_onboarding_done,
});

impl User {
    /// Everybody whose account was not deleted, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(conn: &mut Conn, page: &Page<i64>) -> Result<Vec<User>> {
        Ok(user_profile::table
            .filter(user_profile::id.lt(UserId(page.after.unwrap_or(i64::MAX))))
            .filter(user_profile::deleted_at.is_null())
            .order(user_profile::id.desc())
            .limit(page.limit())
            .select(User::as_select())
            .load(conn)
            .await?)
    }

    /// The person of that id.
    ///
    /// # Errors
    /// `INTERNAL` when they are missing or the database fails.
    pub async fn find(conn: &mut Conn, id: UserId) -> Result<User> {
        Ok(user_profile::table.find(id).select(User::as_select()).first(conn).await?)
    }

    /// The person of that id, locked until the transaction ends.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when they deleted their account meanwhile; `BUSY` or `INTERNAL` when the database fails.
    pub async fn lock(conn: &mut Conn, id: UserId) -> Result<User> {
        let present = user_profile::table.find(id).filter(user_profile::deleted_at.is_null());
        let found = present.select(User::as_select()).for_no_key_update().first(conn).await.optional()?;
        found.ok_or_else(User::is_gone)
    }

    /// What is answered to somebody who deleted their account a moment ago.
    #[must_use]
    pub fn is_gone() -> Error {
        Error::new(Code::Unauthenticated, "Invalid user")
    }

    /// The person with that phone; a new one, if nobody has it.
    ///
    /// # Errors
    /// `BUSY` or `INTERNAL` when the database fails.
    pub async fn of_phone(conn: &mut Conn, phone: &Phone, now: DateTime<Utc>) -> Result<User> {
        Ok(diesel::insert_into(user_profile::table)
            .values((
                user_profile::phone.eq(phone),
                user_profile::created_at.eq(now),
                user_profile::updated_at.eq(now),
            ))
            .on_conflict(user_profile::phone)
            // Changes nothing; without it the row that is there would not be returned. Naming the key here would lock the
            // row against everything that refers to it.
            .do_update()
            .set(user_profile::updated_at.eq(user_profile::updated_at))
            .returning(User::as_returning())
            .get_result(conn)
            .await?)
    }
}

/// What a consumer told about themselves.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = consumer_profile)]
pub struct ConsumerProfile {
    /// The number that they sign in with.
    #[graphql(name = "phone")]
    pub user_phone: Phone,
    /// Their name.
    pub name: String,
    /// Where they live.
    pub city: String,
    /// Where they live.
    pub society: String,
    /// Their flat, such as "B-1204".
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

/// The person of that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserById(pub UserId);

impl Relation for UserById {
    type Value = User;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, User>> {
        let ids: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let rows = user_profile::table
            .filter(user_profile::id.eq_any(ids))
            .select(User::as_select())
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|row: User| (UserById(row.id), row)).collect())
    }
}

/// The consumer profile of that phone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerProfileOf(pub Phone);

impl Relation for ConsumerProfileOf {
    type Value = ConsumerProfile;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, ConsumerProfile>> {
        let phones: Vec<&Phone> = keys.iter().map(|key| &key.0).collect();
        let rows = consumer_profile::table
            .filter(consumer_profile::user_phone.eq_any(phones))
            .select(ConsumerProfile::as_select())
            .load(conn)
            .await?;
        Ok(rows.into_iter().map(|row| (ConsumerProfileOf(row.user_phone.clone()), row)).collect())
    }
}
