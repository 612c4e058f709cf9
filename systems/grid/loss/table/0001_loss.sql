-- An area's day. Energies are 0.0001 kWh, day is counted from 1970-01-01 in China. parts is how many quarter hours of the supply came;
-- state is 'new' until the day was summed. rate is lost over supplied in millionths. body is the day of each meter, see pack.go.
CREATE TABLE grid_loss_area (
    area      TEXT   NOT NULL,
    day       BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    district  TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    supplied  BIGINT NOT NULL,
    parts     BIGINT NOT NULL,
    sold      BIGINT NOT NULL,
    rate      BIGINT NOT NULL,
    meters    BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    missing   BIGINT NOT NULL,
    wrong     BIGINT NOT NULL,
    summed    BIGINT NOT NULL,
    body      BYTEA  NOT NULL,
    PRIMARY KEY (area, day)
);
CREATE INDEX grid_loss_area_day ON grid_loss_area (day, kind);
CREATE INDEX grid_loss_area_state ON grid_loss_area (state, day);

-- Meters worth a look, with what speaks for it: clues is a list in JSON. since is the day of the change, 0 where there is none.
CREATE TABLE grid_loss_suspect (
    area     TEXT   NOT NULL,
    meter    BIGINT NOT NULL,
    district TEXT   NOT NULL,
    score    BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    day      BIGINT NOT NULL,
    clues    TEXT   NOT NULL,
    PRIMARY KEY (area, meter)
);
CREATE INDEX grid_loss_suspect_score ON grid_loss_suspect (score, area, meter);
CREATE INDEX grid_loss_suspect_meter ON grid_loss_suspect (meter);

-- What inspectors found on site.
CREATE TABLE grid_loss_finding (
    id     TEXT   NOT NULL PRIMARY KEY,
    meter  BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT   NOT NULL,
    result TEXT   NOT NULL,
    note   TEXT   NOT NULL
);
CREATE INDEX grid_loss_finding_meter ON grid_loss_finding (meter, at);

-- The limits that people set; what is not here stands at its default.
CREATE TABLE grid_loss_limit (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
