//! The live operations of one connection, all polled by its one task.
//!
//! What an operation has under way is always polled to its end: a resolver that rests half-done could hold a pooled
//! connection. Only between two answers it waits for the client to take what it has.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::{BoxStream, FuturesUnordered};

use crate::graphql::Answer;
use crate::server::websocket::protocol::Name;

/// What an operation came to: its next answer with the rest of it, or nothing more.
pub type Step = Option<(Answer, BoxStream<'static, Answer>)>;

type Pending = Abortable<BoxFuture<'static, (Name, Step)>>;

/// Operations that are under way, and those that wait for room.
#[derive(Default)]
pub struct Operations {
    under_way: FuturesUnordered<Pending>,
    resting: Vec<(Name, BoxStream<'static, Answer>)>,
    aborts: HashMap<u64, AbortHandle>,
}

impl Operations {
    /// Starts an operation, or continues one.
    pub fn advance(&mut self, name: Name, mut answers: BoxStream<'static, Answer>) {
        let (abort, registration) = AbortHandle::new_pair();
        self.aborts.insert(name.serial, abort);
        let step: BoxFuture<'static, (Name, Step)> = Box::pin(async move {
            let step = answers.next().await.map(|answer| (answer, answers));
            (name, step)
        });
        self.under_way.push(Abortable::new(step, registration));
    }

    /// Lets an operation wait until [`Operations::wake`].
    pub fn rest(&mut self, name: Name, answers: BoxStream<'static, Answer>) {
        self.resting.push((name, answers));
    }

    /// Continues everything that waited for room.
    pub fn wake(&mut self) {
        for (name, answers) in std::mem::take(&mut self.resting) {
            self.advance(name, answers);
        }
    }

    /// Drops an operation where it stands.
    pub fn cancel(&mut self, name: &Name) {
        if let Some(abort) = self.aborts.remove(&name.serial) {
            abort.abort();
        }
        self.resting.retain(|(resting, _)| resting != name);
    }

    /// The next step of any operation; never, while none is under way.
    pub async fn next(&mut self) -> (Name, Step) {
        loop {
            match self.under_way.next().await {
                Some(Ok((name, step))) => {
                    self.aborts.remove(&name.serial);
                    return (name, step);
                }
                Some(Err(_aborted)) => {}
                None => std::future::pending().await,
            }
        }
    }
}
