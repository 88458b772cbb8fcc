-- What a person is told. Written by the transaction that made it true.

CREATE TABLE notification (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- The order or support ticket that it leads to.
    target_id BIGINT,
    read_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT notification_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT notification_kind_is_known CHECK (kind IN ('order', 'wallet', 'promo', 'support'))
);

CREATE INDEX notification_of_user_idx ON notification (user_id, id DESC);
-- What a person has not read: listed and counted.
CREATE INDEX notification_unread_idx ON notification (user_id, id DESC) WHERE read_at IS NULL;
