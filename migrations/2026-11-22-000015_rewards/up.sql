-- Points: a balance that changes only together with the entry that explains it.

CREATE TABLE reward_account (
    user_id BIGINT PRIMARY KEY,
    points BIGINT NOT NULL DEFAULT 0,
    lifetime_points BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT reward_account_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT reward_account_points_are_not_negative CHECK (points >= 0 AND lifetime_points >= 0)
);

CREATE TABLE reward_ledger (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- Signed: what the balance changed by.
    points BIGINT NOT NULL,
    points_after BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    reference TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT reward_ledger_user_id_fkey FOREIGN KEY (user_id) REFERENCES reward_account (user_id),
    CONSTRAINT reward_ledger_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT reward_ledger_kind_is_known CHECK (kind IN ('credit', 'debit', 'reversal')),
    CONSTRAINT reward_ledger_points_move CHECK (
        CASE kind WHEN 'credit' THEN points > 0 WHEN 'debit' THEN points < 0 ELSE points <> 0 END
    ),
    CONSTRAINT reward_ledger_points_are_not_negative CHECK (points_after >= 0)
);

CREATE INDEX reward_ledger_of_user_idx ON reward_ledger (user_id, id DESC);
CREATE INDEX reward_ledger_of_order_idx ON reward_ledger (order_id);
-- An order earns once, and is paid with points once.
CREATE UNIQUE INDEX reward_ledger_order_once ON reward_ledger (order_id, kind) WHERE kind <> 'reversal';

-- Points that the consumer wants to use for the cart.
ALTER TABLE cart ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cart ADD CONSTRAINT cart_points_are_not_negative CHECK (points >= 0);

ALTER TABLE orders ADD COLUMN points_redeemed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN points_discount_paise BIGINT NOT NULL DEFAULT 0;
