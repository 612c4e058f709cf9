-- One-time codes that bind an account to a meter, printed on bills. hash is SHA-256 of the code, which itself is nowhere. used_at and
-- revoked_at are 0 until then; a used code keeps no name of who used it: that is the binding's.
CREATE TABLE grid_customer_code (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       BYTEA  NOT NULL UNIQUE,
    meter      BIGINT NOT NULL,
    issued     BIGINT NOT NULL,
    issued_by  TEXT   NOT NULL,
    expires    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE INDEX grid_customer_code_meter ON grid_customer_code (meter, id);

-- Which account sees which meter, from when to when; until is 0 while it does.
CREATE TABLE grid_customer_binding (
    id     TEXT   NOT NULL PRIMARY KEY,
    person TEXT   NOT NULL,
    meter  BIGINT NOT NULL,
    since  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);
CREATE INDEX grid_customer_binding_person ON grid_customer_binding (person, until);
CREATE INDEX grid_customer_binding_meter ON grid_customer_binding (meter, until);

-- Wrong codes that an account has tried, so that guessing ends also after a restart.
CREATE TABLE grid_customer_try (
    person TEXT   NOT NULL PRIMARY KEY,
    fails  BIGINT NOT NULL,
    since  BIGINT NOT NULL
);

-- Who looked at one meter's page or data: one row a meter, day, reader and thing, with how often and when last.
CREATE TABLE grid_customer_read (
    meter BIGINT NOT NULL,
    day   BIGINT NOT NULL,
    who   TEXT   NOT NULL,
    what  TEXT   NOT NULL,
    unit  TEXT   NOT NULL,
    times BIGINT NOT NULL,
    last  BIGINT NOT NULL,
    PRIMARY KEY (meter, day, who, what)
);
CREATE INDEX grid_customer_read_day ON grid_customer_read (day);

-- Outages that customers tell of; an officer takes one up as an outage, or not.
CREATE TABLE grid_customer_report (
    id      TEXT   NOT NULL PRIMARY KEY,
    person  TEXT   NOT NULL,
    meter   BIGINT NOT NULL,
    began   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    note    TEXT   NOT NULL,
    state   TEXT   NOT NULL,
    outage  TEXT   NOT NULL,
    done_at BIGINT NOT NULL,
    done_by TEXT   NOT NULL
);
CREATE INDEX grid_customer_report_person ON grid_customer_report (person, id);
CREATE INDEX grid_customer_report_state ON grid_customer_report (state, id);

-- Interruptions that are announced, by feeder.
CREATE TABLE grid_customer_notice (
    id     TEXT   NOT NULL PRIMARY KEY,
    feeder TEXT   NOT NULL,
    starts BIGINT NOT NULL,
    ends   BIGINT NOT NULL,
    text   TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT   NOT NULL,
    gone   BIGINT NOT NULL
);
CREATE INDEX grid_customer_notice_ends ON grid_customer_notice (ends);

-- The tariff of a kind of customer as an officer put it in; the newest row counts, "" ends it.
CREATE TABLE grid_customer_tariff (
    id       TEXT   NOT NULL PRIMARY KEY,
    category TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    who      TEXT   NOT NULL
);
CREATE INDEX grid_customer_tariff_category ON grid_customer_tariff (category, id);
