//! The address of a database, as PostgreSQL's own programs read it, and the way there: over TLS where it says so.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::in_full;

/// Applied to every session. A lock that is not granted within 5 s means trouble elsewhere: the client gets `BUSY`
/// and repeats; a transaction that idles for 10 s is a bug, and is ended before it blocks others.
const SESSION_SETTINGS: &str = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=10s -c statement_timeout=30s \
     -c timezone=UTC -c jit=off";

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);

/// What moves the bytes of a connection; whoever connects polls it.
pub type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Where a database is, and how connections to it are set up.
#[derive(Clone)]
pub struct Address {
    settings: Config,
    tls: MakeRustlsConnect,
}

/// Why an address cannot be used.
#[derive(Debug)]
pub struct BadAddress(String);

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DATABASE_URL: {}", self.0)
    }
}

impl Error for BadAddress {}

/// What an address says of TLS.
struct Security<'a> {
    is_asked_for: bool,
    /// `sslrootcert`: the file of the certificates to trust in place of the system's.
    roots: Option<String>,
    /// The parameters that are left.
    others: Vec<&'a str>,
}

impl Address {
    /// Reads `postgres://…`. `sslmode=require`, `verify-ca` or `verify-full` asks for TLS, and always for a certificate of
    /// that host which the system, or the file `sslrootcert`, vouches for. Otherwise connections are not encrypted.
    ///
    /// # Errors
    /// When it is no address, or its certificates cannot be read.
    pub fn read(url: &str) -> Result<Address, BadAddress> {
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        let security = Security::of(parameters);
        let plain = match security.others.as_slice() {
            [] => place.to_owned(),
            others => format!("{place}?{}", others.join("&")),
        };
        let mut settings: Config =
            plain.parse().map_err(|error: tokio_postgres::Error| BadAddress(in_full(&error)))?;
        let roots = match security.is_asked_for {
            true => roots(security.roots.as_deref())?,
            false => RootCertStore::empty(),
        };
        settings.ssl_mode(if security.is_asked_for { SslMode::Require } else { SslMode::Disable });
        let options = [settings.get_options().unwrap_or_default(), SESSION_SETTINGS].join(" ");
        settings.options(options.trim()).application_name("society-gateway").connect_timeout(CONNECT);
        // A database that vanished without a word is noticed in seconds, not after the kernel's quarter of an hour.
        settings.tcp_user_timeout(Duration::from_secs(15)).keepalives_idle(Duration::from_secs(15));
        settings.keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        Ok(Address { settings, tls: MakeRustlsConnect::new(client_of(roots)?) })
    }

    /// The same place, where the connections are called so in `pg_stat_activity` and have these options as well.
    #[must_use]
    pub fn named(mut self, application: &str, options: &str) -> Address {
        let options = [self.settings.get_options().unwrap_or_default(), options].join(" ");
        self.settings.application_name(application).options(options);
        self
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.settings.get_ssl_mode() == SslMode::Require
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When the server is away, or does not let us in; when it has no TLS, or a certificate that nobody vouches for.
    pub async fn connect(&self) -> Result<(Client, Wire), tokio_postgres::Error> {
        self.settings.connect(self.tls.clone()).await
    }
}

impl Security<'_> {
    fn of(parameters: &str) -> Security<'_> {
        let mut security = Security { is_asked_for: false, roots: None, others: Vec::new() };
        for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => security.is_asked_for = true,
                Some(("sslmode", "disable" | "allow" | "prefer")) => security.is_asked_for = false,
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", _)) => {
                    let (_, path) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
                    security.roots = Some(path.into_owned());
                }
                _ => security.others.push(pair),
            }
        }
        security
    }
}

/// Whose certificates are believed.
fn roots(file: Option<&str>) -> Result<RootCertStore, BadAddress> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return match roots.is_empty() {
            true => Err(BadAddress("this system has no certificates: name a file in sslrootcert".to_owned())),
            false => Ok(roots),
        };
    };
    let bad = |problem: &dyn fmt::Display| BadAddress(format!("sslrootcert {file}: {problem}"));
    for certificate in CertificateDer::pem_file_iter(Path::new(file)).map_err(|error| bad(&error))? {
        roots.add(certificate.map_err(|error| bad(&error))?).map_err(|error| bad(&error))?;
    }
    if roots.is_empty() { Err(bad(&"there is no certificate in it")) } else { Ok(roots) }
}

fn client_of(roots: RootCertStore) -> Result<ClientConfig, BadAddress> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| BadAddress(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_asked_for_in_the_words_of_postgresql() {
        for (parameters, is_encrypted) in [
            ("", false),
            ("?sslmode=prefer", false),
            ("?sslmode=disable&sslrootcert=/nowhere", false),
            ("?sslmode=require", true),
            ("?connect_timeout=3&sslmode=verify-full&sslrootcert=system", true),
            ("?sslmode=verify-ca", true),
        ] {
            let address = Address::read(&format!("postgres://me@db.example.org/shop{parameters}")).unwrap();
            assert_eq!(address.is_encrypted(), is_encrypted, "{parameters}");
            assert_eq!(address.settings.get_dbname(), Some("shop"));
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (parameters, problem) in [
            ("sslmode=require&sslrootcert=%2Fno%20where.pem", "sslrootcert /no where.pem: "),
            ("sslmode=require&sslrootcert=/dev/null", "there is no certificate in it"),
            ("sslmode=always", "sslmode"),
            ("colour=red", "colour"),
        ] {
            let read = Address::read(&format!("postgres://me@db.example.org/shop?{parameters}"));
            let told = read.err().unwrap().to_string();
            assert!(told.starts_with("DATABASE_URL: ") && told.contains(problem), "{told}");
        }
    }

    #[test]
    fn every_session_has_the_settings_of_the_gateway_beside_its_own() {
        let address = Address::read("postgres://me@db/shop?options=-c%20work_mem%3D8MB").unwrap();
        let address = address.named("somebody", "-c synchronous_commit=off");
        let options = address.settings.get_options().unwrap();
        for part in ["work_mem=8MB", "lock_timeout=5s", "synchronous_commit=off"] {
            assert!(options.contains(part), "{options}");
        }
        assert_eq!(address.settings.get_application_name(), Some("somebody"));
    }
}
