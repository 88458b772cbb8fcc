-- What happens to an order after it was placed: changes, chat, ratings, issues, returns; and where its goods and its
-- money are.
--
-- Gateways of the version before must be stopped first: they would write orders without what this step adds.

-- Of what the wallet paid: neither given back nor paid to the shop yet.
ALTER TABLE orders ADD COLUMN held_paise BIGINT NOT NULL DEFAULT 0;
UPDATE orders SET held_paise = (
        SELECT COALESCE(SUM(CASE kind WHEN 'debit' THEN amount_paise ELSE -amount_paise END), 0)
        FROM wallet_transaction WHERE wallet_transaction.order_id = orders.id
    )
    WHERE payment_mode = 'wallet' AND status IN ('pending', 'accepted', 'awaiting_consumer_confirmation', 'confirmed');
ALTER TABLE orders ADD CONSTRAINT orders_held_is_the_wallets CHECK (
    held_paise >= 0 AND (payment_mode = 'wallet' OR held_paise = 0)
);

-- A shop may change the quantity of a line, to none as well; what was ordered stays known.
ALTER TABLE order_item ADD COLUMN ordered_quantity INTEGER;
UPDATE order_item SET ordered_quantity = quantity;
ALTER TABLE order_item ALTER COLUMN ordered_quantity SET NOT NULL;
ALTER TABLE order_item DROP CONSTRAINT order_item_quantity_is_positive;
ALTER TABLE order_item ADD CONSTRAINT order_item_quantities_are_in_range CHECK (
    quantity >= 0 AND ordered_quantity > 0
);

-- The average is kept beside the ratings it comes from.
ALTER TABLE shop ADD COLUMN rating_total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shop ADD COLUMN rating_count INTEGER NOT NULL DEFAULT 0;

CREATE TABLE order_message (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    sender_id BIGINT NOT NULL,
    -- Written by the gateway for what the sender did.
    is_automatic BOOLEAN NOT NULL,
    message TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT order_message_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_message_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES user_profile (id),
    CONSTRAINT order_message_is_bounded CHECK (char_length(message) BETWEEN 1 AND 4000)
);

CREATE INDEX order_message_of_order_idx ON order_message (order_id, id);

CREATE TABLE order_rating (
    order_id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    rating INTEGER NOT NULL,
    review TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT order_rating_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_rating_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT order_rating_is_one_to_five CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT order_rating_review_is_bounded CHECK (char_length(review) <= 250)
);

CREATE INDEX order_rating_of_shop_idx ON order_rating (shop_id);

CREATE TABLE order_issue (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    issue_type TEXT NOT NULL,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT order_issue_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_issue_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT order_issue_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT order_issue_status_is_known CHECK (status IN ('raised', 'resolved', 'rejected'))
);

CREATE INDEX order_issue_of_order_idx ON order_issue (order_id, id);
CREATE INDEX order_issue_of_shop_idx ON order_issue (shop_id, id DESC);

CREATE TABLE order_return (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    quantity INTEGER NOT NULL,
    status TEXT NOT NULL,
    initiated_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    -- Own lines only.
    CONSTRAINT order_return_order_id_item_id_fkey FOREIGN KEY (order_id, item_id)
        REFERENCES order_item (order_id, item_id),
    CONSTRAINT order_return_quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT order_return_status_is_known CHECK (status IN ('requested', 'accepted', 'completed', 'rejected')),
    CONSTRAINT order_return_initiator_is_known CHECK (initiated_by IN ('consumer', 'vendor'))
);

CREATE INDEX order_return_of_order_idx ON order_return (order_id, id);

-- Each act of an order moves money at most once, whatever the code believes.
CREATE UNIQUE INDEX wallet_transaction_order_modified_once ON wallet_transaction (order_id)
    WHERE source = 'order_modify';
CREATE UNIQUE INDEX wallet_transaction_order_returned_once ON wallet_transaction (order_id)
    WHERE source = 'return_completed';
CREATE UNIQUE INDEX vendor_wallet_transaction_order_returned_once ON vendor_wallet_transaction (order_id)
    WHERE source = 'return_completed';

-- Why the stock of an item is what it is: it is the sum of these.
CREATE TABLE stock_movement (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id BIGINT NOT NULL,
    order_id BIGINT,
    change INTEGER NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT stock_movement_item_id_fkey FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT stock_movement_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT stock_movement_moves CHECK (change <> 0),
    CONSTRAINT stock_movement_reason_is_known CHECK (
        reason IN ('count', 'order_placed', 'order_modified', 'order_closed', 'return_completed')
    ),
    CONSTRAINT stock_movement_order_is_named CHECK ((reason = 'count') = (order_id IS NULL))
);

CREATE INDEX stock_movement_of_item_idx ON stock_movement (item_id, id);
CREATE INDEX stock_movement_of_order_idx ON stock_movement (order_id) WHERE order_id IS NOT NULL;

INSERT INTO stock_movement (item_id, order_id, change, reason, created_at)
    SELECT order_item.item_id, order_item.order_id, -order_item.quantity, 'order_placed', orders.created_at
    FROM order_item JOIN orders ON orders.id = order_item.order_id
    WHERE orders.status NOT IN ('rejected', 'cancelled');
INSERT INTO stock_movement (item_id, change, reason, created_at)
    SELECT item.id, item.quantity_in_stock - taken.change, 'count', item.created_at
    FROM item CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(stock_movement.change), 0)::INTEGER AS change
        FROM stock_movement WHERE stock_movement.item_id = item.id
    ) AS taken
    WHERE item.quantity_in_stock <> taken.change;

ALTER TABLE event DROP CONSTRAINT event_kind_is_known;
ALTER TABLE event ADD CONSTRAINT event_kind_is_known CHECK (
    kind IN ('order_status_changed', 'order_message_added', 'notification_added', 'sessions_ended')
);
