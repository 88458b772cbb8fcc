//! What the operator pays to vendors by hand, and says afterwards. The only place that shows an account's number in full.

use super::{Outcome, open};
use crate::config::Config;
use crate::journeys::vendor::payouts::{self, DuePayout};
use crate::values::PayoutRequestId;

/// Prints what nobody has paid yet, oldest first.
pub(super) async fn list(config: Config) -> Outcome {
    let opened = open::open(config).await?;
    let due = payouts::due(&mut *opened.app.read().await?, &opened.app.keys).await?;
    match due.as_slice() {
        [] => println!("No payout is waiting."),
        due => due.iter().for_each(|due| println!("{}", line(due))),
    }
    opened.close().await
}

fn line(due: &DuePayout) -> String {
    let DuePayout { payout, shop_name, ifsc_code, account_number } = due;
    let number =
        account_number.as_ref().map_or("(encrypted with an unknown TOKEN_SECRET)", |number| number.reveal());
    let asked = payout.created_at.0.format("%Y-%m-%d %H:%M UTC");
    let (id, amount) = (payout.id, payout.amount);
    let (bank, shop_name) = (printable(&payout.bank_name), printable(shop_name));
    format!("{id}  {asked}  ₹{amount}  account {number}  IFSC {ifsc_code}  {bank}  ({shop_name})")
}

/// Names are the vendor's own: a line break in one must not look like another payout.
fn printable(name: &str) -> String {
    name.escape_debug().to_string()
}

/// Says what became of a payout.
pub(super) async fn settle(config: Config, id: i64, is_paid: bool) -> Outcome {
    let opened = open::open(config).await?;
    let now = opened.app.clock.now();
    let settle = async move |conn: &mut _| payouts::settle(conn, PayoutRequestId(id), is_paid, now).await;
    let settled = opened.app.write(settle).await;
    if let Ok(payout) = &settled {
        let so = if is_paid { "is paid" } else { "failed; the money is back in the shop's wallet" };
        println!("Payout {id} of ₹{} {so}.", payout.amount);
    }
    opened.close().await?;
    settled.map(drop).map_err(Into::into)
}
