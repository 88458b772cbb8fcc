//! What only the staff says of a shop: that its papers were checked, that it stands on the home screen.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Viewer;
use crate::db::Conn;
use crate::error::Result;
use crate::events::{Notice, NotificationKind, notify};
use crate::journeys::shops::Shop;
use crate::journeys::staff::shops::ManagedShop;
use crate::journeys::staff::{NewStaffAction, StaffActionKind, Target, record};
use crate::schema::shop;
use crate::values::ShopId;

/// A mark that a shop has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its papers were checked. The vendor is told.
    Verified,
    /// It stands on the home screen.
    Featured,
}

impl Mark {
    fn is_on(self, shop: &Shop) -> bool {
        match self {
            Mark::Verified => shop.verified,
            Mark::Featured => shop.featured,
        }
    }

    fn action(self, on: bool) -> StaffActionKind {
        match (self, on) {
            (Mark::Verified, true) => StaffActionKind::ShopVerified,
            (Mark::Verified, false) => StaffActionKind::ShopUnverified,
            (Mark::Featured, true) => StaffActionKind::ShopFeatured,
            (Mark::Featured, false) => StaffActionKind::ShopUnfeatured,
        }
    }
}

/// Sets or takes away a mark, and says whether that changed anything: the same again changes nothing and tells nobody.
///
/// # Errors
/// `NOT_FOUND` that names `shopId`.
pub async fn mark(
    conn: &mut Conn,
    who: &Viewer,
    id: ShopId,
    (mark, on): (Mark, bool),
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(ManagedShop, bool)> {
    let mut found = ManagedShop::lock(conn, id).await?;
    if mark.is_on(&found.shop) == on {
        return Ok((found, false));
    }
    match mark {
        Mark::Verified => found.shop.verified = on,
        Mark::Featured => found.shop.featured = on,
    }
    diesel::update(shop::table.find(id))
        .set((
            shop::verified.eq(found.shop.verified),
            shop::featured.eq(found.shop.featured),
            shop::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if mark == Mark::Verified {
        notify(conn, &[notice(&found.shop, reason)], now).await?;
    }
    let new = NewStaffAction {
        action: mark.action(on),
        target: Target::Shop(id),
        reason: Some(reason),
        detail: None,
        transaction: None,
    };
    record(conn, who.user_id, &new, now).await?;
    Ok((found, true))
}

/// What the vendor is told. Why a shop is trusted is the staff's own note; why it is not any more, the vendor must know.
fn notice(shop: &Shop, reason: &str) -> Notice {
    let name = &shop.shop_name;
    let (title, body) = if shop.verified {
        ("Shop verified", format!("{name} is verified: customers see its badge from now on."))
    } else {
        ("Shop not verified any more", format!("{name} is not verified any more: {reason}"))
    };
    Notice {
        to: shop.owner_id,
        kind: NotificationKind::Shop,
        title: title.to_owned(),
        body,
        target_id: Some(shop.id.0),
    }
}
