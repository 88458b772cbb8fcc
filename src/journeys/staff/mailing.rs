//! Tells people of promotions, beside the requests. Any number of gateways may do it at once: each batch is claimed.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::app::App;
use crate::error::Result;
use crate::journeys::staff::promotions::Promotion;
use crate::journeys::staff::verbs;

/// How long after it found nothing to do it looks again: nobody waits for a promotion.
const PAUSE: TimeDelta = TimeDelta::seconds(2);

/// Tells people of promotions until it is dropped. What it was at then is told by whoever comes next.
pub async fn run(app: Arc<App>) {
    loop {
        match tell_next(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(cause = ?error.cause(), "a promotion waits: {error}"),
        }
        app.clock.sleep_until(app.clock.now() + PAUSE).await;
    }
}

/// Tells the next batch. Whether there was one.
///
/// # Errors
/// `BUSY` or `INTERNAL` when the database fails; then nobody was told.
pub async fn tell_next(app: &Arc<App>) -> Result<bool> {
    // Looked at first: most of the time there is nothing, and a transaction would wake every feed.
    if !Promotion::is_any_running(&mut *app.read().await?).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    app.write(async move |conn| verbs::tell_next(conn, now).await).await
}
