//! The search in a society of 2,000 shops and 100,000 items.

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const PAGE: &str = "query($filter: ShopFilter, $after: String) {
    shops(filter: $filter, first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }";

/// A tenth of the shops is closed, a thirteenth is not rated, many ratings are alike; a tenth of the items is sold out.
const TOWN: &str = "
    INSERT INTO user_profile (phone, name, city, society, role, basic_onboarding_done, role_onboarding_done)
    SELECT '+91' || (8000000000 + n), 'Owner ' || n, city, society, 'vendor', TRUE, TRUE
    FROM generate_series(1, 2000) AS n, user_profile WHERE name = 'First';

    INSERT INTO shop (owner_id, shop_name, shop_type, city, society, is_open, rating)
    SELECT id, name, 'Grocery', city, society, id % 10 <> 9, CASE WHEN id % 13 <> 0 THEN 1 + (id * 7 % 41) / 10.0 END
    FROM user_profile WHERE role = 'vendor';

    INSERT INTO item (shop_id, title, price_paise, quantity_in_stock, is_available)
    SELECT shop.id,
           (ARRAY['Toned Milk', 'Basmati Rice', 'Whole Wheat Bread', 'Paneer', 'Masala Chips'])[n % 5 + 1] || ' ' || n,
           1000 + (shop.id * 50 + n) * 37 % 19000, 20, (shop.id + n) % 10 <> 0
    FROM shop, generate_series(1, 50) AS n;

    UPDATE item SET title = 'Saffron' WHERE id % 9973 = 0;
    ANALYZE";

/// What the list is to be, said once more and plainly.
const PLAINLY: &str = "SELECT id FROM shop WHERE city = 'Pune' AND society = 'Green Meadows' AND ";
const IN_ORDER: &str = " ORDER BY is_open DESC, rating DESC NULLS LAST, id";

async fn plainly(app: &TestApp, condition: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let query = sql_query(format!("{PLAINLY}{condition}{IN_ORDER}"));
    let rows: Vec<Row> = query.load(&mut app.conn().await).await.unwrap();
    rows.into_iter().map(|row| row.id.to_string()).collect()
}

async fn walk(app: &TestApp, who: &Person, filter: &Value) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = app.graphql(who, PAGE, json!({"filter": filter, "after": after})).await.ok();
        let shops = &page["shops"];
        seen.extend(
            shops["nodes"].as_array().unwrap().iter().map(|shop| shop["id"].as_str().unwrap().to_owned()),
        );
        if shops["pageInfo"]["hasNextPage"] == json!(false) {
            return seen;
        }
        after = shops["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn a_search_among_2_000_shops_and_100_000_items_finds_exactly_what_it_should_page_by_page() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    app.sql(TOWN).await;

    let sold = "EXISTS (SELECT FROM item WHERE shop_id = shop.id AND is_available AND is_active";
    for (filter, condition) in [
        (json!({}), "TRUE".to_owned()),
        (json!({"available": true, "minRating": 4.5}), format!("rating >= 4.5 AND {sold})")),
        (json!({"item": "saffron"}), format!("{sold} AND title ILIKE '%saffron%')")),
        (
            json!({"item": "paneer", "maxPrice": 20}),
            format!("{sold} AND title ILIKE '%paneer%' AND price_paise <= 2000)"),
        ),
        (
            json!({"search": "saffron", "minRating": 2}),
            format!("rating >= 2 AND {sold} AND title ILIKE '%saffron%')"),
        ),
        (json!({"item": "no such thing"}), "FALSE".to_owned()),
        (
            json!({"query": "owner 19", "minPrice": "19.9", "maxPrice": 25, "status": "OPEN"}),
            format!(
                "is_open AND shop_name ILIKE '%owner 19%' AND {sold} AND price_paise BETWEEN 1990 AND 2500)"
            ),
        ),
    ] {
        let found = walk(&app, &who, &filter).await;
        assert_eq!(found.is_empty(), condition == "FALSE", "{filter}");
        assert_eq!(found, plainly(&app, &condition).await, "{filter}");
    }
}

#[tokio::test]
async fn the_index_of_titles_is_there_where_the_server_has_trigrams() {
    let app = TestApp::start().await;
    let (shop, _) = app.shop("Near").await;
    app.item(shop, "Saffron", "900", 5).await;
    let has = |query: &'static str| app.number(query);
    let trigrams = has("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'").await;
    let index = has("SELECT count(*) FROM pg_indexes WHERE indexname = 'item_title_words_idx'").await;
    assert_eq!(index, trigrams);
}
