CREATE TABLE emergency_situation (
    id TEXT NOT NULL PRIMARY KEY,
    incident TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    input TEXT NOT NULL -- JSON
);
CREATE INDEX emergency_situation_incident ON emergency_situation (incident, at);
