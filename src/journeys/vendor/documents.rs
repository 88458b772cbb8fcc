//! The vendor's papers, as addresses of files: staff looks at them before it marks a shop as verified.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::vendor::input::{LINE, URL, text};
use crate::request::{InPages, List, Page, Pages, Reach, Relation, by_page, columns, load};
use crate::schema::{user_profile, vendor_document};
use crate::values::{Instant, UserId, VendorDocumentId};

/// So many papers one vendor may add: far more than anybody is asked for.
const MOST: i64 = 100;

/// One of the vendor's papers.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = vendor_document)]
pub struct VendorDocument {
    /// Identifies the paper; newer ones have larger ids.
    pub id: VendorDocumentId,
    /// What it is, such as "GST certificate".
    pub document_type: String,
    /// The address of the file.
    pub file_url: String,
    /// When it was added, in UTC.
    pub created_at: Instant,
}

columns!(VendorDocument {
    "id": id,
    "documentType": document_type,
    "fileUrl": file_url,
    "createdAt": created_at,
});

/// A paper to add. The file itself is uploaded elsewhere.
#[derive(Clone, Debug, InputObject)]
pub struct AddVendorDocumentInput {
    /// What it is, such as "GST certificate"; 1 to 100 characters.
    pub document_type: String,
    /// The address of the file, `http` or `https`, or a path of the gateway; at most 500 characters.
    pub file_url: String,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = vendor_document)]
struct NewDocument {
    document_type: String,
    file_url: String,
}

impl AddVendorDocumentInput {
    fn read(&self) -> Result<NewDocument> {
        Ok(NewDocument {
            document_type: text("documentType", &self.document_type, LINE)?,
            file_url: file_url(&self.file_url)?,
        })
    }
}

/// An address that the staff can open without fear.
fn file_url(value: &str) -> Result<String> {
    let address = text("fileUrl", value, URL)?;
    let lower = address.to_ascii_lowercase();
    match ["https://", "http://", "/"].iter().any(|beginning| lower.starts_with(beginning)) {
        true => Ok(address),
        false => Err(Error::bad_input("fileUrl", "fileUrl begins with https://, http:// or /")),
    }
}

/// A page of a vendor's papers, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DocumentsOfVendor {
    /// The vendor.
    pub vendor: UserId,
    /// The paper behind which the page starts: older ones.
    pub before: VendorDocumentId,
    /// How many, at most.
    pub limit: i64,
}

impl InPages for VendorDocument {
    const ROWS: &'static str = "(SELECT * FROM vendor_document \
        WHERE vendor_document.vendor_id = page.parent_id AND vendor_document.id < page.edge \
        ORDER BY vendor_document.id DESC LIMIT page.size) AS vendor_document";
}

impl Relation for DocumentsOfVendor {
    type Value = Vec<Arc<VendorDocument>>;

    async fn load(conn: &mut Conn, keys: &[Self]) -> Result<HashMap<Self, Vec<Arc<VendorDocument>>>> {
        let asked = keys.iter().map(|key| (key.vendor.0, key.before.0, key.limit));
        let rows = Pages::<VendorDocument>::new(asked).load(conn).await?;
        Ok(by_page(keys, rows, |row: &VendorDocument| Reverse(row.id)))
    }
}

impl VendorDocument {
    /// A page of a vendor's papers, newest first.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn page(
        ctx: &Context<'_>,
        vendor: UserId,
        page: &Page<i64>,
    ) -> Result<List<i64, Arc<VendorDocument>>> {
        let before = VendorDocumentId(page.after.unwrap_or(i64::MAX));
        let wanted = DocumentsOfVendor { vendor, before, limit: page.limit() };
        let documents = load(ctx, wanted).await?.unwrap_or_default();
        Ok(page.list(documents, |document| document.id.0))
    }
}

/// Adds a paper.
///
/// # Errors
/// `CONFLICT` when there are [`MOST`].
async fn add(
    conn: &mut Conn,
    vendor: UserId,
    new: &NewDocument,
    now: DateTime<Utc>,
) -> Result<VendorDocument> {
    // Counted under the vendor's lock, so that many at once do not pass the bound together.
    user_profile::table
        .find(vendor)
        .select(user_profile::id)
        .for_no_key_update()
        .first::<UserId>(conn)
        .await?;
    let held: i64 =
        vendor_document::table.filter(vendor_document::vendor_id.eq(vendor)).count().get_result(conn).await?;
    if held >= MOST {
        return Err(Error::conflict(format!("At most {MOST} documents are kept")));
    }
    Ok(diesel::insert_into(vendor_document::table)
        .values((new, vendor_document::vendor_id.eq(vendor), vendor_document::created_at.eq(now)))
        .returning(VendorDocument::as_returning())
        .get_result(conn)
        .await?)
}

/// Reads of the vendor's papers.
#[derive(Default)]
pub struct DocumentQuery;

#[Object]
impl DocumentQuery {
    /// The signed-in vendor's papers, newest first.
    #[graphql(complexity = "5 + first.unwrap_or(20).clamp(0, 100) as usize * child_complexity")]
    async fn vendor_documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many papers, 1 to 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
    ) -> Result<List<i64, Arc<VendorDocument>>> {
        let vendor = ctx.vendor()?.user_id;
        let page = Page::read(ctx, first, after.as_deref())?;
        VendorDocument::page(ctx, vendor, &page).await
    }
}

/// What came of adding a paper.
#[derive(SimpleObject)]
pub struct VendorDocumentPayload {
    /// A sentence to show.
    message: &'static str,
    /// The paper.
    document: VendorDocument,
}

/// Changes of the vendor's papers.
#[derive(Default)]
pub struct DocumentMutation;

#[Object]
impl DocumentMutation {
    /// Adds one of the vendor's papers, for staff to look at.
    ///
    /// Errors: `BAD_INPUT`; `CONFLICT` when there are 100 already.
    async fn add_vendor_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The paper.")] input: AddVendorDocumentInput,
    ) -> Result<VendorDocumentPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (new, now) = (input.read()?, app.clock.now());
        let document = app.write(async move |conn| add(conn, vendor, &new, now).await).await?;
        Ok(VendorDocumentPayload { message: "Document uploaded", document })
    }
}
