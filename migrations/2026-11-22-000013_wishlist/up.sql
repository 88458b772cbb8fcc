-- What consumers want to remember.

CREATE TABLE wishlist_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT wishlist_item_user_id_item_id_key UNIQUE (user_id, item_id),
    CONSTRAINT wishlist_item_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT wishlist_item_item_id_fkey FOREIGN KEY (item_id) REFERENCES item (id)
);

CREATE INDEX wishlist_item_of_user_idx ON wishlist_item (user_id, id DESC);
CREATE INDEX wishlist_item_item_id_idx ON wishlist_item (item_id);
