//! Promotions: sent and stopped by the staff, told to people batch by batch.

use async_graphql::InputObject;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::app::Viewer;
use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::events::{Notice, NotificationKind, notify};
use crate::journeys::staff::promotions::{Audience, Promotion, PromotionStatus};
use crate::journeys::staff::verbs::required;
use crate::journeys::staff::{NewStaffAction, StaffActionKind, Target, record};
use crate::schema::{offer, promotion, shop};
use crate::values::{OfferId, PromotionId};

/// How many people are told in one transaction: some milliseconds' work, and little to repeat after a crash.
const BATCH: i64 = 500;

/// A promotion to send.
#[derive(Debug, InputObject)]
pub struct SendPromotionInput {
    /// One line, 1 to 100 characters.
    pub title: String,
    /// One or two sentences, 1 to 500 characters.
    pub body: String,
    /// The city of those who are told, spelled as they spell it.
    pub city: String,
    /// Their society, spelled as they spell it; every one of the city when absent.
    pub society: Option<String>,
    /// The offer that it leads to: one that holds now, for all shops or for one of this society.
    pub offer_id: Option<OfferId>,
}

/// A promotion that was found good.
#[derive(Debug, Insertable, Serialize)]
#[diesel(table_name = promotion)]
pub struct NewPromotion {
    title: String,
    body: String,
    city: String,
    society: Option<String>,
    offer_id: Option<OfferId>,
}

impl SendPromotionInput {
    /// # Errors
    /// `BAD_INPUT` that names the field. A blank society is one: it must not come to mean all of them.
    pub fn read(&self) -> Result<NewPromotion> {
        let society = self.society.as_deref().map(|name| required("society", name, 100)).transpose()?;
        Ok(NewPromotion {
            title: required("title", &self.title, 100)?,
            body: required("body", &self.body, 500)?,
            city: required("city", &self.city, 100)?,
            society,
            offer_id: self.offer_id,
        })
    }
}

/// Writes a promotion down, for the gateways to tell people of.
///
/// # Errors
/// `CONFLICT` when nobody there wants to hear of offers; as [`check_offer`].
pub async fn send(
    conn: &mut Conn,
    who: &Viewer,
    new: &NewPromotion,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
) -> Result<PromotionId> {
    once(conn, who.user_id, ask, now, async |conn: &mut Conn| post(conn, who, new, now).await).await
}

async fn post(conn: &mut Conn, who: &Viewer, new: &NewPromotion, now: DateTime<Utc>) -> Result<PromotionId> {
    check_offer(conn, new, now).await?;
    let audience = Audience { city: &new.city, society: new.society.as_deref() };
    let place = match audience.society {
        Some(society) => format!("{society}, {}", new.city),
        None => new.city.clone(),
    };
    let recipients = i32::try_from(audience.count(conn).await?).map_err(Error::internal)?;
    if recipients == 0 {
        return Err(Error::conflict(format!(
            "Nobody in {place} wants to hear of offers. Names must be spelled as people have them"
        )));
    }
    let id = diesel::insert_into(promotion::table)
        .values((
            new,
            promotion::status.eq(PromotionStatus::Running),
            promotion::recipients.eq(recipients),
            promotion::created_by.eq(who.user_id),
            promotion::created_at.eq(now),
        ))
        .returning(promotion::id)
        .get_result(conn)
        .await?;
    let detail = format!("{place}: {} (recipients: {recipients})", new.title);
    log(conn, who, StaffActionKind::PromotionSent, id, None, Some(detail), now).await?;
    Ok(id)
}

/// Whether the people that are told can use the offer.
///
/// # Errors
/// `NOT_FOUND` for none; `CONFLICT` for one that does not hold now, or holds for a shop of another society.
async fn check_offer(conn: &mut Conn, new: &NewPromotion, now: DateTime<Utc>) -> Result<()> {
    type Found = (bool, DateTime<Utc>, Option<DateTime<Utc>>, Option<(String, String)>);
    let Some(id) = new.offer_id else { return Ok(()) };
    let found: Option<Found> = offer::table
        .left_join(shop::table)
        .filter(offer::id.eq(id))
        .select((
            offer::is_active,
            offer::starts_at,
            offer::expires_at,
            (shop::city, shop::society).nullable(),
        ))
        .first(conn)
        .await
        .optional()?;
    let (is_active, starts_at, expires_at, home) =
        found.ok_or_else(|| Error::not_found("Offer not found").of_field("offerId"))?;
    if !is_active || starts_at > now || expires_at.is_some_and(|end| end <= now) {
        return Err(Error::conflict("The offer does not hold now").of_field("offerId"));
    }
    match home {
        Some((city, society)) if city != new.city || Some(&society) != new.society.as_ref() => {
            Err(Error::conflict(format!("The offer holds in {society}, {city} only")).of_field("offerId"))
        }
        _ => Ok(()),
    }
}

/// Stops a promotion, and says whether that changed anything: a second time it does not.
///
/// # Errors
/// `NOT_FOUND` that names `id`; `CONFLICT` when everybody was told already.
pub async fn cancel(
    conn: &mut Conn,
    who: &Viewer,
    id: PromotionId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(Promotion, bool)> {
    let found = Promotion::lock(conn, id).await?;
    match found.status {
        PromotionStatus::Cancelled => return Ok((found, false)),
        PromotionStatus::Done => return Err(Error::conflict("Everybody was told already")),
        PromotionStatus::Running => {}
    }
    let cancelled = diesel::update(promotion::table.find(id))
        .set((promotion::status.eq(PromotionStatus::Cancelled), promotion::finished_at.eq(now)))
        .returning(Promotion::as_returning())
        .get_result(conn)
        .await?;
    let detail = format!("{} of {} told", cancelled.sent, cancelled.recipients);
    log(conn, who, StaffActionKind::PromotionCancelled, id, Some(reason), Some(detail), now).await?;
    Ok((cancelled, true))
}

async fn log(
    conn: &mut Conn,
    who: &Viewer,
    action: StaffActionKind,
    id: PromotionId,
    reason: Option<&str>,
    detail: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let target = Target::Promotion(id);
    let new = NewStaffAction { action, target, reason, detail, transaction: None };
    record(conn, who.user_id, &new, now).await
}

/// Tells the next batch of people of the oldest promotion that runs, and how far it is, in one transaction: whoever takes
/// it up later begins behind it. Whether there was one that nobody else works on.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails; then nobody was told.
pub async fn tell_next(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool> {
    let Some(found) = Promotion::claim(conn).await? else { return Ok(false) };
    let people = found.audience().next(conn, found.told_up_to, BATCH).await?;
    let row = diesel::update(promotion::table.find(found.id));
    let Some(last) = people.last() else {
        // Only now: a batch can be short because somebody left while it was read.
        row.set((promotion::status.eq(PromotionStatus::Done), promotion::finished_at.eq(now)))
            .execute(conn)
            .await?;
        return Ok(true);
    };
    let told = i32::try_from(people.len()).map_err(Error::internal)?;
    row.set((promotion::told_up_to.eq(last), promotion::sent.eq(promotion::sent + told)))
        .execute(conn)
        .await?;
    let notices: Vec<Notice> = people
        .iter()
        .map(|to| Notice {
            to: *to,
            kind: NotificationKind::Promo,
            title: found.title.clone(),
            body: found.body.clone(),
            target_id: found.offer_id.map(|id| id.0),
        })
        .collect();
    notify(conn, &notices, now).await?;
    Ok(true)
}
