//! The binary as it runs in production, with all of its providers: somebody signs in, pays, shows their face and leaves.

use std::io::{BufRead, BufReader, Cursor};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::operations::metrics::Scrape;
use crate::providers::line::Trouble;
use crate::providers::razorpay::{Razorpay, WEBHOOK_SECRET, sign, signature};
use crate::providers::s3::Bucket;
use crate::providers::twilio::Twilio;

const METRICS_TOKEN: &str = "who-watches-this-gateway";
const PHONE: &str = "+919876500001";

/// The providers, and the database that gateways come and go on.
struct World {
    database: TestApp,
    twilio: Twilio,
    razorpay: Razorpay,
    bucket: Bucket,
    data: tempfile::TempDir,
}

/// A gateway that runs.
struct Gateway {
    child: Child,
    url: String,
    token: String,
    client: reqwest::Client,
}

impl World {
    async fn begin() -> World {
        World {
            database: TestApp::start().await,
            twilio: Twilio::start().await,
            razorpay: Razorpay::start().await,
            bucket: Bucket::start().await,
            data: tempfile::tempdir().unwrap(),
        }
    }

    async fn gateway(&self, token: &str) -> Gateway {
        let mut command = Command::new(env!("CARGO_BIN_EXE_society-gateway"));
        command.arg("serve").env_clear().env("RUST_LOG", "warn").env("APP_ENV", "production");
        command.env("LISTEN", "127.0.0.1:0").env("PUBLIC_URL", "https://app.example.org");
        command
            .env("TOKEN_SECRET", "a secret that only the tests may know")
            .env("DATA_DIR", self.data.path());
        command
            .env("METRICS_TOKEN", METRICS_TOKEN)
            .env("DATABASE_URL", self.database.app.pool().url())
            .env("DATABASE_POOL_SIZE", "4");
        command.envs(self.twilio.settings()).envs(self.razorpay.settings());
        command.env("MEDIA_URL", "s3://pictures/here").env("AWS_ENDPOINT", &self.bucket.url);
        command.env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "ap-south-1");
        command.env("AWS_ACCESS_KEY_ID", "key-of-the-bucket").env("AWS_SECRET_ACCESS_KEY", "secret");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let url = tokio::task::spawn_blocking(move || {
            let mut lines = output.lines().map_while(Result::ok);
            let line = lines.find(|line| line.trim_start().starts_with("GraphQL ")).unwrap();
            line.split_whitespace().last().unwrap().trim_end_matches("/graphql").to_owned()
        });
        Gateway { child, url: url.await.unwrap(), token: token.to_owned(), client: reqwest::Client::new() }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // As a machine that fails would: nothing in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Gateway {
    async fn graphql(&self, query: &str, variables: Value) -> Value {
        let request = self.client.post(format!("{}/graphql", self.url)).bearer_auth(&self.token);
        let response = request.json(&json!({"query": query, "variables": variables})).send().await.unwrap();
        response.json().await.unwrap()
    }

    async fn rest(&self, path: &str, body: Value) -> (u16, Value) {
        let request =
            self.client.post(format!("{}/api/v1{path}", self.url)).header("authorization", &self.token);
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Sends a picture: the answer to it.
    async fn show_face(&self) -> Value {
        let query = "mutation($file: Upload!) { updateProfile(input: {avatar: $file}) { profile { profileImageUrl } } }";
        let operations = json!({"query": query, "variables": {"file": null}});
        let mut body = Vec::new();
        for (name, text) in
            [("operations", operations.to_string()), ("map", json!({"0": ["variables.file"]}).to_string())]
        {
            body.extend(
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes(),
            );
        }
        body.extend(b"--x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"me.png\"\r\n\r\n");
        let mut picture = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(2, 2).write_to(&mut picture, ImageFormat::Png).unwrap();
        body.extend(picture.into_inner());
        body.extend(b"\r\n--x--\r\n");
        let request = self.client.post(format!("{}/graphql", self.url)).bearer_auth(&self.token);
        let request = request.header("graphql-require-preflight", "1");
        let request = request.header("content-type", "multipart/form-data; boundary=x").body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// How many requests to the bucket came to this.
    async fn asked_of_the_bucket(&self, outcome: &str) -> f64 {
        let request = self.client.get(format!("{}/metrics", self.url)).bearer_auth(METRICS_TOKEN);
        let scrape = Scrape::read(&request.send().await.unwrap().text().await.unwrap());
        scrape.value("gateway_provider_requests_total", &[("provider", "media"), ("outcome", outcome)])
    }

    async fn look(&self, picture: &str) -> (u16, Vec<u8>) {
        let path = picture.strip_prefix("https://app.example.org").unwrap();
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }
}

fn picture_of(answer: &Value) -> String {
    let picture = answer["data"]["updateProfile"]["profile"]["profileImageUrl"].as_str();
    picture.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Signs in with the code of the message, and onboards.
async fn sign_in(world: &World) -> Gateway {
    let mut gateway = world.gateway("").await;
    let (status, _) = gateway.rest("/send-otp", json!({"phone": PHONE})).await;
    assert_eq!(status, 200);
    let (status, answer) =
        gateway.rest("/verify-otp", json!({"phone": PHONE, "otp": world.twilio.code()})).await;
    assert_eq!(status, 200, "{answer}");
    gateway.token = answer["auth_token"].as_str().unwrap().to_owned();
    let basic = json!({"name": "First", "city": "Pune", "society": "Green Meadows", "role": "consumer"});
    assert_eq!(gateway.rest("/onboarding/basic", basic).await.0, 200);
    let more = json!({"flat_number": "7", "date_of_birth": "1990-02-03", "gender": "Other"});
    assert_eq!(gateway.rest("/consumer/onboarding", more).await.0, 200);
    gateway
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_pays_shows_their_face_and_leaves() {
    let world = World::begin().await;
    let gateway = sign_in(&world).await;

    assert_eq!(gateway.asked_of_the_bucket("ok").await, 0.0);
    let first = picture_of(&gateway.show_face().await);
    assert_eq!((world.bucket.keys().len(), gateway.asked_of_the_bucket("ok").await), (1, 1.0));
    assert!(world.bucket.keys()[0].starts_with("here/people/"));
    let (status, picture) = gateway.look(&first).await;
    assert_eq!((status, &picture[..3]), (200, &b"\xff\xd8\xff"[..]));
    let second = picture_of(&gateway.show_face().await);
    assert_eq!((world.bucket.keys().len(), gateway.look(&first).await.0), (1, 404));

    // Down, then without an answer: told in time, and nothing is half done.
    world.bucket.line.always(Trouble::Answers(503));
    let refused = gateway.show_face().await;
    let error = &refused["errors"][0];
    assert_eq!(error["extensions"]["code"], "PROVIDER_UNAVAILABLE", "{refused}");
    assert_eq!(error["message"], "Pictures are not available at the moment. Please try again.");
    assert_eq!(gateway.look(&second).await.0, 503);
    assert_eq!(gateway.asked_of_the_bucket("failed").await, 2.0);
    world.bucket.line.always(None);
    let query = "{ me { consumerProfile { profileImageUrl } } }";
    let me = gateway.graphql(query, json!({})).await;
    assert_eq!(me["data"]["me"]["consumerProfile"]["profileImageUrl"], json!(second), "{me}");
    assert_eq!((world.bucket.keys().len(), gateway.look(&second).await.0), (1, 200));

    let delete = "mutation($phone: Phone!) { deleteMyAccount(confirmPhone: $phone) { message } }";
    let left = gateway.graphql(delete, json!({"phone": PHONE})).await;
    assert_eq!(left["data"]["deleteMyAccount"]["message"], "Your account is deleted", "{left}");
    assert_eq!(world.bucket.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_killed_while_it_hears_of_money_neither_loses_nor_doubles_it() {
    let world = World::begin().await;
    let gateway = sign_in(&world).await;
    let token = gateway.token.clone();
    let start = "mutation { startWalletLoad(amount: 99.50, idempotencyKey: \"load\") {
        payment { id } checkout { providerOrderId } } }";

    // Killed when the order is made and nobody has heard of it.
    world.razorpay.line.next(&[Trouble::LosesTheAnswer]);
    let asked = tokio::spawn(async move { gateway.graphql(start, json!({})).await });
    until(|| !world.razorpay.orders().is_empty()).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled(), "its gateway is killed with it");
    let gateway = world.gateway(&token).await;
    let begun = gateway.graphql(start, json!({})).await["data"]["startWalletLoad"].clone();
    assert_eq!(world.razorpay.orders().len(), 1, "{begun}");

    // Killed when it is about to hear that the money was taken.
    let order = begun["checkout"]["providerOrderId"].as_str().unwrap().to_owned();
    let paid = world.razorpay.pay(&order, "captured");
    let confirm = "mutation($id: ID!, $paid: String!, $signature: String!) {
        confirmWalletLoad(paymentId: $id, providerPaymentId: $paid, signature: $signature) { payment { status } wallet { balance } } }";
    let variables =
        json!({"id": begun["payment"]["id"], "paid": paid, "signature": signature(&order, &paid)});
    let before = world.razorpay.line.asked().len();
    world.razorpay.line.next(&[Trouble::Hangs]);
    let sent = variables.clone();
    let asked = tokio::spawn(async move { gateway.graphql(confirm, sent).await });
    until(|| world.razorpay.line.asked().len() > before).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    assert_eq!(world.database.number("SELECT count(*) FROM wallet_transaction").await, 0);

    let gateway = world.gateway(&token).await;
    let event = world.razorpay.event("payment.captured", &paid);
    for _ in 0..2 {
        let request = gateway.client.post(format!("{}/webhooks/razorpay", gateway.url));
        let request =
            request.header("x-razorpay-signature", sign(WEBHOOK_SECRET, &event)).body(event.clone());
        assert_eq!(request.send().await.unwrap().status(), 200);
        let confirmed =
            gateway.graphql(confirm, variables.clone()).await["data"]["confirmWalletLoad"].clone();
        assert_eq!(confirmed, json!({"payment": {"status": "PAID"}, "wallet": {"balance": 99.5}}));
    }
    world.database.audit_is_clean().await;
}

/// Waits until something that happens elsewhere is so.
async fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
