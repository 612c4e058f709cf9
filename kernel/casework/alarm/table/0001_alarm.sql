-- Alarms. Times are microseconds UTC, 0 where there is none; body is JSON (store.go). At most one alarm of a condition is not closed.
CREATE TABLE alarm_alarm (
    id       TEXT   NOT NULL PRIMARY KEY,
    cond     TEXT   NOT NULL,
    class    TEXT   NOT NULL,
    state    TEXT   NOT NULL,
    hold     TEXT   NOT NULL,
    priority BIGINT NOT NULL,
    system   TEXT   NOT NULL,
    grp      TEXT   NOT NULL,
    unit     TEXT   NOT NULL,
    area     TEXT   NOT NULL,
    entity   TEXT   NOT NULL,
    first    BIGINT NOT NULL,
    gone     BIGINT NOT NULL,
    touched  BIGINT NOT NULL,
    change   BIGINT NOT NULL,
    casefile TEXT   NOT NULL,
    body     TEXT   NOT NULL
);
CREATE INDEX alarm_alarm_state ON alarm_alarm (state, touched);
CREATE INDEX alarm_alarm_first ON alarm_alarm (first, id);
CREATE INDEX alarm_alarm_grp ON alarm_alarm (grp, first);
CREATE INDEX alarm_alarm_case ON alarm_alarm (casefile);

-- What happened to an alarm, line by line. A chattering condition's comings beyond the first fifty are counted only.
CREATE TABLE alarm_line (
    alarm TEXT   NOT NULL,
    num   BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    verb  TEXT   NOT NULL,
    actor TEXT   NOT NULL,
    note  TEXT   NOT NULL,
    PRIMARY KEY (alarm, num)
);

-- What keeps alarms out of the list by scope: out of service (asked by one person, approved by another) and suppressed by design.
CREATE TABLE alarm_hold (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    scope    TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    asker    TEXT   NOT NULL,
    asked    BIGINT NOT NULL,
    approver TEXT   NOT NULL,
    approved BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    ender    TEXT   NOT NULL,
    ended    BIGINT NOT NULL,
    CHECK (approver = '' OR approver <> asker)
);
CREATE INDEX alarm_hold_ended ON alarm_hold (ended, id);
