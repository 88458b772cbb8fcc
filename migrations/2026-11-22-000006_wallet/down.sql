DROP TABLE vendor_wallet_transaction;
DROP TABLE vendor_wallet;
DROP TABLE wallet_transaction;
DROP TABLE consumer_wallet;
