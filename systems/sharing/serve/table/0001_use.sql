CREATE TABLE sharing_use (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    message TEXT NOT NULL,
    member TEXT NOT NULL,
    unit TEXT NOT NULL,
    person TEXT NOT NULL,
    purpose TEXT NOT NULL,
    resource TEXT NOT NULL,
    owner TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    status BIGINT NOT NULL,
    refused TEXT NOT NULL,
    fields TEXT NOT NULL,
    personal TEXT NOT NULL,
    lines BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    micros BIGINT NOT NULL
);
CREATE INDEX sharing_use_resource ON sharing_use (resource, id);
CREATE INDEX sharing_use_unit ON sharing_use (unit, id);

CREATE TABLE sharing_subject (
    subject TEXT NOT NULL,
    use_id TEXT NOT NULL,
    PRIMARY KEY (subject, use_id)
);

CREATE TABLE sharing_subject_link (
    person TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (person, subject)
);

CREATE TABLE sharing_called (
    resource TEXT NOT NULL,
    unit TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (resource, unit)
);

CREATE TABLE sharing_secret (
    id BIGINT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
