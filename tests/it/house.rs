//! How the code is built: who may import whom, and that generated files are not stale.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use async_graphql::parser::types::{TypeDefinition, TypeKind, TypeSystemDefinition};
use society_gateway::graphql;

use crate::harness::TestApp;

/// Each module may import those before it, and itself.
const ARROW: [&str; 18] = [
    "values", "config", "error", "meters", "spans", "schema", "db", "events", "ledger", "app", "request",
    "journeys", "audit", "demo", "graphql", "rest", "server", "cli",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            false => {}
        }
    }
    found
}

/// The module of `src/` that a file belongs to.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    below.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The modules that a text names behind `crate::`, also inside braces.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if at > 0 && code[..at].ends_with("pub(in ") {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split_once(';').map_or(list, |(list, _)| list);
                found.extend(list.split(',').map(|entry| entry.trim().trim_start_matches('{').to_owned()));
            }
            None => found.push(rest.to_owned()),
        }
    }
    let name =
        |text: String| text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    found.into_iter().map(name).filter(|name: &String| ARROW.contains(&name.as_str())).collect()
}

#[test]
fn every_module_imports_only_those_before_it() {
    let place = |name: &str| ARROW.iter().position(|known| *known == name);
    let mut wrong = Vec::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let module = module_of(&path);
        let Some(here) = place(&module) else {
            assert!(["lib", "main"].contains(&module.as_str()), "{module} has no place in the order");
            continue;
        };
        for import in imports(&std::fs::read_to_string(&path).unwrap()) {
            if place(&import).unwrap() > here {
                wrong.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_order_is_checked_also_inside_braces() {
    assert_eq!(imports("use crate::rest::x;\nuse crate::{app::App, graphql};\n"), ["rest", "app", "graphql"]);
}

#[test]
fn subscriptions_follow_events_in_the_one_way_that_tells_transports_where_they_stand() {
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/journeys")) {
        let text: String = std::fs::read_to_string(&path).unwrap().split_whitespace().collect();
        assert!(!text.contains("hub.stream("), "{}: use request::follow", path.display());
    }
}

#[test]
fn the_rest_face_holds_no_sql_no_business_and_no_answer_of_its_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in [vec![src.join("rest.rs")], sources(&src.join("rest"))].concat() {
        let text = std::fs::read_to_string(&path).unwrap();
        let derived = text.match_indices("#[derive(").filter_map(|(at, _)| text[at..].split_once(")]"));
        if derived.map(|(names, _)| names).any(|names| names.contains("Serialize")) {
            wrong.push(format!(
                "{}: a struct of an answer; the documents say what is answered",
                path.display()
            ));
        }
        for word in ["diesel", "sql_query", "crate::db", "crate::schema", "crate::journeys", "crate::ledger"]
        {
            if text.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn schema_graphql_is_what_the_binary_serves() {
    let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")).unwrap();
    assert!(kept == graphql::sdl(), "schema.graphql is stale: cargo run -- schema > schema.graphql");
}

#[test]
fn everything_in_the_schema_is_described() {
    let document = async_graphql::parser::parse_schema(graphql::sdl()).unwrap();
    let mut undescribed = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let TypeDefinition { name, description, kind, .. } = definition.node;
        let name = name.node.to_string();
        let mut note = |described: bool, what: String| {
            if !described {
                undescribed.push(what);
            }
        };
        // The root types and the lists are the specification's own; everybody knows them.
        let known =
            ["Query", "Mutation", "Subscription"].contains(&name.as_str()) || name.ends_with("Connection");
        note(description.is_some() || known, name.clone());
        match kind {
            TypeKind::Object(object) => {
                for field in object.fields {
                    let place = format!("{name}.{}", field.node.name.node);
                    note(field.node.description.is_some(), place.clone());
                    for argument in field.node.arguments {
                        note(
                            argument.node.description.is_some(),
                            format!("{place}({})", argument.node.name.node),
                        );
                    }
                }
            }
            TypeKind::InputObject(object) => {
                for field in object.fields {
                    note(field.node.description.is_some(), format!("{name}.{}", field.node.name.node));
                }
            }
            TypeKind::Enum(of) => {
                for value in of.values {
                    note(value.node.description.is_some(), format!("{name}.{}", value.node.value.node));
                }
            }
            _ => {}
        }
    }
    assert_eq!(undescribed, Vec::<String>::new());
}

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    column: String,
}

#[tokio::test]
async fn the_rust_schema_is_what_the_migrations_make() {
    let app = TestApp::start().await;
    let query = "SELECT table_name::TEXT, column_name || ' -> ' ||
            CASE is_nullable WHEN 'YES' THEN 'Nullable<' || kind || '>' ELSE kind END AS \"column\"
        FROM information_schema.columns, LATERAL (SELECT CASE udt_name WHEN 'bool' THEN 'Bool' WHEN 'timestamptz' THEN 'Timestamptz'
            ELSE initcap(udt_name) END AS kind) AS kinds
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'
        ORDER BY table_name, ordinal_position";
    let columns: Vec<Column> =
        diesel_async::RunQueryDsl::load(diesel::sql_query(query), &mut app.conn().await).await.unwrap();
    let mut database: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Column { table_name, column } in columns {
        database.entry(table_name).or_default().push(column);
    }

    let mut rust: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = String::new();
    for line in include_str!("../../src/schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            name.clone_into(&mut table);
        } else if line.contains(" -> ") && !line.starts_with("diesel::") {
            rust.entry(table.clone()).or_default().push(line.trim_end_matches(',').to_owned());
        }
    }
    assert_eq!(database, rust);
}

#[tokio::test]
async fn every_foreign_key_has_an_index_that_begins_with_it() {
    let app = TestApp::start().await;
    // Keys that are written with the row and never followed back need none.
    let followed = "conname NOT IN ('order_status_log_updated_by_fkey', 'order_action_log_actor_id_fkey', 'cart_shop_id_fkey',
        'order_message_sender_id_fkey', 'order_issue_user_id_fkey', 'offer_created_by_fkey',
        'support_message_sender_id_fkey', 'vendor_wallet_transaction_order_id_fkey', 'promotion_offer_id_fkey',
        'promotion_created_by_fkey')";
    let missing = format!(
        "SELECT count(*) FROM pg_constraint c WHERE contype = 'f' AND {followed} AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"
    );
    assert_eq!(app.number(&missing).await, 0);
}

/// Runs migrations on this test's database, as they are run at start-up.
async fn migrating<T: Send + 'static>(
    app: &TestApp,
    work: impl FnOnce(&mut diesel_async::AsyncMigrationHarness<diesel_async::AsyncPgConnection>) -> T
    + Send
    + 'static,
) -> T {
    let url = app.app.pool().url().to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let conn = runtime
            .block_on(<diesel_async::AsyncPgConnection as diesel_async::AsyncConnection>::establish(&url))
            .unwrap();
        let _inside = runtime.enter();
        work(&mut diesel_async::AsyncMigrationHarness::new(conn))
    });
    done.await.unwrap()
}

#[tokio::test]
async fn every_migration_can_be_taken_back() {
    let app = TestApp::start().await;
    let reverted = migrating(&app, |harness| {
        use diesel_migrations::MigrationHarness;
        harness.revert_all_migrations(society_gateway::db::MIGRATIONS).unwrap().len()
    });
    assert!(reverted.await >= 8);
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
    assert_eq!(app.number(tables).await, 0);
}

#[tokio::test]
async fn orders_from_before_a_step_keep_their_money_and_their_goods() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let (shop, vendor) = app.shop("Fresh Basket").await;
    let item = app.item(shop, "Rice", "50.25", 100).await;
    let item = serde_json::json!({"item": item});
    app.graphql(&buyer, "mutation { loadWallet(amount: 1000) { message } }", serde_json::json!({}))
        .await
        .ok();
    let add = "mutation($item: ID!) { addToCart(itemId: $item, quantity: 3) { message } }";
    let order =
        "mutation($mode: PaymentMode!) { confirmOrder(input: {paymentMode: $mode}) { order { id } } }";
    for mode in ["WALLET", "WALLET", "WALLET", "CASH"] {
        app.graphql(&buyer, add, item.clone()).await.ok();
        app.graphql(&buyer, order, serde_json::json!({"mode": mode})).await.ok();
    }
    let act = "mutation($item: ID!) {
        setOrderStatus(orderId: 1, status: DELIVERED) { message }
        modifyOrder(orderId: 2, modifications: [{itemId: $item, quantity: 1}]) { message } }";
    app.graphql(&vendor, act, item).await.ok();
    let held = "SELECT SUM(held_paise * id) FROM orders";
    let moved = "SELECT SUM(change) FROM stock_movement";
    let before = (app.number(held).await, app.number(moved).await);
    assert_eq!(before, (15_075 * 5, 100 - 10));

    let steps = migrating(&app, |harness| {
        use diesel_migrations::MigrationHarness;
        let mut reverted = 0;
        while !harness
            .revert_last_migration(society_gateway::db::MIGRATIONS)
            .unwrap()
            .to_string()
            .starts_with("20261122000009")
        {
            reverted += 1;
        }
        (reverted + 1, harness.run_pending_migrations(society_gateway::db::MIGRATIONS).unwrap().len())
    });
    let (reverted, run) = steps.await;
    assert!(reverted >= 2 && reverted == run);
    assert_eq!((app.number(held).await, app.number(moved).await), before);
}
