-- External account bindings: a unit, the names it may have certified (one a line), the secret under the vault's seal.
CREATE TABLE acme_binding (
    id      TEXT   NOT NULL PRIMARY KEY,
    unit    TEXT   NOT NULL,
    names   TEXT   NOT NULL,
    secret  BYTEA  NOT NULL,
    state   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    made_by TEXT   NOT NULL,
    ended   BIGINT NOT NULL
);

CREATE TABLE acme_account (
    id      TEXT   NOT NULL PRIMARY KEY,
    thumb   TEXT   NOT NULL,
    jwk     TEXT   NOT NULL,
    contact TEXT   NOT NULL,
    status  TEXT   NOT NULL,
    binding TEXT   NOT NULL,
    made    BIGINT NOT NULL
);
-- A key is of one account. RFC 8555 7.3.1
CREATE UNIQUE INDEX acme_account_thumb ON acme_account (thumb);
CREATE INDEX acme_account_binding ON acme_account (binding);

CREATE TABLE acme_order (
    id      TEXT   NOT NULL PRIMARY KEY,
    account TEXT   NOT NULL,
    status  TEXT   NOT NULL,
    names   TEXT   NOT NULL,
    public  BYTEA  NOT NULL,
    serial  TEXT   NOT NULL,
    chain   TEXT   NOT NULL,
    error   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX acme_order_account ON acme_order (account, made);
CREATE INDEX acme_order_status ON acme_order (status) WHERE status = 'processing';
CREATE INDEX acme_order_serial ON acme_order (serial);

-- Authorizations of an order, one a name. chosen is the challenge that was answered.
CREATE TABLE acme_authz (
    id        TEXT    NOT NULL PRIMARY KEY,
    order_id  TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    wildcard  BOOLEAN NOT NULL,
    status    TEXT    NOT NULL,
    token     TEXT    NOT NULL,
    chosen    TEXT    NOT NULL,
    tries     BIGINT  NOT NULL,
    checked   BIGINT  NOT NULL,
    error     TEXT    NOT NULL,
    expires   BIGINT  NOT NULL
);
CREATE INDEX acme_authz_order ON acme_authz (order_id);
CREATE INDEX acme_authz_failed ON acme_authz (account, name, status, checked);
CREATE INDEX acme_authz_processing ON acme_authz (status) WHERE status = 'processing';
