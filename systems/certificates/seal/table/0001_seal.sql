-- The service's own certificates: of units' seals and of the time-stamp service. chain is the certificates above, one DER after another.
CREATE TABLE seal_identity (
    name   TEXT   NOT NULL PRIMARY KEY,
    key_id TEXT   NOT NULL,
    serial TEXT   NOT NULL,
    der    BYTEA  NOT NULL,
    chain  BYTEA  NOT NULL,
    until  BIGINT NOT NULL
);

-- Numbers of time stamps, each given once and before its token is signed. digest is of what was stamped.
CREATE TABLE seal_stamp (
    number BIGINT NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    digest BYTEA  NOT NULL
);

-- Documents that were sealed; the documents themselves are not kept. digest is SHA-256.
CREATE TABLE seal_document (
    id        TEXT   NOT NULL PRIMARY KEY,
    digest    BYTEA  NOT NULL,
    title     TEXT   NOT NULL,
    size      BIGINT NOT NULL,
    unit      TEXT   NOT NULL,
    person    TEXT   NOT NULL,
    serial    TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    signature BYTEA  NOT NULL
);
CREATE INDEX seal_document_digest ON seal_document (digest);
CREATE INDEX seal_document_unit ON seal_document (unit, at);
