//! Many items at once, from a file: CSV or a workbook, with a report for every row.
//!
//! The rows that fit are listed even if others do not: who sends 200 items corrects three, not 200. All of them are
//! written in one transaction, so that a failure on our side lists nothing. What no row can repair (an unknown format, a
//! missing column) refuses the file. Reading happens off the threads that serve requests.

mod archive;
mod import;
mod rows;
mod table;
mod text;
mod workbook;

pub use import::{Import, Imported, PriceList, import, shop_name};

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::db::Conn;
use crate::db::once::{Ask, once};
use crate::error::{Error, Result};
use crate::journeys::vendor::model::NewItem;
use crate::journeys::vendor::upload::rows::Layout;
use crate::journeys::vendor::upload::table::Bounds;
use crate::journeys::vendor::verbs;
use crate::ledger::stock;
use crate::request::{File, Reach, Upload};
use crate::schema::item;
use crate::values::{ItemId, ShopId, UserId};

/// So many items are written with one statement: one takes at most 65,535 values, an item has 17.
const BATCH: usize = 500;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UploadedRowStatus {
    /// Its item is listed.
    Added,
    /// It was left out.
    Refused,
}

/// One row of an uploaded file, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, SimpleObject)]
#[graphql(complex)]
pub struct UploadedRow {
    /// Its place in the file, from 1, as a spreadsheet counts; the names of the columns are a row as well.
    row: usize,
    /// The new item; null for a row that was left out.
    item_id: Option<ItemId>,
    /// Why it was left out, with the row and the column; null for a row that was added.
    error: Option<String>,
}

#[ComplexObject]
impl UploadedRow {
    /// What became of it.
    async fn status(&self) -> UploadedRowStatus {
        if self.item_id.is_some() { UploadedRowStatus::Added } else { UploadedRowStatus::Refused }
    }
}

/// What came of a file of items.
#[derive(Clone, Debug, Serialize, Deserialize, SimpleObject)]
#[graphql(complex)]
pub struct UploadItemsPayload {
    /// Names this upload in the log of the gateway, for questions about it.
    task_id: String,
    /// How many items are listed now that were not before.
    added: usize,
    /// How many rows were left out.
    failed: usize,
    /// Every row that is not blank, in the order of the file.
    rows: Vec<UploadedRow>,
}

#[ComplexObject]
impl UploadItemsPayload {
    /// A sentence to show.
    async fn message(&self) -> String {
        format!("{} items uploaded", self.added)
    }
}

/// A row's place in the file, and its item or what is wrong with it.
type Checked = (usize, std::result::Result<NewItem, String>);

/// Reads a file within bounds, and checks its rows.
///
/// # Errors
/// `BAD_INPUT` of the file as a whole.
async fn read(file: &File, bounds: Bounds) -> Result<Vec<Checked>> {
    let name = file.name.to_ascii_lowercase();
    if ![".csv", ".xls", ".xlsx"].iter().any(|ending| name.ends_with(ending)) {
        return Err(Error::bad_input("file", "Unsupported file type"));
    }
    let content = file.content.clone();
    let checked = tokio::task::spawn_blocking(move || {
        let table = table(&content, bounds)
            .map_err(|problem| Error::bad_input("file", format!("File read error: {problem}")))?;
        let layout = Layout::of(table.head.as_ref())?;
        Ok(table.rows.iter().map(|row| (row.number, layout.item(row))).collect())
    });
    // A reader that gives up on a hostile file gives up on that file alone.
    checked.await.map_err(|_| Error::bad_input("file", "File read error: the file cannot be read"))?
}

/// The rows of a file. What it begins with decides: many programs write one format under the name of another.
fn table(content: &[u8], bounds: Bounds) -> std::result::Result<table::Table, String> {
    if content.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if content.starts_with(b"PK\x03\x04") {
        return workbook::read(content, bounds);
    }
    if content.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err("this is a workbook of Excel 97 to 2003; save it as .xlsx or .csv".to_owned());
    }
    text::read(content, bounds)
}

/// Lists the items of the rows that fit.
///
/// # Errors
/// `NOT_FOUND` without a shop.
async fn list(
    conn: &mut Conn,
    vendor: UserId,
    checked: &[Checked],
    now: DateTime<Utc>,
) -> Result<(ShopId, Vec<UploadedRow>)> {
    let shop = verbs::own_shop(conn, vendor).await?.id;
    let good: Vec<&NewItem> = checked.iter().filter_map(|(_, item)| item.as_ref().ok()).collect();
    let mut ids = list_in(conn, shop, &good, now).await?.into_iter();
    let report = checked.iter().map(|(row, item)| match item {
        Ok(_) => UploadedRow { row: *row, item_id: ids.next(), error: None },
        Err(problem) => UploadedRow { row: *row, item_id: None, error: Some(problem.clone()) },
    });
    Ok((shop, report.collect()))
}

/// Lists items in a shop. Returns their ids, in their order.
async fn list_in(
    conn: &mut Conn,
    shop: ShopId,
    items: &[&NewItem],
    now: DateTime<Utc>,
) -> Result<Vec<ItemId>> {
    let mut ids = Vec::with_capacity(items.len());
    for batch in items.chunks(BATCH) {
        let rows = batch
            .iter()
            .map(|new| (*new, item::shop_id.eq(shop), item::created_at.eq(now), item::updated_at.eq(now)));
        let mut listed: Vec<ItemId> = diesel::insert_into(item::table)
            .values(rows.collect::<Vec<_>>())
            .returning(item::id)
            .get_results(conn)
            .await?;
        // Ids are given in the order of the rows; the answer promises none.
        listed.sort_unstable();
        let opening: Vec<_> =
            listed.iter().copied().zip(batch.iter().map(|new| new.quantity_in_stock)).collect();
        stock::open(conn, &opening, now).await?;
        ids.extend(listed);
    }
    Ok(ids)
}

/// Uploads of files.
#[derive(Default)]
pub struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Lists many items at once, from a file: CSV in UTF-8, or the first sheet of an .xlsx workbook.
    ///
    /// The first row names the columns, as the REST keys of an item; `title` and `price` must be there. At most 2000
    /// rows and 5 MB. Rows that fit are listed even if others do not; the report says for each row what became of it.
    /// Errors: `BAD_INPUT` for the file as a whole; `NOT_FOUND` before `createShop`; `RATE_LIMITED` after 30 in an hour.
    #[graphql(complexity = "50 + 20 * child_complexity")]
    async fn upload_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] file: Upload,
        #[graphql(desc = "Makes repeating safe: the same key answers with the first outcome.")]
        idempotency_key: Option<String>,
    ) -> Result<UploadItemsPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let file = ctx.scope()?.file(file, "file")?;
        let fingerprint = Sha256::digest(&file.content).to_vec();
        let ask = Ask::new(ctx.idempotency_key(idempotency_key)?, "uploadItems", &fingerprint)?;
        verbs::own_shop(&mut *app.read().await?, vendor).await?;
        let (checked, now) = (read(file, Bounds::SENT).await?, app.clock.now());
        app.write(async move |conn| {
            once(conn, vendor, ask.as_ref(), now, async |conn| {
                let (shop, rows) = list(conn, vendor, &checked, now).await?;
                let added = rows.iter().filter(|row| row.item_id.is_some()).count();
                let task_id = format!("{:016x}", rand::rng().random::<u64>());
                let failed = rows.len() - added;
                tracing::info!(task = task_id, shop.id = shop.0, added, failed, "items uploaded");
                Ok(UploadItemsPayload { task_id, added, failed, rows })
            })
            .await
        })
        .await
    }
}
