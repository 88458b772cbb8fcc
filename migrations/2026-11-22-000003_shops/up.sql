-- What can be bought, and from whom. Prices are in paise.

CREATE TABLE shop (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id BIGINT NOT NULL,
    shop_name TEXT NOT NULL,
    shop_type TEXT NOT NULL,
    city TEXT NOT NULL,
    society TEXT NOT NULL,
    description TEXT,
    -- Comma-separated, as the clients read it.
    category_tags TEXT,
    logo_url TEXT,
    is_open BOOLEAN NOT NULL DEFAULT TRUE,
    delivers BOOLEAN NOT NULL DEFAULT FALSE,
    appointment_only BOOLEAN NOT NULL DEFAULT FALSE,
    featured BOOLEAN NOT NULL DEFAULT FALSE,
    verified BOOLEAN NOT NULL DEFAULT FALSE,
    rating DOUBLE PRECISION,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT shop_owner_id_key UNIQUE (owner_id),
    CONSTRAINT shop_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES user_profile (id),
    CONSTRAINT shop_rating_is_one_to_five CHECK (rating BETWEEN 1 AND 5)
);

-- The order of the shop list: open first, best rated first, unrated last.
CREATE INDEX shop_listing_idx ON shop (city, society, is_open DESC, rating DESC NULLS LAST, id);

CREATE TABLE item (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    brand TEXT,
    description TEXT,
    price_paise BIGINT NOT NULL,
    mrp_paise BIGINT,
    discount DOUBLE PRECISION,
    quantity_in_stock INTEGER NOT NULL,
    unit TEXT,
    pack_size TEXT,
    category TEXT,
    tags TEXT,
    sku TEXT,
    expiry_date DATE,
    image_url TEXT,
    is_available BOOLEAN NOT NULL DEFAULT TRUE,
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT item_shop_id_fkey FOREIGN KEY (shop_id) REFERENCES shop (id),
    CONSTRAINT item_price_is_positive CHECK (price_paise BETWEEN 1 AND 9999999999),
    CONSTRAINT item_mrp_is_not_below_price CHECK (mrp_paise BETWEEN price_paise AND 9999999999),
    CONSTRAINT item_discount_is_not_negative CHECK (discount >= 0),
    CONSTRAINT item_stock_is_not_negative CHECK (quantity_in_stock >= 0)
);

-- A page of a shop's items: of those on sale for consumers, of all for its vendor.
CREATE INDEX item_of_shop_idx ON item (shop_id, id);
-- For the price filter of the shop search.
CREATE INDEX item_price_idx ON item (shop_id, price_paise) WHERE is_active AND is_available;
