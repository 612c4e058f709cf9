CREATE TABLE emergency_resource (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    district TEXT NOT NULL,
    place TEXT NOT NULL,
    located BOOLEAN NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    total BIGINT NOT NULL,
    lent BIGINT NOT NULL,
    ready BOOLEAN NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX emergency_resource_kind ON emergency_resource (kind, name);

CREATE TABLE emergency_loan (
    id TEXT NOT NULL PRIMARY KEY,
    resource TEXT NOT NULL,
    incident TEXT NOT NULL,
    amount BIGINT NOT NULL,
    at BIGINT NOT NULL,
    ended BIGINT NOT NULL
);
CREATE INDEX emergency_loan_incident ON emergency_loan (incident, at);
