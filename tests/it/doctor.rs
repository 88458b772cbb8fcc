//! What the doctor finds, as an operator runs it: a program, its lines and how it ends.

mod providers;
mod settings;

use std::process::Output;

use tokio::process::Command;

use crate::harness::TestApp;

struct Visit {
    report: String,
    is_well: bool,
}

impl Visit {
    /// The line of this thing that is wrong, with the arrow below it.
    fn wrong(&self, subject: &str) -> String {
        let mut lines = self.report.lines();
        let found = lines.find(|line| line.starts_with("  WRONG") && line.contains(&format!(" {subject} ")));
        let found = found.unwrap_or_else(|| panic!("{subject} is not wrong:\n{}", self.report));
        format!("{found}\n{}", lines.next().unwrap_or_default())
    }

    /// The line of this thing that is well.
    fn good(&self, subject: &str) -> &str {
        self.line("  ok", subject)
    }

    /// The line of this thing that somebody may want otherwise.
    fn note(&self, subject: &str) -> &str {
        self.line("  note", subject)
    }

    fn line(&self, mark: &str, subject: &str) -> &str {
        let is_it = |line: &&str| line.starts_with(mark) && line.contains(&format!(" {subject} "));
        let found = self.report.lines().find(is_it);
        found.unwrap_or_else(|| panic!("no{mark} {subject}:\n{}", self.report))
    }
}

/// What a gateway of production is set up with at the least.
const PRODUCTION: [(&str, &str); 3] = [
    ("APP_ENV", "production"),
    ("TOKEN_SECRET", "5f1c0e8a9b7d43226e0f9c1b8a7d6e5f4c3b2a19"),
    ("PUBLIC_URL", "https://app.example.org"),
];

async fn visit(app: &TestApp, settings: &[(&str, &str)]) -> Visit {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_society-gateway"))
        .arg("doctor")
        .env("APP_ENV", "development")
        .env("DATABASE_URL", app.app.pool().url())
        .env("DATA_DIR", folder.path())
        .env("LISTEN", "127.0.0.1:0")
        .envs(settings.iter().copied())
        .output()
        .await
        .unwrap();
    Visit { report: String::from_utf8(stdout).unwrap(), is_well: status.success() }
}

#[tokio::test]
async fn what_is_well_is_named_and_what_could_lose_orders_is_wrong() {
    let app = TestApp::start().await;
    let visit = visit(&app, &[]).await;
    for subject in ["address", "database", "connections", "migrations", "clock", "events", "pictures"] {
        visit.good(subject);
    }
    // The server of the tests is fast, not safe.
    assert!(visit.wrong("durability").contains("fsync off"));
    assert!(!visit.is_well);
}

#[tokio::test]
async fn a_database_of_another_shape_is_told_with_the_way_out() {
    let app = TestApp::start().await;
    app.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')").await;
    let newer = visit(&app, &[]).await.wrong("migrations");
    assert!(newer.contains("29991231000001") && newer.contains("or a later one"), "{newer}");

    app.sql("DELETE FROM __diesel_schema_migrations WHERE version >= '20261122000017'").await;
    let older = visit(&app, &[]).await.wrong("migrations");
    assert!(older.contains("000017_support") && older.contains("society-gateway migrate"), "{older}");
}

#[tokio::test]
async fn services_that_do_not_answer_are_wrong_and_the_others_are_looked_at_all_the_same() {
    let app = TestApp::start().await;
    let settings = [
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("ASSISTANT_MODEL", "small-model"),
        ("ASSISTANT_URL", "http://127.0.0.1:1/v1"),
        ("LISTEN", "192.0.2.1:80"),
    ];
    let visit = visit(&app, &settings).await;
    assert!(visit.wrong("redis").contains("REDIS_URL"));
    assert!(visit.wrong("assistant").contains("ASSISTANT_URL"));
    assert!(visit.wrong("address").contains("LISTEN"));
    visit.good("pictures");

    let nowhere = [("DATABASE_URL", "postgres://society@127.0.0.1:1/society")];
    let visit = self::visit(&app, &nowhere).await;
    assert!(visit.wrong("database").contains("cannot be reached"));
    visit.good("pictures");
}
