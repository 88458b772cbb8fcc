//! The gateway's clients: HTTP/1.1 on keep-alive connections, no more of it than the gateway's answers need, so that the
//! driver leaves the cores to what it measures.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::Worker;
use crate::people::Person;
use crate::scenario::Call;
use crate::{CONCURRENCY, Result};

/// One keep-alive connection.
pub struct Client {
    stream: TcpStream,
    call: Call,
    request: Vec<u8>,
    answer: Vec<u8>,
    status: u16,
    /// Where the body begins in the answer.
    body: usize,
}

/// As many clients as requests are to be under way.
pub async fn connect(address: SocketAddr, call: Call) -> Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(CONCURRENCY);
    for _ in 0..CONCURRENCY {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (request, answer) = (Vec::new(), Vec::with_capacity(65_536));
        clients.push(Client { stream, call, request, answer, status: 0, body: 0 });
    }
    Ok(clients)
}

impl Worker for Client {
    async fn ask(&mut self, person: &Person) -> Result<()> {
        self.request.clear();
        self.call.write(person, &mut self.request);
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let length = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the gateway closed a connection".into());
            }
            if let Some(head) = head(&self.answer)? {
                (self.status, self.body) = (head.status, head.bytes);
                break head.bytes + head.body_bytes;
            }
        };
        while self.answer.len() < length {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("the gateway broke an answer off".into());
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        self.call.check(self.status, &self.answer[self.body..])
    }
}

struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

/// The head of an answer, once it is there as a whole.
fn head(answer: &[u8]) -> Result<Option<Head>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?;
    let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let length = length.ok_or_else(|| format!("an answer without content-length: {head}"))?;
    Ok(Some(Head { status, bytes: end + 4, body_bytes: length.parse()? }))
}
