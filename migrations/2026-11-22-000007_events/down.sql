DROP TABLE event;
DROP FUNCTION event_horizon();
