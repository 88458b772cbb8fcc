//! The bank account that a vendor is paid to. Its number is encrypted before it reaches the database; only
//! `society-gateway payouts` reads it back.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::app::Keys;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::journeys::vendor::input::{LINE, text};
use crate::request::Reach;
use crate::schema::payout_account;
use crate::values::{AccountNumber, Instant, UserId};

/// The bank account that a vendor is paid to.
#[derive(Clone, Debug, Queryable, Selectable, SimpleObject)]
#[diesel(table_name = payout_account)]
#[graphql(complex)]
pub struct PayoutAccount {
    /// The bank.
    pub bank_name: String,
    /// The code of its branch in the Indian financial system.
    pub ifsc_code: String,
    /// The encrypted number, for the copy that a payout keeps.
    #[graphql(skip)]
    pub account_number_sealed: Vec<u8>,
    /// The last digits of the number.
    #[graphql(skip)]
    pub account_last_four: String,
    /// When it was last set up, in UTC.
    pub updated_at: Instant,
}

#[ComplexObject]
impl PayoutAccount {
    /// The number of the account with all but its last four digits hidden, such as "XXXXXX1234".
    async fn account_number(&self) -> String {
        AccountNumber::masked(&self.account_last_four)
    }
}

impl PayoutAccount {
    /// The account of a vendor.
    ///
    /// # Errors
    /// `INTERNAL` when the database fails.
    pub async fn of_vendor(conn: &mut Conn, vendor: UserId) -> Result<Option<PayoutAccount>> {
        Ok(payout_account::table
            .find(vendor)
            .select(PayoutAccount::as_select())
            .first(conn)
            .await
            .optional()?)
    }
}

/// The bank account that the vendor is to be paid to.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutAccountInput {
    /// The bank, 1 to 100 characters.
    pub bank_name: String,
    /// The account's number, 9 to 18 digits. Kept encrypted, and never shown again in full.
    pub account_number: AccountNumber,
    /// The code of its branch: four letters, a zero, six letters or digits.
    pub ifsc_code: String,
}

/// An account that was found good. The number is encrypted for its vendor.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = payout_account, primary_key(vendor_id))]
pub struct NewPayoutAccount {
    vendor_id: UserId,
    bank_name: String,
    ifsc_code: String,
    account_number_sealed: Vec<u8>,
    account_last_four: String,
}

impl NewPayoutAccount {
    /// # Errors
    /// `BAD_INPUT` that names `bankName` or `ifscCode`.
    pub fn read(input: &PayoutAccountInput, vendor: UserId, keys: &Keys) -> Result<NewPayoutAccount> {
        Ok(NewPayoutAccount {
            vendor_id: vendor,
            bank_name: text("bankName", &input.bank_name, LINE)?,
            ifsc_code: ifsc_code(&input.ifsc_code)?,
            account_number_sealed: keys
                .seal(&purpose(vendor), input.account_number.reveal())
                .map_err(Error::internal)?,
            account_last_four: input.account_number.last_four().to_owned(),
        })
    }
}

/// What a number is encrypted for: one vendor's cannot be read as another's.
pub fn purpose(vendor: UserId) -> String {
    format!("payout account of vendor {vendor}")
}

/// The code of a bank's branch, in capitals.
fn ifsc_code(text: &str) -> Result<String> {
    let code = text.trim().to_ascii_uppercase();
    let fits = code.len() == 11
        && code.bytes().enumerate().all(|(place, byte)| match place {
            0..4 => byte.is_ascii_uppercase(),
            4 => byte == b'0',
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        });
    if !fits {
        let problem = "ifscCode has four letters, a zero, and six letters or digits, such as HDFC0001234";
        return Err(Error::bad_input("ifscCode", problem));
    }
    Ok(code)
}

/// Stores the vendor's account in place of an earlier one. Payouts that were asked for keep the account of their time.
///
/// # Errors
/// `INTERNAL` when the database fails.
pub async fn set_up(conn: &mut Conn, new: &NewPayoutAccount, now: DateTime<Utc>) -> Result<PayoutAccount> {
    Ok(diesel::insert_into(payout_account::table)
        .values((new, payout_account::created_at.eq(now), payout_account::updated_at.eq(now)))
        .on_conflict(payout_account::vendor_id)
        .do_update()
        .set((new, payout_account::updated_at.eq(now)))
        .returning(PayoutAccount::as_returning())
        .get_result(conn)
        .await?)
}

/// Reads of the payout account.
#[derive(Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// The bank account that the signed-in vendor is paid to; null before `setUpPayout`.
    async fn payout_account(&self, ctx: &Context<'_>) -> Result<Option<PayoutAccount>> {
        let vendor = ctx.vendor()?.user_id;
        PayoutAccount::of_vendor(&mut *ctx.app()?.read().await?, vendor).await
    }
}

/// What came of setting up the payout account.
#[derive(SimpleObject)]
pub struct PayoutAccountPayload {
    /// A sentence to show.
    message: &'static str,
    /// The account as it is now.
    account: PayoutAccount,
}

/// Changes of the payout account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Says which bank account the vendor is paid to, in place of an earlier one.
    ///
    /// Payouts that were asked for already go to the account of their time. Errors: `BAD_INPUT`.
    async fn set_up_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: PayoutAccountInput,
    ) -> Result<PayoutAccountPayload> {
        let (vendor, app) = (ctx.vendor()?.user_id, ctx.app()?);
        let (new, now) = (NewPayoutAccount::read(&input, vendor, &app.keys)?, app.clock.now());
        let account = app.write(async move |conn| set_up(conn, &new, now).await).await?;
        Ok(PayoutAccountPayload { message: "Payout bank info saved", account })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_code_is_read_in_any_case_and_kept_in_capitals() {
        assert_eq!(ifsc_code(" hdfc0001234 ").ok().as_deref(), Some("HDFC0001234"));
        assert_eq!(ifsc_code("SBIN0ABC12Z").ok().as_deref(), Some("SBIN0ABC12Z"));
        for text in
            ["", "HDFC1001234", "HDF00001234", "HDFC000123", "HDFC00012345", "HDFC0-01234", "ＨＤＦＣ0001234"]
        {
            assert_eq!(ifsc_code(text).unwrap_err().field(), Some("ifscCode"), "{text}");
        }
    }
}
