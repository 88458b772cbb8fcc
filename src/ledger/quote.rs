//! What a cart costs: one pure function that the cart and the order share.

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
    /// Deducted from the total.
    pub discount: Paise,
    /// Total less discount.
    pub payable: Paise,
}

/// Prices the lines. Never below zero, never above the total.
#[must_use]
pub fn quote(lines: &[Line]) -> Quote {
    let sum = |amount: fn(&Line) -> Paise| {
        Paise(lines.iter().fold(0_i64, |sum, line| sum.saturating_add(amount(line).0)))
    };
    let total = sum(Line::subtotal);
    Quote { total, savings: sum(Line::savings), discount: Paise::ZERO, payable: total }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let expected =
            Quote { total: Paise(3_260), savings: Paise(390), discount: Paise::ZERO, payable: Paise(3_260) };
        assert_eq!(quote(&lines), expected);
    }

    proptest! {
        #[test]
        fn a_quote_is_never_negative_and_never_above_the_total(lines in proptest::collection::vec(line(), 0..50)) {
            let quote = quote(&lines);
            prop_assert!(quote.payable >= Paise::ZERO && quote.payable <= quote.total);
            prop_assert_eq!(quote.payable.0, lines.iter().map(|line| line.subtotal().0).sum::<i64>() - quote.discount.0);
        }
    }
}
