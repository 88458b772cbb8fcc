//! What a session's two tokens say. The pair is a pure function of the session's row and the name of its refresh
//! token, and each name follows from the one before it: a pair whose answer got lost can be made again, and the
//! database holds nothing that signs in.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{App, Claims, Keys, TokenKind};
use crate::error::{Error, Result};
use crate::journeys::auth::Session;
use crate::request::Face;

/// How long an access token lives where clients refresh.
const ACCESS: TimeDelta = TimeDelta::minutes(15);
/// How long a session lives without being refreshed.
const REFRESH: TimeDelta = TimeDelta::days(30);

/// The two tokens of a session.
pub struct Pair {
    /// Sent with every request.
    pub access: String,
    /// Gets the next pair, once.
    pub refresh: String,
    /// When the access token ends, in seconds since 1970, UTC.
    access_ends: i64,
}

impl Pair {
    /// How many seconds the access token still lives.
    #[must_use]
    pub fn expires_in(&self, now: DateTime<Utc>) -> i32 {
        i32::try_from((self.access_ends - now.timestamp()).max(0)).unwrap_or(i32::MAX)
    }
}

/// Makes and recognises tokens.
pub struct Issuer<'a> {
    keys: &'a Keys,
    /// How long access tokens of the REST face live: its clients never refresh.
    rest_access: TimeDelta,
}

impl<'a> Issuer<'a> {
    /// The issuer of this app.
    #[must_use]
    pub fn of(app: &'a App) -> Issuer<'a> {
        Issuer { keys: &app.keys, rest_access: TimeDelta::days(i64::from(app.config.rest_token_days)) }
    }

    /// What signs and hashes.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        self.keys
    }

    /// How long an access token lives.
    fn access_life(&self, face: Face) -> TimeDelta {
        match face {
            Face::Graphql => ACCESS,
            Face::Rest => self.rest_access,
        }
    }

    /// How long a session lives from its last refresh: never shorter than its access token.
    #[must_use]
    pub fn session_life(&self, face: Face) -> TimeDelta {
        REFRESH.max(self.access_life(face))
    }

    /// The tokens of a session as its row stands, when its refresh token has this name.
    ///
    /// # Errors
    /// `INTERNAL` if the claims cannot be signed.
    pub fn pair(&self, session: &Session, name: &str) -> Result<Pair> {
        let access_ends = (session.rotated_at + self.access_life(session.face)).timestamp();
        let claims = |kind, exp, jti| Claims {
            sub: session.user_id,
            sid: session.id,
            kind,
            iat: session.rotated_at.timestamp(),
            exp,
            jti,
        };
        let sign = |claims: Claims| self.keys.sign(&claims).map_err(Error::internal);
        Ok(Pair {
            access: sign(claims(TokenKind::Access, access_ends, None))?,
            refresh: sign(claims(
                TokenKind::Refresh,
                session.expires_at.0.timestamp(),
                Some(name.to_owned()),
            ))?,
            access_ends,
        })
    }

    /// The name of a new session's first refresh token.
    #[must_use]
    pub fn first_name() -> String {
        hex(&rand::random::<[u8; 32]>())
    }

    /// The name of the refresh token that comes after the one of this name.
    #[must_use]
    pub fn next_name(&self, name: &str) -> String {
        hex(&self.keys.hash("refresh", name))
    }

    /// What is stored to recognise the refresh token of this name.
    #[must_use]
    pub fn seal(&self, name: &str) -> Vec<u8> {
        self.keys.hash("refresh-seal", name)
    }

    /// Whether the refresh token of this name is the one of that seal.
    #[must_use]
    pub fn is_sealed(&self, name: &str, seal: &[u8]) -> bool {
        self.keys.recognises("refresh-seal", name, seal)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Instant, SessionId, UserId};

    fn session(face: Face, life: TimeDelta) -> Session {
        let at = DateTime::from_timestamp(1_000_000, 500_000_000).unwrap();
        Session {
            id: SessionId(3),
            user_id: UserId(7),
            device: None,
            face,
            created_at: Instant(at),
            last_used_at: Instant(at),
            expires_at: Instant(at + life),
            rotated_at: at,
        }
    }

    #[test]
    fn a_pair_can_be_made_again_and_lives_as_its_face_says() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        for (days, face, access, life) in [
            (30, Face::Graphql, 900, 30 * 86_400),
            (30, Face::Rest, 30 * 86_400, 30 * 86_400),
            (1, Face::Rest, 86_400, 30 * 86_400),
            (365, Face::Rest, 365 * 86_400, 365 * 86_400),
        ] {
            let issuer = Issuer { keys: &keys, rest_access: TimeDelta::days(days) };
            assert_eq!(issuer.session_life(face), TimeDelta::seconds(life));
            let session = session(face, issuer.session_life(face));

            let pair = issuer.pair(&session, "name").unwrap();
            let again = issuer.pair(&session, "name").unwrap();

            assert_eq!((&pair.access, &pair.refresh), (&again.access, &again.refresh));
            assert_eq!(i64::from(pair.expires_in(session.rotated_at)), access);
            let refresh = keys.verify(&pair.refresh, session.rotated_at).unwrap();
            assert_eq!((refresh.kind, refresh.exp - refresh.iat), (TokenKind::Refresh, life));
            assert_eq!(refresh.jti.as_deref(), Some("name"));
        }
    }

    #[test]
    fn names_follow_from_each_other_and_seals_tell_them_apart() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        let issuer = Issuer { keys: &keys, rest_access: TimeDelta::days(1) };
        let first = Issuer::first_name();
        let second = issuer.next_name(&first);
        assert_eq!(second, issuer.next_name(&first));
        assert_ne!(first, second);
        assert!(issuer.is_sealed(&second, &issuer.seal(&second)));
        assert!(!issuer.is_sealed(&first, &issuer.seal(&second)));
    }
}
