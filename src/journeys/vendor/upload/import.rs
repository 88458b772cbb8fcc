//! A shop's price list, from a file of the operator: read as a vendor's upload is, by the same rules, without its bound of
//! rows.
//!
//! An upload lists every row. An import leaves out what the shop has already: it goes in batches, and when it breaks off it
//! is run again.

use std::collections::HashSet;
use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::App;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::vendor::model::NewItem;
use crate::journeys::vendor::upload::table::Bounds;
use crate::journeys::vendor::upload::{BATCH, Checked, list_in, read};
use crate::request::File;
use crate::schema::{item, shop};
use crate::values::{Progress, ShopId};

/// The rows of a file, checked.
pub struct PriceList(Vec<Checked>);

impl PriceList {
    /// Reads a file.
    ///
    /// # Errors
    /// `BAD_INPUT` for a file that no row can repair, as `uploadItems` refuses it.
    pub async fn read(file: &File) -> Result<PriceList> {
        read(file, Bounds::OWN).await.map(PriceList)
    }
}

/// What is done with a price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// Its items are listed.
    Load,
    /// It is only looked at.
    Try,
}

/// What became of a price list, as far as it came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// So many items were added, or would be.
    pub added: usize,
    /// So many the shop had already, or an earlier row named them.
    pub known: usize,
    /// What is wrong with the other rows, one sentence each.
    pub problems: Vec<String>,
}

/// The name of a shop.
///
/// # Errors
/// `NOT_FOUND`
pub async fn shop_name(conn: &mut Conn, shop: ShopId) -> Result<String> {
    let name = shop::table.find(shop).select(shop::shop_name).first(conn).await.optional()?;
    name.ok_or_else(|| Error::not_found("Shop not found"))
}

/// Lists what the shop does not have, each batch in a transaction of its own, and tells each row.
///
/// The shop has a row when it has an item, listed or retired, with the same SKU; when the row has no SKU, with the same
/// title, brand and pack size.
///
/// # Errors
/// `NOT_FOUND` without the shop; `INTERNAL` or `BUSY` when the database fails. `imported` says what was done before.
pub async fn import(
    app: &Arc<App>,
    shop: ShopId,
    list: PriceList,
    how: Import,
    progress: impl Progress,
    imported: &mut Imported,
) -> Result<()> {
    if !list.0.is_empty() {
        progress.begin(list.0.len());
    }
    let mut known = Known::default();
    let mut rows = list.0.into_iter().peekable();
    while rows.peek().is_some() {
        let mut good = Vec::new();
        for (row, item) in rows.by_ref().take(BATCH) {
            progress.next(&format!("row {row}"));
            match item {
                Ok(item) => good.push(item),
                Err(problem) => imported.problems.push(problem),
            }
        }
        let (fits, now) = (good.len(), app.clock.now());
        let batch = async move |conn: &mut _| {
            known.look_up(conn, shop, &good).await?;
            good.retain(|item| known.add(item));
            if how == Import::Load {
                list_in(conn, shop, &good.iter().collect::<Vec<_>>(), now).await?;
            }
            Ok((good.len(), known))
        };
        let added;
        (added, known) = app.write(batch).await?;
        imported.added += added;
        imported.known += fits - added;
    }
    Ok(())
}

/// Items that are there.
#[derive(Default)]
struct Known {
    skus: HashSet<String>,
    names: HashSet<Name>,
}

/// Title, brand and pack size.
type Name = (String, Option<String>, Option<String>);

impl Known {
    /// Finds those of these items that the shop has.
    async fn look_up(&mut self, conn: &mut Conn, shop: ShopId, items: &[NewItem]) -> Result<()> {
        // Two imports at once would both find an item missing: the second waits here.
        let locked = shop::table.find(shop).select(shop::id).for_no_key_update();
        locked.first::<ShopId>(conn).await.optional()?.ok_or_else(|| Error::not_found("Shop not found"))?;
        let skus: Vec<&str> = items.iter().filter_map(|item| item.sku.as_deref()).collect();
        let titles: Vec<&str> = items.iter().map(|item| item.title.as_str()).collect();
        let there: Vec<(Option<String>, Name)> = item::table
            .filter(item::shop_id.eq(shop))
            .filter(item::sku.eq_any(skus).or(item::title.eq_any(titles)))
            .select((item::sku, (item::title, item::brand, item::pack_size)))
            .load(conn)
            .await?;
        for (sku, name) in there {
            self.skus.extend(sku);
            self.names.insert(name);
        }
        Ok(())
    }

    /// Whether this item was not there. It is from now on.
    fn add(&mut self, item: &NewItem) -> bool {
        let is_new_name = self.names.insert((item.title.clone(), item.brand.clone(), item.pack_size.clone()));
        match &item.sku {
            Some(sku) => self.skus.insert(sku.clone()),
            None => is_new_name,
        }
    }
}
