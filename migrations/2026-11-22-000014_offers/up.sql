-- Coupons: what they give, and who used them. Amounts are in paise.

CREATE TABLE offer (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- In capitals: people type it as they like.
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    discount_type TEXT NOT NULL,
    -- Hundredths of a percent of the order, or paise.
    discount_value BIGINT NOT NULL,
    min_order_paise BIGINT NOT NULL DEFAULT 0,
    max_discount_paise BIGINT,
    -- None: for the shops of every society.
    shop_id BIGINT,
    starts_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    total_limit INTEGER,
    per_user_limit INTEGER NOT NULL DEFAULT 1,
    -- Raised under the row's lock with every order that uses it, lowered when that order is called off.
    redeemed_count INTEGER NOT NULL DEFAULT 0,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT offer_code_key UNIQUE (code),
    CONSTRAINT offer_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT offer_created_by_fkey FOREIGN KEY (created_by) REFERENCES user_profile (id),
    CONSTRAINT offer_discount_type_is_known CHECK (discount_type IN ('percent', 'flat')),
    CONSTRAINT offer_discount_is_positive CHECK (
        discount_value > 0 AND (discount_type = 'flat' OR discount_value <= 10000)
    ),
    CONSTRAINT offer_amounts_are_in_range CHECK (min_order_paise >= 0 AND max_discount_paise > 0),
    CONSTRAINT offer_window_is_in_order CHECK (expires_at > starts_at),
    CONSTRAINT offer_limits_are_positive CHECK (total_limit > 0 AND per_user_limit > 0),
    CONSTRAINT offer_is_within_its_limit CHECK (redeemed_count >= 0 AND redeemed_count <= total_limit)
);

CREATE INDEX offer_of_shop_idx ON offer (shop_id, id DESC);
-- For the list of what holds now.
CREATE INDEX offer_live_idx ON offer (id DESC) WHERE is_active;

CREATE TABLE coupon_redemption (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    order_id BIGINT,
    status TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT coupon_redemption_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offer (id),
    CONSTRAINT coupon_redemption_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT coupon_redemption_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT coupon_redemption_status_is_known CHECK (status IN ('applied', 'redeemed', 'released')),
    CONSTRAINT coupon_redemption_order_is_named CHECK ((status = 'applied') = (order_id IS NULL))
);

-- One in a cart, one in an order.
CREATE UNIQUE INDEX coupon_redemption_applied_once ON coupon_redemption (user_id) WHERE status = 'applied';
CREATE UNIQUE INDEX coupon_redemption_order_id_key ON coupon_redemption (order_id);
CREATE INDEX coupon_redemption_of_user_idx ON coupon_redemption (user_id, offer_id);
CREATE INDEX coupon_redemption_of_offer_idx ON coupon_redemption (offer_id);

ALTER TABLE orders ADD COLUMN coupon_code TEXT;
ALTER TABLE orders ADD COLUMN coupon_discount_paise BIGINT NOT NULL DEFAULT 0;
