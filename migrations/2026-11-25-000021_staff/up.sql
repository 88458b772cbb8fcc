-- What the staff does, and what it needs for it: a log of every act, promotions, and new known words.

CREATE TABLE promotion (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    city TEXT NOT NULL,
    -- None: every society of the city.
    society TEXT,
    -- The offer that it leads to.
    offer_id BIGINT,
    status TEXT NOT NULL,
    -- How many people it was meant for when it was sent, and how many were told.
    recipients INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    -- People are told in the order of their ids: everybody up to this one was.
    told_up_to BIGINT NOT NULL DEFAULT 0,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    CONSTRAINT promotion_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offer (id),
    CONSTRAINT promotion_created_by_fkey FOREIGN KEY (created_by) REFERENCES user_profile (id),
    CONSTRAINT promotion_status_is_known CHECK (status IN ('running', 'done', 'cancelled')),
    CONSTRAINT promotion_is_finished_once_known CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT promotion_counts_are_not_negative CHECK (recipients > 0 AND sent >= 0),
    CONSTRAINT promotion_texts_are_bounded CHECK (
        char_length(title) BETWEEN 1 AND 100 AND char_length(body) BETWEEN 1 AND 500
        AND char_length(city) BETWEEN 1 AND 100 AND char_length(society) BETWEEN 1 AND 100
    )
);

-- What still has to be told, oldest first.
CREATE INDEX promotion_of_status_idx ON promotion (status, id);
-- Its audience, in the order of the ids: of a city, of one society.
CREATE INDEX user_profile_opted_in_of_city_idx ON user_profile (city, id) WHERE marketing_opt_in;
CREATE INDEX user_profile_opted_in_of_society_idx ON user_profile (city, society, id) WHERE marketing_opt_in;

ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_source_is_known;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_source_is_known CHECK (source IN (
    'api', 'order_confirm', 'order_modify', 'order_cancel', 'vendor_cancel', 'order_reject', 'return_completed',
    'staff_adjustment'
));
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_order_is_named;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_order_is_named CHECK (
    (source IN ('api', 'staff_adjustment')) = (order_id IS NULL)
);

CREATE TABLE staff_action (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    -- What was acted on: the id of a row of this kind.
    target_kind TEXT NOT NULL,
    target_id BIGINT NOT NULL,
    reason TEXT,
    -- What became different.
    detail TEXT,
    -- The movement of money that it made.
    transaction_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT staff_action_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES user_profile (id),
    CONSTRAINT staff_action_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES wallet_transaction (id),
    CONSTRAINT staff_action_transaction_id_key UNIQUE (transaction_id),
    CONSTRAINT staff_action_is_known CHECK (action IN (
        'offer_created', 'offer_updated', 'ticket_replied', 'ticket_status_set', 'shop_verified', 'shop_unverified',
        'shop_featured', 'shop_unfeatured', 'user_looked_up', 'sessions_revoked', 'wallet_adjusted', 'promotion_sent',
        'promotion_cancelled'
    )),
    CONSTRAINT staff_action_target_is_known CHECK (
        target_kind IN ('offer', 'support_ticket', 'shop', 'user', 'promotion')
    ),
    CONSTRAINT staff_action_texts_are_bounded CHECK (
        char_length(reason) BETWEEN 1 AND 200 AND char_length(detail) BETWEEN 1 AND 1000
    ),
    CONSTRAINT staff_action_money_is_named CHECK ((action = 'wallet_adjusted') = (transaction_id IS NOT NULL))
);

-- Newest first: of one member of the staff, of one thing, of one kind of thing.
CREATE INDEX staff_action_of_actor_idx ON staff_action (actor_id, id DESC);
CREATE INDEX staff_action_of_target_idx ON staff_action (target_kind, target_id, id DESC);
CREATE INDEX staff_action_of_kind_idx ON staff_action (target_kind, id DESC);

ALTER TABLE user_session DROP CONSTRAINT user_session_reason_is_known;
ALTER TABLE user_session ADD CONSTRAINT user_session_reason_is_known CHECK (
    revoked_reason IN ('logout', 'logout_all', 'revoked', 'reuse', 'account_deleted', 'staff')
);
-- When a person was last seen: ended sessions tell as well.
CREATE INDEX user_session_of_user_idx ON user_session (user_id);

ALTER TABLE notification DROP CONSTRAINT notification_kind_is_known;
ALTER TABLE notification ADD CONSTRAINT notification_kind_is_known CHECK (
    kind IN ('order', 'wallet', 'promo', 'support', 'shop')
);

-- The shops that wait for the staff, the longest wait first.
CREATE INDEX shop_unverified_idx ON shop (id) WHERE NOT verified;
-- Part of a shop's name, where pg_trgm is there (see search).
DO $$
DECLARE
    home TEXT;
BEGIN
    SELECT nspname INTO home
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname = 'pg_trgm';
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX shop_name_words_idx ON shop USING gin (shop_name %I.gin_trgm_ops)', home);
    END IF;
END
$$;
