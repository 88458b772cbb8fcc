UPDATE user_session SET revoked_reason = 'revoked' WHERE revoked_reason = 'account_deleted';
ALTER TABLE user_session DROP CONSTRAINT user_session_reason_is_known;
ALTER TABLE user_session ADD CONSTRAINT user_session_reason_is_known CHECK (
    revoked_reason IN ('logout', 'logout_all', 'revoked', 'reuse')
);
ALTER TABLE consumer_wallet DROP COLUMN closed_at;
ALTER TABLE user_profile DROP COLUMN deleted_at;
