//! What outlives its request takes a seat: how many sockets and streams a person may have open, and for how long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;

use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::values::UserId;

/// On this node, for one person: all tabs and devices, and some that are gone without a word and not missed yet.
const MOST_OF_PERSON: usize = 50;

/// The seats of this process, shared by sockets and streams.
#[derive(Clone, Debug, Default)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// A place among the open sockets and streams of a person, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Seats {
    /// A seat for one more socket or stream of this person.
    ///
    /// # Errors
    /// `RATE_LIMITED` when they have too many open.
    pub fn take(&self, user: UserId) -> Result<Seat> {
        let mut taken = self.taken();
        let count = taken.entry(user).or_default();
        if *count >= MOST_OF_PERSON {
            let message = format!("At most {MOST_OF_PERSON} sockets and streams can be open at once");
            return Err(Error::new(Code::RateLimited, message));
        }
        *count += 1;
        Ok(Seat { seats: self.clone(), user })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

/// When a socket or stream that opens now is closed at the latest, so that clients spread anew over nodes that came
/// later. Not all that opened together: the last tenth of the time is drawn by lot.
#[must_use]
pub fn last_moment(app: &App) -> DateTime<Utc> {
    let hours = i64::from(app.config.connection_hours);
    let earlier = rand::rng().random_range(0..=hours * 360);
    app.clock.now() + TimeDelta::hours(hours) - TimeDelta::seconds(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_so_many_seats_and_gets_one_back_for_each_that_is_left() {
        let seats = Seats::default();
        let mut held: Vec<_> = (0..MOST_OF_PERSON).map(|_| seats.take(UserId(1)).unwrap()).collect();
        assert_eq!(seats.take(UserId(1)).unwrap_err().code(), Code::RateLimited);
        let other = seats.take(UserId(2)).unwrap();
        held.pop();
        held.push(seats.take(UserId(1)).unwrap());
        assert!(seats.take(UserId(1)).is_err());
        drop((held, other));
        assert!(seats.taken().is_empty());
    }
}
