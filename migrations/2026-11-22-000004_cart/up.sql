-- What a person is about to order. The cart's row is the lock of all its lines, and names their one shop.

CREATE TABLE cart (
    user_id BIGINT PRIMARY KEY,
    shop_id BIGINT,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT cart_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT cart_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id)
);

CREATE TABLE cart_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    quantity INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT cart_item_user_id_item_id_key UNIQUE (user_id, item_id),
    CONSTRAINT cart_item_user_id_fkey FOREIGN KEY (user_id) REFERENCES cart (user_id),
    CONSTRAINT cart_item_item_id_fkey FOREIGN KEY (item_id) REFERENCES item (id),
    CONSTRAINT cart_item_quantity_is_one_to_ten CHECK (quantity BETWEEN 1 AND 10)
);

CREATE INDEX cart_item_of_cart_idx ON cart_item (user_id, id);
CREATE INDEX cart_item_item_id_idx ON cart_item (item_id);
