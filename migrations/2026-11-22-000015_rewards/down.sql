ALTER TABLE orders DROP COLUMN points_discount_paise;
ALTER TABLE orders DROP COLUMN points_redeemed;
ALTER TABLE cart DROP CONSTRAINT cart_points_are_not_negative;
ALTER TABLE cart DROP COLUMN points;
DROP TABLE reward_ledger;
DROP TABLE reward_account;
