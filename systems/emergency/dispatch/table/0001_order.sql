CREATE TABLE emergency_order (
    id TEXT NOT NULL PRIMARY KEY,
    incident TEXT NOT NULL,
    num BIGINT NOT NULL,
    unit TEXT NOT NULL,
    resource TEXT NOT NULL,
    words TEXT NOT NULL,
    state TEXT NOT NULL,
    maker TEXT NOT NULL,
    patience BIGINT NOT NULL, -- microseconds until it is escalated without a receipt
    sent BIGINT NOT NULL,
    received BIGINT NOT NULL,
    accepted BIGINT NOT NULL, -- or refused
    moving BIGINT NOT NULL,
    onsite BIGINT NOT NULL,
    done BIGINT NOT NULL,
    escalated BIGINT NOT NULL,
    reason TEXT NOT NULL,
    drill BOOLEAN NOT NULL
);
CREATE INDEX emergency_order_incident ON emergency_order (incident, num);
CREATE INDEX emergency_order_unit ON emergency_order (unit, sent);
CREATE INDEX emergency_order_state ON emergency_order (state, sent);
