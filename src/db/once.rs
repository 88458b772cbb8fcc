//! Idempotency: the key, the effect and its outcome commit together.
//!
//! A second caller with the same key waits for the first transaction, then gets the first outcome. A failed effect
//! leaves no key behind, so the client may repeat it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::schema::idempotency_key;
use crate::values::UserId;

/// How long an outcome is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// The longest key that is kept: a header of 255 characters and a place in the document.
const LONGEST: usize = 512;

/// What a client asked for, under which key.
pub struct Ask {
    key: String,
    operation: &'static str,
    arguments_hash: Vec<u8>,
}

impl Ask {
    /// The ask of a request that came with a key; `None` without one.
    ///
    /// # Errors
    /// `BAD_INPUT` for a key that is empty, too long, or not printable ASCII.
    pub fn new(
        key: Option<String>,
        operation: &'static str,
        arguments: &impl Serialize,
    ) -> Result<Option<Ask>> {
        let Some(key) = key else { return Ok(None) };
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(Error::bad_input(
                "idempotencyKey",
                "an idempotency key has 1 to 255 printable ASCII characters",
            ));
        }
        let arguments = serde_json::to_vec(arguments).map_err(Error::internal)?;
        let arguments_hash = Sha256::digest(arguments).to_vec();
        Ok(Some(Ask { key, operation, arguments_hash }))
    }
}

/// Runs `effect` unless this ask was carried out before; then answers with the outcome of that time.
///
/// Belongs inside a transaction: the key commits with the effect.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` when the key was used for another operation or other arguments; whatever `effect` answers.
pub async fn once<T, F>(
    conn: &mut Conn,
    who: UserId,
    ask: Option<&Ask>,
    now: DateTime<Utc>,
    effect: F,
) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    F: AsyncFnOnce(&mut Conn) -> Result<T>,
{
    let Some(ask) = ask else { return effect(conn).await };
    if let Some(outcome) = claim(conn, who, ask, now).await? {
        return serde_json::from_value(outcome).map_err(Error::internal);
    }
    let value = effect(conn).await?;
    let outcome = serde_json::to_value(&value).map_err(Error::internal)?;
    diesel::update(idempotency_key::table.find((who, &ask.key)))
        .set(idempotency_key::outcome.eq(outcome))
        .execute(conn)
        .await?;
    Ok(value)
}

/// Takes the key for this transaction (`None`), or finds what came of it before.
async fn claim(
    conn: &mut Conn,
    who: UserId,
    ask: &Ask,
    now: DateTime<Utc>,
) -> Result<Option<serde_json::Value>> {
    // Waits here while another transaction holds the same key.
    let taken = diesel::insert_into(idempotency_key::table)
        .values((
            idempotency_key::user_id.eq(who),
            idempotency_key::key.eq(&ask.key),
            idempotency_key::operation.eq(ask.operation),
            idempotency_key::arguments_hash.eq(&ask.arguments_hash),
            idempotency_key::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if taken == 1 {
        return Ok(None);
    }
    let (operation, arguments_hash, outcome): (String, Vec<u8>, Option<serde_json::Value>) =
        idempotency_key::table
            .find((who, &ask.key))
            .select((idempotency_key::operation, idempotency_key::arguments_hash, idempotency_key::outcome))
            .first(conn)
            .await
            .optional()?
            // It was a day old, and forgotten between the two statements.
            .ok_or_else(|| Error::busy("an idempotency key was forgotten meanwhile"))?;
    if operation != ask.operation || arguments_hash != ask.arguments_hash {
        return Err(Error::new(
            Code::IdempotencyKeyReused,
            "This idempotency key was used for another request. Use a new key.",
        )
        .of_field("idempotencyKey"));
    }
    outcome.map(Some).ok_or_else(|| Error::internal("an idempotency key was committed without its outcome"))
}

/// Removes the keys that are older than [`KEPT`]. Returns how many.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let old = idempotency_key::created_at.lt(now - KEPT);
    Ok(diesel::delete(idempotency_key::table.filter(old)).execute(conn).await?)
}
