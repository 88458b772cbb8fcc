-- Orders with their lines as bought, and the logs that say who did what when. Amounts are in paise.

CREATE TABLE orders (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    payment_mode TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    total_paise BIGINT NOT NULL,
    discount_paise BIGINT NOT NULL DEFAULT 0,
    final_paise BIGINT NOT NULL,
    delivery_notes TEXT,
    -- Raised under the row's lock with every event of the order and copied to it.
    event_seq INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT orders_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT orders_status_is_known CHECK (status IN (
        'pending', 'accepted', 'rejected', 'awaiting_consumer_confirmation', 'confirmed', 'delivered',
        'cancelled', 'return_accepted', 'return_completed'
    )),
    CONSTRAINT orders_payment_mode_is_known CHECK (payment_mode IN ('cash', 'wallet')),
    CONSTRAINT orders_payment_status_is_known CHECK (
        payment_status IN ('unpaid', 'paid', 'partially_refunded', 'refunded')
    ),
    CONSTRAINT orders_amounts_add_up CHECK (
        total_paise BETWEEN 0 AND 9999999999 AND discount_paise BETWEEN 0 AND total_paise AND final_paise >= 0
    ),
    CONSTRAINT orders_event_seq_is_not_negative CHECK (event_seq >= 0)
);

-- A consumer's history and a shop's list, newest first.
CREATE INDEX orders_of_user_idx ON orders (user_id, id DESC);
CREATE INDEX orders_of_shop_idx ON orders (shop_id, id DESC);
CREATE INDEX orders_of_shop_by_status_idx ON orders (shop_id, status, id DESC);

CREATE TABLE order_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT,
    unit_price_paise BIGINT NOT NULL,
    quantity INTEGER NOT NULL,
    subtotal_paise BIGINT NOT NULL,
    CONSTRAINT order_item_order_id_item_id_key UNIQUE (order_id, item_id),
    CONSTRAINT order_item_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_item_item_id_fkey FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT order_item_price_is_positive CHECK (unit_price_paise > 0),
    CONSTRAINT order_item_quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT order_item_subtotal_adds_up CHECK (subtotal_paise = unit_price_paise * quantity)
);

CREATE INDEX order_item_item_id_idx ON order_item (item_id);

CREATE TABLE order_status_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    updated_by BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT order_status_log_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_status_log_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES user_profile (id)
);

CREATE INDEX order_status_log_of_order_idx ON order_status_log (order_id, id);

CREATE TABLE order_action_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor_id BIGINT NOT NULL,
    detail TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT order_action_log_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_action_log_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES user_profile (id)
);

CREATE INDEX order_action_log_of_order_idx ON order_action_log (order_id, id);
