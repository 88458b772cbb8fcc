//! The schema: the roots of all journeys merged; and what happens to a document before and after it runs.

pub mod absent;
mod checker;
mod documents;
mod gateway;
mod limits;
pub mod persisted;
pub mod report;
mod scan;
mod trusted;
mod types;
pub mod variables;

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

use crate::journeys::addresses::{AddressesMutation, AddressesQuery};
use crate::journeys::admin::AdminQuery;
use crate::journeys::assistant::{AssistantMutation, AssistantSubscription};
use crate::journeys::auth::{AuthMutation, AuthQuery};
use crate::journeys::cart::{CartMutation, CartQuery};
use crate::journeys::live::LiveQuery;
use crate::journeys::notifications::{NotificationsMutation, NotificationsQuery, NotificationsSubscription};
use crate::journeys::offers::{OffersMutation, OffersQuery};
use crate::journeys::orders::{OrdersMutation, OrdersQuery, OrdersSubscription, ShopOrdersMutation};
use crate::journeys::privacy::{PrivacyMutation, PrivacyQuery};
use crate::journeys::profile::{ProfileMutation, ProfileQuery};
use crate::journeys::rewards::{RewardsMutation, RewardsQuery};
use crate::journeys::settings::{SettingsMutation, SettingsQuery};
use crate::journeys::shops::ShopQuery;
use crate::journeys::staff::{StaffMutation, StaffQuery};
use crate::journeys::support::{SupportMutation, SupportQuery};
use crate::journeys::vendor::{VendorMutation, VendorQuery};
use crate::journeys::wallet::{WalletMutation, WalletPaymentMutation, WalletPaymentQuery, WalletQuery};
use crate::journeys::wishlist::{WishlistMutation, WishlistQuery};

pub use checker::Checker;
pub use documents::only_field;
pub use gateway::{Ask, Gateway, Prepared};
pub use report::{Answer, RequestError};
pub use trusted::{Trusted, Untrusted};
pub use types::{TypeKind, Types};

/// What can be read.
#[derive(MergedObject, Default)]
pub struct Query(
    AuthQuery,
    ProfileQuery,
    AddressesQuery,
    ShopQuery,
    CartQuery,
    WishlistQuery,
    WalletQuery,
    WalletPaymentQuery,
    OrdersQuery,
    OffersQuery,
    RewardsQuery,
    NotificationsQuery,
    LiveQuery,
    SettingsQuery,
    PrivacyQuery,
    SupportQuery,
    VendorQuery,
    StaffQuery,
    AdminQuery,
);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(
    AuthMutation,
    ProfileMutation,
    AddressesMutation,
    CartMutation,
    WishlistMutation,
    WalletMutation,
    WalletPaymentMutation,
    OrdersMutation,
    ShopOrdersMutation,
    OffersMutation,
    RewardsMutation,
    NotificationsMutation,
    SettingsMutation,
    PrivacyMutation,
    SupportMutation,
    AssistantMutation,
    VendorMutation,
    StaffMutation,
);

/// What can be followed live.
#[derive(MergedSubscription, Default)]
pub struct Subscription(OrdersSubscription, NotificationsSubscription, AssistantSubscription);

/// The schema that both faces run.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema without limits; whoever builds it adds those of its face.
#[must_use]
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
}

/// The text of `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}
