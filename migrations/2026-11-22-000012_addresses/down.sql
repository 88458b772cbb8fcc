ALTER TABLE orders DROP COLUMN delivery_address;
DROP TABLE consumer_address;
