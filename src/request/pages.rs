//! One page of each of many parents, with one statement: what a relation with `first` and `after` reads.
//!
//! Diesel knows no lateral joins. A fragment of our own with a `QueryId` is prepared once per connection; `sql_query`
//! would be prepared anew at every call.

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt};

/// Pages from the beginning of the list on.
#[derive(Debug)]
pub struct Forward;
/// Pages from the end of the list back.
#[derive(Debug)]
pub struct Backward;

/// A row that is read in pages of what it belongs to.
pub trait InPages<Way = Forward>: Selectable<Pg> + 'static {
    /// The lateral part, named as the row's table: the rows of `page.parent_id` behind `page.edge`, or on the way back
    /// before it, by id and along an index, at most `page.size`.
    const ROWS: &'static str;
}

/// The pages that are asked for. Loads as pairs of the page's place, counted from one, and a row.
pub struct Pages<R: InPages<Way>, Way = Forward> {
    parents: Vec<i64>,
    edges: Vec<i64>,
    limits: Vec<i64>,
    columns: AsSelect<R, Pg>,
    way: PhantomData<Way>,
}

impl<R: InPages<Way>, Way> Pages<R, Way> {
    /// Of these parents, from these rows on, at most so many of each.
    pub fn new(asked: impl Iterator<Item = (i64, i64, i64)> + Clone) -> Pages<R, Way> {
        Pages {
            parents: asked.clone().map(|(parent, ..)| parent).collect(),
            edges: asked.clone().map(|(_, edge, _)| edge).collect(),
            limits: asked.map(|(.., limit)| limit).collect(),
            columns: R::as_select(),
            way: PhantomData,
        }
    }
}

/// The rows under the keys that asked for them, in the order of their ids.
pub fn by_page<K, R, I>(keys: &[K], rows: Vec<(i64, R)>, id: impl Fn(&R) -> I) -> HashMap<K, Vec<Arc<R>>>
where
    K: Copy + Eq + Hash,
    I: Ord,
{
    let mut found: HashMap<K, Vec<Arc<R>>> = HashMap::with_capacity(keys.len());
    for (place, row) in rows {
        // PostgreSQL counts from one.
        if let Some(key) = usize::try_from(place - 1).ok().and_then(|place| keys.get(place)) {
            found.entry(*key).or_default().push(Arc::new(row));
        }
    }
    // The statement promises no order of its outer rows. They arrive sorted all the same: one comparison each.
    found.values_mut().for_each(|rows| rows.sort_by_key(|row| id(row)));
    found
}

impl<R: InPages<Way>, Way: 'static> QueryId for Pages<R, Way> {
    type QueryId = Pages<R, Way>;

    // The text depends on nothing but the row's type and the way.
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: InPages<Way>, Way> Query for Pages<R, Way> {
    type SqlType = (BigInt, AsSelect<R, Pg>);
}

impl<R: InPages<Way>, Way> QueryFragment<Pg> for Pages<R, Way>
where
    AsSelect<R, Pg>: QueryFragment<Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT page.place, ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.parents)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.edges)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.limits)?;
        out.push_sql(") WITH ORDINALITY AS page (parent_id, edge, size, place) CROSS JOIN LATERAL ");
        out.push_sql(R::ROWS);
        Ok(())
    }
}
