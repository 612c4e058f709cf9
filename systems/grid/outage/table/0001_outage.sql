-- Outages. Times are microseconds UTC, ended is 0 while somebody is in the dark. dark is the list of customers, see dark.go.
CREATE TABLE grid_outage (
    id        TEXT    NOT NULL PRIMARY KEY,
    code      TEXT    NOT NULL,
    feeder    TEXT    NOT NULL,
    district  TEXT    NOT NULL,
    cause     TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    began     BIGINT  NOT NULL,
    ended     BIGINT  NOT NULL,
    customers BIGINT  NOT NULL,
    seconds   BIGINT  NOT NULL,
    note      TEXT    NOT NULL,
    dark      BYTEA   NOT NULL
);
CREATE INDEX grid_outage_began ON grid_outage (began, id);
CREATE INDEX grid_outage_ended ON grid_outage (ended);
CREATE INDEX grid_outage_code ON grid_outage (code);

-- What people changed of an outage: the value before and the value after, who, when and why.
CREATE TABLE grid_outage_change (
    num    BIGINT NOT NULL PRIMARY KEY,
    outage TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT   NOT NULL,
    field  TEXT   NOT NULL,
    was    TEXT   NOT NULL,
    becomes TEXT  NOT NULL,
    reason TEXT   NOT NULL
);
CREATE INDEX grid_outage_change_outage ON grid_outage_change (outage, num);
