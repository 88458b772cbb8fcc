-- A person who deleted their account: the row stays for the ledger that refers to it, and says nothing of them any more.

ALTER TABLE user_profile ADD COLUMN deleted_at TIMESTAMPTZ;
-- No number begins with +999: theirs is free for whoever has it next.
ALTER TABLE user_profile ADD CONSTRAINT user_profile_deleted_is_nobody CHECK (
    deleted_at IS NULL
    OR (name IS NULL AND city IS NULL AND society IS NULL AND role IS NULL AND phone LIKE '+999%')
);

-- For the pictures of those who left of late.
CREATE INDEX user_profile_deleted_at_idx ON user_profile (deleted_at) WHERE deleted_at IS NOT NULL;

-- No money goes into a wallet whose owner is gone, whoever sends it and however late.
ALTER TABLE consumer_wallet ADD COLUMN closed_at TIMESTAMPTZ;
ALTER TABLE consumer_wallet ADD CONSTRAINT consumer_wallet_closed_is_empty CHECK (
    closed_at IS NULL OR balance_paise = 0
);

ALTER TABLE user_session DROP CONSTRAINT user_session_reason_is_known;
ALTER TABLE user_session ADD CONSTRAINT user_session_reason_is_known CHECK (
    revoked_reason IN ('logout', 'logout_all', 'revoked', 'reuse', 'account_deleted')
);
