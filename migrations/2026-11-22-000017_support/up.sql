-- What consumers ask of the staff, and what the two write to each other about it.

CREATE TABLE support_ticket (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    category TEXT,
    status TEXT NOT NULL,
    -- What it is about, if it is about one: an own order.
    order_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT support_ticket_user_id_fkey FOREIGN KEY (user_id) REFERENCES user_profile (id),
    CONSTRAINT support_ticket_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT support_ticket_status_is_known CHECK (status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT support_ticket_texts_are_bounded CHECK (
        char_length(subject) BETWEEN 1 AND 150 AND char_length(category) BETWEEN 1 AND 50
    )
);

CREATE INDEX support_ticket_of_user_idx ON support_ticket (user_id, id DESC);
-- For the staff, who read all tickets of one status.
CREATE INDEX support_ticket_of_status_idx ON support_ticket (status, id DESC);
CREATE INDEX support_ticket_of_order_idx ON support_ticket (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE support_message (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    -- Which side wrote it; roles may change later.
    sender TEXT NOT NULL,
    sender_id BIGINT NOT NULL,
    message TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT support_message_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES support_ticket (id),
    CONSTRAINT support_message_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES user_profile (id),
    CONSTRAINT support_message_sender_is_known CHECK (sender IN ('consumer', 'staff')),
    CONSTRAINT support_message_is_bounded CHECK (char_length(message) BETWEEN 1 AND 4000)
);

CREATE INDEX support_message_of_ticket_idx ON support_message (ticket_id, id);
