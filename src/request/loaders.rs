//! This request's dataloaders: one per relation, made when it is first asked for, gone with the request.
//!
//! A journey says how a relation is read ([`Relation`]); asking for it batches by itself. Loaders must not outlive
//! their request: they remember every answer.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::OperationType;
use async_graphql::{Context, QueryPathNode};
use dataloader::BatchFn;
use dataloader::cached::Loader;

use crate::db::{Conn, Pool};
use crate::error::{Error, Result};
use crate::request::Reach;

/// A relation that is read for many keys with one statement.
pub trait Relation: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    /// What one key leads to.
    type Value: Clone + Send + Sync + 'static;

    /// Reads all keys at once, with one statement. A key that leads nowhere is left out.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    fn load(
        conn: &mut Conn,
        keys: &[Self],
    ) -> impl Future<Output = Result<HashMap<Self, Self::Value>>> + Send;
}

type Answer<R> = Result<Option<<R as Relation>::Value>>;

/// How many turns a loader lets the other resolvers take before it reads: siblings are polled in one turn.
const YIELDS: usize = 1;

/// As many keys as the longest list has entries: whatever the list, one statement.
const LARGEST_BATCH: usize = 10_000;

struct Batch(Pool);

impl<R: Relation> BatchFn<R, Answer<R>> for Batch {
    async fn load(&mut self, keys: &[R]) -> HashMap<R, Answer<R>> {
        let found = match self.0.get().await {
            Ok(mut conn) => R::load(&mut conn, keys).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(mut found) => keys.iter().map(|key| (key.clone(), Ok(found.remove(key)))).collect(),
            Err(error) => keys.iter().map(|key| (key.clone(), Err(error.clone()))).collect(),
        }
    }
}

/// The loaders of one request.
pub struct Loaders {
    pool: Pool,
    by_relation: Mutex<HashMap<(Part, TypeId), Box<dyn Any + Send + Sync>>>,
}

/// What shares the answers of a loader: all of a query; of a mutation, what hangs from one of its root fields, since
/// the next one has to see what this one changed.
type Part = Option<String>;

impl Loaders {
    /// No loader yet.
    #[must_use]
    pub fn new(pool: Pool) -> Loaders {
        Loaders { pool, by_relation: Mutex::default() }
    }

    /// What the key leads to, read together with its siblings.
    ///
    /// # Errors
    /// What the relation's query answers.
    async fn load<R: Relation>(&self, part: Part, key: R) -> Result<Option<R::Value>> {
        // The loader batches all keys with the same clone of itself, so it is taken out before waiting.
        let loader = self.loader::<R>(part)?;
        loader.try_load(key).await.map_err(Error::internal)?
    }

    /// Forgets every answer: what a long-lived operation reads next is read anew.
    pub fn forget(&self) {
        self.by_relation.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn loader<R: Relation>(&self, part: Part) -> Result<Loader<R, Answer<R>, Batch>> {
        let mut loaders = self.by_relation.lock().unwrap_or_else(PoisonError::into_inner);
        let loader = loaders.entry((part, TypeId::of::<R>())).or_insert_with(|| {
            let loader = Loader::<R, Answer<R>, Batch>::new(Batch(self.pool.clone()));
            Box::new(loader.with_yield_count(YIELDS).with_max_batch_size(LARGEST_BATCH))
        });
        loader
            .downcast_ref::<Loader<R, Answer<R>, Batch>>()
            .cloned()
            .ok_or_else(|| Error::internal("a loader is kept under another relation's type"))
    }
}

/// Asks this request's loaders from a resolver.
///
/// # Errors
/// What the relation's query answers.
pub async fn load<R: Relation>(ctx: &Context<'_>, key: R) -> Result<Option<R::Value>> {
    ctx.scope()?.loaders.load(part(ctx), key).await
}

fn part(ctx: &Context<'_>) -> Part {
    let is_mutation = ctx.query_env.operation.node.ty == OperationType::Mutation;
    let root = |place: &QueryPathNode<'_>| place.to_string_vec().into_iter().next();
    ctx.path_node.as_ref().filter(|_| is_mutation).and_then(root)
}

/// The rows by key, in the order in which they came: what a relation that leads to many rows answers.
pub fn grouped<K: Hash + Eq, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, Vec<Arc<R>>> {
    let mut groups: HashMap<K, Vec<Arc<R>>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(Arc::new(row));
    }
    groups
}
