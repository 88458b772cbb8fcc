//! Carries out what an act moves between the wallets of the two sides.

use crate::db::Conn;
use crate::error::Result;
use crate::journeys::orders::lock::Held;
use crate::journeys::orders::money::{Funds, Moves, moves};
use crate::journeys::orders::record::Change;
use crate::journeys::orders::status::Transition;
use crate::ledger::book::{
    self, Posting, ShopPosting, VendorWalletKind, VendorWalletSource, WalletKind, WalletSource,
};
use crate::values::{OrderId, Paise};

impl Change {
    /// What a transition and its money leave in the order's row.
    pub fn of(transition: Transition, moved: &Moves) -> Change {
        Change {
            status: Some(transition.status),
            payment_status: Some(moved.payment_status),
            held_paise: Some(moved.held),
            ..Change::default()
        }
    }
}

impl Held {
    /// Carries out what a transition moves: first in the consumer's wallet, then in the shop's.
    ///
    /// # Errors
    /// `INSUFFICIENT_BALANCE` of whoever has to pay.
    pub async fn move_money(
        &self,
        conn: &mut Conn,
        transition: Transition,
        returned: Paise,
        source: WalletSource,
    ) -> Result<Moves> {
        let order = &self.order;
        let funds = Funds {
            mode: order.payment_mode,
            payment_status: order.payment_status,
            held: order.held,
            final_amount: order.final_amount,
        };
        let moved = moves(transition.effect, &funds, returned);
        for (kind, amount) in [(WalletKind::Debit, moved.debit), (WalletKind::Refund, moved.refund)] {
            if amount > Paise::ZERO {
                let reference = reference(order.id, kind, source);
                let posting =
                    Posting { kind, source, amount, reference: &reference, order_id: Some(order.id) };
                book::post(conn, order.user_id, &posting, self.at).await?;
            }
        }
        if moved.to_shop > Paise::ZERO {
            let reference = format!("Order #{} delivered", order.id);
            self.post_shop(conn, VendorWalletKind::Credit, moved.to_shop, &reference).await?;
        }
        if moved.from_shop > Paise::ZERO {
            let reference = format!("Return refund for order #{}", order.id);
            self.post_shop(conn, VendorWalletKind::Debit, moved.from_shop, &reference).await?;
        }
        Ok(moved)
    }

    async fn post_shop(
        &self,
        conn: &mut Conn,
        kind: VendorWalletKind,
        amount: Paise,
        reference: &str,
    ) -> Result<()> {
        let source = match kind {
            VendorWalletKind::Credit => VendorWalletSource::OrderDelivered,
            VendorWalletKind::Debit | VendorWalletKind::Withdrawal => VendorWalletSource::ReturnCompleted,
        };
        let posting = ShopPosting { kind, source, amount, reference, order_id: Some(self.order.id) };
        book::post_shop(conn, self.order.shop_id, &posting, self.at).await.map(drop)
    }
}

/// The text that the consumer reads in the wallet's history.
fn reference(id: OrderId, kind: WalletKind, source: WalletSource) -> String {
    match source {
        // No order moves money in the name of the consumer, a payment provider or the staff.
        WalletSource::Api
        | WalletSource::Payment
        | WalletSource::StaffAdjustment
        | WalletSource::OrderConfirm => {
            format!("Order #{id}")
        }
        WalletSource::OrderModify if kind == WalletKind::Refund => format!("Order #{id} modification refund"),
        WalletSource::OrderModify => format!("Order #{id} modification"),
        WalletSource::OrderCancel => format!("Order #{id} cancel refund"),
        WalletSource::VendorCancel => format!("Order #{id} vendor cancel"),
        WalletSource::OrderReject => format!("Order #{id} rejected"),
        WalletSource::ReturnCompleted => format!("Return refund for order #{id}"),
    }
}
