-- Money that a payment provider takes for a wallet. The row is there before the provider is asked, and the wallet is filled
-- in the transaction that says so here: whoever dies in between has lost nothing, and nobody is paid twice.

CREATE TABLE payment (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    amount_paise BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    -- Random: our ids begin anew with every database, the provider's books do not.
    receipt TEXT NOT NULL,
    provider_order_id TEXT,
    provider_payment_id TEXT,
    transaction_id BIGINT,
    -- When the provider is asked next what became of it.
    look_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT payment_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT payment_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES wallet_transaction (id),
    CONSTRAINT payment_receipt_key UNIQUE (receipt),
    CONSTRAINT payment_provider_order_id_key UNIQUE (provider_order_id),
    CONSTRAINT payment_provider_payment_id_key UNIQUE (provider_payment_id),
    CONSTRAINT payment_transaction_id_key UNIQUE (transaction_id),
    CONSTRAINT payment_status_is_known CHECK (status IN ('pending', 'paid', 'failed', 'refund_due')),
    CONSTRAINT payment_amount_is_in_range CHECK (amount_paise BETWEEN 100 AND 10000000),
    CONSTRAINT payment_paid_is_in_wallet CHECK ((status = 'paid') = (transaction_id IS NOT NULL)),
    CONSTRAINT payment_taken_is_named CHECK ((status IN ('paid', 'refund_due')) = (provider_payment_id IS NOT NULL)),
    CONSTRAINT payment_pending_is_looked_at CHECK ((status = 'pending') = (look_at IS NOT NULL))
);

CREATE INDEX payment_of_user_idx ON payment (user_id, id DESC);
-- For who asks the provider.
CREATE INDEX payment_look_at_idx ON payment (look_at) WHERE look_at IS NOT NULL;

ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_source_is_known;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_source_is_known CHECK (source IN (
    'api', 'payment', 'order_confirm', 'order_modify', 'order_cancel', 'vendor_cancel', 'order_reject', 'return_completed',
    'staff_adjustment'
));
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_order_is_named;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_order_is_named CHECK (
    (source IN ('api', 'payment', 'staff_adjustment')) = (order_id IS NULL)
);
