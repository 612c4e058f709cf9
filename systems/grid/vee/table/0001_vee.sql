-- What is usual for each meter, 64 neighbouring keys a row: see stat.go. pass is the pass that wrote the row last.
CREATE TABLE grid_vee_stat (
    block BIGINT NOT NULL PRIMARY KEY,
    pass  BIGINT NOT NULL,
    body  BYTEA  NOT NULL
);

-- The passes over the meters' days: what was asked for, how far it is, how it ended.
CREATE TABLE grid_vee_pass (
    num       BIGINT NOT NULL PRIMARY KEY,
    day       BIGINT NOT NULL,
    asked_by  TEXT   NOT NULL,
    began     BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    total     BIGINT NOT NULL,
    meters    BIGINT NOT NULL,
    findings  BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    balanced  BIGINT NOT NULL,
    unended   BIGINT NOT NULL,
    torn      BIGINT NOT NULL,
    failed    BIGINT NOT NULL
);

-- What a rule found in a meter's day. slots_a and slots_b are the slots 0 to 63 and 64 to 95; a, b and c what the finding rests on.
CREATE TABLE grid_vee_finding (
    day      BIGINT NOT NULL,
    meter    BIGINT NOT NULL,
    rule     TEXT   NOT NULL,
    severity BIGINT NOT NULL,
    district TEXT   NOT NULL,
    slots_a  BIGINT NOT NULL,
    slots_b  BIGINT NOT NULL,
    a        BIGINT NOT NULL,
    b        BIGINT NOT NULL,
    c        BIGINT NOT NULL,
    PRIMARY KEY (day, meter, rule)
);
CREATE INDEX grid_vee_finding_rule ON grid_vee_finding (day, rule, meter);
CREATE INDEX grid_vee_finding_meter ON grid_vee_finding (meter, day);

-- How many meters of a district each rule was found at on a day.
CREATE TABLE grid_vee_tally (
    day      BIGINT NOT NULL,
    rule     TEXT   NOT NULL,
    district TEXT   NOT NULL,
    severity BIGINT NOT NULL,
    meters   BIGINT NOT NULL,
    PRIMARY KEY (day, rule, district, severity)
);

-- By which rule the estimates of a meter's day were made.
CREATE TABLE grid_vee_estimate (
    meter   BIGINT NOT NULL,
    day     BIGINT NOT NULL,
    method  TEXT   NOT NULL,
    slots_a BIGINT NOT NULL,
    slots_b BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (meter, day, method)
);

-- What people put in a slot's place: the value before (was_at 0: there was none), the value after, who, when, why; and who took it back.
CREATE TABLE grid_vee_edit (
    id           TEXT   NOT NULL PRIMARY KEY,
    meter        BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    slot         BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    who          TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    was_at       BIGINT NOT NULL,
    was_quality  BIGINT NOT NULL,
    was_register BIGINT NOT NULL,
    was_power    BIGINT NOT NULL,
    was_voltage  BIGINT NOT NULL,
    now_quality  BIGINT NOT NULL,
    now_register BIGINT NOT NULL,
    now_power    BIGINT NOT NULL,
    now_voltage  BIGINT NOT NULL,
    undone_at    BIGINT NOT NULL,
    undone_by    TEXT   NOT NULL,
    undone_why   TEXT   NOT NULL
);
CREATE INDEX grid_vee_edit_meter ON grid_vee_edit (meter, day, slot);
CREATE INDEX grid_vee_edit_at ON grid_vee_edit (at);
