-- Units come from the plan's data at every start; one that vanished from it stays, because people and acts name it.
CREATE TABLE identity_unit (
    id          TEXT    PRIMARY KEY,
    name_zh     TEXT    NOT NULL,
    name_en     TEXT    NOT NULL,
    district    TEXT    NOT NULL,
    coordinator BOOLEAN NOT NULL
);

-- admin holds at most one administrator's role, roles the business roles as ' officer leader '. So the database itself knows
-- that nobody holds two administrator roles, nor one beside a business role.
CREATE TABLE identity_person (
    id          TEXT    PRIMARY KEY,
    login       TEXT    NOT NULL UNIQUE,
    name_zh     TEXT    NOT NULL,
    name_en     TEXT    NOT NULL,
    search      TEXT    NOT NULL,
    unit        TEXT    NOT NULL,
    admin       TEXT    NOT NULL CHECK (admin IN ('', 'system-admin', 'security-admin', 'audit-admin')),
    roles       TEXT    NOT NULL CHECK (roles NOT LIKE '%-admin%'),
    disabled    BOOLEAN NOT NULL,
    demo        BOOLEAN NOT NULL,
    password    TEXT    NOT NULL,
    must_change BOOLEAN NOT NULL,
    created     BIGINT  NOT NULL,
    last_login  BIGINT  NOT NULL,
    CHECK (admin = '' OR roles = '')
);

-- hash is SHA-256 of the cookie; the cookie itself is nowhere.
CREATE TABLE identity_session (
    hash    BYTEA  PRIMARY KEY,
    id      TEXT   NOT NULL UNIQUE,
    person  TEXT   NOT NULL,
    addr    TEXT   NOT NULL,
    created BIGINT NOT NULL,
    seen    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX identity_session_person ON identity_session (person);
CREATE INDEX identity_session_expires ON identity_session (expires);

-- A token works for a program. It holds business roles, or one administrator's role alone; never the security administrator's.
CREATE TABLE identity_token (
    id        TEXT   PRIMARY KEY,
    hash      BYTEA  NOT NULL UNIQUE,
    name      TEXT   NOT NULL,
    unit      TEXT   NOT NULL,
    roles     TEXT   NOT NULL CHECK (roles NOT LIKE '%-admin%' OR roles IN (' system-admin ', ' audit-admin ')),
    issued_by TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    revoked   BIGINT NOT NULL
);
CREATE INDEX identity_token_issued_by ON identity_token (issued_by);

-- The server's own secrets, made at the first start.
CREATE TABLE identity_key (
    name   TEXT  PRIMARY KEY,
    secret BYTEA NOT NULL
);
