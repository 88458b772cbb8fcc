DROP TABLE support_message;
DROP TABLE support_ticket;
