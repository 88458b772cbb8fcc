-- Idempotency keys: the key, the effect and its outcome commit together.

CREATE TABLE idempotency_key (
    user_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    -- What was asked: the operation and a hash of its arguments.
    operation TEXT NOT NULL,
    arguments_hash BYTEA NOT NULL,
    outcome JSONB,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id)
);

-- For the clean-up of keys older than a day.
CREATE INDEX idempotency_key_created_at_idx ON idempotency_key (created_at);
