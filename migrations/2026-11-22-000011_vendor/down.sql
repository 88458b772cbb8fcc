ALTER TABLE vendor_wallet_transaction DROP CONSTRAINT vendor_wallet_transaction_source_is_known;
-- What happened stays: rows of the newer sources are kept.
ALTER TABLE vendor_wallet_transaction ADD CONSTRAINT vendor_wallet_transaction_source_is_known CHECK (
    source IN ('order_delivered', 'return_completed', 'withdrawal')
) NOT VALID;
DROP TABLE payout_request;
DROP TABLE payout_account;
DROP TABLE vendor_document;
DROP TABLE shop_hours;
