DELETE FROM event WHERE kind = 'notification_added';
DROP TABLE notification;
