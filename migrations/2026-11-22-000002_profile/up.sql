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
    CONSTRAINT consumer_profile_texts_are_bounded CHECK (
        char_length(name) BETWEEN 1 AND 100
        AND char_length(city) BETWEEN 1 AND 100
        AND char_length(society) BETWEEN 1 AND 100
        AND char_length(flat_number) BETWEEN 1 AND 50
        AND char_length(profile_image_url) BETWEEN 1 AND 255
        AND char_length(gender) BETWEEN 1 AND 10
        AND char_length(preferred_language) BETWEEN 1 AND 20
    ),
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
