-- Orders to meters. The four eyes stand in the table itself: nobody approves their own order, an order to a relay is not sent without an
-- approval, and one to cut off a protected customer not without a third person's confirmation. Times are microseconds, 0 where there is none.
CREATE TABLE grid_order (
    id           TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    meter        TEXT   NOT NULL,
    concentrator TEXT   NOT NULL,
    batch        TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    asker        TEXT   NOT NULL,
    approver     TEXT   NOT NULL,
    confirmer    TEXT   NOT NULL,
    guarded      BIGINT NOT NULL,
    asked        BIGINT NOT NULL,
    deadline     BIGINT NOT NULL,
    sent         BIGINT NOT NULL,
    ended        BIGINT NOT NULL,
    looked       BIGINT NOT NULL,
    looks        BIGINT NOT NULL,
    code         TEXT   NOT NULL,
    answer       BYTEA  NOT NULL,
    proof        TEXT   NOT NULL,
    proof_bytes  BYTEA  NOT NULL,
    CHECK (state IN ('asked', 'approved', 'refused', 'withdrawn', 'expired', 'sent', 'answered', 'proven', 'failed', 'unproven')),
    CHECK (approver = '' OR approver <> asker),
    CHECK (confirmer = '' OR (confirmer <> asker AND confirmer <> approver)),
    CHECK (kind NOT IN ('disconnect', 'reconnect', 'permit-close') OR approver <> '' OR state IN ('asked', 'refused', 'withdrawn', 'expired')),
    CHECK (guarded = 0 OR confirmer <> '' OR state IN ('asked', 'refused', 'withdrawn', 'expired'))
);
CREATE INDEX grid_order_state ON grid_order (state, asked);
CREATE INDEX grid_order_asked ON grid_order (asked);
CREATE INDEX grid_order_meter ON grid_order (meter, asked);
CREATE INDEX grid_order_sent ON grid_order (sent);

-- What happened to an order, step by step.
CREATE TABLE grid_order_step (
    num     BIGINT NOT NULL PRIMARY KEY,
    order_id TEXT  NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    who     TEXT   NOT NULL,
    note    TEXT   NOT NULL,
    bytes   BYTEA  NOT NULL
);
CREATE INDEX grid_order_step_order ON grid_order_step (order_id, num);

-- Customers who are not cut off without a third person: hospitals and the like.
CREATE TABLE grid_order_guard (
    meter TEXT   NOT NULL PRIMARY KEY,
    why   TEXT   NOT NULL,
    who   TEXT   NOT NULL,
    at    BIGINT NOT NULL
);

-- How far the clock of a meter goes ahead, in seconds, and how that is known: reading, asked.
CREATE TABLE grid_order_clock (
    meter  TEXT   NOT NULL PRIMARY KEY,
    ahead  BIGINT NOT NULL,
    off    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    source TEXT   NOT NULL
);
CREATE INDEX grid_order_clock_off ON grid_order_clock (off, meter);

-- Settings of the part, as numbers; one that is not there has its default.
CREATE TABLE grid_order_setting (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
