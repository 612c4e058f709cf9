-- A figure is kept with the time that it is for (at; day is its day in China, counted from 1970-01-01) and the time that it
-- was learnt (known). superseded is when a later figure for the same time took its place, 0 while it holds; the row stays.
-- source is live (measured) or report (submitted and approved; ref is the report).
CREATE TABLE indicator_figure (
    seq        BIGINT PRIMARY KEY,
    target     TEXT             NOT NULL,
    at         BIGINT           NOT NULL,
    day        BIGINT           NOT NULL,
    known      BIGINT           NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    part       BIGINT           NOT NULL,
    whole      BIGINT           NOT NULL,
    note_zh    TEXT             NOT NULL,
    note_en    TEXT             NOT NULL,
    source     TEXT             NOT NULL,
    ref        TEXT             NOT NULL,
    superseded BIGINT           NOT NULL
);
CREATE INDEX indicator_figure_at ON indicator_figure (target, at, seq);
CREATE INDEX indicator_figure_day ON indicator_figure (target, day, seq);

-- A report is a figure that an officer submitted; state is submitted, approved, rejected or superseded (by a later approved
-- report for the same day).
CREATE TABLE indicator_report (
    id         TEXT PRIMARY KEY,
    target     TEXT             NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    period     BIGINT           NOT NULL,
    evidence   TEXT             NOT NULL,
    note       TEXT             NOT NULL,
    by_whom    TEXT             NOT NULL,
    unit       TEXT             NOT NULL,
    at         BIGINT           NOT NULL,
    state      TEXT             NOT NULL,
    decided_by TEXT             NOT NULL,
    reason     TEXT             NOT NULL,
    decided_at BIGINT           NOT NULL,
    replaces   TEXT             NOT NULL
);
CREATE INDEX indicator_report_target ON indicator_report (target, period, id);
CREATE INDEX indicator_report_state ON indicator_report (state, id);
