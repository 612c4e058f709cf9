-- A subscription as its binding gave it; num is its number in everything below.
CREATE TABLE subscription (
    num    BIGINT PRIMARY KEY,
    tenant TEXT   NOT NULL,
    id     TEXT   NOT NULL,
    owner  TEXT   NOT NULL,
    source BYTEA  NOT NULL
);
CREATE UNIQUE INDEX subscription_id ON subscription (tenant, id);

-- The counters of 64 subscriptions: page = num / 64.
CREATE TABLE subscription_state (
    page BIGINT PRIMARY KEY,
    doc  BYTEA  NOT NULL
);

-- What one group of changes made due: the changes once, and which subscription gets which of them.
CREATE TABLE subscription_due (
    id  BIGINT PRIMARY KEY,
    doc BYTEA  NOT NULL
);

-- Notices that were given up.
CREATE TABLE subscription_dead (
    id    BIGINT PRIMARY KEY,
    num   BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    error TEXT   NOT NULL,
    doc   BYTEA  NOT NULL
);
CREATE INDEX subscription_dead_num ON subscription_dead (num, id);
