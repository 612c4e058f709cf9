-- An alarm: kind 'before' (forecast) or 'during' (measured). district '' is the city. Times in microseconds; ended is 0 while it stands.
-- until is the end of the last quarter hour above as far as known; peak and limit_kw in kW. acked is 0 until somebody has seen it.
CREATE TABLE grid_peak_alarm (
    id       TEXT   NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL,
    district TEXT   NOT NULL,
    began    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    raised   BIGINT NOT NULL,
    ended    BIGINT NOT NULL,
    peak     BIGINT NOT NULL,
    peak_at  BIGINT NOT NULL,
    limit_kw BIGINT NOT NULL,
    acked    BIGINT NOT NULL,
    acked_by TEXT   NOT NULL,
    note     TEXT   NOT NULL
);

CREATE INDEX grid_peak_alarm_began ON grid_peak_alarm (began, id);

CREATE INDEX grid_peak_alarm_ended ON grid_peak_alarm (ended);

CREATE TABLE grid_peak_setting (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
