ALTER TABLE orders DROP COLUMN coupon_discount_paise;
ALTER TABLE orders DROP COLUMN coupon_code;
DROP TABLE coupon_redemption;
DROP TABLE offer;
