//! When silence ends a connection, and when it has lasted long enough. Pure: no clock of its own.

use chrono::{DateTime, TimeDelta, Utc};

use crate::server::websocket::protocol::Close;

/// How long a client may take to begin.
const INIT_WITHIN: TimeDelta = TimeDelta::seconds(10);
/// How often the gateway asks for a sign of life. Proxies cut what is idle for a minute, some after 30 s.
const PING_EVERY: TimeDelta = TimeDelta::seconds(20);
/// How long nothing may be heard of a client, or taken by it.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// When something was last heard of the client, what follows when nothing is, and when it has been long enough.
#[derive(Debug)]
pub struct Pulse {
    opened_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    heard_at: DateTime<Utc>,
    pinged_at: DateTime<Utc>,
    /// Since when the client takes nothing of what waits for it.
    blocked_since: Option<DateTime<Utc>>,
}

impl Pulse {
    /// Of a connection that opens now, and lasts until `ends_at` at most.
    pub fn new(now: DateTime<Utc>, ends_at: DateTime<Utc>) -> Pulse {
        Pulse { opened_at: now, ends_at, heard_at: now, pinged_at: now, blocked_since: None }
    }

    /// Notes a sign of life.
    pub fn heard(&mut self, now: DateTime<Utc>) {
        self.heard_at = now;
    }

    /// Notes whether something waits to be taken by the client; `moved` says that some of it was.
    pub fn sending(&mut self, waits: bool, moved: bool, now: DateTime<Utc>) {
        self.blocked_since = match self.blocked_since {
            Some(since) if waits && !moved => Some(since),
            _ => waits.then_some(now),
        };
    }

    /// When to look next.
    pub fn next_look(&self, begun: bool) -> DateTime<Utc> {
        let silence = self.heard_at.min(self.blocked_since.unwrap_or(self.heard_at)) + SILENCE;
        let look =
            if begun { silence.min(self.pinged_at + PING_EVERY) } else { self.opened_at + INIT_WITHIN };
        look.min(self.ends_at)
    }

    /// Whether it is time to ask for a sign of life.
    ///
    /// # Errors
    /// How the connection is to be closed, when the client waited or was silent for too long, or its time is over.
    pub fn look(&mut self, begun: bool, now: DateTime<Utc>) -> Result<bool, Close> {
        if !begun {
            return if now >= self.opened_at + INIT_WITHIN { Err(Close::INIT_TIMEOUT) } else { Ok(false) };
        }
        let is_silent = now >= self.heard_at + SILENCE;
        let is_blocked = self.blocked_since.is_some_and(|since| now >= since + SILENCE);
        if is_silent || is_blocked || now >= self.ends_at {
            return Err(Close::GOING_AWAY);
        }
        let ping = now >= self.pinged_at + PING_EVERY;
        if ping {
            self.pinged_at = now;
        }
        Ok(ping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn who_does_not_begin_in_time_is_closed() {
        let mut pulse = Pulse::new(at(0), at(1_000));
        assert_eq!(pulse.next_look(false), at(10));
        pulse.heard(at(9));
        assert_eq!(pulse.look(false, at(9)), Ok(false));
        assert_eq!(pulse.look(false, at(10)), Err(Close::INIT_TIMEOUT));
    }

    #[test]
    fn nobody_stays_for_ever_however_much_they_talk() {
        let mut pulse = Pulse::new(at(0), at(30));
        pulse.heard(at(25));
        assert_eq!(pulse.look(true, at(29)), Ok(true));
        assert_eq!(pulse.next_look(true), at(30));
        assert_eq!(pulse.look(true, at(30)), Err(Close::GOING_AWAY));
    }

    #[test]
    fn who_is_silent_is_pinged_and_then_closed() {
        let mut pulse = Pulse::new(at(0), at(1_000));
        for seconds in [20, 40] {
            assert_eq!(pulse.next_look(true), at(seconds));
            assert_eq!(pulse.look(true, at(seconds - 1)), Ok(false));
            assert_eq!(pulse.look(true, at(seconds)), Ok(true));
        }
        pulse.heard(at(45));
        assert_eq!(pulse.look(true, at(60)), Ok(true));
        assert_eq!(pulse.look(true, at(80)), Ok(true));
        assert_eq!(pulse.look(true, at(100)), Ok(true));
        assert_eq!(pulse.next_look(true), at(105));
        assert_eq!(pulse.look(true, at(105)), Err(Close::GOING_AWAY));
    }

    #[test]
    fn who_takes_nothing_is_closed_even_if_it_talks() {
        let mut pulse = Pulse::new(at(0), at(1_000));
        pulse.sending(true, false, at(5));
        pulse.sending(true, true, at(10));
        pulse.sending(true, false, at(20));
        pulse.heard(at(69));
        assert_eq!(pulse.look(true, at(69)), Ok(true));
        assert_eq!(pulse.next_look(true), at(70));
        assert_eq!(pulse.look(true, at(70)), Err(Close::GOING_AWAY));
        pulse.sending(false, true, at(70));
        assert_eq!(pulse.look(true, at(80)), Ok(false));
    }
}
