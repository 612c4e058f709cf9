-- Keys that the program signs with. sealed is the private key under the seal file (software) and empty where a token holds it or where
-- it was destroyed; seal names the seal file that it lies under.
CREATE TABLE trust_key (
    id        TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    purpose   TEXT    NOT NULL,
    algorithm TEXT    NOT NULL,
    holder    TEXT    NOT NULL,
    public    BYTEA   NOT NULL,
    sealed    BYTEA   NOT NULL,
    seal      TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    dual      BOOLEAN NOT NULL,
    made      BIGINT  NOT NULL,
    ended     BIGINT  NOT NULL,
    why       TEXT    NOT NULL,
    uses      BIGINT  NOT NULL
);
-- At most one key of a name signs at a time.
CREATE UNIQUE INDEX trust_key_active ON trust_key (name) WHERE state = 'active';

-- Encryption keys of others, kept so that what was encrypted to them can be read again when the holder's own copy is lost.
CREATE TABLE trust_escrow (
    id      TEXT   NOT NULL PRIMARY KEY,
    subject TEXT   NOT NULL,
    public  BYTEA  NOT NULL,
    sealed  BYTEA  NOT NULL,
    seal    TEXT   NOT NULL,
    made    BIGINT NOT NULL
);
CREATE INDEX trust_escrow_subject ON trust_escrow (subject, id);

-- What one person asked for and another allowed: a dual key opened for a time, or an escrowed key recovered once. object is the id.
CREATE TABLE trust_request (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    object   TEXT   NOT NULL,
    asked_by TEXT   NOT NULL,
    asked    BIGINT NOT NULL,
    reason   TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    ended_by TEXT   NOT NULL,
    ended    BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX trust_request_object ON trust_request (object, state);
CREATE INDEX trust_request_asked ON trust_request (asked);
