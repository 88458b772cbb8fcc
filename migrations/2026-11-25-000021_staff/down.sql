DROP INDEX IF EXISTS shop_name_words_idx;
DROP INDEX shop_unverified_idx;

UPDATE notification SET kind = 'support', target_id = NULL WHERE kind = 'shop';
ALTER TABLE notification DROP CONSTRAINT notification_kind_is_known;
ALTER TABLE notification ADD CONSTRAINT notification_kind_is_known CHECK (
    kind IN ('order', 'wallet', 'promo', 'support')
);

DROP INDEX user_session_of_user_idx;
UPDATE user_session SET revoked_reason = 'revoked' WHERE revoked_reason = 'staff';
ALTER TABLE user_session DROP CONSTRAINT user_session_reason_is_known;
ALTER TABLE user_session ADD CONSTRAINT user_session_reason_is_known CHECK (
    revoked_reason IN ('logout', 'logout_all', 'revoked', 'reuse', 'account_deleted')
);

DROP TABLE staff_action;

UPDATE wallet_transaction SET source = 'api' WHERE source = 'staff_adjustment';
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_order_is_named;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_order_is_named CHECK (
    (source = 'api') = (order_id IS NULL)
);
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_source_is_known;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_source_is_known CHECK (source IN (
    'api', 'order_confirm', 'order_modify', 'order_cancel', 'vendor_cancel', 'order_reject', 'return_completed'
));

DROP INDEX user_profile_opted_in_of_society_idx;
DROP INDEX user_profile_opted_in_of_city_idx;
DROP TABLE promotion;
