//! One identifier type per table, so that a shop's id is never taken for an item's.

use std::borrow::Cow;
use std::fmt;

use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Positioned,
    ServerResult, Value, parser::types::Field,
};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromSql<BigInt, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
                <i64 as FromSql<BigInt, Pg>>::from_sql(bytes).map(Self)
            }
        }

        impl ToSql<BigInt, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <i64 as ToSql<BigInt, Pg>>::to_sql(&self.0, out)
            }
        }

        impl InputType for $name {
            type RawValueType = Self;

            fn type_name() -> Cow<'static, str> {
                <ID as InputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as InputType>::create_type_info(registry)
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                parse(value.unwrap_or_default()).map(Self).map_err(InputValueError::custom)
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.to_string())
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl OutputType for $name {
            fn type_name() -> Cow<'static, str> {
                <ID as OutputType>::type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <ID as OutputType>::create_type_info(registry)
            }

            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(Value::String(self.0.to_string()))
            }
        }
    )*};
}

ids! {
    /// A person: `user_profile.id`.
    UserId;
    /// A signed-in device: `user_session.id`.
    SessionId;
    /// `shop.id`.
    ShopId;
    /// `item.id`.
    ItemId;
    /// `cart_item.id`.
    CartItemId;
    /// `wallet_transaction.id`.
    WalletTransactionId;
    /// `payment.id`.
    PaymentId;
    /// `vendor_document.id`.
    VendorDocumentId;
    /// `vendor_wallet_transaction.id`.
    VendorWalletTransactionId;
    /// `payout_request.id`.
    PayoutRequestId;
    /// `orders.id`.
    OrderId;
    /// `order_item.id`.
    OrderItemId;
    /// `order_message.id`.
    OrderMessageId;
    /// `order_issue.id`.
    OrderIssueId;
    /// `order_return.id`.
    OrderReturnId;
    /// `notification.id`.
    NotificationId;
    /// `consumer_address.id`.
    AddressId;
    /// `wishlist_item.id`.
    WishlistItemId;
    /// `offer.id`.
    OfferId;
    /// `reward_ledger.id`.
    RewardEntryId;
    /// `support_ticket.id`.
    SupportTicketId;
    /// `support_message.id`.
    SupportMessageId;
    /// `promotion.id`.
    PromotionId;
    /// `staff_action.id`.
    StaffActionId;
    /// What the staff acted on: the id of a row of the kind that is named beside it.
    StaffTargetId;
}

/// Whether a value names a row at all: every `ID` of the schema is one of these.
///
/// # Errors
/// A sentence for the client.
pub fn check_id(value: Value) -> Result<(), &'static str> {
    parse(value).map(drop)
}

/// An id as clients write it: a whole number above zero, as text or as a number.
fn parse(value: Value) -> Result<i64, &'static str> {
    let number = match value {
        Value::String(text) if text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok()
        }
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    number.filter(|id| *id > 0).ok_or("an id is a whole number above zero, such as \"42\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_text_and_from_a_number() {
        assert_eq!(parse(Value::from("42")), Ok(42));
        assert_eq!(parse(Value::from(42)), Ok(42));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for value in ["", "0", "-1", "+1", "1.0", "x", "99999999999999999999", "9223372036854775808"] {
            assert!(parse(Value::from(value)).is_err(), "{value}");
        }
        assert!(parse(Value::from(1.5)).is_err());
        assert!(parse(Value::from(0)).is_err());
        assert!(parse(Value::Null).is_err());
    }
}
