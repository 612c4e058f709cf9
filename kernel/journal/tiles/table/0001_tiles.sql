-- Logs as Merkle trees. One row a log, one row a tile (hashes: up to 256 of 32 bytes, those of a partial tile are the first of the full one),
-- one row a signed checkpoint, one a cosignature; and of other nodes' logs what was cosigned last.
CREATE TABLE tiles_log (
    log    TEXT   PRIMARY KEY,
    origin TEXT   NOT NULL,
    size   BIGINT NOT NULL
);
CREATE TABLE tiles_tile (
    log    TEXT   NOT NULL,
    level  BIGINT NOT NULL,
    num    BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    PRIMARY KEY (log, level, num)
);
CREATE TABLE tiles_checkpoint (
    log  TEXT   NOT NULL,
    size BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    root BYTEA  NOT NULL,
    note TEXT   NOT NULL,
    PRIMARY KEY (log, size)
);
CREATE TABLE tiles_cosignature (
    log  TEXT   NOT NULL,
    size BIGINT NOT NULL,
    name TEXT   NOT NULL,
    key  BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    line TEXT   NOT NULL,
    PRIMARY KEY (log, size, name, key)
);
CREATE TABLE tiles_witnessed (
    origin TEXT   PRIMARY KEY,
    size   BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    root   BYTEA  NOT NULL,
    note   TEXT   NOT NULL
);
