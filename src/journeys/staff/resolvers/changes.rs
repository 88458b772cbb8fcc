//! The staff's changes in GraphQL.

use async_graphql::{Context, Object, SimpleObject};

use crate::db::once::Ask;
use crate::error::{Error, Result};
use crate::journeys::staff::Promotion;
use crate::journeys::staff::shops::ManagedShop;
use crate::journeys::staff::verbs::{self, Adjustment, AdjustmentDirection, Mark, SendPromotionInput};
use crate::journeys::wallet::{Wallet, WalletTransaction};
use crate::request::Reach;
use crate::values::{Paise, PromotionId, ShopId, UserId};

/// What came of a change of what the staff says of a shop.
#[derive(SimpleObject)]
pub struct ManagedShopPayload {
    /// A sentence to show.
    message: &'static str,
    /// The shop as it is now.
    shop: ManagedShop,
}

/// What came of signing a person out.
#[derive(SimpleObject)]
pub struct RevokeUserSessionsPayload {
    /// A sentence to show.
    message: &'static str,
    /// How many sessions ended.
    revoked: i32,
}

/// What came of an adjustment.
#[derive(SimpleObject)]
pub struct AdjustWalletPayload {
    /// A sentence to show.
    message: &'static str,
    /// The wallet with its new balance.
    wallet: Wallet,
    /// The new transaction.
    transaction: WalletTransaction,
}

/// What came of a change to a promotion.
#[derive(SimpleObject)]
pub struct PromotionPayload {
    /// A sentence to show.
    message: &'static str,
    /// The promotion as it is now.
    promotion: Promotion,
}

/// What the staff changes.
#[derive(Default)]
pub struct StaffMutation;

#[Object]
impl StaffMutation {
    /// Says whether a shop's papers were checked: consumers see the badge. For staff; the vendor is told.
    ///
    /// The same again changes nothing and tells nobody. Errors: `BAD_INPUT` for the reason; `NOT_FOUND`; `FORBIDDEN` for
    /// consumers and vendors.
    async fn set_shop_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which shop.")] shop_id: ShopId,
        #[graphql(desc = "Whether it is verified from now on.")] verified: bool,
        #[graphql(desc = "Why, 1 to 200 characters. The vendor reads it when the badge is taken away.")]
        reason: String,
    ) -> Result<ManagedShopPayload> {
        let (shop, changed) = mark(ctx, shop_id, (Mark::Verified, verified), &reason).await?;
        let message = match (changed, verified) {
            (false, _) => "Nothing changed",
            (true, true) => "Shop verified",
            (true, false) => "Shop is not verified any more",
        };
        Ok(ManagedShopPayload { message, shop })
    }

    /// Puts a shop on the home screen of its society, or takes it off. For staff.
    ///
    /// The same again changes nothing. Errors: `BAD_INPUT` for the reason; `NOT_FOUND`; `FORBIDDEN` for consumers and
    /// vendors.
    async fn set_shop_featured(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which shop.")] shop_id: ShopId,
        #[graphql(desc = "Whether it is shown on the home screen from now on.")] featured: bool,
        #[graphql(desc = "Why, 1 to 200 characters.")] reason: String,
    ) -> Result<ManagedShopPayload> {
        let (shop, changed) = mark(ctx, shop_id, (Mark::Featured, featured), &reason).await?;
        let message = match (changed, featured) {
            (false, _) => "Nothing changed",
            (true, true) => "Shop featured",
            (true, false) => "Shop is not featured any more",
        };
        Ok(ManagedShopPayload { message, shop })
    }

    /// Signs a person out on all their devices, at once. For staff; who is of the staff is signed out by admins only.
    ///
    /// Errors: `BAD_INPUT` for the reason; `NOT_FOUND`; `FORBIDDEN`.
    async fn revoke_user_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] user_id: UserId,
        #[graphql(desc = "Why, 1 to 200 characters.")] reason: String,
    ) -> Result<RevokeUserSessionsPayload> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        let (reason, now) = (verbs::read_reason(&reason)?, app.clock.now());
        let ended =
            app.write(async move |conn| verbs::sign_out(conn, &who, user_id, &reason, now).await).await?;
        app.sessions.forget(user_id);
        let revoked = i32::try_from(ended).map_err(Error::internal)?;
        Ok(RevokeUserSessionsPayload { message: "Signed out on all devices", revoked })
    }

    /// Puts money into a consumer's wallet, or takes some out, at most 100000 at once. For staff; the consumer is told, with
    /// the reason. The transaction has the source `STAFF_ADJUSTMENT`.
    ///
    /// Errors: `BAD_INPUT` for the amount or the reason; `INSUFFICIENT_BALANCE` with `needed` and `balance`: no wallet goes
    /// below zero; `NOT_FOUND`; `CONFLICT` for who is no consumer or deleted the account; `FORBIDDEN` for your own wallet.
    async fn adjust_wallet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose wallet.")] user_id: UserId,
        #[graphql(desc = "Which way the money moves.")] direction: AdjustmentDirection,
        #[graphql(desc = "How much, above zero.")] amount: Paise,
        #[graphql(desc = "Why, 1 to 200 characters. The consumer reads it.")] reason: String,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<AdjustWalletPayload> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        let adjustment = Adjustment::read(user_id, direction, amount, &reason)?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "adjustWallet", &adjustment)?;
        let now = app.clock.now();
        let transaction = app
            .write(async move |conn| {
                let id = verbs::adjust(conn, &who, &adjustment, ask.as_ref(), now).await?;
                WalletTransaction::find(conn, id).await
            })
            .await?;
        let wallet = Wallet { user_id, balance: transaction.balance_after };
        Ok(AdjustWalletPayload { message: "Wallet adjusted", wallet, transaction })
    }

    /// Tells the consumers of a society, or of all of a city, of something: those who want to hear of offers
    /// (`marketingOptIn`). For staff. People are told in the background; `promotion` says how far that is.
    ///
    /// Errors: `BAD_INPUT` that names the field; `CONFLICT` when nobody there wants to hear of offers, or for an offer that
    /// they cannot use; `NOT_FOUND` for the offer; `FORBIDDEN` for consumers and vendors.
    async fn send_promotion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to tell, and whom.")] input: SendPromotionInput,
        #[graphql(desc = "Makes repeating safe: the same key sends it once.")] idempotency_key: Option<
            String,
        >,
    ) -> Result<PromotionPayload> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        let new = input.read()?;
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "sendPromotion", &new)?;
        let now = app.clock.now();
        let promotion = app
            .write(async move |conn| {
                let id = verbs::send(conn, &who, &new, ask.as_ref(), now).await?;
                Promotion::find(conn, id).await
            })
            .await?;
        Ok(PromotionPayload { message: "Promotion is being sent", promotion })
    }

    /// Stops a promotion: nobody else is told. For staff. A second time nothing changes.
    ///
    /// Errors: `BAD_INPUT` for the reason; `NOT_FOUND`; `CONFLICT` when everybody was told already; `FORBIDDEN` for
    /// consumers and vendors.
    async fn cancel_promotion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: PromotionId,
        #[graphql(desc = "Why, 1 to 200 characters.")] reason: String,
    ) -> Result<PromotionPayload> {
        let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
        let (reason, now) = (verbs::read_reason(&reason)?, app.clock.now());
        let (promotion, changed) =
            app.write(async move |conn| verbs::cancel(conn, &who, id, &reason, now).await).await?;
        let message = if changed { "Promotion cancelled" } else { "Nothing changed" };
        Ok(PromotionPayload { message, promotion })
    }
}

/// Sets or takes away what only the staff says of a shop.
async fn mark(
    ctx: &Context<'_>,
    shop: ShopId,
    mark: (Mark, bool),
    reason: &str,
) -> Result<(ManagedShop, bool)> {
    let (who, app) = (ctx.staff()?.clone(), ctx.app()?);
    let (reason, now) = (verbs::read_reason(reason)?, app.clock.now());
    app.write(async move |conn| verbs::mark(conn, &who, shop, mark, &reason, now).await).await
}
