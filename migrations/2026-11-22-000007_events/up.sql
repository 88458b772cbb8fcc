-- Facts, written by the transaction that made them true. Feeds read them in (xid, id) order.

CREATE TABLE event (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- An xid8 fits a BIGINT for the next few thousand years.
    xid BIGINT NOT NULL DEFAULT pg_current_xact_id()::TEXT::BIGINT,
    kind TEXT NOT NULL,
    order_id BIGINT,
    seq INTEGER,
    user_id BIGINT,
    shop_id BIGINT,
    value TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT event_kind_is_known CHECK (kind IN ('order_status_changed', 'sessions_ended')),
    CONSTRAINT event_order_is_numbered CHECK ((order_id IS NULL) = (seq IS NULL)),
    CONSTRAINT event_order_id_seq_key UNIQUE (order_id, seq)
);

CREATE INDEX event_feed_idx ON event (xid, id);
-- Replay for one order, one person, one shop.
CREATE INDEX event_of_order_idx ON event (order_id, xid, id) WHERE order_id IS NOT NULL;
CREATE INDEX event_of_user_idx ON event (user_id, xid, id) WHERE user_id IS NOT NULL;
CREATE INDEX event_of_shop_idx ON event (shop_id, xid, id) WHERE shop_id IS NOT NULL;
-- For pruning.
CREATE INDEX event_created_at_idx ON event (created_at);

-- Every transaction that may still write events before this place has ended: feeds read up to here.
CREATE FUNCTION event_horizon() RETURNS BIGINT
    LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT';
