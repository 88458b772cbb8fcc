//! The floor: the SQL that the gateway sends for a scenario, by a bare client. As many connections as the gateway has
//! clients, prepared statements, rows received but not decoded into anything; statements that do not wait for each
//! other's answers are sent in one go, as the gateway does.
//!
//! A change of the gateway's SQL belongs here, too: the bench says when the two send different numbers of statements.

mod confirm;
mod read;

use futures_util::future::try_join_all;
use tokio_postgres::{Client, Statement};

use crate::database;
use crate::load::Worker;
use crate::people::Person;
use crate::{CONCURRENCY, Result};

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sql {
    /// A page of shops, and a page of the items of each.
    Shops,
    /// All shops of a society.
    AllShops,
    /// The shops of a society that have something to order.
    Search,
    /// A cart's lines with their items, and their shop.
    Cart,
    /// A wallet and a page of its transactions.
    Wallet,
    /// A page of orders, their shops and their items.
    Orders,
    /// A cart becomes an order.
    Confirm,
}

impl Sql {
    fn texts(self) -> &'static [&'static str] {
        match self {
            Sql::Shops => read::SHOPS,
            Sql::AllShops => read::ALL_SHOPS,
            Sql::Search => read::SEARCH,
            Sql::Cart => read::CART,
            Sql::Wallet => read::WALLET,
            Sql::Orders => read::ORDERS,
            Sql::Confirm => confirm::CONFIRM,
        }
    }

    /// The rows that a right answer has.
    fn rows(self) -> usize {
        match self {
            Sql::Shops => 21 + 20 * 6,
            Sql::AllShops => 100,
            Sql::Search => 21,
            Sql::Cart => 3 + 1,
            Sql::Wallet => 1 + 20,
            Sql::Orders => 10 + 10 + 20,
            Sql::Confirm => 1,
        }
    }

    /// Statements for one request of this person, transaction control included.
    pub fn statements(self, person: &Person) -> u64 {
        let texts = self.texts().len() as u64;
        match self {
            Sql::Confirm if person.pays_from_wallet() => texts + confirm::BEGIN_AND_COMMIT,
            Sql::Confirm => texts + confirm::BEGIN_AND_COMMIT - confirm::PAYMENT,
            _ => texts,
        }
    }
}

/// One connection.
pub struct Bare {
    client: Client,
    sql: Sql,
    prepared: Vec<Statement>,
    rows: usize,
}

/// As many connections as requests are to be under way.
pub async fn connect(sql: Sql, url: &str) -> Result<Vec<Bare>> {
    try_join_all((0..CONCURRENCY).map(|_| Bare::connect(sql, url))).await
}

impl Bare {
    async fn connect(sql: Sql, url: &str) -> Result<Bare> {
        let client = database::connect(url).await?;
        let prepared = try_join_all(sql.texts().iter().map(|text| client.prepare(text))).await?;
        Ok(Bare { client, sql, prepared, rows: 0 })
    }
}

impl Worker for Bare {
    async fn ask(&mut self, person: &Person) -> Result<()> {
        let (client, prepared) = (&self.client, self.prepared.as_slice());
        self.rows = match self.sql {
            Sql::Shops => read::shops(client, prepared, person).await?,
            Sql::AllShops => read::all_shops(client, prepared, person).await?,
            Sql::Search => read::search(client, prepared, person).await?,
            Sql::Cart => read::cart(client, prepared, person).await?,
            Sql::Wallet => read::wallet(client, prepared, person).await?,
            Sql::Orders => read::orders(client, prepared, person).await?,
            Sql::Confirm => confirm::confirm(client, prepared, person).await?,
        };
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.rows == self.sql.rows() {
            return Ok(());
        }
        Err(format!("the floor of {:?}: expected {} rows, got {}", self.sql, self.sql.rows(), self.rows)
            .into())
    }
}

/// The statements by their places in the list of texts.
fn places<const N: usize>(prepared: &[Statement]) -> Result<&[Statement; N]> {
    Ok(prepared.try_into()?)
}
