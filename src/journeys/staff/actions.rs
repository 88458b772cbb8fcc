//! The log of what the staff did: written with each act, read by the staff, never changed.

use async_graphql::{ComplexObject, Context, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::profile::{User, UserById};
use crate::request::{Page, columns, load};
use crate::schema::staff_action;
use crate::values::{
    Instant, OfferId, PromotionId, ShopId, StaffActionId, StaffTargetId, SupportTicketId, UserId,
    WalletTransactionId, word,
};

word! {
    /// What a member of the staff did.
    StaffActionKind {
        /// Made an offer.
        OfferCreated = "offer_created",
        /// Changed or withdrew an offer.
        OfferUpdated = "offer_updated",
        /// Answered a support ticket.
        TicketReplied = "ticket_replied",
        /// Said where a support ticket stands.
        TicketStatusSet = "ticket_status_set",
        /// Marked a shop as verified.
        ShopVerified = "shop_verified",
        /// Took that back.
        ShopUnverified = "shop_unverified",
        /// Put a shop on the home screen.
        ShopFeatured = "shop_featured",
        /// Took it off the home screen.
        ShopUnfeatured = "shop_unfeatured",
        /// Looked a person up by their phone.
        UserLookedUp = "user_looked_up",
        /// Signed a person out on all devices.
        SessionsRevoked = "sessions_revoked",
        /// Put money into a person's wallet, or took some out.
        WalletAdjusted = "wallet_adjusted",
        /// Sent a promotion.
        PromotionSent = "promotion_sent",
        /// Stopped a promotion.
        PromotionCancelled = "promotion_cancelled",
    }
}

word! {
    /// A kind of thing that the staff acts on.
    StaffTargetKind {
        /// An offer.
        Offer = "offer",
        /// A support ticket.
        SupportTicket = "support_ticket",
        /// A shop.
        Shop = "shop",
        /// A person.
        User = "user",
        /// A promotion.
        Promotion = "promotion",
    }
}

/// What was acted on.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// An offer.
    Offer(OfferId),
    /// A support ticket.
    SupportTicket(SupportTicketId),
    /// A shop.
    Shop(ShopId),
    /// A person.
    User(UserId),
    /// A promotion.
    Promotion(PromotionId),
}

impl Target {
    fn parts(self) -> (StaffTargetKind, i64) {
        match self {
            Target::Offer(id) => (StaffTargetKind::Offer, id.0),
            Target::SupportTicket(id) => (StaffTargetKind::SupportTicket, id.0),
            Target::Shop(id) => (StaffTargetKind::Shop, id.0),
            Target::User(id) => (StaffTargetKind::User, id.0),
            Target::Promotion(id) => (StaffTargetKind::Promotion, id.0),
        }
    }
}

/// An act about to be written down.
#[derive(Clone, Debug)]
pub struct NewStaffAction<'a> {
    /// What was done.
    pub action: StaffActionKind,
    /// To what.
    pub target: Target,
    /// Why, in the words of who did it; at most 200 characters.
    pub reason: Option<&'a str>,
    /// What became different; at most 1000 characters. What people wrote stays where it is: there it can be forgotten.
    pub detail: Option<String>,
    /// The movement of money that it made.
    pub transaction: Option<WalletTransactionId>,
}

/// Writes an act of a member of the staff down, in the transaction of the act.
///
/// # Errors
/// `INTERNAL` when the database refuses the row.
pub async fn record(
    conn: &mut Conn,
    actor: UserId,
    new: &NewStaffAction<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (kind, id) = new.target.parts();
    diesel::insert_into(staff_action::table)
        .values((
            staff_action::actor_id.eq(actor),
            staff_action::action.eq(new.action),
            staff_action::target_kind.eq(kind),
            staff_action::target_id.eq(id),
            staff_action::reason.eq(new.reason),
            staff_action::detail.eq(&new.detail),
            staff_action::transaction_id.eq(new.transaction),
            staff_action::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Something that a member of the staff did. Written once, never changed.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = staff_action)]
#[graphql(complex)]
pub struct StaffAction {
    /// Identifies the act; newer ones have larger ids.
    pub id: StaffActionId,
    #[graphql(skip)]
    #[allow(missing_docs)]
    pub actor_id: UserId,
    /// What was done.
    pub action: StaffActionKind,
    /// What kind of thing it was done to.
    pub target_kind: StaffTargetKind,
    /// Which one of its kind.
    pub target_id: StaffTargetId,
    /// Why, in the words of who did it; null where none was asked for.
    #[graphql(complexity = 5)]
    pub reason: Option<String>,
    /// What became different.
    #[graphql(complexity = 5)]
    pub detail: Option<String>,
    /// When, in UTC.
    pub created_at: Instant,
}

columns!(StaffAction {
    "id": id,
    "action": action,
    "targetKind": target_kind,
    "targetId": target_id,
    "reason": reason,
    "detail": detail,
    "createdAt": created_at,
});

/// Which acts of the staff to list. Every condition that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StaffActionFilter {
    /// Only what this member of the staff did.
    pub actor_id: Option<UserId>,
    /// Only what was done to this kind of thing.
    pub target_kind: Option<StaffTargetKind>,
    /// Only what was done to this one of its kind; `targetKind` says which kind.
    pub target_id: Option<StaffTargetId>,
}

impl StaffActionFilter {
    /// # Errors
    /// `BAD_INPUT` that names `targetKind` when it is missing beside `targetId`.
    pub(super) fn check(&self) -> Result<()> {
        match (self.target_kind, self.target_id) {
            (None, Some(_)) => Err(Error::bad_input("targetKind", "targetId needs targetKind beside it")),
            _ => Ok(()),
        }
    }
}

impl StaffAction {
    /// What the staff did, newest first; at most `page.limit()`.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn all(
        conn: &mut Conn,
        filter: &StaffActionFilter,
        page: &Page<i64>,
    ) -> Result<Vec<StaffAction>> {
        let mut query = staff_action::table
            .filter(staff_action::id.lt(StaffActionId(page.after.unwrap_or(i64::MAX))))
            .order(staff_action::id.desc())
            .limit(page.limit())
            .select(StaffAction::as_select())
            .into_boxed();
        if let Some(actor) = filter.actor_id {
            query = query.filter(staff_action::actor_id.eq(actor));
        }
        if let Some(kind) = filter.target_kind {
            query = query.filter(staff_action::target_kind.eq(kind));
        }
        if let Some(id) = filter.target_id {
            query = query.filter(staff_action::target_id.eq(id));
        }
        Ok(query.load(conn).await?)
    }
}

#[ComplexObject]
impl StaffAction {
    /// Who did it.
    async fn actor(&self, ctx: &Context<'_>) -> Result<User> {
        load(ctx, UserById(self.actor_id))
            .await?
            .ok_or_else(|| Error::internal("a member of the staff is gone"))
    }
}
