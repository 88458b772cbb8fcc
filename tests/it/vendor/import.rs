//! Price lists that an operator loads, as they run it: a program, what it prints, and how it ends.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join;
use serde_json::json;
use society_gateway::values::ShopId;
use tokio::process::Command;

use crate::forms::{texts, workbook};
use crate::harness::TestApp;

/// Whether it was content, and what it printed.
type Ended = (bool, String, String);

fn command(app: &TestApp, folder: &tempfile::TempDir, shop: ShopId, file: &[u8]) -> Command {
    let name = if file.starts_with(b"PK") { "list.xlsx" } else { "list.csv" };
    let path = folder.path().join(name);
    std::fs::write(&path, file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_society-gateway"));
    command.arg("import").arg(shop.to_string()).arg(path).env("APP_ENV", "development");
    command.env("RUST_LOG", "warn").env("DATABASE_URL", app.app.pool().url()).env("DATA_DIR", folder.path());
    command
}

async fn import_with(app: &TestApp, shop: ShopId, file: &[u8], arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } =
        command(app, &folder, shop, file).args(arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

async fn import(app: &TestApp, shop: ShopId, file: &str) -> Ended {
    import_with(app, shop, file.as_bytes(), &[]).await
}

/// A list of so many items.
fn long_list(rows: usize) -> String {
    let lines: String = (1..=rows).map(|row| format!("Item {row},{row}\n")).collect();
    format!("title,price\n{lines}")
}

async fn items(app: &TestApp) -> i64 {
    app.number("SELECT count(*) FROM item").await
}

#[tokio::test]
async fn rows_that_fit_are_listed_as_an_upload_lists_them_and_the_others_are_told() {
    let app = TestApp::start().await;
    let (shop, vendor) = app.shop("Near").await;
    let (other, _) = app.shop("Far").await;
    let file = "title,Price,mrp,tags,Quantity in stock,sku\n\
        Rice,60.50,70,\"grain, white\",7,R1\n\
        ,5,,,,\n\
        Dal,10.005,,,,\n\
        \"=cmd\n1\",30,,,,\n\
        Milk,30,,,,\n";
    let (is_content, printed, told) = import(&app, shop, file).await;
    assert!(!is_content);
    let amount = "an amount is a number of rupees with at most two decimals, such as 149.50";
    assert_eq!(
        printed.lines().collect::<Vec<_>>(),
        [
            "Row 3, column title: must not be empty",
            &format!("Row 4, column price: {amount}; it says \"10.005\""),
            "Row 5, column title: looks like a formula; begin it with a letter or a digit; it says \"=cmd\u{fffd}1\"",
            "Near: 2 added, 0 there already, 3 left out.",
        ]
    );
    assert_eq!(
        told,
        "society-gateway: 3 rows were left out: correct them, and run it again; nothing is added twice\n"
    );
    let mine = "{ myItems { nodes { title price mrp tags quantityInStock unit sku isAvailable } } }";
    assert_eq!(
        app.graphql(&vendor, mine, json!({})).await.ok()["myItems"]["nodes"],
        json!([
            {"title": "Rice", "price": 60.5, "mrp": 70, "tags": ["grain", "white"], "quantityInStock": 7,
                "unit": "pcs", "sku": "R1", "isAvailable": true},
            {"title": "Milk", "price": 30, "mrp": null, "tags": [], "quantityInStock": 100,
                "unit": "pcs", "sku": null, "isAvailable": true},
        ])
    );
    assert_eq!(app.number(&format!("SELECT count(*) FROM item WHERE shop_id = {other}")).await, 0);
    app.audit_is_clean().await;

    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>
        <row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2"><v>12.5</v></c></row>"#;
    let file = workbook(rows, &texts(&["title", "price", "Salt"]));
    let (is_content, printed, _) = import_with(&app, other, &file, &[]).await;
    assert_eq!((is_content, printed.as_str()), (true, "Far: 1 added, 0 there already, 0 left out.\n"));
}

#[tokio::test]
async fn what_the_shop_has_is_passed_over_and_stays_as_it_is() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    let (other, _) = app.shop("Far").await;
    app.item(other, "Rice", "1", 1).await;
    let first =
        "title,price,brand,pack_size,sku\nRice,60,,1 kg,R1\nTea,90,Hill,,\nTea,95,Hill,,\nSalt,20,,,\n";
    assert_eq!(import(&app, shop, first).await.1, "Near: 3 added, 1 there already, 0 left out.\n");
    app.sql("UPDATE item SET is_active = FALSE WHERE title = 'Salt'").await;
    let again = "title,price,brand,pack_size,sku\n\
        Rice of another name,61,,,R1\n\
        Rice,62,,1 kg,\n\
        Tea,63,Hill,,\n\
        Salt,64,,,\n\
        Rice,65,,5 kg,\n\
        Tea,66,Valley,,\n\
        Tea,67,Hill,,T1\n";
    let (is_content, printed, _) = import(&app, shop, again).await;
    assert_eq!((is_content, printed.as_str()), (true, "Near: 3 added, 4 there already, 0 left out.\n"));
    let prices = format!(
        "SELECT string_agg((price_paise / 100)::TEXT, ' ' ORDER BY id) FROM item WHERE shop_id = {shop}"
    );
    assert_eq!(app.text(&prices).await, "60 90 20 65 66 67");
}

#[tokio::test]
async fn a_dry_run_says_what_would_come_of_it_and_changes_nothing() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    app.item(shop, "Item 7", "7", 1).await;
    let file = format!("{}Item 9,9\nItem 10,free\n", long_list(1_200));
    let tried = import_with(&app, shop, file.as_bytes(), &["--dry-run"]).await;
    assert!(!tried.0);
    assert!(tried.1.ends_with("\nNear: 1199 would be added, 2 there already, 1 left out.\n"), "{}", tried.1);
    assert_eq!((items(&app).await, app.number("SELECT count(*) FROM stock_movement").await), (1, 1));
    let loaded = import(&app, shop, &file).await.1;
    assert!(loaded.ends_with("\nNear: 1199 added, 2 there already, 1 left out.\n"), "{loaded}");
}

#[tokio::test]
async fn an_import_that_is_killed_in_the_middle_is_run_again_and_doubles_nothing() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    // More than one upload may have; and the third batch does not come to its end.
    let file = long_list(2_600);
    app.sql(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
        CREATE TRIGGER dawdle BEFORE INSERT ON item FOR EACH ROW WHEN (NEW.title = 'Item 1300') EXECUTE FUNCTION dawdle()",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(&app, &folder, shop, file.as_bytes()).stdout(Stdio::piped()).spawn().unwrap();
    let dawdles =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let begun = Instant::now();
    while app.number(dawdles).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came to the third batch");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().await.unwrap();
    app.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
    )
    .await;
    app.sql("DROP TRIGGER dawdle ON item").await;
    assert_eq!(items(&app).await, 1_000);

    let (is_content, printed, _) = import(&app, shop, &file).await;
    assert_eq!((is_content, printed.as_str()), (true, "Near: 1600 added, 1000 there already, 0 left out.\n"));
    let in_order = "SELECT count(*) FROM (SELECT price_paise, 100 * row_number() OVER (ORDER BY id) AS due FROM item) AS rows
        WHERE price_paise = due";
    assert_eq!((items(&app).await, app.number(in_order).await), (2_600, 2_600));
    app.audit_is_clean().await;
}

#[tokio::test]
async fn two_imports_at_once_list_every_item_once() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    let file = long_list(1_500);
    let (one, two) = join(import(&app, shop, &file), import(&app, shop, &file)).await;
    assert!(one.0 && two.0, "{one:?} {two:?}");
    assert_eq!(items(&app).await, 1_500);
}

#[tokio::test]
async fn what_cannot_be_loaded_at_all_is_told_in_one_sentence() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    for (shop, file, sentence) in [
        (ShopId(shop.0 + 1), "title,price\nRice,60\n", "Shop not found"),
        (shop, "title,mrp\nRice,60\n", "Missing columns: price"),
        (shop, "", "File read error: the file is empty"),
        (shop, &long_list(100_001), "File read error: the file has more than 100000 rows; split it"),
    ] {
        let ended = import(&app, shop, file).await;
        assert_eq!(ended, (false, String::new(), format!("society-gateway: {sentence}\n")));
    }
    assert_eq!(items(&app).await, 0);
}
