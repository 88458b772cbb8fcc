-- What a person allows: nothing until they say so.

ALTER TABLE user_profile ADD COLUMN location_allowed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE user_profile ADD COLUMN marketing_opt_in BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE user_profile ADD COLUMN data_sharing_allowed BOOLEAN NOT NULL DEFAULT FALSE;
