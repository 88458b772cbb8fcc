//! Taking away and being forgotten, in GraphQL.

use async_graphql::{Context, Json, Object, SimpleObject};
use serde_json::{Map, Value};

use crate::app::Limit;
use crate::error::{Error, Result};
use crate::journeys::privacy::{deletion, export};
use crate::request::Reach;
use crate::values::Phone;

/// Reads of all that is known of a person.
#[derive(Default)]
pub struct PrivacyQuery;

#[Object]
impl PrivacyQuery {
    /// Everything that is kept of the signed-in consumer, to save as a file: an object with a member for each kind of thing
    /// (`profile`, `settings`, `wallet`, `rewards`) and lists, newest first (`addresses`, `cart`, `wishlist`, `orders`,
    /// `order_messages`, `ratings`, `issues`, `returns`, `wallet_transactions`, `payments`, `rewards_ledger`,
    /// `coupons`, `notifications`, `support_tickets`, `staff_actions`, `sessions`). Amounts are in rupees, times RFC 3339.
    ///
    /// Errors: `RATE_LIMITED` after five a day.
    #[graphql(complexity = "500")]
    async fn my_data(&self, ctx: &Context<'_>) -> Result<Json<Map<String, Value>>> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        app.limiters.check(Limit::ExportsPerUser, &who.to_string())?;
        Ok(Json(export::export(&mut *app.read().await?, who).await?))
    }
}

/// What came of a deletion.
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// A sentence to show.
    message: &'static str,
}

/// Being forgotten.
#[derive(Default)]
pub struct PrivacyMutation;

#[Object]
impl PrivacyMutation {
    /// Deletes the signed-in consumer's account for good: name, phone, pictures, addresses, messages and the like are erased,
    /// and every device is signed out at once. Orders and payments stay in the books, without saying whose they were. The
    /// phone can sign up anew, as somebody who was never here.
    ///
    /// Errors: `BAD_INPUT` that names `confirmPhone`; `CONFLICT` while an order, a return or a payment is under way or the wallet is
    /// not empty: the message says what to do.
    async fn delete_my_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The account's own number, typed by the person: nobody deletes an account by a slip."
        )]
        confirm_phone: Phone,
    ) -> Result<DeleteAccountPayload> {
        let (viewer, app) = (ctx.consumer()?, ctx.app()?);
        if confirm_phone != viewer.phone {
            let problem = "confirmPhone must be the number that you signed in with";
            return Err(Error::bad_input("confirmPhone", problem));
        }
        let (who, now) = (viewer.user_id, app.clock.now());
        app.write(async move |conn| deletion::delete(conn, who, now).await).await?;
        app.sessions.forget(who);
        ctx.scope()?.end();
        // What fails here is done by the housekeeping.
        if let Err(error) = app.media.forget_all(who).await {
            tracing::warn!(viewer.id = who.0, cause = ?error.cause(), "pictures of a deleted account stay for now");
        }
        Ok(DeleteAccountPayload { message: "Your account is deleted" })
    }
}
