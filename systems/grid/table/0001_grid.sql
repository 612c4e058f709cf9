-- Frames that were refused, kept for inspection. The newest are kept, the older ones are deleted by a job.
CREATE TABLE grid_refused (
    num      BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    peer     TEXT   NOT NULL,
    protocol TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    clause   TEXT   NOT NULL,
    place    BIGINT NOT NULL,
    body     BYTEA  NOT NULL
);

-- Orders to read a meter's day again: who asked, and how it ended.
CREATE TABLE grid_reread (
    id       TEXT   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    asked_by TEXT   NOT NULL,
    day      BIGINT NOT NULL,
    meters   BIGINT NOT NULL,
    done     BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    note     TEXT   NOT NULL
);
CREATE INDEX grid_reread_at ON grid_reread (at);
