//! GraphQL over WebSocket: every message and every close code, over a real socket.

mod client;
mod closing;
mod legacy;
mod limits;
mod sign_in;
mod streaming;

const BALANCE: &str = "{ wallet { balance } }";
const LOAD: &str = "mutation($amount: Money!) { loadWallet(amount: $amount) { message } }";
const STATUS: &str = "subscription($after: String) { orderStatusChanged(after: $after) { id seq status } }";

fn status(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}
