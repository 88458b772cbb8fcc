-- Who uses the product, how a phone proves itself, and on which devices a person is signed in.

CREATE TABLE user_profile (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone TEXT NOT NULL,
    name TEXT,
    city TEXT,
    society TEXT,
    role TEXT,
    basic_onboarding_done BOOLEAN NOT NULL DEFAULT FALSE,
    role_onboarding_done BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT user_profile_phone_key UNIQUE (phone),
    CONSTRAINT user_profile_phone_is_e164 CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT user_profile_texts_are_bounded CHECK (
        char_length(name) BETWEEN 1 AND 100
        AND char_length(city) BETWEEN 1 AND 100
        AND char_length(society) BETWEEN 1 AND 100
    ),
    CONSTRAINT user_profile_role_is_known CHECK (role IN ('consumer', 'vendor', 'staff', 'admin')),
    CONSTRAINT user_profile_onboarded_is_complete CHECK (
        NOT basic_onboarding_done
        OR (name IS NOT NULL AND city IS NOT NULL AND society IS NOT NULL AND role IS NOT NULL)
    )
);

CREATE TABLE otp (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    consumed_at TIMESTAMPTZ,
    CONSTRAINT otp_attempts_are_bounded CHECK (attempts BETWEEN 0 AND 5),
    CONSTRAINT otp_expires_later CHECK (expires_at > created_at)
);

-- The newest code only: a new one takes the place of the one that waits.
CREATE UNIQUE INDEX otp_waiting_phone_key ON otp (phone) WHERE consumed_at IS NULL;
-- For the clean-up of old codes.
CREATE INDEX otp_expires_at_idx ON otp (expires_at);

CREATE TABLE user_session (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    face TEXT NOT NULL,
    device TEXT,
    refresh_hash BYTEA NOT NULL,
    previous_refresh_hash BYTEA,
    rotated_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    revoked_reason TEXT,
    CONSTRAINT user_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT user_session_face_is_known CHECK (face IN ('graphql', 'rest')),
    CONSTRAINT user_session_revoked_has_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL)),
    CONSTRAINT user_session_reason_is_known CHECK (
        revoked_reason IN ('logout', 'logout_all', 'revoked', 'reuse')
    )
);

CREATE INDEX user_session_live_idx ON user_session (user_id, id) WHERE revoked_at IS NULL;
-- For the clean-up of old sessions.
CREATE INDEX user_session_expires_at_idx ON user_session (expires_at);
