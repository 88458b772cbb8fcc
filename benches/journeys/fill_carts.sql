-- Three lines, of one open shop of the consumer's society, for each of the consumers that are named.

CREATE TEMPORARY TABLE to_fill AS
SELECT user_id, shop_id, shop_id * :items_of_shop - :items_of_shop + user_id * 11 % 5 * 10 + 1 AS first_item
FROM unnest(ARRAY[:consumers]::BIGINT[]) AS user_id
CROSS JOIN LATERAL (
    SELECT user_id * 7 % (:shops / :societies / 10) * 10 + user_id % 9 AS nth_of_society
) AS chosen
CROSS JOIN LATERAL (
    SELECT (user_id - 1) % :societies + :societies * nth_of_society + 1 AS shop_id
) AS shop;

DELETE FROM cart_item USING to_fill WHERE cart_item.user_id = to_fill.user_id;

INSERT INTO cart (user_id, shop_id)
SELECT user_id, shop_id FROM to_fill ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE SET shop_id = EXCLUDED.shop_id;

INSERT INTO cart_item (user_id, item_id, quantity)
SELECT user_id, first_item + 3 * place, 1 + (user_id + place) % 3
FROM to_fill CROSS JOIN generate_series(0, 2) AS place
ORDER BY user_id, place;

DROP TABLE to_fill;
