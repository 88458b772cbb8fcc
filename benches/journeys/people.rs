//! The consumers in whose names requests are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Utc;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use society_gateway::app::{Claims, Keys, TokenKind};
use society_gateway::values::{SessionId, UserId};

use crate::Result;

/// What the gateway and the bench sign with.
pub const SECRET: &str = "known to the bench and to its gateway only";

/// One in so many of the consumers reads; the others place orders.
const READERS: usize = 20;

/// A consumer who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub user_id: i64,
    /// Where they live.
    pub city: String,
    /// Where they live.
    pub society: String,
    /// Sent with their requests.
    pub token: String,
}

impl Person {
    /// Signs the access token of a session.
    pub fn sign_in(session: i64, user_id: i64, city: String, society: String) -> Result<Person> {
        let now = Utc::now().timestamp();
        let claims = Claims {
            sub: UserId(user_id),
            sid: SessionId(session),
            kind: TokenKind::Access,
            iat: now,
            exp: now + 86_400,
            jti: None,
        };
        let token = Keys::new(SECRET.as_bytes(), std::iter::empty()).sign(&claims)?;
        Ok(Person { user_id, city, society, token })
    }

    /// A shop of their society, open: the seed gives society number n the shop of that number.
    pub fn shop(&self) -> &str {
        self.society.rsplit(' ').next().unwrap_or_default()
    }

    /// Half of the consumers pay from their wallets, the others in cash.
    pub fn pays_from_wallet(&self) -> bool {
        self.user_id % 2 == 0
    }
}

/// Who asks in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Askers {
    /// Anybody of the readers, at random, again and again.
    Readers,
    /// Each of the buyers once: their cart is empty afterwards.
    Buyers,
}

/// All consumers.
pub struct People {
    readers: Arc<[Person]>,
    buyers: Vec<Person>,
}

impl People {
    /// Buyers come in a random order, so that those who order at the same time seldom want the same items.
    pub fn new(mut all: Vec<Person>) -> People {
        let mut buyers = all.split_off(all.len() / READERS);
        buyers.shuffle(&mut SmallRng::seed_from_u64(1));
        People { readers: all.into(), buyers }
    }

    /// Those who ask in one round; at most so many buyers.
    pub fn asking(&self, askers: Askers, most: usize) -> Asking {
        match askers {
            Askers::Readers => Asking { people: self.readers.clone(), next: None },
            Askers::Buyers => {
                let most = most.min(self.buyers.len());
                Asking { people: self.buyers[..most].into(), next: Some(Arc::default()) }
            }
        }
    }
}

/// Those who ask in one round.
#[derive(Clone)]
pub struct Asking {
    people: Arc<[Person]>,
    /// Whose turn it is, where each has one turn.
    next: Option<Arc<AtomicUsize>>,
}

impl Asking {
    /// Everybody who may ask.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Who asks next; `None` when each had their turn.
    pub fn next(&self, rng: &mut SmallRng) -> Option<&Person> {
        let place = match &self.next {
            Some(next) => next.fetch_add(1, Ordering::Relaxed),
            None => rng.random_range(0..self.people.len()),
        };
        self.people.get(place)
    }
}
