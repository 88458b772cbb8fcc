//! The hours of the vendor's shop. They are stated, not enforced: the vendor opens and closes the shop.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::shops::Shop;
use crate::journeys::vendor::resolvers::ShopPayload;
use crate::request::Reach;
use crate::schema::{shop, shop_hours};
use crate::values::{TimeOfDay, UserId};

/// When the shop opens on one day of the week.
#[derive(Clone, Debug, InputObject)]
pub struct ShopHoursInput {
    /// The day: 0 is Monday, 6 is Sunday.
    pub day_of_week: i32,
    /// When it opens.
    pub open_time: TimeOfDay,
    /// When it closes. Before `openTime`: on the next day. The two must differ.
    pub close_time: TimeOfDay,
}

/// A week that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Week(Vec<(i16, TimeOfDay, TimeOfDay)>);

impl Week {
    /// # Errors
    /// `BAD_INPUT` that names `dayOfWeek` or `closeTime`.
    fn read(days: &[ShopHoursInput]) -> Result<Week> {
        let mut week: Vec<(i16, TimeOfDay, TimeOfDay)> = Vec::with_capacity(7);
        for ShopHoursInput { day_of_week, open_time, close_time } in days {
            let day =
                i16::try_from(*day_of_week).ok().filter(|day| (0..7).contains(day)).ok_or_else(|| {
                    Error::bad_input("dayOfWeek", "dayOfWeek is a number from 0 for Monday to 6 for Sunday")
                })?;
            if week.iter().any(|(known, ..)| *known == day) {
                return Err(Error::bad_input("dayOfWeek", format!("dayOfWeek {day} comes twice")));
            }
            if open_time == close_time {
                let problem = format!("closeTime of day {day} must differ from its opening");
                return Err(Error::bad_input("closeTime", problem));
            }
            week.push((day, *open_time, *close_time));
        }
        Ok(Week(week))
    }
}

/// Gives the vendor's shop these hours and no others.
///
/// # Errors
/// `NOT_FOUND` without a shop.
async fn replace(conn: &mut Conn, vendor: UserId, week: &Week, now: DateTime<Utc>) -> Result<Shop> {
    // The shop's row is the lock: of two weeks at once, one is kept whole.
    let shop = diesel::update(shop::table.filter(shop::owner_id.eq(vendor)))
        .set(shop::updated_at.eq(now))
        .returning(Shop::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::not_found("Shop not found"))?;
    diesel::delete(shop_hours::table.filter(shop_hours::shop_id.eq(shop.id))).execute(conn).await?;
    let days = week.0.iter().map(|(day, open, close)| {
        (
            shop_hours::shop_id.eq(shop.id),
            shop_hours::day_of_week.eq(*day),
            shop_hours::open_time.eq(*open),
            shop_hours::close_time.eq(*close),
        )
    });
    diesel::insert_into(shop_hours::table).values(days.collect::<Vec<_>>()).execute(conn).await?;
    Ok(shop)
}

/// Changes of the shop's hours.
#[derive(Default)]
pub struct HoursMutation;

#[Object]
impl HoursMutation {
    /// States when the vendor's shop opens: all its days; a day that is left out is closed.
    ///
    /// Errors: `BAD_INPUT` for a day that comes twice, or closes when it opens; `NOT_FOUND` before `createShop`.
    async fn update_shop_hours(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The days on which it opens, each at most once.")] hours: Vec<ShopHoursInput>,
    ) -> Result<ShopPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (week, now) = (Week::read(&hours)?, app.clock.now());
        let shop = app.write(async move |conn| replace(conn, vendor, &week, now).await).await?;
        // The hours that an earlier mutation of this document was answered with are no longer true.
        ctx.scope()?.loaders.forget();
        Ok(ShopPayload { message: "Shop hours updated", shop })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i32, open: &str, close: &str) -> ShopHoursInput {
        let time = |text| TimeOfDay::parse(text).unwrap();
        ShopHoursInput { day_of_week: day, open_time: time(open), close_time: time(close) }
    }

    #[test]
    fn a_day_comes_once_and_may_end_after_midnight() {
        assert_eq!(Week::read(&[]).ok(), Some(Week(Vec::new())));
        assert!(Week::read(&[day(0, "09:00", "21:00"), day(6, "18:00", "02:00")]).is_ok());
        for (days, field) in [
            (vec![day(7, "09:00", "21:00")], "dayOfWeek"),
            (vec![day(-1, "09:00", "21:00")], "dayOfWeek"),
            (vec![day(2, "09:00", "12:00"), day(2, "16:00", "21:00")], "dayOfWeek"),
            (vec![day(3, "09:00", "09:00")], "closeTime"),
        ] {
            assert_eq!(Week::read(&days).unwrap_err().field(), Some(field), "{days:?}");
        }
    }
}
