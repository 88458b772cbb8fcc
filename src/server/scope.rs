//! From an HTTP request to its [`Scope`]: who asks, from where, with what.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::app::App;
use crate::error::{Error, Result};
use crate::request::{Face, Scope, authenticate};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The longest idempotency key in a header, in characters.
const LONGEST_KEY: usize = 255;

/// So many characters of the client's name for itself are kept (contract §2.1).
const USER_AGENT_KEPT: usize = 200;

/// Who is at the other end of the connection: the client, or the proxy before us.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    /// `0.0.0.0` where the server was not told, as in a test without a connection.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Peer, Infallible> {
        let told = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Peer(told.map_or_else(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), |ConnectInfo(peer)| *peer)))
    }
}

/// The scope of one request.
///
/// # Errors
/// `BAD_INPUT` for an idempotency key that is no text, `BUSY` or `INTERNAL` when the database fails. A bad token is not
/// an error here: what needs nobody still works.
pub async fn scope(app: &Arc<App>, headers: &HeaderMap, peer: SocketAddr, face: Face) -> Result<Scope> {
    let authorization = headers.get(header::AUTHORIZATION);
    // A token that is no text is a bad token, not a missing one.
    let authorization = authorization.map(|value| value.to_str().unwrap_or("?"));
    let idempotency_key = headers.get(IDEMPOTENCY_KEY).map(|key| key.to_str().unwrap_or("").trim());
    // A client that sends a key relies on it: a bad one must not count as none.
    if idempotency_key.is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        let problem = "the Idempotency-Key header has 1 to 255 printable ASCII characters";
        return Err(Error::bad_input("idempotencyKey", problem));
    }
    let user_agent = headers.get(header::USER_AGENT);
    let authentication = authenticate(app, authorization).await?;
    let address = client_address(headers, peer.ip(), &app.config.trusted_proxies);
    Ok(Scope {
        user_agent: user_agent
            .map(|name| String::from_utf8_lossy(name.as_bytes()).chars().take(USER_AGENT_KEPT).collect()),
        idempotency_key: idempotency_key.map(str::to_owned),
        ..Scope::new(app.clone(), face, authentication, address)
    })
}

/// The address that limits are counted for. Each proxy adds the one it was called from on the right, so the entries are
/// believed from there, for as long as trusted proxies wrote them.
fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == address);
    let mut client = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    let entries = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or("").rsplit(','));
    for entry in entries {
        if !is_trusted(client) {
            break;
        }
        let Some(before) = address(entry.trim()) else { break };
        client = before.to_canonical();
    }
    client
}

/// An address as proxies write it, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        client_address(&headers, peer.parse().unwrap(), &trusted).to_string()
    }

    #[test]
    fn what_a_stranger_claims_to_forward_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &["198.51.100.1"], &["10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_the_rightmost_stranger_is_the_client() {
        let trusted = ["10.0.0.1", "10.0.0.2"];
        assert_eq!(client("10.0.0.1", &["203.0.113.9"], &trusted), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.2.3.4, 203.0.113.9, 10.0.0.2"], &trusted), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["1.2.3.4", "203.0.113.9, 10.0.0.2"], &trusted), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9:4711"], &trusted), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:443"], &trusted), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"], &trusted), "2001:db8::1");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_belief() {
        assert_eq!(client("10.0.0.1", &["203.0.113.9, unknown"], &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.1"]), "10.0.0.1");
    }
}
