//! Pictures of people: sent on both faces, written anew, shown.

use std::io::Cursor;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use society_gateway::app::Role;
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::forms::{self, CONTENT_TYPE, Part};

const SEND: &str = "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
    message profile { name profileImageUrl } } }";
/// What begins the address of every picture.
const PUBLIC: &str = "https://shop.example.org/media/";

/// A gateway that keeps pictures in a folder of its own.
struct Album {
    app: TestApp,
    folder: TempDir,
}

impl Album {
    async fn open() -> Album {
        let folder = tempfile::tempdir().unwrap();
        let app = TestApp::with(&[
            ("DATA_DIR", folder.path().to_str().unwrap()),
            ("PUBLIC_URL", "https://shop.example.org/"),
        ])
        .await;
        Album { app, folder }
    }

    async fn consumer(&self) -> Person {
        let who = self.app.consumer("First").await;
        consumer(&self.app, &who, json!({"flatNumber": "B-1204"})).await.ok();
        who
    }

    /// Sends a picture as a GraphQL client does.
    async fn send(&self, who: &Person, picture: &[u8]) -> Value {
        let operations = json!({"query": SEND, "variables": {"input": {"avatar": null}}}).to_string();
        let parts: [Part<'_>; 3] = [
            ("operations", None, operations.as_bytes()),
            ("map", None, br#"{"0": ["variables.input.avatar"]}"#),
            ("0", Some("me.gif"), picture),
        ];
        forms::post(&self.app, Some(who), &[("graphql-require-preflight", "1")], &parts).await.1
    }

    async fn sent(&self, who: &Person, picture: &[u8]) -> String {
        let answer = self.send(who, picture).await;
        answer["data"]["updateProfile"]["profile"]["profileImageUrl"].as_str().expect("an address").to_owned()
    }

    async fn refused(&self, who: &Person, picture: &[u8]) -> (String, String) {
        let error = self.send(who, picture).await["errors"][0].clone();
        assert_eq!(error["extensions"]["field"], "avatar", "{error}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }

    async fn get(&self, address: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let path = format!("/media/{}", address.strip_prefix(PUBLIC).unwrap_or(address));
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let response = self.app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    async fn shown(&self, address: &str) -> RgbImage {
        let (status, _, content) = self.get(address, &[]).await;
        assert_eq!(status, 200, "{address}");
        image::load_from_memory_with_format(&content, ImageFormat::Jpeg).unwrap().to_rgb8()
    }

    /// How many pictures are kept, of anybody.
    fn kept(&self) -> usize {
        let people = std::fs::read_dir(self.folder.path().join("media/people")).unwrap();
        people.map(|person| std::fs::read_dir(person.unwrap().path()).unwrap().count()).sum()
    }
}

/// A picture whose left half is red and whose right half is blue.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let halves =
        RgbImage::from_fn(width, height, |x, _| Rgb(if x < width / 2 { [250, 0, 0] } else { [0, 0, 250] }));
    let mut content = Vec::new();
    DynamicImage::ImageRgb8(halves).write_to(&mut Cursor::new(&mut content), format).unwrap();
    content
}

fn is_red(pixel: &Rgb<u8>) -> bool {
    pixel.0[0] > 200 && pixel.0[2] < 60
}

/// The JPEG with a note that it is to be turned by a quarter, and a place where it was taken.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"Lake Road 7");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// The PNG as if it had these sides.
fn claiming(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut claimed = png.to_vec();
    claimed[16..20].copy_from_slice(&width.to_be_bytes());
    claimed[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = claimed[12..29].iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 },
        )
    });
    claimed[29..33].copy_from_slice(&(!crc).to_be_bytes());
    claimed
}

#[tokio::test]
async fn a_picture_of_each_format_is_made_small_and_shown() {
    let album = Album::open().await;
    let who = album.consumer().await;
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let address = album.sent(&who, &picture(1024, 256, format)).await;
        assert!(address.starts_with(&format!("{PUBLIC}people/{}/", who.user_id)), "{address}");
        assert_eq!(me(&album.app, &who).await["consumerProfile"]["profileImageUrl"], json!(address));
        let shown = album.shown(&address).await;
        assert_eq!(shown.dimensions(), (512, 128), "{format:?}");
        assert!(is_red(shown.get_pixel(10, 60)) && !is_red(shown.get_pixel(500, 60)), "{format:?}");
        assert_eq!(album.kept(), 1, "only the present one");
    }
    let small = album.sent(&who, &picture(40, 20, ImageFormat::Png)).await;
    assert_eq!(album.shown(&small).await.dimensions(), (40, 20));
}

#[tokio::test]
async fn a_picture_is_turned_upright_and_forgets_where_it_was_taken() {
    let album = Album::open().await;
    let who = album.consumer().await;
    let sent = turned(&picture(400, 200, ImageFormat::Jpeg));
    let address = album.sent(&who, &sent).await;
    let shown = album.shown(&address).await;
    assert_eq!(shown.dimensions(), (200, 400));
    assert!(is_red(shown.get_pixel(100, 20)) && !is_red(shown.get_pixel(100, 380)));
    let (_, _, content) = album.get(&address, &[]).await;
    for hidden in [&b"Lake Road"[..], b"Exif"] {
        assert!(sent.windows(hidden.len()).any(|part| part == hidden));
        assert!(!content.windows(hidden.len()).any(|part| part == hidden));
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let album = Album::open().await;
    let who = album.consumer().await;
    let before = album.sent(&who, &picture(40, 20, ImageFormat::Png)).await;
    let png = picture(40, 20, ImageFormat::Png);
    let too_many = "avatar has too many pixels; at most 33 million are read, 10000 on a side";
    let broken = "avatar is broken: it cannot be read as an image";
    let other = "avatar must be a JPEG, PNG or WebP image";
    for (content, message) in [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), other),
        (b"GIF89a\x01\0\x01\0".to_vec(), other),
        (b"me".to_vec(), other),
        (png[..png.len() / 2].to_vec(), broken),
        (picture(400, 200, ImageFormat::Jpeg)[..100].to_vec(), broken),
        (claiming(&png, 30_000, 30_000), too_many),
        (claiming(&png, 9_000, 9_000), too_many),
        (claiming(&png, 0, 20), broken),
    ] {
        assert_eq!(album.refused(&who, &content).await, ("BAD_INPUT".to_owned(), message.to_owned()));
    }
    let mut large = picture(400, 200, ImageFormat::Jpeg);
    large.resize(5 * 1024 * 1024 + 1, 0);
    let answer = album.send(&who, &large).await;
    assert_eq!(answer["errors"][0]["message"], "The form is too large: 5 MB of files, 16 parts.", "{answer}");
    assert_eq!(me(&album.app, &who).await["consumerProfile"]["profileImageUrl"], json!(before));
    assert_eq!(album.kept(), 1);
}

#[tokio::test]
async fn a_picture_of_whom_has_no_profile_is_not_kept() {
    let album = Album::open().await;
    let png = picture(40, 20, ImageFormat::Png);
    for (role, code) in [
        (Some(Role::Consumer), "NOT_FOUND"),
        (Some(Role::Vendor), "FORBIDDEN"),
        (None, "ONBOARDING_REQUIRED"),
    ] {
        let who = album.app.person("Somebody", role, "Green Meadows").await;
        let answer = album.send(&who, &png).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    assert_eq!(album.kept(), 0);
}

#[tokio::test]
async fn of_pictures_sent_at_once_the_last_one_is_shown_and_kept() {
    let album = Album::open().await;
    let who = album.consumer().await;
    let png = picture(40, 20, ImageFormat::Png);
    for _ in 0..3 {
        join_all([album.send(&who, &png), album.send(&who, &png)]).await;
        let address =
            me(&album.app, &who).await["consumerProfile"]["profileImageUrl"].as_str().unwrap().to_owned();
        album.shown(&address).await;
        assert_eq!(album.kept(), 1);
    }
}

#[tokio::test]
async fn an_address_in_place_of_a_picture_forgets_it_but_never_somebody_elses() {
    let album = Album::open().await;
    let (who, other) = (album.consumer().await, album.app.consumer("Second").await);
    consumer(&album.app, &other, json!({})).await.ok();
    let theirs = album.sent(&who, &picture(40, 20, ImageFormat::Png)).await;
    let set = async |who: &Person, address: Value| {
        album.app.graphql(who, SEND, json!({"input": {"profileImageUrl": address}})).await.ok();
    };
    set(&other, json!(theirs)).await;
    set(&other, json!(null)).await;
    album.shown(&theirs).await;
    set(&who, json!(theirs)).await;
    album.shown(&theirs).await;
    set(&who, json!("https://example.org/me.png")).await;
    assert_eq!(album.get(&theirs, &[]).await.0, 404);
    assert_eq!(album.kept(), 0);
}

#[tokio::test]
async fn pictures_may_be_kept_for_long_and_can_never_run() {
    let album = Album::open().await;
    let who = album.consumer().await;
    let address = album.sent(&who, &picture(40, 20, ImageFormat::Png)).await;
    let (_, headers, content) = album.get(&address, &[]).await;
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", &content.len().to_string()),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let tag = headers["etag"].to_str().unwrap();
    for known in [tag, "*", &format!("\"other\", W/{tag}")] {
        let (status, headers, content) = album.get(&address, &[("if-none-match", known)]).await;
        assert_eq!((status, content.len()), (304, 0), "{known}");
        assert_eq!(headers["etag"], tag);
    }
    assert_eq!(album.get(&address, &[("if-none-match", "\"other\"")]).await.0, 200);
    std::fs::write(album.folder.path().join("secret"), "x").unwrap();
    for path in [
        "",
        "people/",
        "../secret",
        "%2e%2e/secret",
        "people/..%2f..%2fsecret",
        "people/1/%00.jpg",
        "//etc/passwd",
    ] {
        let (status, _, content) = album.get(path, &[]).await;
        let body: Value = serde_json::from_slice(&content).unwrap();
        assert_eq!((status, &body["code"]), (404, &json!(404)), "{path}");
    }
}

#[tokio::test]
async fn the_legacy_path_takes_the_same_fields_as_a_form_with_a_picture() {
    let album = Album::open().await;
    let who = album.consumer().await;
    let send = async |parts: &[Part<'_>]| {
        let request = Request::post("/api/v1/consumer/profile/edit").header("content-type", CONTENT_TYPE);
        let request =
            request.header("authorization", &who.token).body(Body::from(forms::form(parts))).unwrap();
        album.app.call(request).await
    };
    let png = picture(40, 20, ImageFormat::Png);
    let (status, body) = send(&[
        ("name", None, b"Asha"),
        ("date_of_birth", None, b"1990-02-28"),
        ("gender", None, b""),
        ("phone", None, b"+910000000000"),
        ("profile_image_url", None, b"https://example.org/old.png"),
        ("avatar", Some("me.png"), &png),
    ])
    .await;
    assert_eq!((status, &body["message"]), (200, &json!("Profile updated")), "{body}");
    let data = &body["data"];
    assert_eq!(
        (&data["name"], &data["date_of_birth"], &data["gender"]),
        (&json!("Asha"), &json!("1990-02-28"), &Value::Null)
    );
    assert_eq!(data["flat_number"], "B-1204", "what does not come stays");
    let address = data["profile_image_url"].as_str().unwrap().to_owned();
    album.shown(&address).await;

    // A browser sends an empty part for a field where nothing was chosen.
    let (status, body) = send(&[("name", None, b"Asha K"), ("avatar", Some(""), b"")]).await;
    assert_eq!((status, &body["data"]["profile_image_url"]), (200, &json!(address)), "{body}");
    for (parts, place) in [
        (vec![("avatar", Some("me.png"), &b"me"[..])], "avatar"),
        (vec![("avatar", None, b"me")], "avatar"),
        (vec![("date_of_birth", None, b"soon")], "date_of_birth"),
    ] {
        let (status, body) = send(&parts).await;
        assert_eq!(
            (status, &body["message"], &body["errors"][0]["loc"]),
            (400, &json!("Validation error"), &json!([place])),
            "{body}"
        );
    }
    let (status, body) = send(&[("name", None, b" ")]).await;
    assert_eq!((status, &body["message"]), (400, &json!("Name cannot be empty")));
    let large = vec![0; 5 * 1024 * 1024 + 1];
    assert_eq!(send(&[("avatar", Some("me.png"), &large)]).await.0, 413);
}
