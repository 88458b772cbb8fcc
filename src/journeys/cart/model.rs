//! The cart's rows and how they are read.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::shops::Item;
use crate::ledger::{Line, quote};
use crate::request::{Row, columns};
use crate::schema::{cart_item, item};
use crate::values::{CartItemId, Paise, UserId};

/// The most of one item in a cart, or in an order.
pub const MOST_OF_ONE: i32 = 10;

/// One item of the cart.
#[derive(Clone, Debug, Queryable, Selectable, async_graphql::SimpleObject)]
#[diesel(table_name = cart_item)]
#[graphql(complex)]
pub struct CartLine {
    /// Identifies the line; the cart is ordered by it.
    pub id: CartItemId,
    /// How many, 1 to 10.
    pub quantity: i32,
    /// What, at its present price.
    #[diesel(embed)]
    #[graphql(skip)]
    pub item: Item,
}

columns!(CartLine {
    "id": id,
    "quantity": quantity,
});

/// What each line comes to.
#[async_graphql::ComplexObject]
impl CartLine {
    /// What, at its present price.
    async fn item(&self) -> Row<&Item> {
        Row(&self.item)
    }

    /// Price times quantity.
    async fn subtotal(&self) -> Paise {
        self.line().subtotal()
    }

    /// What this line saves against the printed price.
    async fn savings(&self) -> Paise {
        self.line().savings()
    }

    /// Whether it can be ordered now.
    async fn available(&self) -> bool {
        self.item.is_available && self.item.is_active
    }
}

impl CartLine {
    /// The line as the ledger prices it.
    #[must_use]
    pub fn line(&self) -> Line {
        Line { price: self.item.price, mrp: self.item.mrp, quantity: self.quantity }
    }
}

/// The consumer's cart: lines of one shop at present prices, and what they come to, in rupees.
#[derive(Clone, Debug, async_graphql::SimpleObject)]
pub struct Cart {
    /// The lines, in the order in which they were added.
    pub lines: Vec<Row<CartLine>>,
    /// Sum of the lines, those that are not available included.
    pub total: Paise,
    /// Sum of the savings against printed prices; already part of the prices.
    pub savings: Paise,
    /// What is deducted from the total.
    pub discount: Paise,
    /// What an order would cost: total less discount.
    pub payable: Paise,
}

impl Cart {
    /// The person's cart, with one statement; empty when there is none.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Cart> {
        let lines: Vec<CartLine> = cart_item::table
            .inner_join(item::table)
            .filter(cart_item::user_id.eq(user))
            .order(cart_item::id)
            .select(CartLine::as_select())
            .load(conn)
            .await?;
        let priced: Vec<Line> = lines.iter().map(CartLine::line).collect();
        let lines = lines.into_iter().map(Row).collect();
        let quote = quote(&priced);
        Ok(Cart {
            lines,
            total: quote.total,
            savings: quote.savings,
            discount: quote.discount,
            payable: quote.payable,
        })
    }
}
