-- Times are microseconds, 0 where there is none; power is kW, energy 0.0001 kWh, prices fen/kWh, money fen, shares thousandths.
CREATE TABLE grid_response_programme (
    code    TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    method  TEXT   NOT NULL,
    silence TEXT   NOT NULL,
    least   BIGINT NOT NULL,
    most    BIGINT NOT NULL,
    state   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    changed BIGINT NOT NULL
);

CREATE TABLE grid_response_participant (
    code      TEXT   NOT NULL PRIMARY KEY,
    name      TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    programme TEXT   NOT NULL,
    capacity  BIGINT NOT NULL,
    notice    BIGINT NOT NULL,
    events    BIGINT NOT NULL,
    hours     BIGINT NOT NULL,
    price     BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    made      BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    claim     TEXT   NOT NULL
);

CREATE TABLE grid_response_meter (
    num         BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL
);

CREATE INDEX grid_response_meter_participant ON grid_response_meter (participant, num);

CREATE TABLE grid_response_account (
    account     TEXT   NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL,
    since       BIGINT NOT NULL
);

CREATE TABLE grid_response_event (
    id        TEXT   NOT NULL PRIMARY KEY,
    programme TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    target    BIGINT NOT NULL,
    districts TEXT   NOT NULL,
    feeders   TEXT   NOT NULL,
    begins    BIGINT NOT NULL,
    ends      BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    made_by   TEXT   NOT NULL,
    made      BIGINT NOT NULL,
    approver  TEXT   NOT NULL,
    approved  BIGINT NOT NULL,
    settled   BIGINT NOT NULL,
    changed   BIGINT NOT NULL
);

CREATE INDEX grid_response_event_begins ON grid_response_event (begins, id);

-- A participant in an event; meters are the nums at the time of the approval, so that what is measured does not change with the contract.
CREATE TABLE grid_response_call (
    event       TEXT   NOT NULL,
    participant TEXT   NOT NULL,
    kw          BIGINT NOT NULL,
    price       BIGINT NOT NULL,
    expected    BIGINT NOT NULL,
    meters      TEXT   NOT NULL,
    told        BIGINT NOT NULL,
    seen        BIGINT NOT NULL,
    answered    BIGINT NOT NULL,
    answer      TEXT   NOT NULL,
    answerer    TEXT   NOT NULL,
    PRIMARY KEY (event, participant)
);

CREATE INDEX grid_response_call_participant ON grid_response_call (participant, event);

-- A settlement: run counts them from 1. lift is in thousandths; missing and estimated count quarter hours of the event; fen is 0 for who stood out.
CREATE TABLE grid_response_result (
    event       TEXT   NOT NULL,
    run         BIGINT NOT NULL,
    participant TEXT   NOT NULL,
    method      TEXT   NOT NULL,
    baseline    BIGINT NOT NULL,
    measured    BIGINT NOT NULL,
    reduced     BIGINT NOT NULL,
    rate        BIGINT NOT NULL,
    paid        BIGINT NOT NULL,
    fen         BIGINT NOT NULL,
    lift        BIGINT NOT NULL,
    estimated   BIGINT NOT NULL,
    missing     BIGINT NOT NULL,
    answer      TEXT   NOT NULL,
    made        BIGINT NOT NULL,
    made_by     TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    PRIMARY KEY (event, run, participant)
);

CREATE INDEX grid_response_result_participant ON grid_response_result (participant, event, run);

CREATE TABLE grid_response_report (
    id          TEXT   NOT NULL PRIMARY KEY,
    event       TEXT   NOT NULL,
    participant TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    body        BYTEA  NOT NULL
);

CREATE INDEX grid_response_report_event ON grid_response_report (event, id);
