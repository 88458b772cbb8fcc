//! Asks the gateway of these settings whether it can be sent requests, for images that hold nothing but the binary.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cli::Outcome;
use crate::config::Config;

/// Longer than readiness takes to be found out.
const WAIT: Duration = Duration::from_secs(3);

/// Fails unless `/readyz` is answered with 200.
pub(super) fn healthcheck(config: &Config) -> Outcome {
    let address = reachable(config.listen);
    let mut connection = TcpStream::connect_timeout(&address, WAIT)
        .map_err(|error| format!("nothing answers at {address}: {error}"))?;
    connection.set_read_timeout(Some(WAIT))?;
    connection.set_write_timeout(Some(WAIT))?;
    write!(connection, "GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.take(64 * 1024).read_to_string(&mut answer)?;
    match answer.lines().next().and_then(|line| line.split(' ').nth(1)) {
        Some("200") => Ok(()),
        _ => Err(format!("not ready: {}", answer.lines().last().unwrap_or("no answer")).into()),
    }
}

/// Who listens everywhere is reached by the loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
