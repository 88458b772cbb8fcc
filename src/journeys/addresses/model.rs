//! Addresses as rows, and how they are read.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::request::columns;
use crate::schema::consumer_address;
use crate::values::{AddressId, Instant, UserId};

/// Where a consumer wants things brought, inside of their society.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = consumer_address)]
pub struct Address {
    /// Identifies the address.
    pub id: AddressId,
    /// The house or flat, such as "B-1204".
    pub house_number: String,
    /// The street, wing or block.
    pub street: String,
    /// What is near it.
    pub landmark: Option<String>,
    /// When it was added, in UTC.
    pub created_at: Instant,
    /// When it last changed, in UTC.
    pub updated_at: Instant,
}

columns!(Address {
    "id": id,
    "houseNumber": house_number,
    "street": street,
    "landmark": landmark,
    "createdAt": created_at,
    "updatedAt": updated_at,
});

impl Address {
    /// A person's addresses, oldest first; the limit of the address book bounds them.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Vec<Address>> {
        Ok(consumer_address::table
            .filter(consumer_address::user_id.eq(user))
            .filter(consumer_address::deleted_at.is_null())
            .order(consumer_address::id)
            .select(Address::as_select())
            .load(conn)
            .await?)
    }

    /// One of a person's addresses.
    ///
    /// # Errors
    /// `NOT_FOUND`, for another's and for a deleted one as well.
    pub async fn find(conn: &mut Conn, user: UserId, id: AddressId) -> Result<Address> {
        consumer_address::table
            .find(id)
            .filter(consumer_address::user_id.eq(user))
            .filter(consumer_address::deleted_at.is_null())
            .select(Address::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or_else(|| Error::not_found("Address not found"))
    }

    /// In one line, as an order keeps it.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        let parts = [Some(&self.house_number), Some(&self.street), self.landmark.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}
