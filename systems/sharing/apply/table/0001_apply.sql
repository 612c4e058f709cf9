CREATE TABLE sharing_application (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    case_id TEXT NOT NULL,
    resource TEXT NOT NULL,
    owner TEXT NOT NULL,
    unit TEXT NOT NULL,
    person TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL,
    basis TEXT NOT NULL,
    terms TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    decided BIGINT NOT NULL,
    decider TEXT NOT NULL
);
CREATE INDEX sharing_application_owner ON sharing_application (owner, state, at);
CREATE INDEX sharing_application_unit ON sharing_application (unit, at);

CREATE TABLE sharing_grant (
    id TEXT NOT NULL PRIMARY KEY,
    application TEXT NOT NULL,
    resource TEXT NOT NULL,
    owner TEXT NOT NULL,
    unit TEXT NOT NULL,
    purpose TEXT NOT NULL,
    terms TEXT NOT NULL,
    cedar TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX sharing_grant_state ON sharing_grant (state, resource, unit, purpose);
