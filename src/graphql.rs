//! The schema: the roots of all journeys merged; and what happens to a document before and after it runs.

mod types;

use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};

use crate::journeys::auth::{AuthMutation, AuthQuery};
use crate::journeys::profile::{ProfileMutation, ProfileQuery};
use crate::journeys::wallet::{WalletMutation, WalletQuery};

pub use types::{TypeKind, Types};

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(AuthQuery, ProfileQuery, WalletQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(AuthMutation, ProfileMutation, WalletMutation);

/// The schema that both faces run.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema without limits; whoever builds it adds those of its face.
#[must_use]
pub fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

/// The text of `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}
