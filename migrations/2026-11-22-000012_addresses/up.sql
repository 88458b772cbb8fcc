-- Where a consumer wants things brought. Rows are never removed: `deleted_at` hides them.

CREATE TABLE consumer_address (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    house_number TEXT NOT NULL,
    street TEXT NOT NULL,
    landmark TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
    CONSTRAINT consumer_address_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT consumer_address_texts_are_bounded CHECK (
        char_length(house_number) BETWEEN 1 AND 50
        AND char_length(street) BETWEEN 1 AND 120
        AND char_length(landmark) BETWEEN 1 AND 120
    )
);

CREATE INDEX consumer_address_of_user_idx ON consumer_address (user_id, id);

-- As it was when the order was placed; later edits of the address book do not reach it.
ALTER TABLE orders ADD COLUMN delivery_address TEXT;
