-- Money. A balance changes only together with the transaction row that explains it. Amounts are in paise.

CREATE TABLE consumer_wallet (
    user_id BIGINT PRIMARY KEY,
    balance_paise BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT consumer_wallet_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT consumer_wallet_balance_is_in_range CHECK (balance_paise BETWEEN 0 AND 9999999999)
);

CREATE TABLE wallet_transaction (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    amount_paise BIGINT NOT NULL,
    balance_after_paise BIGINT NOT NULL,
    reference TEXT NOT NULL,
    order_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT wallet_transaction_user_id_fkey FOREIGN KEY (user_id) REFERENCES consumer_wallet (user_id),
    CONSTRAINT wallet_transaction_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT wallet_transaction_kind_is_known CHECK (kind IN ('recharge', 'debit', 'refund', 'credit')),
    CONSTRAINT wallet_transaction_source_is_known CHECK (source IN (
        'api', 'order_confirm', 'order_modify', 'order_cancel', 'vendor_cancel', 'order_reject', 'return_completed'
    )),
    CONSTRAINT wallet_transaction_amount_is_positive CHECK (amount_paise > 0),
    CONSTRAINT wallet_transaction_balance_is_not_negative CHECK (balance_after_paise >= 0),
    CONSTRAINT wallet_transaction_order_is_named CHECK ((source = 'api') = (order_id IS NULL))
);

CREATE INDEX wallet_transaction_of_user_idx ON wallet_transaction (user_id, id DESC);
CREATE INDEX wallet_transaction_of_order_idx ON wallet_transaction (order_id) WHERE order_id IS NOT NULL;
-- What of a debit made by the consumer is not refunded yet.
CREATE INDEX wallet_transaction_reference_idx ON wallet_transaction (user_id, reference) WHERE source = 'api';
-- An order is paid at most once, and closed with a refund at most once.
CREATE UNIQUE INDEX wallet_transaction_order_paid_once ON wallet_transaction (order_id) WHERE source = 'order_confirm';
CREATE UNIQUE INDEX wallet_transaction_order_closed_once ON wallet_transaction (order_id)
    WHERE source IN ('order_cancel', 'vendor_cancel', 'order_reject');

CREATE TABLE vendor_wallet (
    shop_id BIGINT PRIMARY KEY,
    balance_paise BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT vendor_wallet_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT vendor_wallet_balance_is_in_range CHECK (balance_paise BETWEEN 0 AND 9999999999)
);

CREATE TABLE vendor_wallet_transaction (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    amount_paise BIGINT NOT NULL,
    balance_after_paise BIGINT NOT NULL,
    reference TEXT NOT NULL,
    order_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT vendor_wallet_transaction_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES vendor_wallet (shop_id),
    CONSTRAINT vendor_wallet_transaction_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT vendor_wallet_transaction_kind_is_known CHECK (kind IN ('credit', 'debit', 'withdrawal')),
    CONSTRAINT vendor_wallet_transaction_source_is_known CHECK (
        source IN ('order_delivered', 'return_completed', 'withdrawal')
    ),
    CONSTRAINT vendor_wallet_transaction_amount_is_positive CHECK (amount_paise > 0),
    CONSTRAINT vendor_wallet_transaction_balance_is_not_negative CHECK (balance_after_paise >= 0)
);

CREATE INDEX vendor_wallet_transaction_of_shop_idx ON vendor_wallet_transaction (shop_id, id DESC);
-- The shop is paid for an order at most once.
CREATE UNIQUE INDEX vendor_wallet_transaction_order_delivered_once ON vendor_wallet_transaction (order_id)
    WHERE source = 'order_delivered';
