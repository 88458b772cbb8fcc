//! Many items at once, from a file.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::forms::{texts, upload, workbook};
use crate::harness::TestApp;

const AMOUNT: &str = "an amount is a number of rupees with at most two decimals, such as 149.50";

/// The refusal of a file as a whole.
fn refused(message: &str) -> Value {
    json!({"code": "BAD_INPUT", "field": "file", "message": message})
}

#[tokio::test]
async fn rows_that_fit_are_listed_and_the_others_are_told_one_by_one() {
    let app = TestApp::start().await;
    let (shop, who) = app.shop("Near").await;
    let file = "title,Price,mrp,tags,Quantity in stock,id\n\
        Rice,60.50,70,\"grain, white\",7,999\n\
        ,5,,,,\n\
        \n\
        Dal,10.005,,,,\n\
        Milk,30,,,,\n";
    let report = upload(&app, &who, "items.csv", file.as_bytes(), None).await;
    assert_eq!(report["message"], "2 items uploaded");
    assert_eq!((&report["added"], &report["failed"]), (&json!(2), &json!(2)));
    assert!(!report["taskId"].as_str().unwrap().is_empty());
    let ids: Vec<&Value> = report["rows"].as_array().unwrap().iter().map(|row| &row["itemId"]).collect();
    assert_eq!(
        report["rows"],
        json!([
            {"row": 2, "status": "ADDED", "itemId": ids[0], "error": null},
            {"row": 3, "status": "REFUSED", "itemId": null, "error": "Row 3, column title: must not be empty"},
            {"row": 5, "status": "REFUSED", "itemId": null,
                "error": format!("Row 5, column price: {AMOUNT}; it says \"10.005\"")},
            {"row": 6, "status": "ADDED", "itemId": ids[3], "error": null},
        ])
    );
    let mine = "{ myItems { nodes { id title price mrp tags quantityInStock unit isAvailable } } }";
    assert_eq!(
        app.graphql(&who, mine, json!({})).await.ok()["myItems"]["nodes"],
        json!([
            {"id": ids[0], "title": "Rice", "price": 60.5, "mrp": 70, "tags": ["grain", "white"],
                "quantityInStock": 7, "unit": "pcs", "isAvailable": true},
            {"id": ids[3], "title": "Milk", "price": 30, "mrp": null, "tags": [], "quantityInStock": 100,
                "unit": "pcs", "isAvailable": true},
        ])
    );
    assert_eq!(app.number(&format!("SELECT count(*) FROM item WHERE shop_id = {shop}")).await, 2);
    let explained = "SELECT count(*) FROM item WHERE quantity_in_stock =
        (SELECT sum(change) FROM stock_movement WHERE item_id = item.id AND reason = 'count')";
    assert_eq!(app.number(explained).await, 2, "every stock has its movement");
}

#[tokio::test]
async fn a_workbook_is_read_as_it_is_shown() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="inlineStr"><is><t>sku</t></is></c></row>
        <row r="3"><c r="A3" t="s"><v>3</v></c><c r="B3"><f>B9*2</f><v>0.30000000000000004</v></c><c r="C3" s="1"><v>46418</v></c><c r="D3"><v>1001</v></c></row>
        <row r="4"><c r="A4" t="s"><v>3</v></c><c r="B4"><v>10.005</v></c></row>
        <row r="5"><c r="A5" t="s"><v>3</v></c><c r="B5" t="e"><v>#DIV/0!</v></c></row>
        <row r="6"><c r="A6" s="1"><v>46418</v></c><c r="B6"><v>5</v></c></row>
        <row r="7"><c r="A7" t="s"><v>4</v></c><c r="B7"><v>5</v></c></row>
        <row r="1048576"><c r="B1048576" s="1"/></row>"#;
    let texts = texts(&["title", "price", "expiry_date", "Rice &amp; Dal", "=HYPERLINK(1)"]);
    let report = upload(&app, &who, "Items.XLSX", &workbook(rows, &texts), None).await;
    let told: Vec<(i64, &str)> = report["rows"]
        .as_array()
        .unwrap_or_else(|| panic!("{report}"))
        .iter()
        .map(|row| (row["row"].as_i64().unwrap(), row["error"].as_str().unwrap_or("")))
        .collect();
    let amount = format!("Row 4, column price: {AMOUNT}; it says 10.005");
    assert_eq!(
        told,
        [
            (3, ""),
            (4, amount.as_str()),
            (5, "Row 5, column price: is an error of the spreadsheet"),
            (6, "Row 6, column title: is a day; format the column as text"),
            (
                7,
                "Row 7, column title: looks like a formula; begin it with a letter or a digit; it says \"=HYPERLINK(1)\""
            ),
        ]
    );
    let mine = "{ myItems { nodes { title price expiryDate sku } } }";
    assert_eq!(
        app.graphql(&who, mine, json!({})).await.ok()["myItems"]["nodes"],
        json!([{"title": "Rice & Dal", "price": 0.3, "expiryDate": "2027-01-31", "sku": "1001"}])
    );
}

#[tokio::test]
async fn a_file_that_no_row_can_repair_is_refused_as_a_whole() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let many = format!("title,price\n{}", "Rice,60\n".repeat(2_001));
    let wide = format!("title,price{}\nRice,60\n", ",x".repeat(1_000_000));
    for (name, content, message) in [
        ("items.pdf", &b"title,price\nRice,60\n"[..], "Unsupported file type"),
        ("items", b"title,price\nRice,60\n", "Unsupported file type"),
        ("items.csv", b"", "File read error: the file is empty"),
        ("items.csv", b"\n,,\n", "Missing columns: title, price"),
        ("items.csv", b"title,mrp\nRice,60\n", "Missing columns: price"),
        ("items.csv", b"title,price,PRICE\nRice,60,60\n", "File read error: the column price comes twice"),
        ("items.csv", b"\xFF\xFEt\0i\0t\0", "File read error: the text is UTF-16; save it as CSV UTF-8"),
        ("items.csv", many.as_bytes(), "File read error: the file has more than 2000 rows; split it"),
        ("items.csv", wide.as_bytes(), "File read error: row 1 has 1000 columns; at most 100 are read"),
        (
            "items.xls",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "File read error: this is a workbook of Excel 97 to 2003; save it as .xlsx or .csv",
        ),
        (
            "items.xlsx",
            b"PK\x03\x04",
            "File read error: the workbook cannot be read; save it anew as .xlsx or .csv",
        ),
    ] {
        assert_eq!(upload(&app, &who, name, content, None).await, refused(message), "{name}");
    }
    assert_eq!(app.number("SELECT count(*) FROM item").await, 0);
    let head = upload(&app, &who, "items.csv", b"title,price\n", None).await;
    assert_eq!((&head["message"], &head["rows"]), (&json!("0 items uploaded"), &json!([])));

    let shopless = app.vendor("Shopless").await;
    let answer = upload(&app, &shopless, "items.csv", b"title,price\nRice,60\n", None).await;
    assert_eq!((&answer["code"], &answer["message"]), (&json!("NOT_FOUND"), &json!("Shop not found")));
}

#[tokio::test]
async fn a_hostile_workbook_is_refused_before_it_takes_any_room() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let head = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>"#;
    let names = texts(&["title", "price"]);
    let cell = |place: &str| format!("{head}<row><c r=\"{place}\"><v>1</v></c></row>");
    let unreadable = "the workbook cannot be read; save it anew as .xlsx or .csv";
    for (rows, texts, message) in [
        // Seventeen megabytes in seventeen kilobytes.
        (
            format!("{head}{}", " ".repeat(17 * 1024 * 1024)),
            names.clone(),
            "the workbook unpacks to more than 16 MB; keep the items only",
        ),
        // Room for ten thousand million texts.
        (
            head.to_owned(),
            "<sst uniqueCount=\"9999999999\"><si><t>title</t></si></sst>".to_owned(),
            unreadable,
        ),
        (cell("XFD1048576"), names.clone(), "row 1048576 has more than 100 columns"),
        (format!("{}{head}", cell("B9")), names.clone(), "the rows of the sheet are not in order"),
        (cell("ZZZZZZZZZZZZ1"), names.clone(), ""),
        (cell("B99999999999999999999"), names.clone(), ""),
        (format!("{head}<row><c r=\"A2\" t=\"s\"><v>7</v></c></row>"), names.clone(), unreadable),
        ("<row".to_owned(), names.clone(), unreadable),
    ] {
        let file = workbook(&rows, &texts);
        assert!(file.len() < 100_000);
        let answer = upload(&app, &who, "items.xlsx", &file, None).await;
        assert_eq!(answer["code"], "BAD_INPUT", "{message}: {answer}");
        let expected = format!("File read error: {message}");
        assert!(message.is_empty() || answer["message"] == json!(expected), "{answer}");
    }
    // One long text in every cell of many rows.
    let long = "x".repeat(7_000);
    let line: String =
        ('C'..='Z').map(|column| format!("<c r=\"{column}ROW\" t=\"s\"><v>2</v></c>")).collect();
    let lines: String = (2..100)
        .map(|row| format!("<row r=\"{row}\">{}</row>", line.replace("ROW", &row.to_string())))
        .collect();
    let file = workbook(&format!("{head}{lines}"), &texts(&["title", "price", &long]));
    let answer = upload(&app, &who, "items.xlsx", &file, None).await;
    assert_eq!(answer, refused("File read error: the file holds too much text; split it"));
    assert_eq!(app.number("SELECT count(*) FROM item").await, 0);
}

#[tokio::test]
async fn two_thousand_rows_are_listed_in_their_order() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let lines: String = (1..=2_000).map(|row| format!("Item {row},{row},{}\n", row % 3)).collect();
    let file = format!("title,price,quantity_in_stock\n{lines}");
    let (report, statements) = app.statements(upload(&app, &who, "items.csv", file.as_bytes(), None)).await;
    assert_eq!((&report["added"], &report["failed"]), (&json!(2_000), &json!(0)));
    for row in report["rows"].as_array().unwrap() {
        let (number, id) = (row["row"].as_i64().unwrap(), row["itemId"].as_str().unwrap());
        assert!(number <= 2_001 && !id.is_empty());
    }
    let last = report["rows"][1_999]["itemId"].as_str().unwrap();
    assert_eq!(app.number(&format!("SELECT price_paise FROM item WHERE id = {last}")).await, 200_000);
    let in_order = "SELECT count(*) FROM (SELECT price_paise, 100 * row_number() OVER (ORDER BY id) AS due FROM item) AS rows
        WHERE price_paise = due";
    assert_eq!(app.number(in_order).await, 2_000);
    assert_eq!(app.number("SELECT sum(change) FROM stock_movement").await, 2_001);
    assert!(statements < 16, "four batches of items and of movements: {statements}");
}

#[tokio::test]
async fn the_same_key_lists_the_items_once_and_another_file_needs_another_key() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    let file = b"title,price\nRice,60\nDal,cheap\n";
    // Two at once: as many as one person's files may be under way.
    let mut reports = Vec::new();
    for _ in 0..2 {
        let at_once = (0..2).map(|_| upload(&app, &who, "items.csv", file, Some("monday")));
        reports.extend(join_all(at_once).await);
    }
    assert!(reports.iter().all(|report| *report == reports[0] && report["added"] == json!(1)), "{reports:?}");
    assert_eq!(app.number("SELECT count(*) FROM item").await, 1);
    let other = upload(&app, &who, "items.csv", b"title,price\nMilk,30\n", Some("monday")).await;
    assert_eq!(other["code"], "IDEMPOTENCY_KEY_REUSED");
    upload(&app, &who, "items.csv", file, None).await;
    assert_eq!(app.number("SELECT count(*) FROM item").await, 2);
}

#[tokio::test]
async fn a_vendor_uploads_thirty_files_an_hour() {
    let app = TestApp::start().await;
    let (_, who) = app.shop("Near").await;
    for _ in 0..30 {
        assert_eq!(upload(&app, &who, "items.pdf", b"x", None).await, refused("Unsupported file type"));
    }
    assert_eq!(upload(&app, &who, "items.pdf", b"x", None).await["code"], "RATE_LIMITED");
}
