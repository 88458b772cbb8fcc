//! Requests with files: the GraphQL multipart request specification, and who may send one.

use std::io::Write;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

const BOUNDARY: &str = "boundary-of-tests";
pub const CONTENT_TYPE: &str = "multipart/form-data; boundary=boundary-of-tests";
pub const UPLOAD: &str =
    "mutation($file: Upload!, $key: String) { uploadItems(file: $file, idempotencyKey: $key) {
    message taskId added failed rows { row status itemId error } } }";

/// A part of a form: its name, its file name if it has one, its content.
pub type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// The body of a form.
pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").unwrap();
        if let Some(file) = file {
            write!(body, "; filename=\"{file}\"").unwrap();
        }
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body
}

/// A workbook of one sheet: the XML of its rows, and of its shared texts.
pub fn workbook(rows: &str, texts: &str) -> Vec<u8> {
    const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    let of_workbook = relation("rId1", "worksheet", "worksheets/sheet1.xml")
        + &relation("rId2", "sharedStrings", "sharedStrings.xml")
        + &relation("rId3", "styles", "styles.xml");
    let files = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}\">{}</Relationships>",
                relation("rId1", "officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!("<Relationships xmlns=\"{PACKAGE}\">{of_workbook}</Relationships>"),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"Items\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/styles.xml",
            // Style 1 shows a number as a day.
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/sharedStrings.xml", texts.to_owned()),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(XML.as_bytes()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The shared texts of a workbook.
pub fn texts(of: &[&str]) -> String {
    let entries: String = of.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    format!("<sst count=\"{0}\" uniqueCount=\"{0}\">{entries}</sst>", of.len())
}

/// A multipart request to `/graphql`: the status and the body.
pub async fn post(
    app: &TestApp,
    who: Option<&Person>,
    headers: &[(&str, &str)],
    parts: &[Part<'_>],
) -> (u16, Value) {
    let mut request = Request::post("/graphql").header("content-type", CONTENT_TYPE);
    if let Some(who) = who {
        request = request.header("authorization", format!("Bearer {}", who.token));
    }
    request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.call(request.body(Body::from(form(parts))).unwrap()).await
}

/// Uploads a file of items as a GraphQL client does: the data of the answer, or its errors.
pub async fn upload(app: &TestApp, who: &Person, name: &str, content: &[u8], key: Option<&str>) -> Value {
    let operations = json!({"query": UPLOAD, "variables": {"file": null, "key": key}}).to_string();
    let parts: [Part<'_>; 3] = [
        ("operations", None, operations.as_bytes()),
        ("map", None, br#"{"0": ["variables.file"]}"#),
        ("0", Some(name), content),
    ];
    let (_, answer) = post(app, Some(who), &[("graphql-require-preflight", "1")], &parts).await;
    match answer["data"]["uploadItems"].clone() {
        Value::Null => json!({"code": answer["errors"][0]["extensions"]["code"],
            "field": answer["errors"][0]["extensions"]["field"], "message": answer["errors"][0]["message"]}),
        data => data,
    }
}

#[tokio::test]
async fn files_come_only_from_somebody_signed_in_whose_browser_asked_first() {
    let app = TestApp::start().await;
    let (_, vendor) = app.shop("Near").await;
    let operations = json!({"query": UPLOAD, "variables": {"file": null}}).to_string();
    let parts: [Part<'_>; 3] = [
        ("operations", None, operations.as_bytes()),
        ("map", None, br#"{"0": ["variables.file"]}"#),
        ("0", Some("items.csv"), b"title,price\nRice,60\n"),
    ];
    let asked = ("graphql-require-preflight", "1");
    let message =
        "A request with files needs the header GraphQL-Require-Preflight, such as with the value 1.";
    for headers in [&[][..], &[("graphql-require-preflight", "")]] {
        let (status, answer) = post(&app, Some(&vendor), headers, &parts).await;
        assert_eq!((status, &answer["errors"][0]["message"]), (415, &json!(message)));
    }
    let (status, answer) = post(&app, None, &[asked], &parts).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (401, &json!("UNAUTHENTICATED")));
    assert_eq!(app.number("SELECT count(*) FROM item").await, 0);

    for header in [asked, ("Apollo-Require-Preflight", "true")] {
        let (status, answer) = post(&app, Some(&vendor), &[header], &parts).await;
        assert_eq!((status, &answer["data"]["uploadItems"]["added"]), (200, &json!(1)), "{answer}");
    }
    let buyer = app.consumer("Buyer").await;
    let (_, answer) = post(&app, Some(&buyer), &[asked], &parts).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_form_that_is_not_as_the_specification_says_is_refused() {
    let app = TestApp::start().await;
    let (_, vendor) = app.shop("Near").await;
    let with = |variables: Value| json!({"query": UPLOAD, "variables": variables}).to_string();
    let good = with(json!({"file": null}));
    let list = json!([{"query": UPLOAD}]).to_string();
    let full = with(json!({"file": "file 0"}));
    let file: Part<'_> = ("0", Some("items.csv"), b"title,price\nRice,60\n");
    let map = |text: &'static str| -> Part<'static> { ("map", None, text.as_bytes()) };
    let operations = |text: &'static str| -> Part<'static> { ("operations", None, text.as_bytes()) };
    let good: Part<'_> = ("operations", None, good.as_bytes());
    let place = "map names a place that is not null in the variables.";
    for (parts, message) in [
        (vec![map("{}"), file], "The form has no part named operations."),
        (vec![good, file], "The form has no part named map."),
        (vec![good, map("[]"), file], "map is a JSON object of the names of parts with lists of places."),
        (
            vec![good, map(r#"{"0": "variables.file"}"#), file],
            "map is a JSON object of the names of parts with lists of places.",
        ),
        (
            vec![good, map(r#"{"1": ["variables.file"]}"#), file],
            "map names a part that is no file of the form.",
        ),
        (vec![good, map(r#"{"0": ["variables.other"]}"#), file], place),
        (vec![good, map(r#"{"0": ["file"]}"#), file], place),
        (vec![good, map(r#"{"0": ["variables.file.0.x"]}"#), file], place),
        (vec![good, map(r#"{"0": ["variables.file", "variables.file"]}"#), file], place),
        (vec![("operations", None, full.as_bytes()), map(r#"{"0": ["variables.file"]}"#), file], place),
        (
            vec![("operations", None, list.as_bytes()), map("{}")],
            "Batches are not served; send one operation per request, or several fields in one document.",
        ),
        (vec![operations("{}"), map("{}")], "query is missing."),
    ] {
        let (status, answer) = post(&app, Some(&vendor), &[("graphql-require-preflight", "1")], &parts).await;
        assert_eq!((status, &answer["errors"][0]["message"]), (400, &json!(message)));
    }
    assert_eq!(app.number("SELECT count(*) FROM item").await, 0);
}

#[tokio::test]
async fn a_made_up_file_is_none_and_a_form_too_large_is_not_read() {
    let app = TestApp::start().await;
    let (_, vendor) = app.shop("Near").await;
    for made_up in ["file 0", "file 99999999999999999999", "#__graphql_file__:0", "items.csv", ""] {
        let answer = app.graphql(&vendor, UPLOAD, json!({"file": made_up})).await;
        assert_eq!(answer.refused().0, "BAD_INPUT", "{made_up}");
        let literal = format!("mutation {{ uploadItems(file: \"{made_up}\") {{ added }} }}");
        assert_eq!(app.graphql(&vendor, &literal, json!({})).await.errors.len(), 1, "{made_up}");
    }
    let answer = app.graphql(&vendor, UPLOAD, json!({"file": "file 0"})).await;
    assert_eq!((answer.refused(), answer.field()), (("BAD_INPUT", "No file uploaded"), "file"));

    let operations = json!({"query": UPLOAD, "variables": {"file": null}}).to_string();
    let large = vec![b'x'; 5 * 1024 * 1024 + 1];
    let parts: [Part<'_>; 3] = [
        ("operations", None, operations.as_bytes()),
        ("map", None, br#"{"0": ["variables.file"]}"#),
        ("0", Some("items.csv"), &large),
    ];
    let (status, answer) = post(&app, Some(&vendor), &[("graphql-require-preflight", "1")], &parts).await;
    let message = "The form is too large: 5 MB of files, 16 parts.";
    assert_eq!((status, &answer["errors"][0]["message"]), (413, &json!(message)));
    let many = vec![("0", Some("items.csv"), &b"x"[..]); 17];
    let (status, _) = post(&app, Some(&vendor), &[("graphql-require-preflight", "1")], &many).await;
    assert_eq!(status, 413);
}
