//! An order whose two sides write to each other: what subscribers hear of.

use std::net::SocketAddr;
use std::time::Instant;

use crate::client::{self, Client};
use crate::database::connect;
use crate::load::Worker;
use crate::people::Person;
use crate::scenario::Call;
use crate::{Error, Result};

/// The first order, its consumer and its shop's vendor, signed in.
pub struct Conversation {
    /// Follows their own orders.
    pub consumer: Person,
    /// Follows the shop's orders.
    pub vendor: Person,
    client: Client,
}

/// When a message was sent, and when that was answered.
pub struct Said {
    /// Before the first byte.
    pub asked: Instant,
    /// After the last one; it was committed before.
    pub answered: Instant,
}

impl Conversation {
    /// Signs both sides in.
    pub async fn begin(gateway: SocketAddr, database: &str) -> Result<Conversation> {
        let database = connect(database).await?;
        let query = "SELECT orders.id, user_id, owner_id FROM orders JOIN shop ON shop.id = shop_id \
                     ORDER BY orders.id LIMIT 1";
        let row = database.query_one(query, &[]).await?;
        let (order, consumer, vendor): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let mut sides = Vec::new();
        for user in [consumer, vendor] {
            let sign_in = "INSERT INTO user_session (user_id, face, refresh_hash, rotated_at, created_at, last_used_at, \
                           expires_at) VALUES ($1, 'graphql', ''::BYTEA, now(), now(), now(), now() + INTERVAL '1 day') \
                           RETURNING id";
            let session = database.query_one(sign_in, &[&user]).await?.get(0);
            sides.push(Person::sign_in(session, user, String::new(), String::new())?);
        }
        let [consumer, vendor] = sides.try_into().map_err(|_| Error::from("an order has two sides"))?;
        let client = client::connect(gateway, Call::message_to(order)).await?.pop().ok_or("no client")?;
        Ok(Conversation { consumer, vendor, client })
    }

    /// The consumer writes once.
    pub async fn say(&mut self) -> Result<Said> {
        let asked = Instant::now();
        self.client.ask(&self.consumer).await?;
        let answered = Instant::now();
        self.client.check()?;
        Ok(Said { asked, answered })
    }
}
