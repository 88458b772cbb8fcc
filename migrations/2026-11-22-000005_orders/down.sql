DROP TABLE order_action_log;
DROP TABLE order_status_log;
DROP TABLE order_item;
DROP TABLE orders;
