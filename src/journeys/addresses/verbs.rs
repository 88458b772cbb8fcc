//! Changes of the address book.

use async_graphql::{InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::addresses::Address;
use crate::journeys::profile::User;
use crate::schema::consumer_address;
use crate::values::{AddressId, UserId, optional_text, required_text};

/// How many addresses one person may have.
const MOST: i64 = 20;

/// A new address.
#[derive(Debug, InputObject)]
pub struct AddAddressInput {
    /// The house or flat, such as "B-1204"; 1 to 50 characters.
    pub house_number: String,
    /// The street, wing or block; 1 to 120 characters.
    pub street: String,
    /// What is near it, at most 120 characters.
    pub landmark: Option<String>,
}

/// What becomes different about an address. What is absent stays.
#[derive(Debug, InputObject)]
pub struct UpdateAddressInput {
    /// The house or flat, 1 to 50 characters.
    pub house_number: MaybeUndefined<String>,
    /// The street, wing or block, 1 to 120 characters.
    pub street: MaybeUndefined<String>,
    /// What is near it, at most 120 characters; null clears it.
    pub landmark: MaybeUndefined<String>,
}

/// An address about to be written, checked.
#[derive(Debug, Insertable)]
#[diesel(table_name = consumer_address)]
pub struct NewAddress {
    house_number: String,
    street: String,
    landmark: Option<String>,
}

/// A change about to be written, checked. `None` keeps, `Some(None)` clears.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = consumer_address)]
pub struct AddressChange {
    house_number: Option<String>,
    street: Option<String>,
    landmark: Option<Option<String>>,
    updated_at: DateTime<Utc>,
}

fn house_number(text: &str) -> Result<String> {
    required("houseNumber", text, 50)
}

fn street(text: &str) -> Result<String> {
    required("street", text, 120)
}

fn landmark(text: Option<&str>) -> Result<Option<String>> {
    optional_text(text, 120).map_err(|problem| Error::bad_input("landmark", format!("landmark {problem}")))
}

fn required(field: &'static str, text: &str, max: usize) -> Result<String> {
    required_text(text, max).map_err(|problem| Error::bad_input(field, format!("{field} {problem}")))
}

impl AddAddressInput {
    /// # Errors
    /// `BAD_INPUT` that names the field.
    pub(super) fn read(&self) -> Result<NewAddress> {
        Ok(NewAddress {
            house_number: house_number(&self.house_number)?,
            street: street(&self.street)?,
            landmark: landmark(self.landmark.as_deref())?,
        })
    }
}

impl UpdateAddressInput {
    /// # Errors
    /// `BAD_INPUT` that names the field.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<AddressChange> {
        // Null is no house number and no street.
        let text = |given: &MaybeUndefined<String>, read: fn(&str) -> Result<String>| match given {
            MaybeUndefined::Undefined => Ok(None),
            MaybeUndefined::Null => read("").map(Some),
            MaybeUndefined::Value(text) => read(text).map(Some),
        };
        Ok(AddressChange {
            house_number: text(&self.house_number, house_number)?,
            street: text(&self.street, street)?,
            landmark: match &self.landmark {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => Some(landmark(Some(text))?),
            },
            updated_at: now,
        })
    }
}

/// Adds an address.
///
/// # Errors
/// `CONFLICT` when the book is full.
pub async fn add(conn: &mut Conn, user: UserId, new: &NewAddress, now: DateTime<Utc>) -> Result<Address> {
    // Of two additions at once, the second counts what the first added.
    User::lock(conn, user).await?;
    let live = consumer_address::table
        .filter(consumer_address::user_id.eq(user))
        .filter(consumer_address::deleted_at.is_null());
    if live.count().get_result::<i64>(conn).await? >= MOST {
        return Err(Error::conflict("Address limit reached"));
    }
    Ok(diesel::insert_into(consumer_address::table)
        .values((
            new,
            consumer_address::user_id.eq(user),
            consumer_address::created_at.eq(now),
            consumer_address::updated_at.eq(now),
        ))
        .returning(Address::as_returning())
        .get_result(conn)
        .await?)
}

/// Changes an address. Orders keep the one they were placed with.
///
/// # Errors
/// `NOT_FOUND`, for another's and for a deleted one as well.
pub async fn update(conn: &mut Conn, user: UserId, id: AddressId, change: &AddressChange) -> Result<Address> {
    let own = consumer_address::table
        .find(id)
        .filter(consumer_address::user_id.eq(user))
        .filter(consumer_address::deleted_at.is_null());
    let changed = diesel::update(own).set(change).returning(Address::as_returning()).get_result(conn).await;
    changed.optional()?.ok_or_else(|| Error::not_found("Address not found"))
}

/// Takes an address out of the book.
///
/// # Errors
/// `NOT_FOUND`, for another's and for a deleted one as well.
pub async fn delete(conn: &mut Conn, user: UserId, id: AddressId, now: DateTime<Utc>) -> Result<()> {
    let own = consumer_address::table
        .find(id)
        .filter(consumer_address::user_id.eq(user))
        .filter(consumer_address::deleted_at.is_null());
    let deleted = diesel::update(own).set(consumer_address::deleted_at.eq(now)).execute(conn).await?;
    if deleted == 0 { Err(Error::not_found("Address not found")) } else { Ok(()) }
}
