-- What an auditor needs besides a log, years later and elsewhere: the keys that signed it (kind "key"), their certificates and those above
-- ("certificate"), the revocation lists of their time ("list"), and time stamps over its checkpoints ("stamp", named by their size).
CREATE TABLE tiles_along (
    log  TEXT   NOT NULL,
    kind TEXT   NOT NULL,
    name TEXT   NOT NULL,
    at   BIGINT NOT NULL,
    data BYTEA  NOT NULL,
    PRIMARY KEY (log, kind, name)
);
