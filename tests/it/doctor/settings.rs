//! What the doctor says of settings that can be used, and of what they lead to.

use tokio::net::TcpListener;

use super::{PRODUCTION, visit};
use crate::harness::TestApp;
use crate::providers::line::{Line, Trouble};

#[tokio::test]
async fn settings_that_open_a_door_in_production_are_told() {
    let app = TestApp::start().await;
    let plain = visit(&app, &PRODUCTION).await;
    assert!(plain.good("secret").contains("TOKEN_SECRET"));
    for (subject, setting) in
        [("proxies", "TRUSTED_PROXIES"), ("origins", "ALLOWED_ORIGINS"), ("metrics", "METRICS_TOKEN")]
    {
        assert!(plain.note(subject).contains(setting));
    }

    let closed = [
        ("TRUSTED_PROXIES", "192.0.2.1"),
        ("ALLOWED_ORIGINS", "https://app.example.org"),
        ("METRICS_TOKEN", "who-watches-this-gateway"),
    ];
    let closed = visit(&app, &[&PRODUCTION[..], &closed].concat()).await.report;
    for setting in ["TRUSTED_PROXIES", "ALLOWED_ORIGINS", "METRICS_TOKEN"] {
        assert!(!closed.contains(setting), "{closed}");
    }

    for secret in ["abababababababababababababababababab", "Change-me-before-you-go-live-0123456789"] {
        for setting in ["TOKEN_SECRET", "TOKEN_SECRETS_PREVIOUS"] {
            let told = visit(&app, &[&PRODUCTION[..], &[(setting, secret)]].concat()).await.wrong("secret");
            assert!(told.contains(&format!("{setting} can be guessed")) && !told.contains(secret), "{told}");
            assert!(told.contains("openssl rand -hex 32"), "{told}");
        }
    }
    let open = [("PUBLIC_URL", "http://app.example.org"), ("REST_DEPRECATION", "2020-01-31,2020-12-31")];
    let open = visit(&app, &[&PRODUCTION[..], &open].concat()).await;
    assert!(open.wrong("public url").contains("HTTPS"));
    assert!(open.note("rest").contains("2020-12-31"));
}

#[tokio::test]
async fn a_collector_is_asked_whether_it_takes_traces() {
    let app = TestApp::start().await;
    assert!(visit(&app, &[]).await.note("traces").contains("not traced"));

    let line = Line::default();
    let post = axum::routing::post(async || axum::http::StatusCode::OK);
    let url = line.serve(axum::Router::new().route("/v1/traces", post)).await;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())];
    assert!(visit(&app, &settings).await.good("traces").contains(&url));
    assert_eq!(line.asked()[0].what, "POST /v1/traces");

    line.always(Trouble::Answers(401));
    assert!(visit(&app, &settings).await.wrong("traces").contains("status code: 401"));
    line.always(Trouble::Hangs);
    assert!(visit(&app, &settings).await.wrong("traces").contains("OTEL_EXPORTER_OTLP_HEADERS"));
}

#[tokio::test]
async fn a_database_that_says_nothing_is_told_and_the_doctor_ends() {
    let app = TestApp::start().await;
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://society@{}/society", mute.local_addr().unwrap());
    let visit = visit(&app, &[("DATABASE_URL", &url)]).await;
    assert!(visit.wrong("database").contains("does not answer within 10 s"));
    visit.good("pictures");
}
