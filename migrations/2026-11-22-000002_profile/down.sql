DROP TABLE vendor_profile;
DROP TABLE consumer_profile;
