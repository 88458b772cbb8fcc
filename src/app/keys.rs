//! The secret and what is derived from it: signatures of tokens, keyed hashes of codes, encrypted account numbers.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::values::{SessionId, UserId};

/// Which of a session's two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// Sent with every request.
    Access,
    /// Sent only to get the next pair.
    Refresh,
}

/// What a token says. Clients treat tokens as opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose it is.
    pub sub: UserId,
    /// The session it belongs to.
    pub sid: SessionId,
    /// Access or refresh.
    #[serde(rename = "type")]
    pub kind: TokenKind,
    /// Issued at, seconds since 1970, UTC.
    pub iat: i64,
    /// Expires at, seconds since 1970, UTC.
    pub exp: i64,
    /// Tells the refresh tokens of one session apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// Not ours, or changed.
    Invalid,
    /// Ours, but too old.
    Expired,
}

/// Signs with the present secret; believes former secrets as well.
pub struct Keys {
    signing: EncodingKey,
    believed: Vec<DecodingKey>,
    /// Of the present secret first, then of the former ones.
    hashing: Vec<Hmac<Sha256>>,
}

impl Keys {
    /// Keys made of the present secret and the former ones.
    ///
    /// # Panics
    /// Never: HMAC takes secrets of any length.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn new<'a>(secret: &'a [u8], former: impl Iterator<Item = &'a [u8]>) -> Keys {
        let secrets: Vec<&[u8]> = std::iter::once(secret).chain(former).collect();
        let hasher = |secret: &&[u8]| Hmac::new_from_slice(secret).expect("HMAC takes secrets of any length");
        Keys {
            signing: EncodingKey::from_secret(secret),
            believed: secrets.iter().map(|secret| DecodingKey::from_secret(secret)).collect(),
            hashing: secrets.iter().map(hasher).collect(),
        }
    }

    /// The token that says this. The same claims give the same token.
    ///
    /// # Errors
    /// Only if the claims cannot be written as JSON.
    pub fn sign(&self, claims: &Claims) -> jsonwebtoken::errors::Result<String> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
    }

    /// What a token says, if it is ours and not too old at `now`.
    ///
    /// # Errors
    /// [`Unverified`] says which of the two.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Unverified> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Time is checked below, against our own clock and without leeway.
        validation.validate_exp = false;
        let claims = self
            .believed
            .iter()
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &validation).ok())
            .ok_or(Unverified::Invalid)?
            .claims;
        if claims.exp <= now.timestamp() { Err(Unverified::Expired) } else { Ok(claims) }
    }

    /// A keyed hash: for what must be recognised but never read back. `purpose` keeps the uses apart.
    #[must_use]
    pub fn hash(&self, purpose: &str, text: &str) -> Vec<u8> {
        self.hashing.first().map(|mac| keyed(mac, purpose, text)).unwrap_or_default()
    }

    /// Encrypts a text so that only this gateway reads it back, and only for this purpose. Never twice the same.
    ///
    /// # Errors
    /// Only if the machine gives no random numbers.
    pub fn seal(&self, purpose: &str, text: &str) -> Result<Vec<u8>, Unspecified> {
        let key = self.hashing.first().ok_or(Unspecified).and_then(sealing_key)?;
        let mut body = text.as_bytes().to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut body)?;
        Ok([nonce.as_ref().as_slice(), &body].concat())
    }

    /// The text that was sealed for this purpose, with the present secret or a former one.
    ///
    /// `None` when it was sealed with another secret or for another purpose, or was changed since.
    #[must_use]
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Option<String> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        self.hashing.iter().find_map(|mac| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut body = body.to_vec();
            let text =
                sealing_key(mac).ok()?.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body).ok()?;
            String::from_utf8(text.to_vec()).ok()
        })
    }

    /// Whether `hash` was made of this text, with the present secret or a former one. Takes the same time for any hash.
    ///
    /// Without the former secrets, a change of the secret would make every stored hash look forged.
    #[must_use]
    pub fn recognises(&self, purpose: &str, text: &str, hash: &[u8]) -> bool {
        self.hashing.iter().any(|mac| keyed(mac, purpose, text).ct_eq(hash).into())
    }
}

fn keyed(mac: &Hmac<Sha256>, purpose: &str, text: &str) -> Vec<u8> {
    let mut mac = mac.clone();
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The key for sealing. Made by the keyed hash, under a purpose of its own, so that it tells nothing of the secret.
fn sealing_key(mac: &Hmac<Sha256>) -> Result<RandomizedNonceKey, Unspecified> {
    RandomizedNonceKey::new(&AES_256_GCM, &keyed(mac, "sealing key", "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64) -> Claims {
        Claims { sub: UserId(7), sid: SessionId(9), kind: TokenKind::Access, iat: 0, exp, jti: None }
    }

    #[test]
    fn a_token_is_believed_until_it_expires() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        let token = keys.sign(&claims(100)).unwrap();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(keys.verify(&token, at(99)), Ok(claims(100)));
        assert_eq!(keys.verify(&token, at(100)), Err(Unverified::Expired));
        assert_eq!(keys.verify(&token[..token.len() - 2], at(0)), Err(Unverified::Invalid));
        assert_eq!(keys.verify("x", at(0)), Err(Unverified::Invalid));
    }

    #[test]
    fn a_former_secret_is_believed_but_no_longer_signs() {
        let old = Keys::new(b"old-secret-old-secret-old-secret", std::iter::empty());
        let new = Keys::new(
            b"new-secret-new-secret-new-secret",
            [&b"old-secret-old-secret-old-secret"[..]].into_iter(),
        );
        let at = DateTime::from_timestamp(0, 0).unwrap();
        assert!(new.verify(&old.sign(&claims(100)).unwrap(), at).is_ok());
        assert!(old.verify(&new.sign(&claims(100)).unwrap(), at).is_err());
        assert!(new.recognises("use", "text", &old.hash("use", "text")));
        assert!(!old.recognises("use", "text", &new.hash("use", "text")));
    }

    #[test]
    fn a_hash_is_recognised_for_its_own_purpose_and_text_only() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        let hash = keys.hash("otp", "text");
        assert!(keys.recognises("otp", "text", &hash));
        assert!(!keys.recognises("refresh", "text", &hash));
        assert!(!keys.recognises("otp", "texts", &hash));
        assert!(!keys.recognises("otp", "text", &hash[1..]));
    }

    #[test]
    fn what_is_sealed_is_read_back_for_its_own_purpose_only_and_not_after_a_change() {
        let keys = Keys::new(b"0123456789abcdef0123456789abcdef", std::iter::empty());
        let sealed = keys.seal("vendor 1", "123456789012").unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"1234"));
        assert_ne!(sealed, keys.seal("vendor 1", "123456789012").unwrap());
        assert_eq!(keys.unseal("vendor 1", &sealed).as_deref(), Some("123456789012"));
        assert_eq!(keys.unseal("vendor 2", &sealed), None);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(keys.unseal("vendor 1", &changed), None, "byte {place}");
        }
        assert_eq!(keys.unseal("vendor 1", &sealed[..11]), None);
    }

    #[test]
    fn a_former_secret_still_opens_what_it_sealed() {
        let old = Keys::new(b"old-secret-old-secret-old-secret", std::iter::empty());
        let former = [&b"old-secret-old-secret-old-secret"[..]].into_iter();
        let new = Keys::new(b"new-secret-new-secret-new-secret", former);
        let sealed = old.seal("use", "text").unwrap();
        assert_eq!(new.unseal("use", &sealed).as_deref(), Some("text"));
        assert_eq!(old.unseal("use", &new.seal("use", "text").unwrap()), None);
    }
}
