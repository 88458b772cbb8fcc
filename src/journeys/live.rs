//! Where following begins: the state is read, and all that happens to it later is heard.

use async_graphql::{Context, Object};

use crate::error::Result;
use crate::request::Reach;

/// Where subscriptions may begin.
#[derive(Default)]
pub struct LiveQuery;

#[Object]
impl LiveQuery {
    /// The cursor of now: read it together with what you show, subscribe with `after` set to it, and nothing that happens
    /// after you read is missed.
    ///
    /// An event may tell of what you have read already, never the other way round. Every subscription takes it.
    #[graphql(complexity = 1)]
    async fn event_cursor(&self, ctx: &Context<'_>) -> Result<String> {
        ctx.viewer()?;
        Ok(ctx.scope()?.began_behind.to_string())
    }
}
