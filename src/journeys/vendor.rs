//! Selling: the vendor's profile, their one shop with its hours and what it lists, their papers, and how they are paid.

mod account;
mod documents;
mod hours;
mod input;
mod model;
pub mod payouts;
mod resolvers;
mod upload;
mod verbs;
mod wallet;

use async_graphql::MergedObject;

pub use account::{NewPayoutAccount, PayoutAccount, PayoutAccountInput, set_up};
pub use documents::VendorDocument;
pub use input::{AddItemInput, CreateShopInput, CreateVendorProfileInput, UpdateItemInput, UpdateShopInput};
pub use model::{VendorProfile, VendorProfileOf};
pub use upload::{Import, Imported, PriceList, import, shop_name};

use account::{AccountMutation, AccountQuery};
use documents::{DocumentMutation, DocumentQuery};
use hours::HoursMutation;
use payouts::PayoutMutation;
use resolvers::{CatalogueMutation, CatalogueQuery};
use upload::UploadMutation;
use wallet::{VendorWalletMutation, VendorWalletQuery};

/// What a vendor reads.
#[derive(MergedObject, Default)]
pub struct VendorQuery(CatalogueQuery, DocumentQuery, AccountQuery, VendorWalletQuery);

/// What a vendor changes.
#[derive(MergedObject, Default)]
pub struct VendorMutation(
    CatalogueMutation,
    UploadMutation,
    HoursMutation,
    DocumentMutation,
    AccountMutation,
    VendorWalletMutation,
    PayoutMutation,
);
