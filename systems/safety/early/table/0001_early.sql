-- What was learnt of each plant, a row for each version; the newest that is not withdrawn is at work. body is model.Bytes.
CREATE TABLE safety_early_model (
    plant   TEXT   NOT NULL,
    version BIGINT NOT NULL,
    learnt  BIGINT NOT NULL,
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    head    TEXT   NOT NULL,
    body    BYTEA  NOT NULL,
    PRIMARY KEY (plant, version)
);

-- How a plant is watched: JSON.
CREATE TABLE safety_early_plant (
    plant TEXT NOT NULL PRIMARY KEY,
    body  TEXT NOT NULL
);

-- The warnings, with what people said of them. gone is 0 while one stands; verdict is '', 'true' or 'false'.
CREATE TABLE safety_early_warning (
    id      TEXT   NOT NULL PRIMARY KEY,
    plant   TEXT   NOT NULL,
    version BIGINT NOT NULL,
    came    BIGINT NOT NULL,
    gone    BIGINT NOT NULL,
    verdict TEXT   NOT NULL,
    body    TEXT   NOT NULL
);
CREATE INDEX safety_early_warning_plant ON safety_early_warning (plant, came);
CREATE INDEX safety_early_warning_came ON safety_early_warning (came);
CREATE INDEX safety_early_warning_gone ON safety_early_warning (gone);
