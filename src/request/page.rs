//! Bounded lists: the Relay arguments, and the cursor that says where a page ended.

use async_graphql::connection::{Connection, CursorType, Edge};
use async_graphql::{ContainerType, Context};

use crate::error::{Error, Result};
use crate::request::{Columns, Reach, Row};

/// How many entries a list may give at once.
#[derive(Clone, Copy, Debug)]
pub struct PageLimits {
    /// When the client does not say.
    pub default: i32,
    /// At most.
    pub max: i32,
}

impl PageLimits {
    /// What GraphQL clients get.
    pub const GRAPHQL: PageLimits = PageLimits { default: 20, max: 100 };
    /// What the stored operations of the REST face get: its clients know no pages, and look entries up in whole lists.
    pub const REST: PageLimits = PageLimits { default: 10_000, max: 10_000 };
}

/// A page of a list, as GraphQL shows it: `edges`, `nodes` and `pageInfo`.
pub type List<C, T> = Connection<C, Row<T>>;

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct Page<C> {
    /// How many entries, at most.
    pub size: i64,
    /// The place behind which it starts; none: at the beginning.
    pub after: Option<C>,
}

impl<C: CursorType + Send + Sync> Page<C> {
    /// Reads `first` and `after`.
    ///
    /// # Errors
    /// `BAD_INPUT` that names the argument: `first` outside of 1 to the limit, `after` no cursor of this list.
    pub fn read(ctx: &Context<'_>, first: Option<i32>, after: Option<&str>) -> Result<Page<C>> {
        let size = size(ctx, "first", first)?;
        Ok(Page { size, after: cursor("after", after)? })
    }

    /// How many rows to read: one more than is shown tells whether there are more.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// The page of these rows, which were read with [`Page::limit`].
    pub fn list<T: Columns + ContainerType + Send + Sync>(
        &self,
        mut rows: Vec<T>,
        cursor: impl Fn(&T) -> C,
    ) -> List<C, T> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_next = rows.len() > size;
        rows.truncate(size);
        shown(rows, self.after.is_some(), has_next, cursor)
    }
}

/// Which part of a list is asked for, counted from its end.
#[derive(Clone, Debug)]
pub struct LastPage<C> {
    /// How many entries, at most.
    pub size: i64,
    /// The place before which it ends; none: at the end.
    pub before: Option<C>,
}

impl<C: CursorType + Send + Sync> LastPage<C> {
    /// Reads `last` and `before`; none when neither is there.
    ///
    /// # Errors
    /// `BAD_INPUT` that names the argument: `last` outside of 1 to the limit, or beside `first` or `after`; `before` no
    /// cursor of this list.
    pub fn read(
        ctx: &Context<'_>,
        (last, before): (Option<i32>, Option<&str>),
        (first, after): (Option<i32>, Option<&str>),
    ) -> Result<Option<LastPage<C>>> {
        if last.is_none() && before.is_none() {
            return Ok(None);
        }
        if first.is_some() || after.is_some() {
            return Err(Error::bad_input("last", "last and before go without first and after"));
        }
        let size = size(ctx, "last", last)?;
        Ok(Some(LastPage { size, before: cursor("before", before)? }))
    }

    /// How many rows to read: one more than is shown tells whether there are more.
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// The page of these rows, in the order of the list, which were read with [`LastPage::limit`].
    pub fn list<T: Columns + ContainerType + Send + Sync>(
        &self,
        mut rows: Vec<T>,
        cursor: impl Fn(&T) -> C,
    ) -> List<C, T> {
        let beyond = rows.len().saturating_sub(usize::try_from(self.size).unwrap_or(usize::MAX));
        rows.drain(..beyond);
        shown(rows, beyond > 0, self.before.is_some(), cursor)
    }
}

/// A page of these rows, between others or not.
fn shown<C: CursorType + Send + Sync, T: Columns + ContainerType + Send + Sync>(
    rows: Vec<T>,
    has_previous: bool,
    has_next: bool,
    cursor: impl Fn(&T) -> C,
) -> List<C, T> {
    let mut list = Connection::new(has_previous, has_next);
    list.edges.extend(rows.into_iter().map(|row| Edge::new(cursor(&row), Row(row))));
    list
}

fn size(ctx: &Context<'_>, argument: &'static str, wanted: Option<i32>) -> Result<i64> {
    let limits = ctx.scope()?.page_limits;
    let size = wanted.unwrap_or(limits.default);
    if (1..=limits.max).contains(&size) {
        return Ok(i64::from(size));
    }
    Err(Error::bad_input(argument, format!("{argument} is a number from 1 to {}", limits.max)))
}

fn cursor<C: CursorType>(argument: &'static str, text: Option<&str>) -> Result<Option<C>> {
    text.map(C::decode_cursor).transpose().map_err(|_| {
        let problem = format!("{argument} is the cursor of an entry of this list, such as its endCursor");
        Error::bad_input(argument, problem)
    })
}
