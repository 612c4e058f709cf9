CREATE TABLE emergency_incident (
    id TEXT NOT NULL PRIMARY KEY, -- the case's
    class TEXT NOT NULL,
    district TEXT NOT NULL,
    place TEXT NOT NULL,
    plant TEXT NOT NULL,
    substance TEXT NOT NULL,
    located BOOLEAN NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    occurred BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    verified BIGINT NOT NULL,
    dispatched BIGINT NOT NULL,
    controlled BIGINT NOT NULL,
    closed BIGINT NOT NULL, -- also where it was false or became part of another
    written BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    trapped BIGINT NOT NULL,
    serious BIGINT NOT NULL,
    injured BIGINT NOT NULL,
    drill BOOLEAN NOT NULL,
    merged TEXT NOT NULL
);
CREATE INDEX emergency_incident_opened ON emergency_incident (opened);
CREATE INDEX emergency_incident_closed ON emergency_incident (closed, opened);

CREATE TABLE emergency_report (
    id TEXT NOT NULL PRIMARY KEY,
    receipt TEXT NOT NULL UNIQUE,
    incident TEXT NOT NULL, -- empty: nobody has dealt with it yet
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    taker TEXT NOT NULL,
    class TEXT NOT NULL,
    district TEXT NOT NULL,
    place TEXT NOT NULL,
    located BOOLEAN NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    plant TEXT NOT NULL,
    dismissed TEXT NOT NULL, -- the reason, where it led to nothing
    caller TEXT NOT NULL, -- personal, as the three that follow
    phone TEXT NOT NULL,
    words TEXT NOT NULL,
    hurt TEXT NOT NULL
);
CREATE INDEX emergency_report_incident ON emergency_report (incident, at);
