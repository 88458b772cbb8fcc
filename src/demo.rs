//! The demo society: what the first start in development shows, and what QA signs in as.
//!
//! The people carry the names of their parts, nobody's own. Their phones must never be sent anything.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde::Deserialize;

use crate::app::{App, Keys, Role};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::vendor::{self, NewPayoutAccount, PayoutAccountInput};
use crate::ledger::book::{self, Posting, WalletKind, WalletSource};
use crate::ledger::coupon::DiscountType;
use crate::ledger::stock;
use crate::schema::{consumer_profile, item, offer, shop, shop_hours, user_profile, vendor_profile};
use crate::values::{AccountNumber, ItemId, Paise, Phone, Progress, ShopId, TimeOfDay, UserId};

const CITY: &str = "Pune";
const PEOPLE: &str = include_str!("demo/people.csv");
const SHOPS: &str = include_str!("demo/shops.csv");
const ITEMS: &str = include_str!("demo/items.csv");
const OFFERS: &str = include_str!("demo/offers.csv");

/// Somebody to sign in as.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    key: String,
    /// What they may do.
    pub role: Role,
    /// The name of their part.
    pub name: String,
    /// Their number.
    pub phone: String,
    /// Where they live.
    pub society: String,
    flat_number: Option<String>,
    gender: Option<String>,
    date_of_birth: Option<NaiveDate>,
    language: Option<String>,
    wallet: Option<String>,
    business_name: Option<String>,
    business_type: Option<String>,
    bank_name: Option<String>,
    account_number: Option<String>,
    ifsc_code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ShopRow {
    key: String,
    society: String,
    owner: String,
    name: String,
    shop_type: String,
    description: String,
    tags: String,
    delivers: bool,
    appointment_only: bool,
    is_open: bool,
    verified: bool,
    featured: bool,
    rating: Option<f64>,
    opens: String,
    closes: String,
    /// 0 is Monday.
    closed_on: Option<i16>,
}

#[derive(Debug, Deserialize)]
struct ItemRow {
    shop: String,
    title: String,
    brand: Option<String>,
    description: String,
    price: String,
    mrp: Option<String>,
    unit: String,
    pack_size: Option<String>,
    category: String,
    tags: String,
    sku: String,
    stock: i32,
    available: bool,
}

#[derive(Debug, Deserialize)]
struct OfferRow {
    code: String,
    title: String,
    description: Option<String>,
    discount_type: DiscountType,
    value: String,
    min_order: String,
    max_discount: Option<String>,
    shop: Option<String>,
    per_user_limit: i32,
}

/// The people of the demo: consumers, vendors, staff.
///
/// # Errors
/// `INTERNAL` when the list that is built in cannot be read.
pub fn people() -> Result<Vec<Person>> {
    rows(PEOPLE)
}

/// Loads the demo society into a database that holds nobody yet, and tells each row as it does. Says whether it did.
///
/// # Errors
/// `INTERNAL` when the database refuses a row; then nothing is loaded.
pub async fn load(app: &std::sync::Arc<App>, progress: impl Progress) -> Result<bool> {
    let (now, loading) = (app.clock.now(), app.clone());
    app.write(async move |conn| {
        // Of two gateways that start on one empty database, the second waits and finds it loaded.
        conn.batch_execute("SELECT pg_advisory_xact_lock(2026112202)").await?;
        let empty: bool = diesel::select(diesel::dsl::not(diesel::dsl::exists(
            user_profile::table.select(user_profile::id),
        )))
        .get_result(conn)
        .await?;
        if empty {
            load_all(conn, &loading.keys, now, &progress).await?;
        }
        Ok(empty)
    })
    .await
}

async fn load_all(conn: &mut Conn, keys: &Keys, now: DateTime<Utc>, progress: &impl Progress) -> Result<()> {
    let (people, items) = (people()?, rows::<ItemRow>(ITEMS)?);
    let (shop_rows, offers) = (rows::<ShopRow>(SHOPS)?, rows::<OfferRow>(OFFERS)?);
    progress.begin(people.len() + shop_rows.len() + items.len() + offers.len());
    let mut users = Vec::new();
    for person in people {
        progress.next(&person.name);
        let id = load_person(conn, &person, now).await?;
        load_account(conn, &person, id, keys, now).await?;
        users.push((person.key.clone(), id));
    }
    let mut shops = Vec::new();
    for row in shop_rows {
        progress.next(&row.name);
        let shop = load_shop(conn, &row, find(&users, &row.owner)?).await?;
        load_hours(conn, &row, shop).await?;
        shops.push((row.key.clone(), shop));
    }
    for row in items {
        progress.next(&row.title);
        let shop = find(&shops, &row.shop)?;
        load_item(conn, &row, shop, now).await?;
    }
    let staff = find(&users, "demo-staff")?;
    for row in offers {
        progress.next(&row.title);
        let shop = row.shop.as_deref().map(|key| find(&shops, key)).transpose()?;
        load_offer(conn, &row, shop, staff, now).await?;
    }
    Ok(())
}

async fn load_person(conn: &mut Conn, person: &Person, now: DateTime<Utc>) -> Result<UserId> {
    let phone = Phone::parse(&person.phone).map_err(Error::internal)?;
    let id: UserId = diesel::insert_into(user_profile::table)
        .values((
            user_profile::phone.eq(&phone),
            user_profile::name.eq(&person.name),
            user_profile::city.eq(CITY),
            user_profile::society.eq(&person.society),
            user_profile::role.eq(person.role),
            user_profile::basic_onboarding_done.eq(true),
            user_profile::role_onboarding_done.eq(true),
        ))
        .returning(user_profile::id)
        .get_result(conn)
        .await?;
    match person.role {
        Role::Consumer => load_consumer(conn, person, &phone, id, now).await?,
        Role::Vendor => {
            diesel::insert_into(vendor_profile::table)
                .values((
                    vendor_profile::user_phone.eq(&phone),
                    vendor_profile::business_type.eq(person.business_type.as_deref().unwrap_or("Shop")),
                    vendor_profile::business_name.eq(person.business_name.as_deref().unwrap_or(&person.name)),
                    vendor_profile::address.eq(format!("{}, {CITY}", person.society)),
                ))
                .execute(conn)
                .await?;
        }
        Role::Staff | Role::Admin => {}
    }
    Ok(id)
}

async fn load_consumer(
    conn: &mut Conn,
    person: &Person,
    phone: &Phone,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::insert_into(consumer_profile::table)
        .values((
            consumer_profile::user_phone.eq(phone),
            consumer_profile::name.eq(&person.name),
            consumer_profile::city.eq(CITY),
            consumer_profile::society.eq(&person.society),
            consumer_profile::flat_number.eq(&person.flat_number),
            consumer_profile::gender.eq(&person.gender),
            consumer_profile::date_of_birth.eq(person.date_of_birth),
            consumer_profile::preferred_language.eq(&person.language),
        ))
        .execute(conn)
        .await?;
    let amount = amount(person.wallet.as_deref().unwrap_or("0"))?;
    if amount == Paise::ZERO {
        return book::open(conn, id).await;
    }
    let gift = Posting {
        kind: WalletKind::Recharge,
        source: WalletSource::Api,
        amount,
        reference: "Demo balance",
        order_id: None,
    };
    book::post(conn, id, &gift, now).await.map(drop)
}

/// Where a vendor is paid, when the data say so.
async fn load_account(
    conn: &mut Conn,
    person: &Person,
    vendor: UserId,
    keys: &Keys,
    now: DateTime<Utc>,
) -> Result<()> {
    let (Some(bank), Some(number), Some(branch)) =
        (&person.bank_name, &person.account_number, &person.ifsc_code)
    else {
        return Ok(());
    };
    let input = PayoutAccountInput {
        bank_name: bank.clone(),
        account_number: AccountNumber::parse(number).map_err(Error::internal)?,
        ifsc_code: branch.clone(),
    };
    let account = NewPayoutAccount::read(&input, vendor, keys)?;
    vendor::set_up(conn, &account, now).await.map(drop)
}

async fn load_shop(conn: &mut Conn, row: &ShopRow, owner: UserId) -> Result<ShopId> {
    Ok(diesel::insert_into(shop::table)
        .values((
            shop::owner_id.eq(owner),
            shop::shop_name.eq(&row.name),
            shop::shop_type.eq(&row.shop_type),
            shop::city.eq(CITY),
            shop::society.eq(&row.society),
            shop::description.eq(&row.description),
            shop::category_tags.eq(row.tags.replace('|', ",")),
            shop::is_open.eq(row.is_open),
            shop::delivers.eq(row.delivers),
            shop::appointment_only.eq(row.appointment_only),
            shop::featured.eq(row.featured),
            shop::verified.eq(row.verified),
            shop::rating.eq(row.rating),
        ))
        .returning(shop::id)
        .get_result(conn)
        .await?)
}

async fn load_hours(conn: &mut Conn, row: &ShopRow, shop: ShopId) -> Result<()> {
    let time = |text: &str| TimeOfDay::parse(text).map_err(Error::internal);
    let (opens, closes) = (time(&row.opens)?, time(&row.closes)?);
    let days = (0..7).filter(|day| row.closed_on != Some(*day)).map(|day| {
        (
            shop_hours::shop_id.eq(shop),
            shop_hours::day_of_week.eq(day),
            shop_hours::open_time.eq(opens),
            shop_hours::close_time.eq(closes),
        )
    });
    diesel::insert_into(shop_hours::table).values(days.collect::<Vec<_>>()).execute(conn).await?;
    Ok(())
}

async fn load_item(conn: &mut Conn, row: &ItemRow, shop: ShopId, now: DateTime<Utc>) -> Result<()> {
    let id: ItemId = diesel::insert_into(item::table)
        .values((
            item::shop_id.eq(shop),
            item::title.eq(&row.title),
            item::brand.eq(&row.brand),
            item::description.eq(&row.description),
            item::price_paise.eq(amount(&row.price)?),
            item::mrp_paise.eq(row.mrp.as_deref().map(amount).transpose()?),
            item::quantity_in_stock.eq(row.stock),
            item::unit.eq(&row.unit),
            item::pack_size.eq(&row.pack_size),
            item::category.eq(&row.category),
            item::tags.eq(row.tags.replace('|', ",")),
            item::sku.eq(&row.sku),
            item::is_available.eq(row.available),
        ))
        .returning(item::id)
        .get_result(conn)
        .await?;
    stock::open(conn, &[(id, row.stock)], now).await
}

async fn load_offer(
    conn: &mut Conn,
    row: &OfferRow,
    shop: Option<ShopId>,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::insert_into(offer::table)
        .values((
            offer::code.eq(&row.code),
            offer::title.eq(&row.title),
            offer::description.eq(&row.description),
            offer::discount_type.eq(row.discount_type),
            offer::discount_value.eq(amount(&row.value)?),
            offer::min_order_paise.eq(amount(&row.min_order)?),
            offer::max_discount_paise.eq(row.max_discount.as_deref().map(amount).transpose()?),
            offer::shop_id.eq(shop),
            offer::per_user_limit.eq(row.per_user_limit),
            offer::starts_at.eq(now),
            offer::created_by.eq(by),
            offer::created_at.eq(now),
            offer::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

fn amount(text: &str) -> Result<Paise> {
    text.parse().map_err(Error::internal)
}

fn find<T: Copy>(known: &[(String, T)], key: &str) -> Result<T> {
    let found = known.iter().find(|(known, _)| known == key);
    found.map(|(_, id)| *id).ok_or_else(|| Error::internal(format!("the demo data name nobody called {key}")))
}

fn rows<T: for<'a> Deserialize<'a>>(text: &str) -> Result<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<std::result::Result<_, _>>()
        .map_err(Error::internal)
}
