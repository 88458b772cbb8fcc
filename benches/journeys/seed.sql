-- The data of the bench, of the stated size. `:users` and the like are filled in by seed.rs; the tables are empty before,
-- so identities count from 1: first the consumers, then each shop's owner.
--
-- Consumer, shop and order number n belongs to society (n - 1) % :societies; a shop's items are numbered one after the
-- other. Everything of an order or a cart is of the consumer's own society. Balances are what the transactions say.

INSERT INTO user_profile (phone, name, city, society, role, basic_onboarding_done, role_onboarding_done)
SELECT '+91' || (7000000000 + n),
       'Consumer ' || n,
       'Pune',
       'Society ' || (n - 1) % :societies + 1,
       'consumer', TRUE, TRUE
FROM generate_series(1, :users) AS n ORDER BY n;

INSERT INTO user_profile (phone, name, city, society, role, basic_onboarding_done, role_onboarding_done)
SELECT '+91' || (8000000000 + n),
       'Owner ' || n,
       'Pune',
       'Society ' || (n - 1) % :societies + 1,
       'vendor', TRUE, TRUE
FROM generate_series(1, :shops) AS n ORDER BY n;

INSERT INTO user_session (user_id, face, refresh_hash, rotated_at, created_at, last_used_at, expires_at)
SELECT id, 'graphql', sha256(phone::BYTEA), now(), now(), now(), now() + INTERVAL '30 days'
FROM user_profile WHERE role = 'consumer' ORDER BY id;

-- A tenth of each society's shops is closed, a tenth of each shop's items is not available.
INSERT INTO shop (owner_id, shop_name, shop_type, city, society, description, category_tags, is_open, delivers, verified,
                  rating)
SELECT :users + n,
       'Shop number ' || n,
       (ARRAY['Grocery', 'Bakery', 'Pharmacy', 'Dairy', 'Laundry'])[n % 5 + 1],
       'Pune',
       'Society ' || (n - 1) % :societies + 1,
       'Daily needs at your door, from seven in the morning until ten at night',
       'organic,daily needs,home delivery',
       (n - 1) / :societies % 10 <> 9,
       n % 3 <> 0,
       n % 4 <> 0,
       CASE WHEN n % 13 <> 0 THEN 1 + (n * 7 % 41) / 10.0 END
FROM generate_series(1, :shops) AS n ORDER BY n;

INSERT INTO item (shop_id, title, brand, description, price_paise, mrp_paise, discount, quantity_in_stock, unit, pack_size,
                  category, tags, sku, is_available)
SELECT (n - 1) / :items_of_shop + 1,
       'Item number ' || n,
       (ARRAY['Amul', 'Tata', 'Aashirvaad', 'Britannia'])[n % 4 + 1],
       'Fresh stock, best before the date on the packet',
       1000 + n * 37 % 19000,
       (1000 + n * 37 % 19000) * 5 / 4,
       20,
       1000000,
       (ARRAY['kg', 'packet', 'litre'])[n % 3 + 1],
       (ARRAY['500 g', '1 kg', '200 ml'])[n % 3 + 1],
       (ARRAY['Staples', 'Dairy', 'Snacks'])[n % 3 + 1],
       'daily,fresh',
       'SKU-' || n,
       n % 10 <> 0
FROM generate_series(1, :shops * :items_of_shop) AS n ORDER BY n;

-- Two lines an order. The shop changes from one order of a consumer to the next.
CREATE TEMPORARY TABLE line AS
SELECT n, place, user_id, item.shop_id, item.id AS item_id, item.title, item.unit, item.price_paise,
       1 + (n + place) % 3 AS quantity
FROM generate_series(1, :orders) AS n
CROSS JOIN generate_series(0, 1) AS place
CROSS JOIN LATERAL (SELECT (n - 1) % :users + 1 AS user_id) AS consumer
CROSS JOIN LATERAL (
    SELECT (n - 1) % :societies + :societies * ((n * 31 + n / :users * 17) % (:shops / :societies)) + 1 AS shop_id
) AS chosen
JOIN item ON item.id = (chosen.shop_id - 1) * :items_of_shop + n * 13 % 5 * 10 + 2 + place * 3;

INSERT INTO orders (user_id, shop_id, status, payment_mode, payment_status, total_paise, final_paise, event_seq,
                    created_at, updated_at)
SELECT user_id, shop_id, 'pending', 'cash', 'unpaid', sum(price_paise * quantity), sum(price_paise * quantity), 0,
       now() - (:orders - n) * INTERVAL '20 seconds', now() - (:orders - n) * INTERVAL '20 seconds'
FROM line GROUP BY n, user_id, shop_id ORDER BY n;

INSERT INTO order_item (order_id, item_id, name, unit, unit_price_paise, quantity, ordered_quantity, subtotal_paise)
SELECT n, item_id, title, unit, price_paise, quantity, quantity, price_paise * quantity FROM line ORDER BY n, place;

INSERT INTO order_status_log (order_id, status, updated_by, created_at)
SELECT id, status, user_id, created_at FROM orders ORDER BY id;

DROP TABLE line;

-- One recharge, then small debits.
INSERT INTO consumer_wallet (user_id, balance_paise)
SELECT n, 10000000 - (:transactions_of_user - 1) * 5000 FROM generate_series(1, :users) AS n;

INSERT INTO wallet_transaction (user_id, kind, source, amount_paise, balance_after_paise, reference, created_at)
SELECT n,
       CASE WHEN nth = 1 THEN 'recharge' ELSE 'debit' END,
       'api',
       CASE WHEN nth = 1 THEN 10000000 ELSE 5000 END,
       10000000 - (nth - 1) * 5000,
       CASE WHEN nth = 1 THEN 'manual-load' ELSE 'manual-debit' END,
       now() - (:transactions_of_user - nth) * INTERVAL '1 day'
FROM generate_series(1, :transactions_of_user) AS nth
CROSS JOIN generate_series(1, :users) AS n
ORDER BY nth, n;
