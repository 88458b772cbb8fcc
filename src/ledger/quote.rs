//! What a cart costs: one pure function that the cart and the order share.

use crate::ledger::coupon::Terms;
use crate::ledger::points;
use crate::values::Paise;

/// One line to be priced.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Price of one.
    pub price: Paise,
    /// Printed price of one, when there is one.
    pub mrp: Option<Paise>,
    /// How many.
    pub quantity: i32,
}

impl Line {
    /// Price times quantity; a price and a quantity within their CHECKs cannot overflow.
    #[must_use]
    pub fn subtotal(&self) -> Paise {
        Paise(self.price.0.saturating_mul(i64::from(self.quantity)))
    }

    /// What this line saves against the printed price.
    #[must_use]
    pub fn savings(&self) -> Paise {
        let each = self.mrp.map_or(0, |mrp| (mrp.0 - self.price.0).max(0));
        Paise(each.saturating_mul(i64::from(self.quantity)))
    }
}

/// The totals of a cart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Sum of the subtotals.
    pub total: Paise,
    /// Sum of the savings against printed prices. Already part of the prices, not deducted again.
    pub savings: Paise,
    /// What the coupon takes off.
    pub coupon_discount: Paise,
    /// How many points are used: no more than are needed.
    pub points: i64,
    /// What they take off.
    pub points_discount: Paise,
    /// Total less both discounts.
    pub payable: Paise,
}

impl Quote {
    /// What is taken off altogether.
    #[must_use]
    pub fn discount(&self) -> Paise {
        Paise(self.coupon_discount.0 + self.points_discount.0)
    }
}

/// Prices the lines, less what a coupon that holds takes off, less what so many points take off what is then left.
/// Never below zero, never above the total.
#[must_use]
pub fn quote(lines: &[Line], coupon: Option<&Terms>, points: i64) -> Quote {
    let sum = |amount: fn(&Line) -> Paise| {
        Paise(lines.iter().fold(0_i64, |sum, line| sum.saturating_add(amount(line).0)))
    };
    let total = sum(Line::subtotal);
    let coupon_discount = coupon.map_or(Paise::ZERO, |coupon| coupon.discount(total));
    let left = Paise(total.0 - coupon_discount.0);
    let (points, points_discount) = points::discount(points, left);
    let payable = Paise(left.0 - points_discount.0);
    Quote { total, savings: sum(Line::savings), coupon_discount, points, points_discount, payable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::coupon::DiscountType;
    use crate::ledger::coupon::tests::terms;
    use proptest::prelude::*;

    fn line() -> impl Strategy<Value = Line> {
        (1..=Paise::MAX.0, proptest::option::of(1..=Paise::MAX.0), 1..=10)
            .prop_map(|(price, mrp, quantity)| Line { price: Paise(price), mrp: mrp.map(Paise), quantity })
    }

    #[test]
    fn savings_count_only_where_the_printed_price_is_higher() {
        let lines = [
            Line { price: Paise(1_005), mrp: Some(Paise(1_200)), quantity: 2 },
            Line { price: Paise(500), mrp: Some(Paise(400)), quantity: 1 },
            Line { price: Paise(250), mrp: None, quantity: 3 },
        ];
        let plain =
            Quote { total: Paise(3_260), savings: Paise(390), payable: Paise(3_260), ..Quote::default() };
        assert_eq!(quote(&lines, None, 0), plain);
        let coupon = terms(DiscountType::Percent, 1_000);
        let reduced = Quote {
            coupon_discount: Paise(326),
            points: 4,
            points_discount: Paise(100),
            payable: Paise(2_834),
            ..plain
        };
        assert_eq!(quote(&lines, Some(&coupon), 4), reduced);
    }

    proptest! {
        #[test]
        fn a_quote_is_never_negative_and_never_above_the_total(
            lines in proptest::collection::vec(line(), 0..50),
            is_percent: bool,
            value in 1..=10_000_i64,
            points in 0..1_000_000_i64,
        ) {
            let kind = if is_percent { DiscountType::Percent } else { DiscountType::Flat };
            let quote = quote(&lines, Some(&terms(kind, value)), points);
            prop_assert!(quote.payable >= Paise::ZERO && quote.payable <= quote.total);
            prop_assert!(quote.points <= points && quote.points_discount.0 == quote.points * points::WORTH.0);
            prop_assert_eq!(
                quote.payable.0,
                lines.iter().map(|line| line.subtotal().0).sum::<i64>() - quote.discount().0
            );
        }
    }
}
