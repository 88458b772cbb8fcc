//! Work that takes its time says how far it is, and to nobody but a terminal.

use std::sync::{Arc, Mutex};

use society_gateway::audit::audit;
use society_gateway::db::{migrate, pending};
use society_gateway::demo;
use society_gateway::values::Progress;
use tokio::process::Command;

use crate::harness::TestApp;

/// What was told.
#[derive(Clone, Default)]
struct Heard {
    steps: Arc<Mutex<Vec<usize>>>,
    names: Arc<Mutex<Vec<String>>>,
}

impl Progress for Heard {
    fn begin(&self, steps: usize) {
        assert!(self.names.lock().unwrap().is_empty(), "the number comes first");
        self.steps.lock().unwrap().push(steps);
    }

    fn next(&self, step: &str) {
        self.names.lock().unwrap().push(step.to_owned());
    }
}

impl Heard {
    /// The names, if they are as many as was said.
    fn told(&self) -> Vec<String> {
        let names = self.names.lock().unwrap().clone();
        assert_eq!(*self.steps.lock().unwrap(), [names.len()]);
        names
    }

    fn is_nothing(&self) -> bool {
        self.steps.lock().unwrap().is_empty() && self.names.lock().unwrap().is_empty()
    }
}

/// The address of an empty database beside this app's.
async fn empty_database(app: &TestApp) -> String {
    let (place, name) = app.app.pool().url().rsplit_once('/').unwrap();
    app.sql(&format!("CREATE DATABASE empty_{name} TEMPLATE template0")).await;
    format!("{place}/empty_{name}")
}

#[tokio::test]
async fn each_step_is_named_as_it_is_applied_and_none_when_there_is_nothing_to_do() {
    let app = TestApp::start().await;
    let url = empty_database(&app).await;
    let (missing, first, again) = (pending(&url).await.unwrap(), Heard::default(), Heard::default());

    let applied = migrate(&url, first.clone()).await.unwrap();
    migrate(&url, again.clone()).await.unwrap();

    assert!(applied.len() > 20 && applied == missing);
    assert_eq!(first.told(), applied);
    assert!(again.is_nothing());
}

#[tokio::test]
async fn each_row_of_the_demo_and_each_check_of_the_books_is_told() {
    let app = TestApp::start().await;
    let (first, again, checks) = (Heard::default(), Heard::default(), Heard::default());

    assert!(demo::load(&app.app, first.clone()).await.unwrap());
    assert!(!demo::load(&app.app, again.clone()).await.unwrap());
    let report = audit(&mut *app.conn().await, checks.clone()).await.unwrap();

    let rows =
        "(SELECT count(*) FROM user_profile) + (SELECT count(*) FROM shop) + (SELECT count(*) FROM item)
        + (SELECT count(*) FROM offer)";
    assert_eq!(first.told().len() as i64, app.number(rows).await);
    assert!(again.is_nothing());
    let names: Vec<_> = report.findings.iter().map(|of| of.check).collect();
    assert_eq!(checks.told(), names);
}

#[tokio::test]
async fn nothing_is_drawn_where_nobody_looks() {
    let app = TestApp::start().await;
    let url = empty_database(&app).await;
    let folder = tempfile::tempdir().unwrap();
    for (command, said) in
        [("migrate", "applied "), ("demo", "The demo society is loaded"), ("audit", "rows")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_society-gateway"))
            .arg(command)
            .env("APP_ENV", "development")
            .env("RUST_LOG", "warn")
            .env("DATABASE_URL", &url)
            .env("DATA_DIR", folder.path())
            .output()
            .await
            .unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(said), "{command}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{command}");
    }
}
