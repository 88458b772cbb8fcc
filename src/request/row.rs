//! Rows shown column by column, without a future for each.
//!
//! The engine makes a boxed future for every field, also for one that is only copied from a row; measured, that is
//! most of what a list costs. A [`Row`] answers plain columns at once, in the order asked for, and hands the engine what
//! needs more: fields with arguments or SQL, directives, fragments. Same answer, same schema.
//!
//! Uses parts of the engine that it does not promise to keep; the engine's version is pinned.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection};
use async_graphql::registry::Registry;
use async_graphql::{ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value};
use futures_util::future::try_join_all;

/// Something that knows the values of its plain fields.
pub trait Columns {
    /// The value of the field of that name; `None` for every field that is more than a column.
    fn column(&self, field: &str) -> Option<Value>;
}

impl<T: Columns> Columns for &T {
    fn column(&self, field: &str) -> Option<Value> {
        T::column(self, field)
    }
}

impl<T: Columns> Columns for Arc<T> {
    fn column(&self, field: &str) -> Option<Value> {
        T::column(self, field)
    }
}

/// Lists a row's plain fields: the name in the schema, and the struct's field.
macro_rules! columns {
    ($row:ty { $($name:literal: $field:ident,)* }) => {
        impl $crate::request::Columns for $row {
            fn column(&self, field: &str) -> Option<async_graphql::Value> {
                match field {
                    $($name => Some(async_graphql::InputType::to_value(&self.$field)),)*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use columns;

/// A row as an entry of a list.
#[derive(Clone, Debug)]
pub struct Row<T>(pub T);

impl<T> Deref for Row<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Columns + ContainerType + Send + Sync> OutputType for Row<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let selected = &ctx.item.node.items;
        let mut object: IndexMap<Name, Value> = IndexMap::with_capacity(selected.len());
        let mut others = Vec::new();
        for selection in selected {
            let Selection::Field(selection) = &selection.node else {
                return self.0.resolve(ctx, field).await;
            };
            let asked = &selection.node;
            let value = match asked.name.node.as_str() {
                "__typename" => Some(Value::from(T::type_name())),
                name if asked.arguments.is_empty() => self.0.column(name),
                _ => None,
            };
            if value.is_none() {
                others.push(selection);
            }
            // The null keeps the place of what comes later. A key that comes twice has to be merged.
            let before = object.insert(asked.response_key().node.clone(), value.unwrap_or_default());
            if before.is_some() || !asked.directives.is_empty() {
                return self.0.resolve(ctx, field).await;
            }
        }
        let others = others.into_iter().map(async |selection| {
            let value = self.0.resolve_field(&ctx.with_field(selection)).await?;
            ServerResult::Ok((selection.node.response_key().node.clone(), value.unwrap_or_default()))
        });
        for (key, value) in try_join_all(others).await? {
            // The place is there already; `extend` would make room for a second one and hash all keys again.
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
