//! Browsing shops and items.

mod scale;

use serde_json::{Value, json};
use society_gateway::values::ShopId;

use crate::harness::{Person, TestApp};

const SHOPS: &str = "query($filter: ShopFilter, $first: Int = 20, $after: String) {
    shops(filter: $filter, first: $first, after: $after) { nodes { shopName } pageInfo { hasNextPage endCursor } } }";
const SHOP: &str =
    "query($id: ID!, $openOnly: Boolean! = false) { shop(id: $id, openOnly: $openOnly) { shopName } }";
const ITEM: &str = "query($id: ID!) { item(id: $id) { title tags quantityInStock shop { shopName phone } } }";

fn names(shops: &Value) -> Vec<&str> {
    shops["nodes"].as_array().unwrap().iter().map(|shop| shop["shopName"].as_str().unwrap()).collect()
}

async fn list(app: &TestApp, who: &Person, filter: Value) -> Vec<String> {
    let data = app.graphql(who, SHOPS, json!({"filter": filter, "first": 100})).await.ok();
    names(&data["shops"]).into_iter().map(str::to_owned).collect()
}

async fn set(app: &TestApp, shop: ShopId, columns: &str) {
    app.sql(&format!("UPDATE shop SET {columns} WHERE id = {shop}")).await;
}

#[tokio::test]
async fn a_consumer_sees_their_own_society_only_whichever_way_they_ask() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (near, _) = app.shop("Near").await;
    let (far, _) = app.shop_in("Far", "Palm Residency").await;
    let (namesake, _) = app.shop("Namesake").await;
    set(&app, namesake, "city = 'Nagpur'").await;
    let rice = app.item(near, "Rice", "60", 5).await;
    let foreign_rice = app.item(far, "Rice", "50", 5).await;
    let namesakes_rice = app.item(namesake, "Rice", "50", 5).await;

    assert_eq!(list(&app, &who, json!({})).await, ["Near"]);
    assert_eq!(list(&app, &who, json!({"query": "a"})).await, ["Near"]);
    let shop = app.graphql(&who, SHOP, json!({"id": near})).await.ok();
    assert_eq!(shop["shop"]["shopName"], "Near");
    for id in [far.0, namesake.0, 999] {
        let answer = app.graphql(&who, SHOP, json!({"id": id})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Shop not found"), "{id}");
    }
    let item = app.graphql(&who, ITEM, json!({"id": rice})).await.ok();
    assert_eq!(
        item["item"],
        json!({"title": "Rice", "tags": [], "quantityInStock": null, "shop": {"shopName": "Near", "phone": null}})
    );
    for id in [foreign_rice.0, namesakes_rice.0, 999] {
        let answer = app.graphql(&who, ITEM, json!({"id": id})).await;
        assert_eq!(answer.refused(), ("NOT_FOUND", "Item not found"), "{id}");
    }
}

#[tokio::test]
async fn a_consumer_who_moves_no_longer_looks_through_the_old_societys_shops() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Near").await;
    let rice = app.item(shop, "Rice", "60", 5).await;
    app.graphql(
        &who,
        "mutation($id: ID!) { addToCart(itemId: $id, quantity: 1) { message } }",
        json!({"id": rice}),
    )
    .await
    .ok();
    let through_cart = "{ cart { lines { item { shop { shopName items { nodes { title } pageInfo { hasNextPage } } } } } } }";
    let shown = |data: Value| data["cart"]["lines"][0]["item"]["shop"].clone();
    let before = shown(app.graphql(&who, through_cart, json!({})).await.ok());
    assert_eq!(before["items"]["nodes"], json!([{"title": "Rice"}]));

    app.sql(&format!("UPDATE user_profile SET society = 'Palm Residency' WHERE id = {}", who.user_id)).await;
    app.app.sessions.forget(who.user_id);
    let after = shown(app.graphql(&who, through_cart, json!({})).await.ok());
    assert_eq!(
        after,
        json!({"shopName": "Near", "items": {"nodes": [], "pageInfo": {"hasNextPage": false}}})
    );
}

#[tokio::test]
async fn browsing_is_for_consumers() {
    let app = TestApp::start().await;
    let vendor = app.vendor("Vendor").await;
    let newcomer = app.person("Newcomer", None, "").await;
    for query in ["{ shops { nodes { id } } }", "{ shop(id: 1) { id } }", "{ item(id: 1) { id } }"] {
        assert_eq!(app.graphql(None, query, json!({})).await.refused().0, "UNAUTHENTICATED", "{query}");
        assert_eq!(app.graphql(&vendor, query, json!({})).await.refused().0, "FORBIDDEN", "{query}");
        let answer = app.graphql(&newcomer, query, json!({})).await;
        assert_eq!(answer.refused().0, "ONBOARDING_REQUIRED", "{query}");
    }
    let homeless = app.consumer("Homeless").await;
    app.sql(&format!(
        "UPDATE user_profile SET society = NULL, basic_onboarding_done = FALSE WHERE id = {}",
        homeless.user_id
    ))
    .await;
    let answer = app.graphql(&homeless, "{ shops { nodes { id } } }", json!({})).await;
    assert_eq!(answer.refused().0, "ONBOARDING_REQUIRED");
}

#[tokio::test]
async fn open_shops_come_first_then_the_best_rated_and_the_unrated_last() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for (name, columns) in [
        ("closed best", "is_open = FALSE, rating = 5"),
        ("open unrated", "is_open = TRUE"),
        ("open fair", "rating = 3.1"),
        ("closed unrated", "is_open = FALSE"),
        ("open best", "rating = 4.9"),
        ("open fair too", "rating = 3.1"),
    ] {
        let (shop, _) = app.shop(name).await;
        set(&app, shop, columns).await;
    }
    let sorted = ["open best", "open fair", "open fair too", "open unrated", "closed best", "closed unrated"];
    assert_eq!(list(&app, &who, json!({})).await, sorted);

    for size in 1..=6 {
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let page = app.graphql(&who, SHOPS, json!({"first": size, "after": after})).await.ok();
            let shops = &page["shops"];
            seen.extend(names(shops).into_iter().map(str::to_owned));
            after = shops["pageInfo"]["endCursor"].clone();
            if shops["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(seen, sorted, "pages of {size}");
    }
}

#[tokio::test]
async fn a_cursor_leads_on_after_its_own_shop_closed_and_was_rated_anew() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let mut shops = Vec::new();
    for place in 0..9 {
        let (shop, _) = app.shop(&format!("shop {place}")).await;
        // Thirds do not end, neither in decimals nor in binary.
        set(&app, shop, &format!("rating = 5 - {place} / 3.0::DOUBLE PRECISION")).await;
        shops.push(shop);
    }
    let page = app.graphql(&who, SHOPS, json!({"first": 3})).await.ok();
    assert_eq!(names(&page["shops"]), ["shop 0", "shop 1", "shop 2"]);
    set(&app, shops[2], "is_open = FALSE, rating = 1").await;
    set(&app, shops[0], "rating = 4.99").await;

    let after = page["shops"]["pageInfo"]["endCursor"].clone();
    let page = app.graphql(&who, SHOPS, json!({"first": 3, "after": after})).await.ok();
    assert_eq!(names(&page["shops"]), ["shop 3", "shop 4", "shop 5"]);
    let after = page["shops"]["pageInfo"]["endCursor"].clone();
    let page = app.graphql(&who, SHOPS, json!({"first": 3, "after": after})).await.ok();
    assert_eq!(names(&page["shops"]), ["shop 6", "shop 7", "shop 8"]);
    assert_eq!(page["shops"]["pageInfo"]["hasNextPage"], json!(true), "the closed one moved to the end");
}

#[tokio::test]
async fn each_condition_narrows_the_list_and_all_must_hold() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (grocer, _) = app.shop("Daily Basket").await;
    set(&app, grocer, "rating = 4.5, category_tags = 'Rice,Snacks'").await;
    app.item(grocer, "Rice", "60", 5).await;
    app.item(grocer, "Saffron", "900", 5).await;
    let (dairy, _) = app.shop("Morning Milk").await;
    set(&app, dairy, "shop_type = 'Dairy', rating = 3, is_open = FALSE, category_tags = 'milk,snacks'").await;
    app.item(dairy, "Milk", "30.50", 5).await;
    let (empty, _) = app.shop("Empty Shelves").await;
    set(&app, empty, "shop_type = 'Stationery'").await;
    let sold_out = app.item(empty, "Pen", "60", 0).await;
    app.sql(&format!("UPDATE item SET is_available = FALSE WHERE id = {sold_out}")).await;
    let unlisted = app.item(empty, "Ink", "60", 5).await;
    app.sql(&format!("UPDATE item SET is_active = FALSE WHERE id = {unlisted}")).await;

    let (basket, milk, shelves) = ("Daily Basket", "Morning Milk", "Empty Shelves");
    for (filter, expected) in [
        (json!({}), vec![basket, shelves, milk]),
        (json!({"status": "OPEN"}), vec![basket, shelves]),
        (json!({"status": "CLOSED"}), vec![milk]),
        (json!({"type": "GROC"}), vec![basket]),
        (json!({"type": "  "}), vec![basket, shelves, milk]),
        (json!({"tags": ["snack"]}), vec![basket, milk]),
        (json!({"tags": ["snack", "RICE"]}), vec![basket]),
        (json!({"tags": ["pens"]}), vec![]),
        (json!({"query": " milk "}), vec![milk]),
        (json!({"query": "dair"}), vec![milk]),
        (json!({"query": "e"}), vec![basket, shelves]),
        (json!({"item": " RIC "}), vec![basket]),
        (json!({"item": "milk"}), vec![milk]),
        (json!({"item": "pen"}), vec![]),
        (json!({"item": "ink"}), vec![]),
        (json!({"item": "rice", "maxPrice": 60}), vec![basket]),
        (json!({"item": "rice", "minPrice": 61}), vec![]),
        (json!({"item": "milk", "status": "OPEN"}), vec![]),
        (json!({"minPrice": 60}), vec![basket]),
        (json!({"maxPrice": "30.5"}), vec![milk]),
        (json!({"minPrice": 30.5, "maxPrice": 60}), vec![basket, milk]),
        (json!({"minPrice": 61, "maxPrice": 899.99}), vec![]),
        (json!({"minPrice": 0}), vec![basket, milk]),
        (json!({"minRating": 3}), vec![basket, milk]),
        (json!({"minRating": 4.5}), vec![basket]),
        (json!({"minRating": 0}), vec![basket, shelves, milk]),
        (json!({"available": true}), vec![basket, milk]),
        (json!({"available": false}), vec![basket, shelves, milk]),
        (json!({"available": true, "status": "OPEN", "query": "a", "minRating": 1}), vec![basket]),
        (json!({"available": true, "type": "stationery"}), vec![]),
    ] {
        assert_eq!(list(&app, &who, filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn signs_of_a_pattern_are_searched_as_they_are() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for (name, tags) in
        [("50% Off", "half%price"), ("Under_score", "a_b"), (r"Back\slash", r"c\d"), ("Plain", "x")]
    {
        let (shop, _) = app.shop(name).await;
        set(&app, shop, &format!("category_tags = '{tags}', shop_type = '{tags}'")).await;
    }
    for (text, tag, found) in
        [("%", "f%p", "50% Off"), ("_", "a_b", "Under_score"), (r"\", r"c\d", r"Back\slash")]
    {
        assert_eq!(list(&app, &who, json!({"query": text})).await, [found], "{text}");
        assert_eq!(list(&app, &who, json!({"type": text})).await, [found], "{text}");
        assert_eq!(list(&app, &who, json!({"tags": [tag]})).await, [found], "{tag}");
    }
    assert_eq!(list(&app, &who, json!({"query": "5_%"})).await, Vec::<String>::new());
    assert_eq!(list(&app, &who, json!({"query": "'; DROP TABLE shop; --"})).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_bad_condition_is_refused_by_its_name() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for (filter, field, message) in [
        (json!({"query": ""}), "query", "Missing search query 'q'"),
        (json!({"query": " \t "}), "query", "Missing search query 'q'"),
        (json!({"query": "x".repeat(101)}), "query", "query has 101 characters; at most 100 are allowed"),
        (json!({"query": "a\u{7}"}), "query", "query must not contain control characters"),
        (json!({"item": " m "}), "item", "item must have at least 2 characters"),
        (json!({"item": "x".repeat(101)}), "item", "item has 101 characters; at most 100 are allowed"),
        (json!({"type": "x".repeat(101)}), "type", "type has 101 characters; at most 100 are allowed"),
        (json!({"tags": ["x".repeat(51)]}), "tags", "tags has 51 characters; at most 50 are allowed"),
        (json!({"tags": vec!["x"; 11]}), "tags", "at most 10 tags can be asked for at once"),
        (json!({"minPrice": -0.01}), "minPrice", "Invalid min_price"),
        (json!({"maxPrice": -1}), "maxPrice", "Invalid max_price"),
        (json!({"minPrice": 2, "maxPrice": 1}), "minPrice", "min_price cannot exceed max_price"),
        (json!({"minRating": 5.1}), "minRating", "Invalid rating"),
        (json!({"minRating": -1}), "minRating", "Invalid rating"),
    ] {
        let answer = app.graphql(&who, SHOPS, json!({"filter": filter})).await;
        assert_eq!(answer.refused(), ("BAD_INPUT", message), "{filter}");
        assert_eq!(answer.field(), field, "{filter}");
    }
    for (arguments, field) in [
        (json!({"first": 0}), "first"),
        (json!({"first": 101}), "first"),
        (json!({"after": "nonsense"}), "after"),
        (json!({"after": "e30"}), "after"),
    ] {
        let answer = app.graphql(&who, SHOPS, arguments.clone()).await;
        assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", field), "{arguments}");
    }
    for filter in [json!({"minPrice": 1.005}), json!({"status": "AJAR"}), json!({"minRating": "x"})] {
        let answer = app.graphql(&who, SHOPS, json!({"filter": filter})).await;
        assert!(!answer.errors.is_empty(), "{filter}");
    }
}

#[tokio::test]
async fn a_closed_shop_is_shown_unless_only_an_open_one_will_do() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Near").await;
    app.graphql(&who, SHOP, json!({"id": shop, "openOnly": true})).await.ok();
    set(&app, shop, "is_open = FALSE").await;
    app.graphql(&who, SHOP, json!({"id": shop})).await.ok();
    let answer = app.graphql(&who, SHOP, json!({"id": shop, "openOnly": true})).await;
    assert_eq!(answer.refused(), ("FORBIDDEN", "Shop is currently closed"));
}

#[tokio::test]
async fn a_shop_shows_what_can_be_ordered_now_page_by_page() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (shop, _) = app.shop("Near").await;
    let (other, _) = app.shop("Other").await;
    let mut ids = Vec::new();
    for title in ["a", "b", "c", "d", "e"] {
        ids.push(app.item(shop, title, "10", 1).await);
        app.item(other, "theirs", "10", 1).await;
    }
    app.sql(&format!("UPDATE item SET is_available = FALSE WHERE id = {}", ids[1])).await;
    app.sql(&format!("UPDATE item SET is_active = FALSE WHERE id = {}", ids[3])).await;
    app.sql(&format!("UPDATE item SET tags = ' rice, ,basmati' WHERE id = {}", ids[0])).await;

    let query = "query($id: ID!, $after: String) { shop(id: $id) {
        all: items { nodes { title tags } }
        items(first: 2, after: $after) { nodes { title } pageInfo { hasNextPage endCursor } } } }";
    let data = app.graphql(&who, query, json!({"id": shop})).await.ok();
    assert_eq!(
        data["shop"]["all"]["nodes"],
        json!([{"title": "a", "tags": ["rice", "basmati"]},
            {"title": "c", "tags": []}, {"title": "e", "tags": []}])
    );
    let items = &data["shop"]["items"];
    assert_eq!(items["nodes"], json!([{"title": "a"}, {"title": "c"}]));
    assert_eq!(items["pageInfo"]["hasNextPage"], json!(true));
    let after = items["pageInfo"]["endCursor"].clone();
    let data = app.graphql(&who, query, json!({"id": shop, "after": after})).await.ok();
    assert_eq!(
        data["shop"]["items"],
        json!({"nodes": [{"title": "e"}], "pageInfo": {"hasNextPage": false, "endCursor": ids[4].to_string()}})
    );
    // An item that cannot be ordered now can still be looked at; one that is no longer listed cannot.
    app.graphql(&who, ITEM, json!({"id": ids[1]})).await.ok();
    assert_eq!(app.graphql(&who, ITEM, json!({"id": ids[3]})).await.refused().0, "NOT_FOUND");
}

#[tokio::test]
async fn shops_with_their_items_take_two_statements_however_many_there_are() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    for number in 0..20 {
        let (shop, _) = app.shop(&format!("shop {number}")).await;
        app.sql(&format!(
            "INSERT INTO item (shop_id, title, price_paise, quantity_in_stock)
             SELECT {shop}, 'item ' || n, 100, 1 FROM generate_series(1, 60) n"
        ))
        .await;
    }
    let query = "query($shops: Int, $items: Int) { shops(first: $shops) { nodes { shopName
        items(first: $items) { nodes { title } pageInfo { hasNextPage } }
        two: items(first: 2, after: \"0\") { nodes { title shop { shopName } } } } } }";
    let plain = "query($shops: Int, $items: Int) { shops(first: $shops) { nodes { shopName
        items(first: $items) { nodes { title } pageInfo { hasNextPage } } } } }";
    app.graphql(&who, plain, json!({"shops": 1, "items": 1})).await.ok();
    for (shops, items) in [(1, 5), (20, 5), (1, 50), (20, 50)] {
        let call = app.graphql(&who, plain, json!({"shops": shops, "items": items}));
        let (answer, statements) = app.statements(call).await;
        let data = answer.ok();
        let nodes = data["shops"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), shops);
        for shop in nodes {
            assert_eq!(shop["items"]["nodes"].as_array().unwrap().len(), items);
            assert_eq!(shop["items"]["pageInfo"]["hasNextPage"], json!(true));
        }
        assert_eq!(statements, 2, "{shops} shops with {items} items");
    }
    let (answer, statements) =
        app.statements(app.graphql(&who, query, json!({"shops": 20, "items": 5}))).await;
    let data = answer.ok();
    assert_eq!(data["shops"]["nodes"][7]["two"]["nodes"][1]["shop"]["shopName"], "shop 7");
    assert_eq!(statements, 3, "the shops, all pages of items, the shops of the items");
}

#[tokio::test]
async fn a_shop_that_is_not_there_leaves_the_rest_of_the_answer_as_it_is() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let query = "{ shop(id: 999999) { id } item(id: 999999) { id } shops { nodes { id } } }";
    let answer = app.graphql(&who, query, json!({})).await;
    assert_eq!(answer.data, json!({"shop": null, "item": null, "shops": {"nodes": []}}));
    // The two are read at the same time.
    let mut messages: Vec<&str> =
        answer.errors.iter().map(|error| error["message"].as_str().unwrap()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["Item not found", "Shop not found"]);
}

#[tokio::test]
async fn one_search_finds_shops_by_their_name_their_type_or_what_they_sell() {
    let app = TestApp::start().await;
    let who = app.consumer("First").await;
    let (bakery, _) = app.shop("Daily Bread").await;
    let (grocer, _) = app.shop("Fresh Basket").await;
    let (closed_out, _) = app.shop("Corner").await;
    set(&app, bakery, "shop_type = 'Bakery'").await;
    app.item(grocer, "Brown bread", "45", 5).await;
    app.item(closed_out, "Bread rolls", "20", 5).await;
    app.sql("UPDATE item SET is_available = FALSE WHERE title = 'Bread rolls'").await;

    assert_eq!(list(&app, &who, json!({"search": "BREAD"})).await, ["Daily Bread", "Fresh Basket"]);
    assert_eq!(list(&app, &who, json!({"search": "bake"})).await, ["Daily Bread"]);
    assert_eq!(list(&app, &who, json!({"search": "bread", "type": "grocery"})).await, ["Fresh Basket"]);
    assert_eq!(list(&app, &who, json!({"search": "b%d"})).await.len(), 0);
    for text in ["", " b "] {
        let answer = app.graphql(&who, SHOPS, json!({"filter": {"search": text}})).await;
        let expected = ("BAD_INPUT", "search must have at least 2 characters");
        assert_eq!((answer.refused(), answer.field()), (expected, "search"));
    }
}

#[tokio::test]
async fn somebody_new_finds_their_society_among_those_that_have_shops() {
    let app = TestApp::start().await;
    let newcomer = app.person("Newcomer", None, "").await;
    for (name, city, society) in [
        ("One", "Pune", "Palm Residency"),
        ("Two", "Pune", "Green Meadows"),
        ("Three", "Pune", "Palm Residency"),
        ("Four", "Nagpur", "Palm Court"),
    ] {
        let (shop, _) = app.shop(name).await;
        set(&app, shop, &format!("city = '{city}', society = '{society}'")).await;
    }
    let list = "query($city: String, $search: String, $first: Int, $after: String) {
        societies(city: $city, search: $search, first: $first, after: $after) {
            nodes { city society shopCount } pageInfo { hasNextPage endCursor } } }";
    let ask = async |variables| app.graphql(&newcomer, list, variables).await.ok()["societies"].clone();
    let shown = |page: &Value| -> Vec<String> {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes
            .map(|node| {
                format!("{}, {}: {}", node["society"], node["city"], node["shopCount"]).replace('"', "")
            })
            .collect()
    };
    let all = ["Palm Court, Nagpur: 1", "Green Meadows, Pune: 1", "Palm Residency, Pune: 2"];
    assert_eq!(shown(&ask(json!({})).await), all);
    assert_eq!(shown(&ask(json!({"city": " Pune "})).await), all[1..]);
    assert_eq!(shown(&ask(json!({"search": "palm"})).await), [all[0], all[2]]);
    assert_eq!(shown(&ask(json!({"search": "palm", "city": "Pune"})).await), all[2..]);

    let (mut seen, mut after) = (Vec::new(), Value::Null);
    while seen.len() < all.len() {
        let page = ask(json!({"first": 1, "after": after})).await;
        seen.extend(shown(&page));
        assert_eq!(page["pageInfo"]["hasNextPage"], json!(seen.len() < all.len()));
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, all);
    assert_eq!(app.graphql(None, list, json!({})).await.refused().0, "UNAUTHENTICATED");
    let answer = app.graphql(&newcomer, list, json!({"search": "x".repeat(101)})).await;
    assert_eq!((answer.refused().0, answer.field()), ("BAD_INPUT", "search"));
}
