-- Warnings of incidents: the first message of a chain, and the incident it belongs to.
CREATE TABLE emergency_tie (
    incident TEXT   NOT NULL,
    root     TEXT   NOT NULL,
    at       BIGINT NOT NULL, -- microseconds UTC
    PRIMARY KEY (incident, root)
);
CREATE INDEX emergency_tie_root ON emergency_tie (root);
