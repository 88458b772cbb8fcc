ALTER TABLE user_profile DROP COLUMN data_sharing_allowed;
ALTER TABLE user_profile DROP COLUMN marketing_opt_in;
ALTER TABLE user_profile DROP COLUMN location_allowed;
