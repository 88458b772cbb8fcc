//! The end of the real binary: what is in progress is finished, what is open is closed with a word.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::process::Process;
use crate::harness::{Person, TestApp};

/// A request of which the last byte is missing.
async fn half_a_request(process: &Process, who: &Person) -> TcpStream {
    let body = json!({"query": "mutation { loadWallet(amount: 5) { message } }"}).to_string();
    let mut connection = TcpStream::connect(process.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        who.token,
        body.len(),
        &body[..body.len() - 1]
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

async fn socket(process: &Process, who: &Person) -> Socket {
    let mut request = format!("ws://{}/graphql/ws", process.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({"type": "connection_init", "payload": {"token": who.token}});
    socket.send(Message::text(init.to_string())).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().to_text().unwrap().contains("connection_ack"));
    let query = "subscription Told { notificationAdded { id } }";
    let subscribe = json!({"id": "1", "type": "subscribe", "payload": {"query": query}});
    socket.send(Message::text(subscribe.to_string())).await.unwrap();
    let ping = json!({"type": "ping"}).to_string();
    socket.send(Message::text(ping)).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().to_text().unwrap().contains("pong"));
    socket
}

#[tokio::test]
async fn a_gateway_that_is_told_to_stop_finishes_what_it_has_and_closes_its_sockets() {
    let app = TestApp::start().await;
    let buyer = app.person("Buyer", Some(society_gateway::app::Role::Consumer), "Green Meadows").await;
    let process = Process::start(&app, &[("PAYMENTS", "off"), ("SHUTDOWN_SECONDS", "30")]).await;
    let mut half = half_a_request(&process, &buyer).await;
    let mut socket = socket(&process, &buyer).await;
    let mut kept = TcpStream::connect(process.address).await.unwrap();
    ask_readiness(&mut kept).await;

    process.terminate().await;
    let close = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(frame) => break frame.unwrap(),
            _ => continue,
        }
    };
    half.write_all(b"}").await.unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).await.unwrap();
    drop(socket);
    drop(kept);
    let ended = process.ended().await;

    assert_eq!(u16::from(close.code), 1001);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(ended.success);
    assert_eq!(ended.logged("graphql request"), 1, "{:?}", ended.log);
    assert_eq!((ended.logged("subscription began"), ended.logged("subscription ended")), (1, 1));
    assert_eq!(ended.logged("stopping: finishing the requests in progress"), 1);
}

/// Asks for readiness on a connection that stays open.
async fn ask_readiness(connection: &mut TcpStream) -> String {
    connection.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let length = connection.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_request_that_takes_too_long_does_not_keep_the_gateway() {
    let app = TestApp::start().await;
    let buyer = app.consumer("Buyer").await;
    let process = Process::start(&app, &[("SHUTDOWN_SECONDS", "1")]).await;
    let half = half_a_request(&process, &buyer).await;

    process.terminate().await;
    let begin = std::time::Instant::now();
    let ended = process.ended().await;

    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    assert!(ended.success);
    assert_eq!(ended.logged("some requests took longer than 1 s and were dropped"), 1, "{:?}", ended.log);
    drop(half);
}

#[tokio::test]
async fn readiness_follows_the_database_and_the_check_of_an_image_follows_readiness() {
    let app = TestApp::start().await;
    let process = Process::start(&app, &[]).await;
    let check = async |listen: &str| {
        let mut check = Command::new(env!("CARGO_BIN_EXE_society-gateway"));
        check.arg("healthcheck").env_clear().env("LISTEN", listen);
        check.output().await.unwrap()
    };
    let address = process.address.to_string();

    let well = check(&address).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = check(&free.to_string()).await;

    assert!(well.status.success(), "{}", String::from_utf8_lossy(&well.stderr));
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nothing answers at"));
    let ready: Value = reqwest::get(process.url("/readyz")).await.unwrap().json().await.unwrap();
    assert_eq!(ready["status"], "ok");
    process.terminate().await;
    assert!(process.ended().await.success);
}
