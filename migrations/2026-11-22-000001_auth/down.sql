DROP TABLE user_session;
DROP TABLE otp;
DROP TABLE user_profile;
