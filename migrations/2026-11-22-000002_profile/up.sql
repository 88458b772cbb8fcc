-- What a person tells about themselves when they join, by role.

CREATE TABLE consumer_profile (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_phone TEXT NOT NULL,
    name TEXT NOT NULL,
    city TEXT NOT NULL,
    society TEXT NOT NULL,
    flat_number TEXT,
    profile_image_url TEXT,
    gender TEXT,
    date_of_birth DATE,
    preferred_language TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT consumer_profile_user_phone_key UNIQUE (user_phone),
    CONSTRAINT consumer_profile_user_phone_fkey FOREIGN KEY (user_phone)
        REFERENCES user_profile (phone) ON UPDATE CASCADE
);

CREATE TABLE vendor_profile (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_phone TEXT NOT NULL,
    business_type TEXT NOT NULL,
    business_name TEXT NOT NULL,
    address TEXT NOT NULL,
    gst_number TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT vendor_profile_user_phone_key UNIQUE (user_phone),
    CONSTRAINT vendor_profile_user_phone_fkey FOREIGN KEY (user_phone)
        REFERENCES user_profile (phone) ON UPDATE CASCADE
);
