-- The yearly notices that officers entered. days is CSV: date, kind, name. Of a year the newest that stands counts.
CREATE TABLE calendar_notice (
    id         TEXT   NOT NULL PRIMARY KEY,
    year       BIGINT NOT NULL,
    title      TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    days       TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    undone_at  BIGINT NOT NULL,
    undone_by  TEXT   NOT NULL,
    undone_why TEXT   NOT NULL
);
CREATE INDEX calendar_notice_year ON calendar_notice (year, at);

-- The working hours of units that differ from the usual ones; the unit '' is the whole city.
CREATE TABLE calendar_hours (
    unit  TEXT NOT NULL PRIMARY KEY,
    hours TEXT NOT NULL
);
