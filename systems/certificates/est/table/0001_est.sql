-- Devices that may enrol. secret is the SHA-256 of the password; expires is when the password ends.
CREATE TABLE est_device (
    id      TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    unit    TEXT   NOT NULL,
    secret  BYTEA  NOT NULL,
    state   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    made_by TEXT   NOT NULL,
    expires BIGINT NOT NULL,
    ended   BIGINT NOT NULL
);
-- A device's name is in its certificates: one device in service has it.
CREATE UNIQUE INDEX est_device_name ON est_device (name) WHERE state = 'active';
