//! Selling: the business, the shop and its items.

use serde_json::{Value, json};

use crate::harness::{Person, TestApp};

mod account;
mod bad_input;
mod documents;
mod hours;
mod import;
mod items;
mod shops;
mod upload;
pub mod wallet;

const PROFILE: &str = "mutation($input: CreateVendorProfileInput!) { createVendorProfile(input: $input) {
    message profile { businessName gstNumber } } }";
const CREATE: &str = "mutation($input: CreateShopInput!) { createShop(input: $input) { message shop {
    shopName shopType city society description isOpen delivers appointmentOnly featured verified rating
    tags logoUrl phone } } }";
const UPDATE: &str = "mutation($input: UpdateShopInput!) { updateShop(input: $input) { message shop {
    shopName shopType society description isOpen delivers tags logoUrl verified featured } } }";
const OPEN: &str = "mutation($open: Boolean!) { setShopOpen(isOpen: $open) { message shop { isOpen } } }";
const ADD: &str = "mutation($input: AddItemInput!) { addItem(input: $input) { message item {
    id title price mrp brand description discount quantityInStock unit packSize category tags sku expiryDate
    imageUrl isAvailable isActive } } }";
const CHANGE: &str =
    "mutation($id: ID!, $input: UpdateItemInput!) { updateItem(id: $id, input: $input) { message item {
    title price mrp description quantityInStock unit tags expiryDate isAvailable } } }";
const TOGGLE: &str = "mutation($id: ID!) { toggleItem(id: $id) { message item { isAvailable } } }";

fn business() -> Value {
    json!({"input": {"businessType": "Retail", "businessName": "Daily Basket", "address": "Shop 3, Main Gate"}})
}

/// A vendor with a business.
async fn vendor(app: &TestApp) -> Person {
    let who = app.vendor("Vendor").await;
    app.graphql(&who, PROFILE, business()).await.ok();
    who
}
