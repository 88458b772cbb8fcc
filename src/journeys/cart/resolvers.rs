//! The cart in GraphQL.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use crate::error::Result;
use crate::journeys::cart::{Cart, verbs};
use crate::journeys::shops::{Shop, ShopById};
use crate::request::{Reach, Row, load};
use crate::values::ItemId;

/// Reads of the cart.
#[derive(Default)]
pub struct CartQuery;

#[Object]
impl CartQuery {
    /// The signed-in consumer's cart.
    #[graphql(complexity = "20 + 100 * child_complexity")]
    async fn cart(&self, ctx: &Context<'_>) -> Result<Cart> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        Cart::of_user(&mut *app.read().await?, who, app.clock.now()).await
    }
}

#[ComplexObject]
impl Cart {
    /// How many things it holds, over all lines: the number on its icon.
    async fn total_quantity(&self) -> i32 {
        self.lines.iter().map(|Row(line)| line.quantity).sum()
    }

    /// The shop whose items it holds; null while it is empty.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Option<Row<Shop>>> {
        let Some(id) = self.shop_id else { return Ok(None) };
        Ok(load(ctx, ShopById(id)).await?.map(Row))
    }
}

/// What a change of the cart came to.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CartPayload {
    /// A sentence to show.
    message: &'static str,
}

#[ComplexObject]
impl CartPayload {
    /// The cart after the change.
    #[graphql(complexity = "20 + 100 * child_complexity")]
    async fn cart(&self, ctx: &Context<'_>) -> Result<Cart> {
        CartQuery.cart(ctx).await
    }
}

/// Changes of the cart.
#[derive(Default)]
pub struct CartMutation;

#[Object]
impl CartMutation {
    /// Adds an item, on top of what the cart holds of it: at most ten of one item, all from one shop.
    ///
    /// Errors: `NOT_FOUND` for an item that cannot be bought now, `OTHER_SHOP_IN_CART`: offer to clear the cart.
    async fn add_to_cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] item_id: ItemId,
        #[graphql(desc = "How many, 1 to 10.", default = 1)] quantity: i32,
    ) -> Result<CartPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::add(conn, &who, item_id, quantity, now).await).await?;
        Ok(CartPayload { message: "Item added to cart" })
    }

    /// Makes the cart hold so many of an item, whatever it held of it before: repeating it is safe. 0 takes it out.
    ///
    /// Errors: `BAD_INPUT` for the quantity; `NOT_FOUND` for an item that cannot be bought now, `OTHER_SHOP_IN_CART`: offer
    /// to clear the cart.
    async fn set_cart_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What.")] item_id: ItemId,
        #[graphql(desc = "How many from now on, 0 to 10.")] quantity: i32,
    ) -> Result<CartPayload> {
        let (who, app) = (ctx.consumer()?.clone(), ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::put(conn, &who, item_id, quantity, now).await).await?;
        Ok(CartPayload { message: "Cart updated" })
    }

    /// Sets how many of an item the cart holds. To take it out, use `removeFromCart`.
    async fn update_cart_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An item of the cart.")] item_id: ItemId,
        #[graphql(desc = "How many from now on, 1 to 10.")] quantity: i32,
    ) -> Result<CartPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::set_quantity(conn, who, item_id, quantity, now).await).await?;
        Ok(CartPayload { message: "Cart quantity updated" })
    }

    /// Takes an item out of the cart.
    async fn remove_from_cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An item of the cart.")] item_id: ItemId,
    ) -> Result<CartPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::remove(conn, who, item_id, now).await).await?;
        Ok(CartPayload { message: "Item removed" })
    }

    /// Empties the cart.
    async fn clear_cart(&self, ctx: &Context<'_>) -> Result<CartPayload> {
        let (who, app) = (ctx.consumer()?.user_id, ctx.app()?);
        let now = app.clock.now();
        app.write(async move |conn| verbs::clear(conn, who, now).await).await?;
        Ok(CartPayload { message: "Cart cleared" })
    }
}
