-- What a vendor keeps beside the catalogue: hours, papers, the account for payouts, and the payouts asked for.

CREATE TABLE shop_hours (
    shop_id BIGINT NOT NULL,
    -- 0 is Monday. A day without a row is closed.
    day_of_week SMALLINT NOT NULL,
    open_time TIME NOT NULL,
    -- Before the opening: on the next day.
    close_time TIME NOT NULL,
    PRIMARY KEY (shop_id, day_of_week),
    CONSTRAINT shop_hours_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT shop_hours_day_is_of_the_week CHECK (day_of_week BETWEEN 0 AND 6),
    CONSTRAINT shop_hours_times_differ CHECK (open_time <> close_time)
);

CREATE TABLE vendor_document (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vendor_id BIGINT NOT NULL,
    document_type TEXT NOT NULL,
    file_url TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT vendor_document_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES user_profile (id)
);

CREATE INDEX vendor_document_of_vendor_idx ON vendor_document (vendor_id, id DESC);

CREATE TABLE payout_account (
    vendor_id BIGINT PRIMARY KEY,
    bank_name TEXT NOT NULL,
    ifsc_code TEXT NOT NULL,
    -- Encrypted with a key made of TOKEN_SECRET, for this vendor only.
    account_number_sealed BYTEA NOT NULL,
    account_last_four TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT payout_account_vendor_id_fkey FOREIGN KEY (vendor_id) REFERENCES user_profile (id),
    CONSTRAINT payout_account_ends_in_four_digits CHECK (account_last_four ~ '^[0-9]{4}$')
);

-- The account is copied: one that changes later does not change where this money goes.
CREATE TABLE payout_request (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    amount_paise BIGINT NOT NULL,
    status TEXT NOT NULL DEFAULT 'requested',
    bank_name TEXT NOT NULL,
    ifsc_code TEXT NOT NULL,
    account_number_sealed BYTEA NOT NULL,
    account_last_four TEXT NOT NULL,
    -- What took the money out of the shop's wallet, and what gave it back.
    transaction_id BIGINT NOT NULL,
    refund_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    CONSTRAINT payout_request_transaction_id_key UNIQUE (transaction_id),
    CONSTRAINT payout_request_refund_id_key UNIQUE (refund_id),
    CONSTRAINT payout_request_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT payout_request_transaction_id_fkey FOREIGN KEY (transaction_id)
        REFERENCES vendor_wallet_transaction (id),
    CONSTRAINT payout_request_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES vendor_wallet_transaction (id),
    CONSTRAINT payout_request_amount_is_positive CHECK (amount_paise > 0),
    CONSTRAINT payout_request_status_is_known CHECK (status IN ('requested', 'paid', 'failed')),
    CONSTRAINT payout_request_is_settled_once_known CHECK ((status = 'requested') = (settled_at IS NULL)),
    CONSTRAINT payout_request_failed_is_given_back CHECK ((status = 'failed') = (refund_id IS NOT NULL))
);

CREATE INDEX payout_request_of_shop_idx ON payout_request (shop_id, id DESC);
-- What the operator still has to pay, oldest first.
CREATE INDEX payout_request_open_idx ON payout_request (id) WHERE status = 'requested';

ALTER TABLE vendor_wallet_transaction DROP CONSTRAINT vendor_wallet_transaction_source_is_known;
ALTER TABLE vendor_wallet_transaction ADD CONSTRAINT vendor_wallet_transaction_source_is_known CHECK (
    source IN ('api', 'order_delivered', 'return_completed', 'withdrawal', 'payout_failed')
);
