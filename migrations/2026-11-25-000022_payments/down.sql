DROP TABLE payment;
UPDATE wallet_transaction SET source = 'api' WHERE source = 'payment';
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_order_is_named;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_order_is_named CHECK (
    (source IN ('api', 'staff_adjustment')) = (order_id IS NULL)
);
ALTER TABLE wallet_transaction DROP CONSTRAINT wallet_transaction_source_is_known;
ALTER TABLE wallet_transaction ADD CONSTRAINT wallet_transaction_source_is_known CHECK (source IN (
    'api', 'order_confirm', 'order_modify', 'order_cancel', 'vendor_cancel', 'order_reject', 'return_completed',
    'staff_adjustment'
));
