//! A database that is reached over TLS: an encrypted way to the private PostgreSQL of the tests, as in front of one elsewhere.

use std::io::Write as _;
use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use society_gateway::db::{Pool, pending};
use society_gateway::error::in_full;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::harness::TestApp;

/// What a client sends first that wants TLS (PostgreSQL's protocol, SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A place that speaks TLS as `localhost`, before this app's database.
struct Front {
    user: String,
    database: String,
    port: u16,
    /// The file of who vouches for it.
    roots: tempfile::NamedTempFile,
}

impl Front {
    async fn of(app: &TestApp, speaks_tls: bool) -> Front {
        let inside: tokio_postgres::Config = app.app.pool().url().parse().unwrap();
        let Host::Unix(folder) = &inside.get_hosts()[0] else { panic!("a socket in a folder") };
        let socket = folder.join(format!(".s.PGSQL.{}", inside.get_ports()[0]));

        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let mut roots = tempfile::NamedTempFile::new().unwrap();
        roots.write_all(made.cert.pem().as_bytes()).unwrap();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = speaks_tls.then(|| TlsAcceptor::from(Arc::new(config)));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, acceptor.clone(), socket.clone()));
            }
        });
        let (user, database) = (inside.get_user().unwrap(), inside.get_dbname().unwrap());
        Front { user: user.to_owned(), database: database.to_owned(), port, roots }
    }

    fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://{}@{host}:{}/{}?{parameters}", self.user, self.port, self.database)
    }

    fn trusted(&self, host: &str) -> String {
        self.url(host, &format!("sslmode=verify-full&sslrootcert={}", self.roots.path().display()))
    }
}

async fn pass_on(
    mut stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    socket: std::path::PathBuf,
) -> std::io::Result<()> {
    let mut asked = [0; 8];
    stream.read_exact(&mut asked).await?;
    assert_eq!(asked, SSL_REQUEST, "a client that speaks in the open");
    let Some(acceptor) = acceptor else { return stream.write_all(b"N").await };
    stream.write_all(b"S").await?;
    let mut stream = acceptor.accept(stream).await?;
    copy_bidirectional(&mut stream, &mut UnixStream::connect(socket).await?).await?;
    Ok(())
}

/// What stands in the way.
async fn refusal(url: &str) -> String {
    let Err(error) = Pool::new(url, 1).unwrap().get().await else { panic!("{url} was believed") };
    in_full(error.cause().unwrap())
}

#[tokio::test]
async fn a_database_behind_tls_is_reached_for_requests_and_for_migrations() {
    let app = TestApp::start().await;
    let front = Front::of(&app, true).await;
    let url = front.trusted("localhost");
    Pool::new(&url, 1).unwrap().get().await.unwrap().batch_execute("SELECT 1").await.unwrap();
    assert_eq!(pending(&url).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_nobody_vouches_for_or_has_another_name_or_no_tls_gets_nothing() {
    let app = TestApp::start().await;
    let front = Front::of(&app, true).await;
    let stranger = refusal(&front.url("localhost", "sslmode=require")).await;
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let impostor = refusal(&front.trusted("127.0.0.1")).await;
    assert!(impostor.contains("not valid for name"), "{impostor}");
    let open = Front::of(&app, false).await;
    let open = refusal(&open.trusted("localhost")).await;
    assert!(open.contains("server does not support TLS"), "{open}");
}
