//! The address book in GraphQL.

use async_graphql::{Context, Object, SimpleObject};

use crate::error::Result;
use crate::journeys::addresses::Address;
use crate::journeys::addresses::verbs::{self, AddAddressInput, UpdateAddressInput};
use crate::request::{Reach, Row};
use crate::values::AddressId;

/// Reads of the address book.
#[derive(Default)]
pub struct AddressesQuery;

#[Object]
impl AddressesQuery {
    /// The signed-in consumer's addresses, oldest first; at most 20.
    #[graphql(complexity = "5 + 20 * child_complexity")]
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<Row<Address>>> {
        let who = ctx.consumer()?.user_id;
        let addresses = Address::of_user(&mut *ctx.app()?.read().await?, who).await?;
        Ok(addresses.into_iter().map(Row).collect())
    }
}

/// What came of a change to the address book.
#[derive(SimpleObject)]
pub struct AddressPayload {
    /// A sentence to show.
    message: &'static str,
    /// The address as it is now.
    address: Address,
}

/// What came of taking an address out of the book.
#[derive(SimpleObject)]
pub struct DeleteAddressPayload {
    /// A sentence to show.
    message: &'static str,
    /// The address that is gone.
    id: AddressId,
}

/// Changes of the address book.
#[derive(Default)]
pub struct AddressesMutation;

#[Object]
impl AddressesMutation {
    /// Adds an address, at most 20 altogether.
    ///
    /// Errors: `BAD_INPUT` that names the field; `CONFLICT` when the book is full.
    async fn add_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address.")] input: AddAddressInput,
    ) -> Result<AddressPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let (new, now) = (input.read()?, app.clock.now());
        let address = app.write(async move |conn| verbs::add(conn, who, &new, now).await).await?;
        Ok(AddressPayload { message: "Address added", address })
    }

    /// Changes an address. Orders keep the one they were placed with.
    ///
    /// Errors: `BAD_INPUT` that names the field; `NOT_FOUND`.
    async fn update_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] id: AddressId,
        #[graphql(desc = "What becomes different.")] input: UpdateAddressInput,
    ) -> Result<AddressPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let change = input.read(app.clock.now())?;
        let address = app.write(async move |conn| verbs::update(conn, who, id, &change).await).await?;
        Ok(AddressPayload { message: "Address updated", address })
    }

    /// Takes an address out of the book.
    ///
    /// Errors: `NOT_FOUND`, also the second time.
    async fn delete_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] id: AddressId,
    ) -> Result<DeleteAddressPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::delete(conn, who, id, now).await).await?;
        Ok(DeleteAddressPayload { message: "Address deleted", id })
    }
}
