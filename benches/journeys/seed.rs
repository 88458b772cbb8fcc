//! Fills an empty database with the stated size of data.

use std::fmt;

use society_gateway::db::migrate;

use crate::database::connect;
use crate::people::{People, Person};
use crate::{Error, Result};

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    societies: usize,
    shops: usize,
    items_of_shop: usize,
    users: usize,
    orders: usize,
    transactions_of_user: usize,
}

impl Size {
    /// About 280 MB.
    pub const FULL: Size = Size {
        societies: 20,
        shops: 2_000,
        items_of_shop: 50,
        users: 20_000,
        orders: 200_000,
        transactions_of_user: 20,
    };
    /// A tenth, in as large societies: a screen shows as much.
    pub const QUICK: Size = Size { societies: 2, shops: 200, users: 2_000, orders: 20_000, ..Size::FULL };

    fn fill_in(&self, text: &str) -> String {
        // The longer names first: none may be read as the beginning of another.
        [
            (":items_of_shop", self.items_of_shop),
            (":transactions_of_user", self.transactions_of_user),
            (":societies", self.societies),
            (":shops", self.shops),
            (":users", self.users),
            (":orders", self.orders),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, number)| text.replace(name, &number.to_string()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} societies, {} shops x {} items, {} consumers with wallet ({} transactions) and cart (3 lines), {} orders \
             x 2 lines",
            self.societies,
            self.shops,
            self.items_of_shop,
            self.users,
            self.transactions_of_user,
            self.orders
        )
    }
}

/// Migrates and fills the database. Returns the consumers, signed in.
pub async fn seed(url: &str, size: Size) -> Result<People> {
    eprintln!("seeding: {size}");
    migrate(url, ()).await.map_err(|error| Error::from(format!("{error:?}")))?;
    let client = connect(url).await?;
    client.batch_execute(&size.fill_in(include_str!("seed.sql"))).await?;
    let query = "SELECT user_session.id, user_id, city, society FROM user_session \
                 JOIN user_profile ON user_profile.id = user_id ORDER BY user_id";
    let rows = client.query(query, &[]).await?;
    let people: Result<Vec<Person>> =
        rows.iter().map(|row| Person::sign_in(row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let people = people?;
    fill_carts(url, size, &people).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(People::new(people))
}

/// Gives each of these consumers a cart of three lines, whatever it held before.
pub async fn fill_carts(url: &str, size: Size, people: &[Person]) -> Result<()> {
    let consumers: Vec<String> = people.iter().map(|person| person.user_id.to_string()).collect();
    let text = include_str!("fill_carts.sql").replace(":consumers", &consumers.join(","));
    Ok(connect(url).await?.batch_execute(&size.fill_in(&text)).await?)
}
